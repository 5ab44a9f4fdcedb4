"""Every block of every page is something that a test knows how to read: commands, code, settings, output, drawings.

What runs here is run too (test_running.py).
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path

import pytest
import yaml

from synth.config import RunConfig, load_config
from synth.overrides import apply_overrides
from tests.pages.blocks import ROOT, Block, all_blocks, blocks, pages, spans
from tests.pages.commands import fault, fault_in_passing
from verify_workers import Checker
from verify_workers.errors import UserError

DRAWN = re.compile("[─│├└▶◀▼▲]")
GENERATED = ("docs/cli.md",)  # what `docs/build.py` writes, which test_docs.py compares
OUTPUT = {"README.md": "pairs: "}
"""Text that is a command's output, by how it begins; test_running.py compares it."""


def wrong(block: Block) -> str:
    """What is wrong with a block; '' where nothing is."""
    language = block.language.partition(" ")[0]
    if language not in READ:
        return f"no test knows how to read a block of {block.language or 'no language'}: say in tests/pages/test_blocks.py how"
    try:
        return READ[language](block)
    except (ValueError, SyntaxError, UserError, yaml.YAMLError) as error:
        return str(error)


def _console(block: Block) -> str:
    said = {command.text: found for command in block.commands() if (found := fault(command.text))}
    return "; ".join(f"{text}: {found}" for text, found in said.items()) if block.commands() else "no command"


def _python(block: Block) -> str:
    compile(block.text, block.place, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    return ""


def _yaml(block: Block) -> str:
    """A part of a run's configuration, over the embedded one."""
    with as_file(files("cluster") / "configs" / "embedded.yaml") as path:
        under = load_config(path, []).model_dump(mode="json", exclude_unset=True)
    apply_overrides(RunConfig, {**under, **yaml.safe_load(block.text)}, [])
    return ""


def _json(block: Block) -> str:
    json.loads(block.text)
    return ""


def _jsonl(block: Block) -> str:
    for line in block.text.splitlines():
        json.loads(line)
    return ""


def _lean(block: Block) -> str:
    """Theorems with their proofs, each judged by Lean as a whole file."""
    statements = re.findall(r"^(?:theorem|lemma) .*?(?= :=)", block.text, re.S | re.M)
    if not statements:
        return "no theorem with a proof in it: call it text, or say in tests/pages/test_blocks.py how it is checked"
    with Checker(workers=1) as lean:
        verdicts = [lean.check(statement, code=block.text) for statement in statements]
    return "; ".join(f"{verdict.outcome.value}: {verdict.reason}" for verdict in verdicts if not verdict.accepted)


def _text(block: Block) -> str:
    """A drawing, a page that is made from the code, or an output that a test compares."""
    known = DRAWN.search(block.text) or block.page in GENERATED or block.text.startswith(OUTPUT.get(block.page, "\0"))
    return "" if known else "text is a drawing, or a command's output below it in a console block, or named in OUTPUT"


_NODE = r"\w+(\[\"[^\"]+\"\])?"
_MERMAID = re.compile(rf"subgraph \w+|end|{_NODE}( -->(\|[^|]+\|)? {_NODE})*")


def _mermaid(block: Block) -> str:
    """A flowchart of boxes, arrows and groups (sizes may stand before it); test_pictures.py has Mermaid itself draw it."""
    first, *lines = [line for line in block.text.splitlines() if not line.startswith("%%{init: ")]
    odd = [line for line in lines if not _MERMAID.fullmatch(line.strip())]
    closed = sum(line.strip().startswith("subgraph") for line in lines) == sum(line.strip() == "end" for line in lines)
    return ", ".join(odd) or ("" if first in ("flowchart LR", "flowchart TB") and closed else "no flowchart")


def _include(block: Block) -> str:
    named = block.language.partition(" ")[2]
    return "" if (ROOT / block.page).parent.joinpath(named).is_file() else f"{named}: no such file"


def _toctree(block: Block) -> str:
    named = [line for line in block.text.splitlines() if line and not line.startswith(":")]
    return ", ".join(f"{name}: no such page" for name in named if not (ROOT / "docs" / f"{name}.md").is_file())


READ: dict[str, Callable[[Block], str]] = {
    "console": _console,
    "python": _python,
    "yaml": _yaml,
    "json": _json,
    "jsonl": _jsonl,
    "lean": _lean,
    "mermaid": _mermaid,
    "text": _text,
    "{include}": _include,
    "{toctree}": _toctree,
}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_is_what_it_claims(page: Path) -> None:
    assert {block.place: said for block in blocks(page) if (said := wrong(block))} == {}


@pytest.mark.parametrize("page", [page for page in pages() if page.name != "CHANGELOG.md"], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_named_in_a_sentence_is_there(page: Path) -> None:
    """The changelog tells what was."""
    assert {span: said for span in spans(page) if (said := fault_in_passing(span))} == {}


def test_every_page_of_the_site_is_in_its_table_of_contents() -> None:
    named = {line for block in all_blocks() if block.language == "{toctree}" for line in block.text.splitlines()}
    assert {page.stem for page in (ROOT / "docs").glob("*.md")} - named == {"index"}


SCREEN = (120, 40)
"""Columns and lines of a screen."""


def test_the_readme_stays_under_two_screens() -> None:
    """As it stands in the file and, with no table in it, as it is rendered."""
    columns, rows = SCREEN
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 2 * rows and [line for line in lines if len(line) > columns] == []
    assert sum(block.language == "mermaid" for block in blocks(ROOT / "README.md")) == 1  # one picture
    assert not [line for line in lines if line.startswith("|")]  # whose cells grow when they are rendered


PAGE = """# A page

```console
$ synth run CONFIG.yaml --sett rounds=2
```
```console
$ synth run cluster/configs/embedded.yaml --set ronds=2   # a slip of the pen
```
```console
$ synth report runs/mine …
$ make nothing && kubectl apply -f x.yaml
```
```yaml
search: {atempts: 3}
```
```json
{"a": 1,}
```
```lean
theorem t (n : Nat) : n + 1 = n := by omega
```
```python
print(
```
```text
no output of anything
```
```
nothing
```
````console
$ synth verify cluster/configs/none.jsonl --out a.jsonl
$ python docs/benchmarks/export.py --pears 3
$ echo 'unfinished
````
"""
SAID = [
    "No such option: --sett",
    "--set ronds=2: unknown key `ronds`; the nearest valid key is `rounds`",
    "`…` is no command",
    "make has no target nothing",
    "unknown key `search.atempts`",
    "property name enclosed in double quotes",
    "rejected: ",
    "was never closed",
    "text is a drawing",
    "no test knows how to read a block of no language",
    "cluster/configs/none.jsonl: no such file here",
    "has no --pears",
    "unexpected EOF",
]


def test_what_is_wrong_is_found(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(PAGE + "\n`synth nothing` and `synth run … --sett`, not `synth run CONFIG`\n", encoding="utf-8")
    found = [wrong(block) for block in blocks(tmp_path / "page.md", tmp_path)]
    assert len(found) == PAGE.count("```") // 2 and all(found)
    assert [words for words in SAID if words not in " ".join(found)] == []
    named = [fault_in_passing(span) for span in spans(tmp_path / "page.md")]
    assert named == ["there is no command nothing", "no such option: --sett", ""]


def test_a_page_that_does_not_end_its_block_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("```python\nprint()\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"page\.md:1: the block does not end"):
        list(blocks(tmp_path / "page.md", tmp_path))
