"""`make docs`: write the reference pages (docs/cli.md, docs/configuration.md, docs/prompts.md), the columns in docs/corpora.md, the
picture in docs/architecture.md and Grafana's dashboard from the code, and check every link.

`--check` writes nothing and fails where a page is out of date.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

ROOT = Path(__file__).parents[1]
_FOLDERS = ("synth", "train", "verify_workers", "cluster", "docs", "examples", "notebooks")
_SOURCES = {".py", ".yaml", ".cfg", ".jinja", ".html"}
NOTE = "<!-- Written by `make docs` from the code; do not edit. -->\n"


def cli_page() -> str:
    """The help of every command."""
    os.environ.update(COLUMNS="110", TERM="dumb", NO_COLOR="1")
    from typer.testing import CliRunner

    from synth.cli import app

    runner = CliRunner()
    pages = [NOTE, "# The command line\n", "`synth COMMAND --help` says the same. Exit status: 0 done, 1 the run itself failed, "]
    pages[-1] += "2 a usage or input error (one line on standard error), 130 interrupted, 143 terminated.\n"
    pages.append("A command that a script begins in the background (`&`) hears no SIGINT, as shells have it; SIGTERM ends it as well.\n")
    groups = [(group.name, group.typer_instance.registered_commands) for group in app.registered_groups]
    for group, commands in [("", app.registered_commands), *groups]:
        for command in commands:
            words = f"{group} {command.name or command.callback.__name__}".split()  # type: ignore[union-attr]
            text = runner.invoke(app, [*words, "--help"], prog_name="synth").output
            lines = [line.rstrip() for line in text.strip().splitlines()]
            pages.append(f"## synth {' '.join(words)}\n\n```text\n" + "\n".join(lines) + "\n```\n")
    return "\n".join(pages)


def config_page() -> str:
    """Every key of the configuration: type, default, meaning."""
    from synth.config import RunConfig

    page = [NOTE, "# Configuration\n", "YAML read by `synth run`; any key can be overridden with `--set KEY=VALUE`.\n"]
    page.append("\n".join(["| key | type | default | meaning |", "|---|---|---|---|", *_rows(RunConfig, "")]) + "\n")
    return "\n".join(page)


PROMPTS = """# Prompts and presets

A preset says how a family of models is asked and how its answers are read: a folder with a template for each role
it is good for (`formalize.jinja`, `grade.jinja`, `prove.jinja`) and its settings in `preset.yaml`. `models.formalizer.preset`,
`.judge.preset` and `.prover.preset` name a built-in one or a folder of your own; a role's template is only needed where the role
is used. A role of your own is a further template, with its settings, if it needs some, under `roles`.

{presets}

What templates may show (jinja2): `formalize` has `problem`, `header`, `name`; `grade` has `problem`, `header`, `statement`,
`goal`, `name`, `grades`; `prove` has `statement` (in its own layout, without `:=`), `goal` (what follows the name, on one
line, without comments), `name`, `header` (imports, `open`s, options and definitions before it), `doc` (the problem as a
doc comment, or nothing) and `problem`. The theorem is shown as the problem gives it, under its own name unless
`prove.name` gives another. `sketch` and `blueprint` have `statement`, `goal`, `name`, `header` and `problem` as `prove`
has them, and, where a
skeleton is to be revised, that one (`earlier`) and what became of it (`failed`, on one line; `report`, a line for each
hole). Chats go through the tokenizer's own chat template where it has one; without one, and with
`chat: false`, the model gets the text itself. Training makes its tokens by the same function.

`repair` has `goal`, `statement`, `name`, `header` as `prove`, and `attempt` (the theorem with the failed proof, or the file, with
Lean's messages below their lines), `proof` (without them), `message` (the first, on one line), `state` (the goal before the first
failing line) and `hints` (near names for unknown ones); `retrieve` has the same four and `lemmas`. Both are answered as `prove` is.

`annotate`, `explain`, `follow` and `match` are asked by `synth informalize`. The first two have `name`, `kind` (theorem, definition,
structure, …), `doc`, `uses` and `neighbours` (each may be empty) besides `statement`, `goal` and `header`; `explain` has `proof` (with
its `:=`), `compact`, `steps` (numbered) and `text` (the theorem in words) too, and is answered by a numbered line for each step.
`follow` has what `prove` has but `doc` and `problem`, with `text` and `steps`, and is answered as `prove` is; `match` has
`statement`, `goal`, `header`, `other` and `other_goal`, and is answered as `compare` is. `repeats` (`filters.reworded`) has `problem` and
`other`, a benchmark's, and is answered so too. `translate` (`synth check-programs`) has `program`, `language`, `problem` (words, or
nothing), `requirement` (the function that is it), `goal` (it, given in Lean) and `name`, and is answered by one block: definitions,
then the theorem.

How answers are read, in every preset: thoughts (`<think>…</think>`) are cut off; the last fence that proves the theorem
counts, not a remark after it, and where the prompt ends within a fence, the text up to its end; declarations are found by
Lean's tokens, never in comments, strings or prose; a file under the prompt's name counts, without the imports, `open`s and
definitions that repeat the header; a file with nothing but the theorem is its proof. Of an answer that was cut at its
limit only a fence that had been closed is read. What cannot be read is recorded as `unread` with its reason
(`truncated`, `empty`, `prose`, `no_code`; for formalizers also `no_theorem`, `several_theorems`, `definitions`, `malformed`)
and never reaches Lean. Answers to `sketch` and `blueprint` are read as proofs are, in the shape of `prove`, `sorry`
being meant; a file of lemmas
becomes one proof, its lemmas `have`s (`malformed` where they use each other, `definitions` where it has some).

`preset.yaml`, every key of which has a default:

{keys}
"""


def prompts_page() -> str:
    """Every preset and every key of one."""
    from synth.prompts import BUILT_IN, Preset, load_prompts

    rows = ["| preset | roles | asked as | answers | thoughts + answer, tokens | context |", "|---|---|---|---|---|---|"]
    for name in BUILT_IN:
        prompts = load_prompts(name)
        roles = sorted(file.stem for file in prompts.folder.glob("*.jinja"))
        settings = [prompts.settings(role) for role in roles]
        cells = (
            f"`{name}`",
            ", ".join(roles),
            "chat" if prompts.preset.chat else "text",
            ", ".join(str(s.model_dump().get("shape", "its own")) for s in settings),
            ", ".join(f"{s.thoughts:,} + {s.max_tokens:,}" if s.thoughts else f"{s.max_tokens:,}" for s in settings),
            f"{prompts.preset.context:,}",
        )
        rows.append("| " + " | ".join(cells) + " |")
    keys = "\n".join(["| key | type | default | meaning |", "|---|---|---|---|", *_rows(Preset, "")])
    return NOTE + "\n" + PROMPTS.format(presets="\n".join(rows), keys=keys)


def _rows(model: type[BaseModel], prefix: str) -> list[str]:
    from synth.llm.config import RoleConfig

    rows: list[str] = []
    for name, field in model.model_fields.items():
        if model is RoleConfig and name == "sampler":
            rows.append(f"| `{prefix}sampler.…` | as `sampler.…` | those of `sampler` | {field.description} |")
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            rows += _rows(field.annotation, f"{prefix}{name}.")
        elif section := _optional(field.annotation):
            rows.append(f"| `{prefix}{name}` | `null`, or the keys below | `null` | {field.description} |")
            rows += _rows(section, f"{prefix}{name}.")
        else:
            default = "required" if field.is_required() else f"`{_plain(field.get_default(call_default_factory=True))!r}`"
            kind = re.sub(r"<class '([\w.]+)'>", lambda m: m[1].rsplit(".", 1)[-1], str(field.annotation)).replace("typing.", "")
            cells = (f"`{prefix}{name}`", kind, default, " ".join((field.description or "").split()))
            rows.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return rows


def _optional(annotation: Any) -> type[BaseModel] | None:
    """The model M of an annotation `M | None`."""
    parts = get_args(annotation)
    return next((part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)), None) if type(None) in parts else None


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


def broken_links(root: Path = ROOT) -> list[str]:
    """Relative links and anchors of the Markdown files, and pages and headings that code and settings name, that lead nowhere."""
    broken: list[str] = []
    for page in [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("examples/**/*.md")]:
        for link in re.findall(r"\]\(([^)\s]+)\)", _without_code(page)):
            name, _, anchor = link.partition("#")
            target = page.parent / name if name else page
            if "://" in link or link.startswith("mailto:"):
                continue
            if not target.exists():
                broken.append(f"{page.relative_to(root)}: {link} does not exist")
            elif anchor and target.suffix == ".md" and anchor not in map(_anchor, headings(target)):
                broken.append(f"{page.relative_to(root)}: {link}: no such heading")
    for file in _sources(root):
        text = re.sub(r"\s*\n\s*#?\s*", " ", file.read_text(encoding="utf-8"))  # a reference may go on in the next line
        for name, heading in re.findall(r"(?<![\w./-])((?:docs/[\w/-]+|CONTRIBUTING|README)\.(?:md|py))(?:, \"([^\"]+)\")?", text):
            if not (root / name).exists():
                broken.append(f"{file.relative_to(root)}: {name} does not exist")
            elif heading and heading not in headings(root / name):
                broken.append(f'{file.relative_to(root)}: {name} has no heading "{heading}"')
    return broken


def headings(page: Path) -> list[str]:
    """The headings of a Markdown file."""
    return re.findall(r"^#{1,6} (.+?)\s*$", _without_code(page), flags=re.M)


def _without_code(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)


def _anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _sources(root: Path) -> list[Path]:
    """Code and settings, whose comments name pages."""
    found = [path for folder in _FOLDERS for path in root.glob(f"{folder}/**/*") if path.suffix in _SOURCES]
    return sorted(path for path in [*found, root / "Makefile", root / "setup.cfg"] if path.is_file())


def dashboard_page() -> str:
    """The Grafana dashboard that ships."""
    from synth.show.dashboard import grafana_page

    return grafana_page()


def corpora_page() -> str:
    """docs/corpora.md with the columns of the schema in their place."""
    from synth.export.schema import columns_table

    begin, end = "<!-- columns: written by `make docs` -->\n", "<!-- end of columns -->"
    page = (ROOT / "docs" / "corpora.md").read_text(encoding="utf-8")
    before, _, rest = page.partition(begin)
    return f"{before}{begin}{columns_table()}\n{end}{rest.partition(end)[2]}"


def architecture_page() -> str:
    """docs/architecture.md with the picture of the house in its place."""
    sys.path.insert(0, str(ROOT / "docs"))
    from pictures import house

    begin, end = "<!-- house: written by `make docs` -->\n", "<!-- end of house -->"
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    before, _, rest = page.partition(begin)
    return f"{before}{begin}```mermaid\n{house()}\n```\n{end}{rest.partition(end)[2]}"


PAGES = {
    "docs/architecture.md": architecture_page,
    "docs/corpora.md": corpora_page,
    "docs/cli.md": cli_page,
    "docs/configuration.md": config_page,
    "docs/prompts.md": prompts_page,
    "cluster/dashboards/proof-synth.json": dashboard_page,
}


def main() -> int:
    """Write (or with `--check` compare) the pages; 1 where something is out of date or broken."""
    wrong = []
    for name, page in PAGES.items():
        text = page()
        path = ROOT / name
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            wrong.append(f"{name} is out of date: run `make docs`")
    wrong += broken_links()
    print("\n".join(wrong) or f"docs: {len(list((ROOT / 'docs').glob('*.md')))} pages, all links lead somewhere")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
