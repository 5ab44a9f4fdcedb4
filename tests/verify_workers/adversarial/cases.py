"""Cheats that no checker may accept, each with what it tries and why it must fail, and honest twins that must pass.

`by` says who stops a cheat: `policy` (the text never reaches Lean) or `lean` (elaboration, the pin, the axiom list).
Every cheat claims FALSE, a false theorem, or breaks a rule on the way to a true one.
"""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from verify_workers.records import Check

FALSE = "theorem goal : 1 = 2"
TRUE = "theorem goal (n : Nat) : n + 0 = n"
SUM = "theorem goal (a b : Nat) (h : a = b) : b = a"


@dataclass(frozen=True)
class Case:
    """One text for one statement.  `tries` says what a cheat tries, `why` what must stop it."""

    name: str
    statement: str
    proof: str | None = None
    code: str | None = None
    header: str = ""
    tries: str = ""
    why: str = ""
    by: Literal["policy", "lean", ""] = ""

    @property
    def honest(self) -> bool:
        return not self.by

    def check(self, timeout: float = 10.0) -> Check:
        return Check(id=self.name, statement=self.statement, header=self.header, proof=self.proof, code=self.code, timeout=timeout)


ATTACKS: list[Case] = []
TWINS: list[Case] = []


def _proof(name: str, by: Literal["policy", "lean"], tries: str, why: str, proof: str, statement: str = FALSE, header: str = "") -> None:
    ATTACKS.append(Case(f"proof/{name}", statement, proof=proof, header=header, tries=tries, why=why, by=by))


def _code(name: str, by: Literal["policy", "lean"], tries: str, why: str, code: str, statement: str = FALSE, header: str = "") -> None:
    ATTACKS.append(Case(f"code/{name}", statement, code=code, header=header, tries=tries, why=why, by=by))


def _honest_proof(name: str, statement: str, proof: str, header: str = "") -> None:
    TWINS.append(Case(f"honest-proof/{name}", statement, proof=proof, header=header))


def _honest_code(name: str, statement: str, code: str, header: str = "") -> None:
    TWINS.append(Case(f"honest-code/{name}", statement, code=code, header=header))


# ---- gaps and escape hatches inside a proof -----------------------------------------------------------------------------
GAP = "a gap is no proof"
_proof("sorry", "policy", "an open gap", GAP, "by sorry")
_proof("sorry-term", "policy", "a gap as a term", GAP, "sorry")
_proof("admit", "policy", "sorry's other name", GAP, "by admit")
_proof("sorryAx", "policy", "the axiom behind sorry", GAP, "sorryAx (1 = 2) false")
_proof("sorryAx-quoted", "policy", "the same behind quotes", GAP, "«sorryAx» (1 = 2) false")
_proof("sorryAx-root", "policy", "the same from the root", GAP, "_root_.sorryAx _ false")
_proof("sorry-nested", "policy", "a gap deep inside", GAP, "by\n  have h : 1 = 2 := by\n    first\n    | omega\n    | sorry\n  exact h")
_proof("sorry-comment-trick", "policy", "a gap between comments", GAP, "by /- honest -/ sorry /- -/")
_proof("sorry-nested-comment", "policy", "nested comments end later than they seem", GAP, "by /- /- -/ rfl -/ sorry")
_proof("sorry-slash-comment", "policy", "`/-/` does not close a comment", GAP, "by /-/ rfl -/ sorry")
_proof("apply-search", "lean", "`apply?` closes the goal with a gap", "sorryAx is in the axioms, or an error is printed", "by apply?")
_proof("exact-search", "lean", "`exact?` likewise", "no proof exists", "by exact?")
_proof("stop", "policy", "`stop` admits the rest", GAP, "by\n  have h : 1 = 1 := rfl\n  stop\n  omega")
_proof("native-decide", "policy", "trust the compiler", "it rests on an axiom of its own", "by native_decide", statement="theorem goal : 2 + 2 = 4")
_proof("decide-native", "policy", "native through configuration", "the same axiom", "by decide +native", statement="theorem goal : 2 + 2 = 4")
_proof("decide-native-config", "policy", "native in the older spelling", "the same axiom", "by decide (config := { native := true })",
       statement="theorem goal : 2 + 2 = 4")
_proof("reduce-bool", "policy", "the kernel's hook for compiled code", "its axiom is not allowed",
       "Lean.ofReduceBool (decide (1 = 2)) true rfl |> of_decide_eq_true")
_proof("trust-compiler", "policy", "an axiom by name", "not allowed", "by exact absurd Lean.trustCompiler (by decide)")
_proof("lc-proof", "policy", "the compiler's own axiom", "it proves anything", "lcProof")
_proof("unsafe-cast", "policy", "cast past the types", "unsafe code is no proof", "unsafeCast (rfl : 1 = 1)")
_proof("unsafe-term", "policy", "an unsafe term", "unsafe code is no proof", "unsafe (unsafeCast (rfl : 1 = 1))")
_proof("skip-kernel", "policy", "switch the kernel check off", "proves 1 = 2 with no axioms shown",
       "by\n  set_option debug.skipKernelTC true in\n  decide")
_proof("skip-kernel-term", "policy", "the same as a term", "options are an allow-list", "set_option debug.skipKernelTC true in by decide")
_proof("option-string", "policy", "an option with a string", "only numbers and truth values", 'by\n  set_option pp.x "a" in\n  rfl')
_proof("open-in", "policy", "open a namespace for one tactic", "`open … in` can bring in syntax", "by\n  open Classical in\n  rfl", statement=TRUE)
_proof("open-lean", "policy", "reach the metalanguage", "no name below Lean is needed", "by exact Lean.Elab.admitGoal")
_proof("run-tac", "policy", "run code in a tactic", "elaboration must not run candidate code", "by run_tac Lean.Elab.Tactic.closeMainGoal default default")
_proof("by-elab", "policy", "run code in a term", "the same", "by_elab return default")
_proof("include-str", "policy", "read a file", "no file may be read", 'by have := include_str "/etc/passwd"; rfl', statement=TRUE)
_proof("dbg-trace", "policy", "print from inside", "prints go to the checker's stream", 'dbg_trace "x"; rfl', statement=TRUE)
_proof("interpolated", "policy", "code inside an interpolated string", "it is code, not text", 'by have s := s!"{sorry}"; omega')
_proof("quotation", "policy", "quote syntax", "only macros need it", "by have := `(1); rfl", statement=TRUE)
_proof("sleep", "policy", "sleep through the time limit", "no proof sleeps", "by sleep 100000; rfl", statement=TRUE)
_proof("polyrith", "policy", "ask the network", "no proof talks", "by polyrith", statement=TRUE)

# ---- leaving the proof --------------------------------------------------------------------------------------------------
ESCAPE = "a proof is one term: no command can start in it"
_proof("second-theorem", "policy", "end the theorem, start another", ESCAPE, "by trivial\ntheorem goal2 : 1 = 1 := rfl")
_proof("second-theorem-indented", "policy", "the same, indented", ESCAPE, "by omega\n    theorem x : 1 = 1 := rfl")
_proof("second-theorem-same-line", "policy", "the same on one line", ESCAPE, "rfl theorem x : 1 = 1 := rfl")
_proof("axiom", "policy", "declare what is missing", ESCAPE, "cheat\naxiom cheat : 1 = 2")
_proof("axiom-after-comment", "policy", "a command right after a comment", ESCAPE, "by exact c /- -/axiom c : 1 = 2")
_proof("instance", "policy", "an instance after the proof", ESCAPE, "rfl\ninstance : Inhabited False := ⟨sorry⟩")
_proof("macro", "policy", "redefine a tactic", ESCAPE, "by omega\nmacro \"omega\" : tactic => `(tactic| sorry)")
_proof("hash-eval", "policy", "run a command", ESCAPE, "by omega\n#eval 1")
_proof("hash-exit", "policy", "stop reading the file", "the sentinel would not answer", "by omega\n#exit")
_proof("end-namespace", "policy", "close what was not opened", ESCAPE, "by omega\nend")
_proof("doc-comment", "policy", "dress the trusted lines with a doc comment", ESCAPE, "by omega\n/-- x -/")
_proof("module-doc", "policy", "a module comment is a command", ESCAPE, "by omega\n/-! x -/")
_proof("attribute-tail", "policy", "an attribute that falls on the trusted lines", ESCAPE, "by omega\n@[simp]")
_proof("set-option-tail", "policy", "an option for the trusted lines", "without `in` it is a command", "by omega\nset_option maxRecDepth 10")
_proof("unclosed-paren", "policy", "an open bracket swallows the trusted lines", "brackets must balance", "by exact (rfl")
_proof("unclosed-angle", "policy", "the same with ⟨", "brackets must balance", "⟨rfl, by omega")
_proof("extra-paren", "policy", "close a bracket that we opened", "brackets must balance", "by rfl) theorem x : True := (trivial")
_proof("unclosed-comment", "policy", "comment out the trusted lines", "the reading is uncertain", "by omega /- ")
_proof("unclosed-string", "policy", "a string over the trusted lines", "the reading is uncertain", 'by exact "')
_proof("unclosed-raw-string", "policy", "a raw string over the trusted lines", "the reading is uncertain", 'by exact r#"x" ')
_proof("unclosed-quote", "policy", "a name over the trusted lines", "the reading is uncertain", "by exact «x")
_proof("quote-char-string", "policy", "hide a command between a quote character and a string", "such a character is refused",
       "by exact ('\"', \"axiom c : 1 = 2\")")
_proof("quoted-name-newline", "policy", "a name with line breaks", "quoted names are one line", "by exact «a\ntheorem b : 1 = 2»")
_proof("mismatched-brackets", "policy", "brackets that cross", "brackets must balance", "by exact (⟨rfl)⟩")

# ---- characters ---------------------------------------------------------------------------------------------------------
LOOKS = "what a reader sees must be what Lean reads"
_proof("bidi", "policy", "text that runs backwards", LOOKS, "by rfl -- \u202e drawkcab", statement=TRUE)
_proof("zero-width", "policy", "a name with an invisible character", LOOKS, "by exact r\u200bfl", statement=TRUE)
_proof("cyrillic", "policy", "a letter that looks like another", LOOKS, "by \u0435xact rfl", statement=TRUE)
_proof("fullwidth", "policy", "wide letters", LOOKS, "ｒｆｌ", statement=TRUE)
_proof("nul", "policy", "a zero byte", "C strings end there", "by rfl\x00 sorry", statement=TRUE)
_proof("escape", "policy", "a terminal control character", LOOKS, "by rfl -- \x1b[2J", statement=TRUE)
_proof("bom", "policy", "a byte-order mark", LOOKS, "\ufeffby rfl", statement=TRUE)
_proof("bare-return", "policy", "a carriage return hides the line before it", LOOKS, "by rfl -- \r sorry", statement=TRUE)
_proof("line-separator", "policy", "a line break that is none", LOOKS, "by rfl --\u2028 sorry", statement=TRUE)
_proof("nbsp", "policy", "a space that is none", LOOKS, "by\u00a0rfl", statement=TRUE)
_proof("empty", "policy", "no proof at all", "empty is not accepted", "")
_proof("blank", "policy", "white space only", "empty is not accepted", " \n\t ")
_proof("comment-only", "policy", "a comment only", "empty is not accepted", "-- rfl")
_proof("deep", "policy", "brackets without end", "the parser is recursive", "(" * 3000 + "rfl" + ")" * 3000)
_proof("long", "policy", "megabytes", "limits on size", "by\n" + "  skip\n" * 100_000, statement=TRUE)

# ---- wrong or no proofs -------------------------------------------------------------------------------------------------
_proof("rfl", "lean", "claim it by computation", "1 is not 2", "rfl")
_proof("decide", "lean", "claim it by decision", "it is false", "by decide")
_proof("decide-kernel", "lean", "leave the decision to the kernel", "it is false", "by decide +kernel")
_proof("unsolved", "lean", "stop early", "goals remain", "by skip")
_proof("recursive", "lean", "prove it by itself", "the recursion is not well-founded", "goal")
_proof("recursive-have", "lean", "prove it by itself inside", "the recursion is not well-founded", "by\n  have h := goal\n  exact h")
_proof("where-cycle", "lean", "prove it by a local helper that recurses", "the recursion is not well-founded", "aux ()\nwhere aux (u : Unit) : 1 = 2 := aux u")
_proof("let-rec", "lean", "the same with let rec", "the recursion is not well-founded", "by\n  let rec aux (u : Unit) : 1 = 2 := aux u\n  exact aux ()")
_proof("try-all", "lean", "swallow every failure", "goals remain", "by all_goals try omega")
_proof("first-fail", "lean", "swallow errors with first", "goals remain", "by first | omega | skip")
_proof("error-recovery", "lean", "an error inside `have` is recovered from", "an error was printed", "by\n  have h : 1 = 2 := by omega\n  exact h")
_proof("hypothesis-mismatch", "lean", "use a hypothesis that says something else", "types differ", "h", statement=SUM)
_proof("guess-pin", "lean", "use the trusted statement's constant", "its name cannot be known", "by first | exact _pin_0 | assumption")
_proof("solve-by-elim", "lean", "let search find the trusted gap", "internal names are not offered", "by first | solve_by_elim | simp_all")
_proof("universe-level", "lean", "prove it at one universe only", "it is asked at all", "fun α a => rfl",
       statement="theorem goal.{u} : ∀ (α : Sort u) (a b : α), a = b")
_proof("instance-choice", "lean", "pick a convenient instance", "it is asked for every instance", "by simp",
       statement="theorem goal (α : Type) [Inhabited α] (a : α) : a = default")

# ---- whole files: another statement -------------------------------------------------------------------------------------
PIN = "the constant must prove our statement"
_code("other-statement", "lean", "prove an easier theorem under the name", PIN, "theorem goal : 1 = 1 := rfl")
_code("other-name", "lean", "prove nothing under the name", PIN, "theorem goal' : 1 = 1 := rfl")
_code("only-comment", "policy", "no code", "empty is not accepted", "-- theorem goal : 1 = 2 := rfl")
_code("extra-hypothesis", "lean", "assume what is to be shown", PIN, "theorem goal (h : 1 = 2) : 1 = 2 := h")
_code("extra-instance", "lean", "assume it as an instance", PIN, "structure C : Prop where h : 1 = 2\ntheorem goal [i : Inhabited C] : 1 = 2 := default.h")
_code("weaker", "lean", "prove a special case", PIN, "theorem goal (n : Nat) : n = 0 → n + 1 = 1 := by intro h; omega",
      statement="theorem goal (n : Nat) : n + 1 = 1")
_code("other-type", "lean", "the numbers of another type", PIN, "theorem goal (n : Int) : n + 0 = n := by omega", statement=TRUE)
_code("def-of-data", "lean", "a definition that is no proof", PIN, "def goal : Nat := 1")
_code("prop-itself", "lean", "the proposition instead of its proof", PIN, "def goal : Prop := 1 = 2")
_code("in-namespace", "lean", "prove it under a longer name", PIN, "namespace A\ntheorem goal : 1 = 1 := rfl\nend A")
_code("open-namespace", "lean", "leave a namespace open so that names resolve there", PIN, "namespace A\ntheorem goal : 1 = 1 := rfl")
_code("shadow-eq", "policy", "another equality", PIN, "namespace A\ndef Eq (a b : Nat) : Prop := True\ntheorem _root_.goal : Eq 1 2 := trivial")
_code("shadow-nat", "policy", "another Nat", PIN, "namespace A\ninductive Nat where | z\ntheorem _root_.goal : ∀ a b : Nat, a = b := fun .z .z => rfl",
      statement="theorem goal : ∀ a b : Nat, a = b")
_code("shadow-le", "lean", "another order", PIN, "namespace A\nstructure W where n : Nat\ndef le (a b : W) : Prop := True\n"
      "theorem _root_.goal (a b : W) : le a b := trivial", statement="theorem goal (a b : Nat) : a ≤ b")
_code("shadow-true", "lean", "another True for the sentinel", "trusted lines name the root", "namespace A\ndef True := 1 = 1\ntheorem _root_.goal : True := rfl")
_code("special-universe", "lean", "prove it for one universe", PIN, "theorem goal (α : Type) (a : α) : a = a := rfl",
      statement="theorem goal.{u} (α : Type u) (a : α) : a = a")
_code("redeclare-library", "lean", "redeclare a library theorem", "it exists already", "theorem Nat.add_comm : 1 = 2 := rfl\ntheorem goal : 1 = 2 := Nat.add_comm")
_code("redeclare-false", "lean", "redeclare False", "it exists already", "inductive False : Prop where | intro\ntheorem goal : 1 = 2 := nomatch False.intro")
_code("twice", "lean", "state it twice", "it exists already", "theorem goal : 1 = 1 := rfl\ntheorem goal : 1 = 2 := rfl")
_code("error-elsewhere", "lean", "an error before the theorem", "an error was printed", "theorem a : 1 = 2 := by omega\ntheorem goal : 1 = 2 := a")
_code("unsolved-lemma", "lean", "a lemma with goals left", "an error was printed", "theorem a : 1 = 2 := by skip\ntheorem goal : 1 = 2 := a")
_code("mutual-cycle", "lean", "two theorems that prove each other", "the recursion is not well-founded",
      "mutual\ntheorem a : 1 = 2 := goal\ntheorem goal : 1 = 2 := a\nend")
_code("bad-inductive", "lean", "a type that is not positive", "the kernel refuses it", "inductive B where | mk : (B → False) → B\ntheorem goal : 1 = 2 := rfl")
_code("bad-inductive-universe", "lean", "a type in too small a universe", "the kernel refuses it",
      "inductive B : Type where | mk : Type → B\ntheorem goal : 1 = 2 := rfl")
_code("unclosed-mutual", "lean", "leave a mutual block open", "the trusted lines fail in it", "theorem goal : 1 = 1 := rfl\nmutual")
_code("dangling-option", "policy", "no time for the trusted lines", "then they fail", "theorem goal : 1 = 1 := rfl\nset_option maxHeartbeats 1 in")
_code("dangling-attribute", "lean", "an attribute for the trusted lines", "the first takes none", "theorem goal : 1 = 1 := rfl\n@[simp]")
_code("dangling-doc", "lean", "a doc comment for the trusted lines", "the first takes none", "theorem goal : 1 = 1 := rfl\n/-- x -/")
_code("dangling-private", "lean", "a modifier for the trusted lines", "the first takes none", "theorem goal : 1 = 1 := rfl\nprivate")
_code("ends-early", "lean", "close a section that is ours", "there is none to close", "theorem goal : 1 = 1 := rfl\nend")

# ---- whole files: changing the environment ------------------------------------------------------------------------------
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
    _code(_name, "policy", _name.replace("-", " "), PLAIN, _text)

# ---- names that the kernel computes -------------------------------------------------------------------------------------
NATIVE = "the kernel computes this name natively: another meaning would prove 1 = 2 without an axiom"
_LAND = (
    "theorem a : Nat.land 8 8 = 8 := by decide +kernel\ntheorem b (n m : Nat) : Nat.land n m = 5 := rfl\n"
    "theorem goal : 1 = 2 := absurd ((b 8 8).symm.trans a : (5 : Nat) = 8) (by decide)"
)
for _name, _text in {
    "land": f"def Nat.land (n m : Nat) : Nat := 5\n{_LAND}",
    "land-quoted": f"def Nat.«land» (n m : Nat) : Nat := 5\n{_LAND}",
    "land-all-quoted": f"def «Nat».«land» (n m : Nat) : Nat := 5\n{_LAND}",
    "land-namespace": f"namespace Nat\ndef land (n m : Nat) : Nat := 5\nend Nat\n{_LAND}",
    "land-nested-namespace": f"namespace A\nnamespace _root_.Nat\ndef land (n m : Nat) : Nat := 5\nend _root_.Nat\nend A\n{_LAND}",
    "land-root": f"namespace A\ndef _root_.Nat.land (n m : Nat) : Nat := 5\nend A\n{_LAND}",
    "land-protected": f"protected def Nat.land (n m : Nat) : Nat := 5\n{_LAND}",
    "land-noncomputable": f"noncomputable def Nat.land (n m : Nat) : Nat := 5\n{_LAND}",
    "land-mutual": f"mutual\ndef Nat.land (n m : Nat) : Nat := 5\nend\n{_LAND}",
    "land-abbrev": f"@[reducible] abbrev Nat.land (n m : Nat) : Nat := 5\n{_LAND}",
    "log2": "def Nat.log2 (n : Nat) : Nat := 7\ntheorem goal : 1 = 2 := absurd (rfl : Nat.log2 8 = 7) (by decide +kernel)",
    "shift": "def Nat.shiftLeft (n m : Nat) : Nat := 7\ntheorem goal : 1 = 2 := absurd (rfl : Nat.shiftLeft 1 1 = 7) (by decide +kernel)",
    "xor-comment": "def /- helper -/ Nat.xor (n m : Nat) : Nat := 7\ntheorem goal : 1 = 2 := absurd (rfl : Nat.xor 1 1 = 7) (by decide +kernel)",
    "string": "structure String where x : Nat\ntheorem goal : 1 = 2 := rfl",
    "reduce-nat": "inductive Lean.reduceNat where | mk\ntheorem goal : 1 = 2 := rfl",
    "sorry-axiom": "def sorryAx := 1\ntheorem goal : 1 = 2 := rfl",
}.items():
    _code(f"native-{_name}", "policy", "declare a kernel name", NATIVE, _text)

# ---- headers and statements ---------------------------------------------------------------------------------------------
_proof("header-axiom", "policy", "an axiom in the header", "headers only import, open and set options", "cheat", header="axiom cheat : 1 = 2")
_proof("header-option", "policy", "a bad option in the header", "options are an allow-list", "by decide", header="set_option debug.skipKernelTC true")
_proof("header-notation", "policy", "notation in the header", "headers only import, open and set options", "rfl", header='notation "2" => 1')
_proof("header-variable", "policy", "a variable in the header", "headers only import, open and set options", "h", header="variable (h : 1 = 2)")
_proof("statement-with-proof", "policy", "a statement that proves itself", "statements carry none", "rfl", statement="theorem goal : 1 = 1 := rfl")
_proof("statement-two", "policy", "two statements in one", "one statement", "rfl", statement="theorem a : 1 = 1 := by sorry theorem goal : 1 = 2")
_proof("statement-axiom", "policy", "an axiom inside the statement", "one statement", "c", statement="theorem a : True axiom c : 1 = 2 theorem goal : 1 = 2")
_proof("statement-sorry", "policy", "a gap inside the statement", GAP, "rfl", statement="theorem goal : (sorry : Nat) = sorry")
_proof("statement-kernel-name", "policy", "a statement named as a kernel constant", NATIVE, "rfl", statement="theorem Nat.land : 1 = 1")
_proof("statement-unknown", "lean", "a type that this library lacks", "an unknown name is no variable", "fun _ => rfl",
       statement="theorem goal (x : ℝ) : x = x")
_proof("statement-undefined", "lean", "an undefined name", "it does not elaborate", "rfl", statement="theorem goal : undefined_thing 1 = 2")
_proof("missing-import", "lean", "a module that is not there", "the header does not load", "rfl", statement="theorem goal : 1 = 1", header="import Mathlib")

# ---- honest twins -------------------------------------------------------------------------------------------------------
_honest_proof("rfl", TRUE, "rfl")
_honest_proof("by-rfl", TRUE, "by rfl")
_honest_proof("omega", TRUE, "by omega")
_honest_proof("simp", TRUE, "by simp")
_honest_proof("leading-newline", TRUE, "\n  by\n    simp")
_honest_proof("term", SUM, "h.symm")
_honest_proof("calc", SUM, "by\n  calc b = a := by rw [h]\n    _ = a := rfl")
_honest_proof("scary-comment", TRUE, "by\n  -- no sorry, no axiom, no macro, native_decide, #eval\n  /- theorem x : 1 = 2 := by sorry -/\n  rfl")
_honest_proof("nested-comment", TRUE, "by /- a /- b -/ sorry -/ rfl")
_honest_proof("foreign-comment", TRUE, "by\n  -- 由定义 по определению, 明らか 😀\n  rfl")
_honest_proof("primes", "theorem goal (n' n'' : Nat) (h' : n' = n'') : n'' = n'", "by\n  have h'' := h'.symm\n  exact h''")
_honest_proof("char-literals", TRUE, "by\n  have _c : ('a' : Char) = 'a' := rfl\n  rfl")
_honest_proof("quoted-name", TRUE, "by\n  have «my fact» : 1 = 1 := rfl\n  rfl")
_honest_proof("greek", "theorem goal (α β : Nat) (hαβ : α = β) : β = α", "by\n  subst hαβ\n  rfl")
_honest_proof("subscripts", "theorem goal (x₁ x₂ : Nat) (h₁ : x₁ < x₂) : x₁ ≤ x₂", "by\n  have h₂ := h₁\n  omega")
_honest_proof("crlf", TRUE, "by\r\n  simp\r\n")
_honest_proof("trailing-space", TRUE, "by simp   \n\n\n")
_honest_proof("induction", "theorem goal (n : Nat) : 0 + n = n",
              "by\n  induction n with\n  | zero => rfl\n  | succ k ih => omega")
_honest_proof("cases", "theorem goal (p q : Prop) (h : p ∨ q) : q ∨ p", "by\n  cases h with\n  | inl hp => exact Or.inr hp\n  | inr hq => exact Or.inl hq")
_honest_proof("rcases", "theorem goal (p q : Prop) (h : p ∧ q) : q ∧ p", "by\n  obtain ⟨hp, hq⟩ := h\n  exact ⟨hq, hp⟩")
_honest_proof("exists", "theorem goal : ∃ n : Nat, n * n = 49", "⟨7, rfl⟩")
_honest_proof("match-term", "theorem goal (p q : Prop) : p ∧ q → q", "fun h => match h with\n  | ⟨_, hq⟩ => hq")
_honest_proof("by-contra", "theorem goal (p : Prop) (h : ¬¬p) : p", "by\n  cases Classical.em p with\n  | inl hp => exact hp\n  | inr hn => exact absurd hn h")
_honest_proof("have-chain", "theorem goal (x y : Int) (h₀ : x + y = 7) (h₁ : x - y = 1) : x = 4",
              "by\n  have h₂ : 2 * x = 8 := by omega\n  have h₃ : x = 4 := by omega\n  exact h₃")
_honest_proof("bullets", "theorem goal (n : Nat) : n % 2 = 0 ∨ n % 2 = 1", "by\n  by_cases h : n % 2 = 0\n  · exact Or.inl h\n  · right\n    omega")
_honest_proof("semicolons", SUM, "by { have g := h; exact g.symm }")
_honest_proof("all-goals", "theorem goal : 1 = 1 ∧ 2 = 2", "by constructor <;> rfl")
_honest_proof("set-option-in", TRUE, "by\n  set_option maxRecDepth 2000 in\n  simp")
_honest_proof("where", TRUE, "aux n\nwhere\n  aux (m : Nat) : m + 0 = m := rfl")
_honest_proof("let-rec", "theorem goal (n : Nat) : 0 ≤ n", "by\n  let rec aux (m : Nat) : 0 ≤ m := Nat.zero_le m\n  exact aux n")
_honest_proof("named-anonymous", "theorem goal (n : Nat) (h : n > 2) : 2 < n", "by assumption")
_honest_proof("universe", "theorem goal.{u} (α : Sort u) (a : α) : a = a", "rfl")
_honest_proof("universes-two", "theorem goal.{u, v} (α : Type u) (β : Type v) (f : α → β) (a : α) : f a = f a", "by rfl")
_honest_proof("implicit", "theorem goal {α : Type} {a b : α} (h : a = b) : b = a", "h.symm")
_honest_proof("strict-implicit", "theorem goal ⦃n m : Nat⦄ (h : n = m) : m = n", "by omega")
_honest_proof("instance-argument", "theorem goal {α : Type} [i : Inhabited α] : ∃ a : α, a = default", "⟨default, rfl⟩")
_honest_proof("let-in-statement", "theorem goal : let x := 2; x + x = 4 := by sorry", "by\n  intro x\n  rfl")
_honest_proof("namespaced-name", "theorem My.goal (n : Nat) : n = n := by sorry", "rfl")
_honest_proof("lemma-keyword-free", "theorem goal (p : Prop) : p → p", "fun h ↦ h")
_honest_proof("header-open", "theorem goal (n : Nat) : succ n = n + 1", "rfl", header="open Nat")
_honest_proof("header-options", TRUE, "by simp", header="set_option maxHeartbeats 400000\nset_option autoImplicit false")
_honest_proof("header-universe", "theorem goal (α : Type u) (a : α) : a = a", "rfl", header="universe u")
_honest_proof("header-auto-bound", "theorem goal (a b : α) (h : a = b) : b = a", "h.symm", header="set_option autoImplicit true")
_honest_proof("negation", "theorem goal : ¬ (∀ (n : Nat), n < 5)", "by\n  intro h\n  have := h 5\n  omega")

_honest_code("plain", TRUE, "theorem goal (n : Nat) : n + 0 = n := by\n  rfl")
_honest_code("helpers", TRUE, "theorem helper (n : Nat) : n + 0 = n := rfl\n\ntheorem goal (n : Nat) : n + 0 = n := helper n")
_honest_code("private-helper", TRUE, "private theorem helper (n : Nat) : n + 0 = n := rfl\ntheorem goal (n : Nat) : n + 0 = n := helper n")
_honest_code("definition", TRUE, "def zero : Nat := 0\ntheorem zero_eq : zero = 0 := rfl\ntheorem goal (n : Nat) : n + 0 = n := by\n  rw [← zero_eq]\n  rfl")
_honest_code("structure", TRUE, "structure Pt where\n  x : Nat\n  y : Nat\ntheorem px (a : Pt) : a.x = a.x := rfl\ntheorem goal (n : Nat) : n + 0 = n := px ⟨n, 0⟩")
_honest_code("inductive", TRUE, "inductive Tree where\n  | leaf\n  | node (l r : Tree)\ntheorem goal (n : Nat) : n + 0 = n := rfl")
_honest_code("namespace", TRUE, "namespace Work\ntheorem helper (n : Nat) : n + 0 = n := rfl\nend Work\nopen Work\ntheorem goal (n : Nat) : n + 0 = n := helper n")
_honest_code("section", TRUE, "section\ntheorem helper : 1 = 1 := rfl\nend\ntheorem goal (n : Nat) : n + 0 = n := rfl")
_honest_code("simp-lemma", TRUE, "def f (n : Nat) : Nat := n\n@[simp] theorem f_id (n : Nat) : f n = n := rfl\ntheorem goal (n : Nat) : n + 0 = n := by\n  have h : f n = n := by simp\n  rfl")
_honest_code("example", TRUE, "example : 1 = 1 := rfl\ntheorem goal (n : Nat) : n + 0 = n := rfl")
_honest_code("docs", TRUE, "/-! # A file with sorry in its title -/\n\n/-- Adding nothing: no axiom here. -/\ntheorem goal (n : Nat) : n + 0 = n := rfl\n-- end")
_honest_code("options", TRUE, "set_option maxHeartbeats 0\nset_option maxRecDepth 1000 in\ntheorem goal (n : Nat) : n + 0 = n := by simp")
_honest_code("header-repeated", "theorem goal (n : Nat) : succ n = n + 1", "open Nat\n\ntheorem goal (n : Nat) : succ n = n + 1 := rfl", header="open Nat")
_honest_code("import-as-header", TRUE, "import Init\n\ntheorem goal (n : Nat) : n + 0 = n := rfl", header="import Init")
_honest_code("abbrev", TRUE, "abbrev N := Nat\ntheorem helper (n : N) : n = n := rfl\ntheorem goal (n : Nat) : n + 0 = n := helper n")
_honest_code("mutual", TRUE, "mutual\ntheorem a : 1 = 1 := rfl\ntheorem b : 2 = 2 := rfl\nend\ntheorem goal (n : Nat) : n + 0 = n := rfl")
_honest_code("root-name", TRUE, "namespace A\ntheorem _root_.goal (n : Nat) : n + 0 = n := rfl\nend A")
_honest_code("after-goal", TRUE, "theorem goal (n : Nat) : n + 0 = n := rfl\ntheorem corollary : 1 + 0 = 1 := goal 1")
_honest_code("open-classical", "theorem goal (p : Prop) : p ∨ ¬p", "open Classical\ntheorem goal (p : Prop) : p ∨ ¬p := em p")
_honest_code("inside-classical", "theorem goal (p : Prop) : p ∨ ¬p", "namespace Classical\ntheorem _root_.goal (p : Prop) : p ∨ ¬p := em p")
_honest_code("prints-everything", "theorem goal (p : Prop) : p ∨ ¬p", "set_option pp.all true\nset_option pp.universes true\nset_option pp.explicit true\ntheorem goal (p : Prop) : p ∨ ¬p := Classical.em p")
_honest_proof("header-classical", "theorem goal (p : Prop) : p ∨ ¬p", "em p", header="open Classical\nset_option pp.universes true")
_honest_code("universe", "theorem goal.{u} {α : Sort u} (a b : α) (h : a = b) : b = a", "theorem goal.{u} {α : Sort u} (a b : α) (h : a = b) : b = a := h.symm")

# ---- symbols of several characters that end where a comment or a character seems to begin ----------------------------------
READING = "where Lean's tokens may be longer than ours, the reading is uncertain"
_SKIP = "set_option debug.skipKernelTC true"
_LATER = f"\n{_SKIP}\ntheorem goal : 1 = 2 := by decide +kernel -- "
_FIRST = "theorem aux : 1 = 1 := by first | rfl | "
_proof("arrow-comment", "policy", "`<--` is `<-` and a minus, no comment: the rest of the line is code", READING,
       f"by first | rw [<--1] | {_SKIP} in decide +kernel | rw [rfl\n  ]")
_code("arrow-comment-do", "policy", "the same in `do`", READING, f"{_FIRST}exact do let x <--1 {_SKIP} theorem goal : 1 = 2 := by decide +kernel\n")
_code("arrow-comment-axiom", "policy", "the same, with an axiom", READING,
      "theorem aux : 1 = 1 := by first | rfl | rw [<--1] axiom cheat : 1 = 2 theorem b : 1 = 1 := by first | rfl | rw [rfl\n  ]\ntheorem goal : 1 = 2 := cheat")
_code("subtype-comment", "policy", "`//-` is `//` and a minus, no comment", READING, f"{_FIRST}exact {{x : Nat //-1 = x}}{_LATER}-/ }}")
_code("or-comment", "policy", "`\\/-` is an or and a minus, no comment", READING, f"{_FIRST}exact 1 \\/-1{_LATER}-/")
_code("product-char", "policy", "`×' '\"'` is `×'` and a quote character, no string", READING, f"{_FIRST}exact (Nat ×' '\"'){_LATER}\")")
_code("product-char-tight", "policy", "the same without the blank", READING, f"{_FIRST}exact Nat ×''\"'{_LATER}\"")
_code("index-char", "policy", "`]' '\"'` likewise", READING, f"{_FIRST}exact (x[0]' '\"'){_LATER}\")")
_code("preimage-char", "policy", "where `⁻¹'` is no token, `⁻¹'\"'` is an inverse and a quote character", READING, f"{_FIRST}intro x⁻¹'\"'{_LATER}\"")
_code("pin-macro", "policy", "a hidden macro turns the pinned statement into True: nothing for a second kernel check to find", READING,
      "theorem aux : 1 = 1 := by first | rfl | rw [<--1] macro_rules | `(type_of% $x) => `(True) theorem b : 1 = 1 := by first | rfl | rw [rfl\n  ]\ntheorem goal : True := trivial")
_proof("tail-in", "policy", "`in` swallows the first of the trusted lines", ESCAPE, "rfl in", statement=TRUE)
_code("print-sizes", "policy", "print the axioms so that they cannot be read", "options are an allow-list", "set_option pp.exprSizes true\ntheorem goal (n : Nat) : n + 0 = n := by simp", statement=TRUE)
_code("print-analyzed", "policy", "likewise", "options are an allow-list", "set_option pp.analyze true\ntheorem goal (n : Nat) : n + 0 = n := by simp", statement=TRUE)
_proof("idbg", "policy", "the interactive debugger reads files and opens sockets", "no proof needs it", "by\n  have h : Nat := (idbg 1; 2)\n  rfl", statement=TRUE)
_code("only-in-a-namespace", "lean", "prove it under a longer name", PIN, "namespace A\ntheorem goal (n : Nat) : n + 0 = n := rfl\nend A", statement=TRUE)
_honest_proof("separators-in-messages", TRUE, 'by\n  trace "a\\u2028b\\u0085c"\n  rfl')
_honest_proof("lambda", TRUE, "(λ m => rfl : ∀ m : Nat, m + 0 = m) n")
_honest_proof("primed-symbol", "theorem goal (α β : Type) (f : α ×' β) : f = f", "rfl")
_honest_code("universe-renamed", "theorem goal.{u} (α : Sort u) (a : α) : a = a", "theorem goal.{v} (α : Sort v) (a : α) : a = a := rfl")
_honest_code("comments-close-by", "theorem goal : 1 = 1 ∧ 2 = 2", "theorem goal : 1 = 1 ∧ 2 = 2 :=--by parts\n  ⟨rfl,--one\n   (/- two -/rfl)⟩")
_honest_code("definition-of-the-statement", TRUE, "def goal (n : Nat) : n + 0 = n := rfl")
_honest_code("private-goal", TRUE, "private theorem goal (n : Nat) : n + 0 = n := rfl")
_honest_code("some-of-the-imports", TRUE, "import Init.Nat\ntheorem goal (n : Nat) : n + 0 = n := rfl", header="import Init.Nat\nimport Init.Int")

CASES = ATTACKS + TWINS
