"""What `text.header.split` takes for imports, against Lean's own parser of headers."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from verify_workers.lean import LeanInstall
from verify_workers.text.header import KEYWORDS, split
from verify_workers.text.lexer import PART

# Lean's parser in a process of its own: for each text the names of its imports, or None where it is in error.
ASK = """
import json, sys
from verify_workers.kernel import abi
from verify_workers.kernel.abi import array, box, field, immortal

lean = abi.load(sys.argv[1:2])
lean.io(lean.init_search_path())
lean.enable_initializer_execution()
lean.mark_end_initialization()

def imports(text):
    data = text.encode()
    source = immortal(lean.string(data))
    context = immortal(lean.input_context(source, lean.string(b"x"), 1, box(abi.word(source + 8) - 1)))
    log = field(field(immortal(lean.io(lean.parse_header(context))), 1), 1)
    if array(lean.message_array(abi.share(log))):
        return None
    found = field(immortal(lean.io(lean.parse_imports(lean.string(data), box(0)))), 0)
    return [abi.key(field(row, 0)) for row in array(found)]

print(json.dumps([imports(text) for text in json.load(sys.stdin)]))
"""

READ = [
    "import Init.Nat Init.Int",
    "import Init import Init.Nat\nopen Nat",
    "import Init open Nat",
    "import/- x -/Init.Nat",
    "import /- /- nested -/ -/ -- and more\n  Init.Nat\nx",
    "/-/-/ import Init.Nat",
    "/-/ x -/ import Init.Nat",
    "import«Init»",
    "import Init.«Nat»\nimport «my-lib».Basic",
    "import «a b».«c'd» import e",
    "import Ωμ.a₁.b'!?",
    "import Init-Nat",
    "import Init λ",
    "import Init.Nat'",
    "import.Init",
    "imports Init",
    "import_all Init",
    "open Nat\nimport Init",
    "/-- doc -/ import Init",
]
IN_ERROR = [
    "import",
    "import -- nothing\n",
    "import 3",
    'import "Init"',
    "import «",
    "import «Init",
    "import Init.",
    "import Init.3",
    "import .Init",
    "import Init\nimport",
    "import\nopen Nat",
    *(f"import {word}" for word in sorted(KEYWORDS)),
]


@pytest.fixture(scope="module")
def lean_says(lean: LeanInstall) -> dict[str, list[list[str]] | None]:
    variables = {name: value for name, value in lean.environment().items() if name != "LEAN_ABORT_ON_PANIC"}
    texts = [*READ, *IN_ERROR]
    command = [sys.executable, "-c", ASK, str(lean.library)]
    done = subprocess.run(
        command, input=json.dumps(texts), env=variables | {"PYTHONPATH": ":".join(sys.path)}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr[-1000:]
    return dict(zip(texts, json.loads(done.stdout), strict=True))


def _components(module: str) -> list[str]:
    return [part.strip("«»") for part in PART.findall(module)]


@pytest.mark.parametrize("text", READ)
def test_the_same_imports(lean_says: dict[str, list[list[str]] | None], text: str) -> None:
    found = lean_says[text]
    got = split(text)
    assert [["Init"], ["Init"], *map(_components, got.imports)] == found  # Lean adds Init, for use at run time and at elaboration
    assert not got.problem and not got.special and "import" not in got.rest[: len(got.rest) * bool(got.imports)]


def test_what_is_no_import_is_said_to_be_none(lean_says: dict[str, list[list[str]] | None]) -> None:
    assert [text for text in IN_ERROR if lean_says[text] is not None] == []
    assert [text for text in IN_ERROR if not (split(text).problem or split(text).special)] == []


@pytest.mark.parametrize(
    ("module", "names_one"),
    [
        *((name, True) for name in ("«my-lib».Basic", "«a b»", "Init.«Nat»", "«λ»", "a" * 240, ".".join(["Abc"] * 400))),
        *(
            (name, False)
            for name in ("«/tmp/Evil»", "«../x»", "«..».x", "Init.«..».«..».Evil", "«.»", "«»", "Init.«»", "«Own.One»", "«a/b»")
        ),
        *((name, False) for name in ("«a\\b»", "«a\0b»", "«a\nb»", "Own.«\ud800»", "a" * 300, f"«{'a' * 300}»", ".".join(["Abc"] * 600))),
    ],
)
def test_what_names_no_file_names_no_module(module: str, names_one: bool) -> None:
    for text in (f"import {module}", f"import Init\nimport {module}\nopen Nat"):
        got = split(text)
        assert got.imports[-1] == module and bool(got.problem) != names_one and len(got.problem) < 300
        assert "\n" not in got.problem and got.problem.isprintable()
