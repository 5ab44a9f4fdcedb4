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
    "code-in-string": "def s := s!\"{(sorry : Nat)}\"\ntheorem goal : 1 = 2 := rfl",
    "structure-field-namespace": "structure Lean where reduceBool : Nat\ntheorem goal : 1 = 2 := rfl",
}.items():
    code(_name, "policy", _name.replace("-", " "), PLAIN, _text)

# ---- files that run code of their own: what a snippet without policy got around ------------------------------------------------
RUNS = "no code of a candidate runs before its verdict, or it runs in a jail and decides nothing"
_READ = (
    "open Lean\ninductive R where | ok (s : String) | err (n : Nat)\ninstance : Inhabited R := ⟨.err 0⟩\n"
    '@[extern "y"] opaque IO.FS.readFile (p : @& String) : R\nsyntax (name := pw) "pwn" : term\n'
)
code("reads-a-file", "policy", "read a file at elaboration and show it", RUNS, f'{_READ}@[macro pw] def m : Macro := fun _ => match IO.FS.readFile "/etc/passwd" with | .ok s => Macro.throwError s | .err _ => Macro.throwError "no"\ntheorem goal : 1 = 2 := pwn')
code("registers-a-linter", "policy", "a linter that answers for later checks", RUNS, 'open Lean\nstructure Lin where\n  run : Nat → Nat → Nat\n  name : Name\n@[extern "lean_add_linter"] opaque Lean.Elab.Command.addLinter (l : Lin) : Nat\ntheorem goal : 1 = 2 := by decide')
code("writes-to-a-descriptor", "policy", "write frames to descriptor 1", RUNS, '@[extern "lean_io_prim_handle_write"] opaque writeIt (p : @& String) (s : @& String) : Nat\n@[reducible] def said : Nat := writeIt "/proc/self/fd/1" "Content-Length: 2\\r\\n\\r\\n"\ntheorem goal : 1 = 2 := by decide')
code("exits", "policy", "end the process", RUNS, '@[extern "exit"] opaque leave (n : Nat) : Nat\n@[simproc] def now : Nat := leave 0\ntheorem goal : 1 = 2 := by decide')
code("term-elaborator", "policy", "an elaborator that adds a declaration", RUNS, 'open Lean Elab Term in\nelab "cheat" : term => do return .const ``sorryAx []\ntheorem goal : 1 = 2 := cheat')
code("run-elab", "policy", "elaborate in a command", RUNS, "run_elab Lean.addDecl default\ntheorem goal : 1 = 2 := rfl")
code("run-tac-in-a-helper", "policy", "run code in a helper's tactic", RUNS, "theorem a : 1 = 2 := by\n  run_tac return ()\ntheorem goal : 1 = 2 := a")
code("command-elaborator", "policy", "an elaborator for `theorem`", RUNS, 'open Lean in\n@[command_elab Lean.Parser.Command.declaration] def e : Nat := 0\ntheorem goal : 1 = 2 := rfl')
code("builtin-initialize", "policy", "run at load", RUNS, "builtin_initialize x : Nat ← pure 1\ntheorem goal : 1 = 2 := rfl")
code("register-option", "policy", "an option of its own", RUNS, 'register_option cheat : Bool := { defValue := true }\ntheorem goal : 1 = 2 := rfl')
code("dsimproc", "policy", "a simplification procedure", RUNS, "dsimproc x (1) := fun _ => return .done (.lit (.natVal 2))\ntheorem goal : 1 = 2 := by simp")
code("discharger", "policy", "a discharger that runs code", RUNS, "theorem goal : 1 = 2 := by simp (discharger := run_tac return ())")
code("conv-run", "policy", "run code in conv mode", RUNS, "theorem goal : 1 = 2 := by\n  conv => run_conv return ()\n  rfl")
code("elab-as-elim", "lean", "an eliminator that is none", "it eliminates nothing", "@[elab_as_elim] theorem e {p : Nat → Prop} (n : Nat) (h : p 0) : p n := by assumption\ntheorem goal : 1 = 2 := by\n  induction 1 using e\n  rfl")
code("norm-num-extension", "policy", "an extension of a tactic", RUNS, "@[norm_num 1 = 2] def ext : Nat := 0\ntheorem goal : 1 = 2 := by norm_num")
code("computed-fields", "policy", "compiled fields that lie", "compiled code proves nothing", "inductive E where\n  | a | b\nwith\n  @[computed_field] h : E → Nat := fun _ => 1\ntheorem goal : 1 = 2 := by decide")
code("decidable-by-compiled-code", "policy", "an instance that compiled code decides", "compiled code proves nothing", "def yes : Bool := true\n@[implemented_by yes] def d : Bool := decide (1 = 2)\ntheorem goal : 1 = 2 := of_decide_eq_true (Lean.ofReduceBool d true rfl)")
code("unsafe-through-implemented-by", "policy", "unsafe code behind a safe name", "compiled code proves nothing", "unsafe def u : PLift (1 = 2) := unsafeCast ()\n@[implemented_by u] opaque s : Nonempty (PLift (1 = 2))\ntheorem goal : 1 = 2 := by cases s with | intro h => exact h.down")
code("partial-inhabited", "policy", "a partial function into what is not inhabited", "partial code is no proof", "partial def p (u : Unit) : Nonempty (PLift (1 = 2)) := p u\ntheorem goal : 1 = 2 := (Classical.choice (p ())).down")
code("opaque-with-value", "policy", "an opaque constant without value", "it needs an inhabitant", "opaque o : PLift (1 = 2)\ntheorem goal : 1 = 2 := o.down")
