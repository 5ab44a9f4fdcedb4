"""Imports: modules that a check's header does not hold, and words that make a file no plain one."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import FALSE, TRUE, By, Table

TABLE = Table("imports")
code, proof = TABLE.code, TABLE.proof

HEADER = "a file has the modules that its header brings, and is a plain file"


def _import(name: str, tries: str, text: str, by: By = "policy") -> None:
    code(name, by, tries, HEADER, text, FALSE, header="import Init")


_import("lean", "the metalanguage", "import Lean\ntheorem goal : 1 = 2 := rfl")
_import("lean-elab", "a part of it", "import Lean.Elab.Command\nrun_cmd Lean.logInfo \"x\"\ntheorem goal : 1 = 2 := rfl")
_import("mathlib", "a library that is not there", "import Mathlib\ntheorem goal : 1 = 2 := rfl")
_import("second", "one behind another", "import Init\nimport Lean\ntheorem goal : 1 = 2 := rfl")
_import("late", "one behind a declaration", "theorem a : True := trivial\nimport Lean\ntheorem goal : 1 = 2 := rfl")
_import("all", "private parts of a module", "import all Init\ntheorem goal : 1 = 2 := rfl")
_import("public", "a public import", "public import Init\ntheorem goal : 1 = 2 := rfl")
_import("meta", "a meta import", "meta import Init\ntheorem goal : 1 = 2 := rfl")
_import("module", "a module", "module\nimport Init\ntheorem goal : 1 = 2 := rfl")
_import("prelude", "a file without Init", "prelude\ntheorem goal : 1 = 2 := rfl")
_import("prelude-nat", "a file without Init, with a Nat of its own", "prelude\ninductive Nat where | zero\ntheorem goal : 1 = 2 := rfl")
_import("path", "a file by its path", "import «../../../tmp/Evil»\ntheorem goal : 1 = 2 := rfl")
_import("quoted", "a module with an odd name", "import «Init.Nat»\ntheorem goal : 1 = 2 := rfl")
_import("dots", "a name that climbs", "import Init.«..».«..».Evil\ntheorem goal : 1 = 2 := rfl", by="lean")
_import("comment-between", "a module behind a comment", "import/- x -/Lean\ntheorem goal : 1 = 2 := rfl")
_import("same-line", "two on a line", "import Init import Lean\ntheorem goal : 1 = 2 := rfl")
_import("unknown-below-init", "a module below one that it has", "import Init.Plugin\ntheorem goal : 1 = 2 := rfl", by="lean")
proof("header-module", "policy", "a header that makes a module", HEADER, "rfl", TRUE, header="module\nimport Init", rule_only=True)
proof("header-prelude", "policy", "a header without Init", HEADER, "rfl", "theorem goal : 1 = 1", header="prelude", rule_only=True)
proof("header-import-all", "policy", "a header that imports private parts", HEADER, "rfl", TRUE, header="import all Init", rule_only=True)
proof("header-meta", "policy", "a header that imports for elaboration", HEADER, "rfl", TRUE, header="meta import Init", rule_only=True)
proof("header-late-import", "lean", "an import behind an option", HEADER, "rfl", TRUE, header="set_option maxRecDepth 100\nimport Init", rule_only=True)
proof("header-path", "policy", "a header that imports a path", "the header names no module", "rfl", TRUE, header="import «/tmp/Evil»")
proof("header-missing", "lean", "a header that imports nothing that is there", "the header does not load", "rfl", TRUE, header="import No.Such.Module")
