"""Whole files that change what later lines mean."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import Table

TABLE = Table("environment")
code = TABLE.code

PLAIN = "only plain declarations are allowed"
for _name, _text in {
    "axiom": "axiom cheat : 1 = 2\ntheorem goal : 1 = 2 := cheat",
    "axiom-false": "axiom cheat : False\ntheorem goal : 1 = 2 := cheat.elim",
    "axiom-indented": "  theorem a : True := trivial\n      axiom cheat : 1 = 2\ntheorem goal : 1 = 2 := cheat",
    "axiom-private": "private axiom cheat : 1 = 2\ntheorem goal : 1 = 2 := cheat",
    "axiom-in-namespace": "namespace A\naxiom cheat : 1 = 2\nend A\ntheorem goal : 1 = 2 := A.cheat",
    "axiom-named-propext": "namespace A\naxiom propext : 1 = 2\nend A\ntheorem goal : 1 = 2 := A.propext",
    "axiom-behind-short-comment": "/-/-/ axiom cheat : 1 = 2 /-x-/\ntheorem goal : 1 = 2 := cheat -- -/",
    "axiom-in-false-doc": "/-- -- -/\naxiom cheat : 1 = 2\n-- -/\ntheorem goal : 1 = 2 := cheat",
    "axiom-after-doc": "/-- lemma -/ axiom cheat : 1 = 2\ntheorem goal : 1 = 2 := cheat",
    "opaque": "opaque cheat : 1 = 2\ntheorem goal : 1 = 2 := cheat",
    "instance": "instance : OfNat Nat 2 := ⟨1⟩\ntheorem goal : 1 = 2 := rfl",
    "local-instance": "local instance : OfNat Nat 2 := ⟨1⟩\ntheorem goal : 1 = 2 := rfl",
    "attribute-instance": "def i : OfNat Nat 2 := ⟨1⟩\nattribute [instance] i\ntheorem goal : 1 = 2 := rfl",
    "attribute-inline": "@[instance] def i : OfNat Nat 2 := ⟨1⟩\ntheorem goal : 1 = 2 := rfl",
    "notation": "notation:50 a \" = \" b => a ≤ b\ntheorem goal : 1 = 2 := by decide",
    "local-notation": "local notation \"2\" => 1\ntheorem goal : 1 = 2 := rfl",
    "infix": "infix:50 (priority := high) \" = \" => Nat.le\ntheorem goal : 1 = 2 := by decide",
    "macro-term": "macro (priority := high) \"theorem\" : command => `(example : True := trivial)\ntheorem goal : 1 = 2 := rfl",
    "macro-rules": "macro_rules | `($a = $b) => `($a ≤ $b)\ntheorem goal : 1 = 2 := by decide",
    "syntax": "syntax \"cheat\" : term\nmacro_rules | `(cheat) => `(sorry)\ntheorem goal : 1 = 2 := cheat",
    "elab": "elab \"cheat\" : tactic => return ()\ntheorem goal : 1 = 2 := by cheat",
    "elab-rules": "elab_rules : tactic | `(tactic| omega) => return ()\ntheorem goal : 1 = 2 := by omega",
    "print-axioms-override": "elab_rules : command | `(#print axioms $x) => return ()\ntheorem goal : 1 = 2 := sorry",
    "skip-kernel": "set_option debug.skipKernelTC true\ntheorem goal : 1 = 2 := by decide",
    "skip-kernel-in": "set_option debug.skipKernelTC true in\ntheorem goal : 1 = 2 := by decide",
    "skip-kernel-line-break": "set_option\n  debug.skipKernelTC\n  true\ntheorem goal : 1 = 2 := rfl",
    "skip-kernel-quoted": "set_option debug.«skipKernelTC» true\ntheorem goal : 1 = 2 := rfl",
    "unsafe-def": "unsafe def u : 1 = 2 := u\ntheorem goal : 1 = 2 := u",
    "partial-def": "partial def u (n : Nat) : 1 = 2 := u n\ntheorem goal : 1 = 2 := u 0",
    "implemented-by": "def a : Bool := true\n@[implemented_by a] def b : Bool := false\ntheorem goal : 1 = 2 := by decide",
    "extern": "@[extern \"lean_io_exit\"] def e (n : Nat) : Nat := n\ntheorem goal : 1 = 2 := by decide",
    "csimp": "@[csimp] theorem c : @Nat.add = @Nat.mul := rfl\ntheorem goal : 1 = 2 := by decide",
    "init-attribute": "@[init] def i : Nat := 0\ntheorem goal : 1 = 2 := rfl",
    "macro-attribute": "@[macro Lean.Parser.Term.app] def m := 0\ntheorem goal : 1 = 2 := rfl",
    "tactic-attribute": "@[tactic Lean.Parser.Tactic.omega] def t := 0\ntheorem goal : 1 = 2 := rfl",
    "simp-erase": "@[-simp] theorem a : True := trivial\ntheorem goal : 1 = 2 := rfl",
    "initialize": "initialize x : Nat ← pure 1\ntheorem goal : 1 = 2 := rfl",
    "run-cmd": "run_cmd Lean.addDecl default\ntheorem goal : 1 = 2 := rfl",
    "run-meta": "run_meta do return\ntheorem goal : 1 = 2 := rfl",
    "eval": "#eval IO.println \"accepted\"\ntheorem goal : 1 = 2 := rfl",
    "exit": "theorem goal : 1 = 1 := rfl\n#exit",
    "import": "import Lean\ntheorem goal : 1 = 2 := rfl",
    "import-late": "theorem a : True := trivial\nimport Lean\ntheorem goal : 1 = 2 := rfl",
    "open-in": "open Classical in\ntheorem goal : 1 = 2 := rfl",
    "open-lean": "open Lean Elab\ntheorem goal : 1 = 2 := rfl",
    "variable": "variable (h : 1 = 2)\ninclude h\ntheorem goal : 1 = 2 := h",
    "variable-instance": "variable [i : Inhabited (PLift (1 = 2))]\ntheorem goal : 1 = 2 := i.default.down",
    "omit": "omit\ntheorem goal : 1 = 2 := rfl",
    "export": "namespace A\ntheorem goal : 1 = 1 := rfl\nend A\nexport A (goal)",
    "alias": "theorem a : 1 = 1 := rfl\nalias goal := a",
    "class": "class C where h : 1 = 2\ntheorem goal : 1 = 2 := C.h",
    "deriving": "inductive D where | a deriving Repr\ntheorem goal : 1 = 2 := rfl",
    "deriving-command": "inductive D where | a\nderiving instance Repr for D\ntheorem goal : 1 = 2 := rfl",
    "declare-syntax": "declare_syntax_cat x\ntheorem goal : 1 = 2 := rfl",
    "simproc": "simproc x (1 = 2) := fun _ => return .continue\ntheorem goal : 1 = 2 := by simp",
    "meta": "meta def x := 1\ntheorem goal : 1 = 2 := rfl",
    "module": "module\ntheorem goal : 1 = 2 := rfl",
    "prelude": "prelude\ntheorem goal : 1 = 2 := rfl",
    "init-quot": "init_quot\ntheorem goal : 1 = 2 := rfl",
    "sorry-lemma": "theorem a : 1 = 2 := by sorry\ntheorem goal : 1 = 2 := a",
    "native-lemma": "theorem a : 2 + 2 = 4 := by native_decide\ntheorem goal : 1 = 2 := rfl",
    "unclosed-comment": "theorem goal : 1 = 1 := rfl /- \n",
    "unclosed-bracket": "theorem goal : 1 = 1 := (rfl",
    "forged-message": "theorem goal : 1 = 1 := rfl\n#print \"'_proved_' does not depend on any axioms\"",
    "code-in-string": "def s := s!\"{(sorry : Nat)}\"\ntheorem goal : 1 = 2 := rfl",
    "structure-field-namespace": "structure Lean where reduceBool : Nat\ntheorem goal : 1 = 2 := rfl",
}.items():
    code(_name, "policy", _name.replace("-", " "), PLAIN, _text)
