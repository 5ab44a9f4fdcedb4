"""Definitions that the caller trusts: what a candidate does to them, or says in their name."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import Table

TABLE = Table("preamble")
proof, code = TABLE.proof, TABLE.code

TRUSTED = "the statement speaks of the caller's definition, whatever the candidate declares"
DOUBLE = "def double (n : Nat) : Nat := n + n"
WRONG = "theorem goal (n : Nat) : double n = n"  # false for the caller's double
ANSWER = "abbrev answer : Nat := 41"
ASKED = "theorem goal (n : Nat) (h : n = 6 * 7) : n = answer"

code("redefines", "lean", "declare the caller's name again", "it exists already", "def double (n : Nat) : Nat := n\ntheorem goal (n : Nat) : double n = n := rfl", WRONG, preamble=DOUBLE)
code("redefines-only", "lean", "the same, as if there were no preamble", "it exists already", "def double (n : Nat) : Nat := n\n\ntheorem goal (n : Nat) : double n = n := by\n  rfl", WRONG, preamble=DOUBLE)
code("one-changed-token", "lean", "repeat the preamble with one token changed", "only the same tokens count once", "def double (n : Nat) : Nat := n + 0\ntheorem goal (n : Nat) : double n = n := rfl", WRONG, preamble=DOUBLE)
code("one-more-token", "lean", "repeat it with a token more", "only the same tokens count once", "def double (n : Nat) : Nat := n + n - n\ntheorem goal (n : Nat) : double n = n := by unfold double; omega", WRONG, preamble=DOUBLE)
code("repeated-then-again", "lean", "repeat it, then declare it otherwise", "it exists already", f"{DOUBLE}\ndef double (n : Nat) : Nat := n\ntheorem goal (n : Nat) : double n = n := rfl", WRONG, preamble=DOUBLE)
code("otherwise-then-repeated", "lean", "declare it otherwise, then repeat it", "only the top of a file counts once", f"namespace A\n{DOUBLE}\nend A\ndef double (n : Nat) : Nat := n\ntheorem goal (n : Nat) : double n = n := rfl", WRONG, preamble=DOUBLE)
code("private", "lean", "a private definition of the same name", TRUSTED, "private def double (n : Nat) : Nat := n\ntheorem goal (n : Nat) : double n = n := rfl", WRONG, preamble=DOUBLE)
code("private-theorem", "lean", "a private definition, and the theorem private too", TRUSTED, "private def double (n : Nat) : Nat := n\nprivate theorem goal (n : Nat) : double n = n := rfl", WRONG, preamble=DOUBLE)
code("protected", "lean", "a protected definition of the same name", "it exists already", "protected def double (n : Nat) : Nat := n\ntheorem goal (n : Nat) : double n = n := rfl", WRONG, preamble=DOUBLE)
code("namespace-shadow", "lean", "another one in a namespace", TRUSTED, "namespace A\ndef double (n : Nat) : Nat := n\ntheorem _root_.goal (n : Nat) : double n = n := rfl\nend A", WRONG, preamble=DOUBLE)
code("open-shadow", "lean", "another one that is open", "the name is ambiguous, or ours", "namespace A\ndef double (n : Nat) : Nat := n\nend A\nopen A\ntheorem goal (n : Nat) : A.double n = n := rfl", WRONG, preamble=DOUBLE)
code("open-ambiguous", "lean", "let overloading choose", TRUSTED, "namespace A\ndef double (n : Nat) : Nat := n\nend A\nopen A\ntheorem goal (n : Nat) : double n = n := rfl", WRONG, preamble=DOUBLE)
code("protected-original", "lean", "hide the caller's and open another", TRUSTED, "namespace A\ndef double (n : Nat) : Nat := n\nend A\nopen A hiding double\nopen A renaming double → double\ntheorem goal (n : Nat) : double n = n := rfl", WRONG, preamble=DOUBLE)
code("local-variable", "policy", "a variable of that name", "the statement has no such argument", "variable (double : Nat → Nat) (h : ∀ n, double n = n)\ninclude h\ntheorem goal (n : Nat) : double n = n := h n", WRONG, preamble=DOUBLE)
code("where-shadow", "lean", "a local definition of that name", TRUSTED, "theorem goal (n : Nat) : let double := fun (n : Nat) => n; double n = n := rfl", WRONG, preamble=DOUBLE)
code("binder-shadow", "lean", "an argument of that name", TRUSTED, "theorem goal (double : Nat → Nat) (h : ∀ n, double n = n) (n : Nat) : double n = n := h n", WRONG, preamble=DOUBLE)
code("notation-shadow", "policy", "notation of that name", TRUSTED, 'local notation "double" => id\ntheorem goal (n : Nat) : double n = n := rfl', WRONG, preamble=DOUBLE)
code("macro-shadow", "policy", "a macro of that name", "no code runs at elaboration", "macro_rules | `(double) => `(id)\ntheorem goal (n : Nat) : double n = n := rfl", WRONG, preamble=DOUBLE)
code("implemented-by", "policy", "replace its compiled code", "compiled code proves nothing", "def other (n : Nat) : Nat := n\nattribute [implemented_by other] double\ntheorem goal (n : Nat) : double n = n := by native_decide", WRONG, preamble=DOUBLE)
code("csimp", "policy", "replace it for the compiler", "compiled code proves nothing", "@[csimp] theorem same : @double = @id := sorry\ntheorem goal (n : Nat) : double n = n := by native_decide", WRONG, preamble=DOUBLE)
code("unfold-lemma", "lean", "claim its equation", "there is no such equation", "theorem double_eq (n : Nat) : double n = n := by unfold double; simp\ntheorem goal (n : Nat) : double n = n := double_eq n", WRONG, preamble=DOUBLE)
code("equation-name", "lean", "declare the equation that Lean would make", "it would prove what is false", "theorem double.eq_1 (n : Nat) : double n = n := rfl\ntheorem goal (n : Nat) : double n = n := by rw [double]", WRONG, preamble=DOUBLE)
code("simp-lemma", "lean", "a simp lemma that is false", "it has no proof", "@[simp] theorem double_eq (n : Nat) : double n = n := by simp [double]\ntheorem goal (n : Nat) : double n = n := by simp", WRONG, preamble=DOUBLE)
code("answer-changed", "lean", "give another answer than the caller's", "it exists already", "abbrev answer : Nat := 42\ntheorem goal (n : Nat) (h : n = 6 * 7) : n = answer := h", ASKED, preamble=ANSWER)
code("answer-shadowed", "lean", "another answer in a namespace", TRUSTED, "namespace S\nabbrev answer : Nat := 42\ntheorem _root_.goal (n : Nat) (h : n = 6 * 7) : n = answer := h\nend S", ASKED, preamble=ANSWER)
code("answer-in-a-section", "lean", "another answer in a section", "it exists already", "section\nabbrev answer : Nat := 42\ntheorem goal (n : Nat) (h : n = 6 * 7) : n = answer := h\nend", ASKED, preamble=ANSWER)
code("answer-mutual", "lean", "another answer in a mutual block", "it exists already", "mutual\ndef answer : Nat := 42\nend\ntheorem goal (n : Nat) (h : n = 6 * 7) : n = answer := h", ASKED, preamble=ANSWER)
code("answer-attribute", "policy", "another answer under an attribute", "it exists already", "attribute [irreducible] answer\ntheorem goal (n : Nat) (h : n = 6 * 7) : n = answer := h", ASKED, preamble=ANSWER)
proof("answer-proof", "lean", "prove it as it stands", "41 is not 42", "by subst h; rfl", ASKED, preamble=ANSWER)
proof("proof-unfolds", "lean", "unfold and hope", "it is false", "by unfold double; omega", WRONG, preamble=DOUBLE)
code("statement-changed", "lean", "state it without the definition", "the constant must prove our statement", "theorem goal (n : Nat) : n + n = n + n := rfl", "theorem goal (n : Nat) : double n = 2 * n", preamble=DOUBLE)
code("only-the-preamble", "policy", "repeat the preamble and prove nothing", "nothing of that name is proved", DOUBLE, WRONG, preamble=DOUBLE)

INSTANCE = "structure V where\n  x : Nat\ninstance : Add V := ⟨fun a b => ⟨a.x + b.x⟩⟩"
IDEMPOTENT = "theorem goal (a : V) : (a + a).x = a.x"
code("local-instance", "policy", "another instance that wins", TRUSTED, "local instance : Add V := ⟨fun a _ => a⟩\ntheorem goal (a : V) : (a + a).x = a.x := rfl", IDEMPOTENT, preamble=INSTANCE)
code("instance-priority", "policy", "another instance of high priority", TRUSTED, "instance (priority := 10000) : Add V := ⟨fun a _ => a⟩\ntheorem goal (a : V) : (a + a).x = a.x := rfl", IDEMPOTENT, preamble=INSTANCE)
code("hadd-instance", "policy", "a more special instance", TRUSTED, "instance : HAdd V V V := ⟨fun a _ => a⟩\ntheorem goal (a : V) : (a + a).x = a.x := rfl", IDEMPOTENT, preamble=INSTANCE)
code("erased-instance", "policy", "erase the caller's instance", TRUSTED, "attribute [-instance] instAddV\nlocal instance : Add V := ⟨fun a _ => a⟩\ntheorem goal (a : V) : (a + a).x = a.x := rfl", IDEMPOTENT, preamble=INSTANCE)
code("instance-name", "lean", "declare the name that the instance has", "it exists already", "def instAddV : Add V := ⟨fun a _ => a⟩\ntheorem goal (a : V) : (@HAdd.hAdd V V V (@instHAdd V instAddV) a a).x = a.x := rfl", IDEMPOTENT, preamble=INSTANCE)

NOTED = 'def times (a b : Nat) : Nat := a * b\nlocal infixl:70 " ⊛ " => times'
code("notation-again", "policy", "the caller's notation with another meaning", TRUSTED, 'local infixl:70 (priority := high) " ⊛ " => fun (a _ : Nat) => a\ntheorem goal (a b : Nat) : a ⊛ b = a := rfl', "theorem goal (a b : Nat) : a ⊛ b = a", preamble=NOTED)
code("structure-again", "lean", "the caller's structure with a field more", "it exists already", "structure P where\n  a : Nat\n  h : a = 0\ntheorem goal (p : P) : p.a = 0 := p.h", "theorem goal (p : P) : p.a = 0", preamble="structure P where\n  a : Nat")
code("structure-projection", "lean", "declare its projection", "it exists already", "def P.a (_ : P) : Nat := 0\ntheorem goal (p : P) : p.a = 0 := rfl", "theorem goal (p : P) : p.a = 0", preamble="structure P where\n  a : Nat")
code("structure-extra-instance", "policy", "change how its field is reached", TRUSTED, "instance : CoeFun P (fun _ => Nat) := ⟨fun _ => 0⟩\ntheorem goal (p : P) : (p : Nat) = 0 := rfl", "theorem goal (p : P) : p.a = 0", preamble="structure P where\n  a : Nat")
code("inductive-again", "lean", "the caller's type with fewer constructors", "it exists already", "inductive C where\n  | red\ntheorem goal (c : C) : c = .red := by cases c; rfl", "theorem goal (c : C) : c = .red", preamble="inductive C where\n  | red | green")
code("inductive-recursor", "lean", "declare its recursor", "it exists already", "theorem C.rec : ∀ c : C, c = .red := fun _ => rfl\ntheorem goal (c : C) : c = .red := C.rec c", "theorem goal (c : C) : c = .red", preamble="inductive C where\n  | red | green")
code("matcher-of-the-preamble", "lean", "declare the auxiliary of the caller's match", "it exists already, or it is not the one", "def pick.match_1 : Nat := 0\ntheorem goal (b : Bool) : pick b = 1 := rfl", "theorem goal (b : Bool) : pick b = 1", preamble="def pick (b : Bool) : Nat := match b with | true => 1 | false => 0")
proof("gap-in-the-preamble", "policy", "a caller's definition with a gap", "what rests on a gap is no proof", "hole", "theorem goal : 1 = 2", preamble="theorem hole : 1 = 2 := sorry")
proof("axiom-in-the-preamble", "policy", "a caller's axiom", "the list of axioms", "cheat", "theorem goal : 1 = 2", preamble="axiom cheat : 1 = 2")
proof("option-in-the-preamble", "policy", "have the kernel skip checks by the preamble", "options are an allow-list", "by decide", preamble="set_option debug.skipKernelTC true")
proof("kernel-name-in-the-preamble", "policy", "a preamble that declares a kernel name", "it is refused wherever it stands", "rfl", preamble="def Nat.land (n m : Nat) : Nat := 5")
proof("code-in-the-preamble", "policy", "a preamble that runs code", "no code runs at elaboration", "by cheat", preamble='elab "cheat" : tactic => return ()')
proof("open-section-in-the-preamble", "lean", "a preamble that closes what it did not open", "there is none to close", "rfl", preamble="end A")
proof("unclosed-comment-in-the-preamble", "policy", "a preamble that comments the statement out", "the reading is uncertain", "rfl", preamble="/- open")
proof("theorem-named-goal-in-the-preamble", "lean", "a preamble that declares the statement's name", "it exists already", "rfl", "theorem goal : 1 = 1", preamble="theorem goal : 1 = 1 := rfl")

# ---- what repeats the preamble is not shown to Lean: what is left must mean no more than it says -----------------------------
ONCE = "what is left out was elaborated already; what is left is judged as it stands"
GAME = "namespace Game\ndef win (n : Nat) : Prop := n % 3 ≠ 0\nend Game"
code("swallowed-opening", "lean", "have the opening of a namespace left out", ONCE, "namespace Game\ntheorem _root_.goal : 1 = 1 := rfl\nnamespace Game\ndef win (n : Nat) : Prop := True\nend Game\nend Game\ntheorem goal : Game.win 3 := trivial", "theorem goal : Game.win 3", preamble=GAME)
code("swallowed-end", "lean", "have an end left out", ONCE, "namespace A\nnamespace Game\ndef win (n : Nat) : Prop := True\nend Game\ntheorem _root_.goal : Game.win 3 := trivial\nend A", "theorem goal : Game.win 3", preamble=GAME)
code("swallowed-definition", "lean", "have a definition left out where it would shadow", ONCE, f"namespace A\ndef double (n : Nat) : Nat := n\n{DOUBLE}\ntheorem _root_.goal (n : Nat) : double n = n := rfl\nend A", WRONG, preamble=DOUBLE)
code("swallowed-in-a-proof", "lean", "have the middle of a proof left out", ONCE, f"theorem goal (n : Nat) : double n = n := by\n  first\n{DOUBLE}\n  | rfl", WRONG, preamble=DOUBLE)
code("swallowed-between-modifiers", "lean", "leave a modifier without its declaration", ONCE, f"private\n{DOUBLE}\ntheorem goal (n : Nat) : double n = n := rfl", WRONG, preamble=DOUBLE)
code("swallowed-attribute", "policy", "leave an attribute for the next declaration", ONCE, f"@[implemented_by id]\n{DOUBLE}\ntheorem goal (n : Nat) : double n = n := rfl", WRONG, preamble=DOUBLE)
code("swallowed-option", "policy", "leave an option for the next declaration", ONCE, f"set_option debug.skipKernelTC true in\n{DOUBLE}\ntheorem goal (n : Nat) : double n = n := by decide", WRONG, preamble=DOUBLE)
code("swallowed-theorem", "lean", "a preamble's theorem as ours", ONCE, "theorem helper : 1 = 1 := rfl\ntheorem goal : 1 = 2 := helper", "theorem goal : 1 = 2", preamble="theorem helper : 1 = 1 := rfl")
code("repeated-as-text", "lean", "repeat it inside a string", ONCE, f'def s := "\n{DOUBLE}\n"\ntheorem goal (n : Nat) : double n = n := rfl', WRONG, preamble=DOUBLE)
code("repeated-in-a-comment", "lean", "repeat it inside a comment", ONCE, f"/-\n{DOUBLE}\n-/\ntheorem goal (n : Nat) : double n = n := rfl", WRONG, preamble=DOUBLE)
code("axiom-behind-a-repetition", "policy", "an axiom on the line behind", ONCE, f"{DOUBLE} axiom cheat : 1 = 2\ntheorem goal (n : Nat) : double n = n := by omega", WRONG, preamble=DOUBLE)
code("child-of-the-name", "lean", "a definition of the caller's under the theorem's own name, made again", TRUSTED, "def goal.f (n : Nat) : Nat := n + 1\ntheorem goal (n : Nat) : goal.f n = n + 1 := rfl", "theorem goal (n : Nat) : goal.f n = n + 1", preamble="def goal.f (n : Nat) : Nat := n")
code("child-of-the-name-false", "lean", "and what is false of it", TRUSTED, "theorem goal (n : Nat) : goal.f n = n + 1 := by unfold goal.f; omega", "theorem goal (n : Nat) : goal.f n = n + 1", preamble="def goal.f (n : Nat) : Nat := n")
code("match-of-a-child", "lean", "the caller's matcher under the theorem's own name", TRUSTED, "theorem goal (b : Bool) : goal.pick b = 1 := by cases b <;> rfl", "theorem goal (b : Bool) : goal.pick b = 1", preamble="def goal.pick (b : Bool) : Nat := match b with | true => 1 | false => 0")
proof("variable-of-the-preamble", "lean", "a variable that the statement does not speak of", "it is no argument of the statement", "h", "theorem goal : 1 = 2", preamble="variable (h : 1 = 2)")
proof("definitions-before-the-statement", "policy", "an axiom before the statement", "the list of axioms", "cheat", "axiom cheat : 1 = 2\ntheorem goal : 1 = 2 := by sorry")
proof("gap-before-the-statement", "policy", "a theorem with a gap before the statement", "what rests on a gap is no proof", "a", "theorem b : True := trivial\ntheorem a : 1 = 2 := by sorry\ntheorem goal : 1 = 2 := by sorry")

# A second attack (November 2026): the preamble takes the theorem's name, and the statement declares nothing, or something else.
TAKEN = "the statement's own command must declare its theorem"
code("name-taken-in-an-open-namespace", "policy", "a theorem of the statement's name, and a namespace that seems closed", TAKEN, "theorem foo : True := trivial", preamble="theorem goal : True := trivial\nnamespace A\nsection A\nend A")
for _form, _add in (("proof", proof), ("code", code)):
    _add(f"statement-swallowed-{_form}", "policy", "a notation makes the statement part of a definition before it", TAKEN, "goal", preamble='theorem goal : True := trivial\nnotation "theorem" x ":" y ":=" z => x\ndef zz : True :=')

# A third attack (November 2026): the statement is a term within the preamble's last command, which declares the theorem.
for _name, _preamble, _proof in (
    ("as-a-value", 'notation "theorem" a:max ":" b ":=" c => (True.intro : True)\ntheorem goal : True :=', "0"),
    ("as-its-negation", 'notation "theorem" a:max ":" b => (¬ b)\ntheorem goal :', "by decide"),
    ("as-one-of-two", 'notation "theorem" a:max ":" b => b\ntheorem goal : True ∨', "Or.inl trivial"),
):
    proof(f"statement-inside-{_name}", "policy", "an unfinished command before the statement", "the statement must be a command of its own", _proof, preamble=_preamble)
