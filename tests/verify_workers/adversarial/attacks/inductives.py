"""Inductive types, recursion and the kernel's own bugs of 2022-2026: what no kernel may accept, and what ours must refuse."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import Table

TABLE = Table("inductives")
code, proof = TABLE.code, TABLE.proof

KERNEL = "the kernel checks every declaration again, in a process that ran nothing of the candidate"


def _type(name: str, tries: str, text: str, statement: str = "theorem goal : 1 = 2") -> None:
    code(name, "lean", tries, KERNEL, text, statement)


def _paradox(name: str, tries: str, types: str, no: str, yes: str) -> None:
    """A type B that is not positive: `no` refutes every b : B, and `yes`, made of the refutation, is one."""
    _type(name, tries, f"{types}\ntheorem no (b : B) : False := {no}\ntheorem goal : 1 = 2 := (no {yes}).elim")


_paradox("negative", "a type that eats itself", "inductive B where\n  | mk : (B → False) → B", "match b with | .mk f => f (.mk f)", "(.mk no)")
_paradox("negative-prop", "a proposition that denies itself", "inductive B : Prop where\n  | mk : (B → False) → B", "match b with | .mk f => f (.mk f)", "(.mk no)")
_paradox("negative-product", "the same behind a product", "inductive B where\n  | mk : (B × Nat → False) → B", "match b with | .mk f => f (.mk f, 0)", "(.mk fun p => no p.1)")
_paradox("negative-list", "the same behind a list", "inductive B where\n  | mk : (List B → False) → B", "match b with | .mk f => f [.mk f]", "(.mk fun l => match l with | [] => no (.mk fun _ => no (.mk fun _ => trivial.elim)) | b :: _ => no b)")
_paradox("negative-structure", "the same as a structure", "structure B where\n  f : B → False", "b.f b", "⟨no⟩")
_paradox("negative-mutual", "the same over two types", "mutual\ninductive B where\n  | mk : (C → False) → B\ninductive C where\n  | mk : B → C\nend", "match b with | .mk f => f (.mk (.mk f))", "(.mk fun c => match c with | .mk b => no b)")
_paradox("negative-parameter", "a parameter that makes it negative", "inductive Deny (α : Type) : Type where\n  | mk : (α → False) → Deny α\ninductive B : Type where\n  | mk : Deny B → B", "match b with | .mk (.mk f) => f (.mk (.mk f))", "(.mk (.mk no))")
_paradox("negative-definition", "a definition that hides it", "def Deny (α : Type) : Type := α → PEmpty.{1}\ninductive B where\n  | mk : Deny B → B", "match b with | .mk f => nomatch f (.mk f)", "(.mk fun b => (no b).elim)")
_paradox("negative-index", "a type that recurs in its index", "inductive At : Type → Type 1 where\n  | here (α : Type) : At α\ninductive B : Type 1 where\n  | mk : (At (PLift (B → False)) → B → False) → B", "match b with | .mk f => f (.here _) (.mk f)", "(.mk fun _ => no)")
_paradox("phantom-nested", "a nested type whose parameter is a phantom (2026)", "structure Ph (α : Type) : Type where\n  n : Nat\ninductive B : Type where\n  | mk : Ph (PLift (B → False)) → (Ph B → B → False) → B", "match b with | .mk p f => f ⟨0⟩ (.mk p f)", "(.mk ⟨0⟩ fun _ => no)")
_paradox("phantom-prop", "the same with a proposition", "structure Ph (p : Prop) : Type where\n  n : Nat\ninductive B : Type where\n  | mk : Ph (B → False) → (B → False) → B", "match b with | .mk p f => f (.mk p f)", "(.mk ⟨0⟩ no)")
_paradox("phantom-function", "the same behind a function", "inductive Ph (α : Type) : Type where\n  | mk : (Nat → Nat) → Ph α\ninductive B : Type where\n  | mk : (Ph (PLift (B → False)) → B → False) → B", "match b with | .mk f => f (.mk id) (.mk f)", "(.mk fun _ => no)")
_type("large-elimination", "eliminate a proposition with two proofs into data", "inductive Two : Prop where\n  | a | b\ndef pick : Two → Nat\n  | .a => 1\n  | .b => 2\ntheorem goal : 1 = 2 := congrArg pick (rfl : Two.a = Two.b)")
_type("large-elimination-rec", "the same by the recursor", "inductive Two : Prop where\n  | a | b\nnoncomputable def pick (t : Two) : Nat := Two.rec (motive := fun _ => Nat) 1 2 t\ntheorem goal : 1 = 2 := congrArg pick (rfl : Two.a = Two.b)")
_type("large-elimination-exists", "take a witness out of a proposition", "def wit (h : ∃ n : Nat, n = n) : Nat := match h with | ⟨n, _⟩ => n\ntheorem goal : 1 = 2 := congrArg wit (rfl : (⟨1, rfl⟩ : ∃ n : Nat, n = n) = ⟨2, rfl⟩)")
_type("large-elimination-or", "take a side out of an or", "def side (h : True ∨ True) : Nat := match h with | .inl _ => 1 | .inr _ => 2\ntheorem goal : 1 = 2 := congrArg side (rfl : (.inl trivial : True ∨ True) = .inr trivial)")
_type("projection-of-exists", "project the witness", "def wit (h : ∃ n : Nat, n = n) : Nat := h.1\ntheorem goal : 1 = 2 := congrArg wit (rfl : (⟨1, rfl⟩ : ∃ n : Nat, n = n) = ⟨2, rfl⟩)")
_type("projection-of-nonempty", "project the inhabitant", "def wit (h : Nonempty Nat) : Nat := h.1\ntheorem goal : 1 = 2 := congrArg wit (rfl : Nonempty.intro 1 = Nonempty.intro 2)")
_type("structure-eta", "eta for a structure that is none", "inductive W where\n  | mk (n : Nat)\n  | other\ntheorem eta (w : W) : w = .mk 0 := by cases w <;> rfl\ntheorem goal : 1 = 2 := nomatch eta .other")
_type("unit-eta", "all values of a type with one constructor", "structure W where\n  n : Nat\ntheorem same (a b : W) : a = b := rfl\ntheorem goal : 1 = 2 := congrArg W.n (same ⟨1⟩ ⟨2⟩)")
_type("proof-irrelevance-for-data", "all values of a type", "theorem same (a b : Nat) : a = b := proof_irrel a b\ntheorem goal : 1 = 2 := same 1 2")
_type("injective-prop", "constructors of a proposition that differ", "inductive Two : Prop where\n  | a | b\ntheorem differ : Two.a ≠ Two.b := nofun\ntheorem goal : 1 = 2 := absurd rfl differ")
_type("quotient-lift", "lift what does not respect the relation", "def f : Quot (fun _ _ : Nat => True) → Nat := Quot.lift id (fun _ _ _ => rfl)\ntheorem goal : 1 = 2 := congrArg f (Quot.sound trivial)")
_type("char-of-nat", "a character beyond Unicode", "theorem a : Char.ofNat 0xD800 = 'a' := rfl\ntheorem goal : 1 = 2 := nomatch a")
_type("string-literal", "strings that differ and do not", "theorem a : \"a\" = \"b\" := rfl\ntheorem goal : 1 = 2 := nomatch a")
_type("literal-succ", "a literal and its successor", "theorem a : nat_lit 2 = Nat.succ (nat_lit 2) := rfl\ntheorem goal : 1 = 2 := Nat.succ.inj a")
_type("big-literal", "arithmetic that overflows 64 bits", "theorem a : 18446744073709551616 = 0 := by decide +kernel\ntheorem goal : 1 = 2 := nomatch a")
_type("big-sub", "subtraction below zero", "theorem a : 1 - 2 = 18446744073709551615 := by decide +kernel\ntheorem goal : 1 = 2 := nomatch a")
_type("div-zero", "division by zero", "theorem a : 1 / 0 = 1 := by decide +kernel\ntheorem goal : 1 = 2 := nomatch a")
_type("mod-zero", "the remainder by zero", "theorem a : 5 % 0 = 0 := by decide +kernel\ntheorem goal : 1 = 2 := nomatch a")
_type("shift-large", "a shift by more than a word", "theorem a : 1 <<< 64 = 1 := by decide +kernel\ntheorem goal : 1 = 2 := nomatch a")
_type("pow-large", "a power that the kernel would not compute", "theorem a : 2 ^ (2 ^ 25) = 0 := rfl\ntheorem goal : 1 = 2 := absurd a (by omega)")
_type("gcd-zero", "the gcd with zero", "theorem a : Nat.gcd 0 5 = 0 := by decide +kernel\ntheorem goal : 1 = 2 := nomatch a")
_type("log2-zero", "the logarithm of zero", "theorem a : Nat.log2 0 = 1 := by decide +kernel\ntheorem goal : 1 = 2 := nomatch a")
_type("unfounded", "recursion that does not end", "theorem loop (n : Nat) : 1 = 2 := loop (n + 1)\ntheorem goal : 1 = 2 := loop 0")
_type("unfounded-measure", "a measure that does not fall", "theorem loop (n : Nat) : 1 = 2 := loop n\ntermination_by n\ntheorem goal : 1 = 2 := loop 0")
_type("unfounded-decreasing", "claim that it falls", "theorem loop (n : Nat) : 1 = 2 := loop n\ntermination_by n\ndecreasing_by omega\ntheorem goal : 1 = 2 := loop 0")
_type("unfounded-mutual", "two that call each other", "mutual\ntheorem ping (n : Nat) : 1 = 2 := pong n\ntheorem pong (n : Nat) : 1 = 2 := ping n\nend\ntheorem goal : 1 = 2 := ping 0")
_type("unfounded-structural", "claim that it is structural", "theorem loop (n : Nat) : 1 = 2 := loop (n + 1)\ntermination_by structural n\ntheorem goal : 1 = 2 := loop 0")
_type("unfounded-data", "a function without an end that proves", "def f (n : Nat) : { _x : Nat // 1 = 2 } := f (n + 1)\ntheorem goal : 1 = 2 := (f 0).2")
_type("not-exhaustive", "a match that leaves a case out", "theorem goal : ∀ n : Nat, n = 0\n  | 0 => rfl", "theorem goal : ∀ n : Nat, n = 0")
_type("not-exhaustive-nomatch", "a case that is claimed to be impossible", "theorem goal (n : Nat) : n = 0 := match n with | 0 => rfl | k + 1 => nomatch k", "theorem goal (n : Nat) : n = 0")
_type("metavariable", "a hole that nobody fills", "theorem a : 1 = 2 := by refine ?_\ntheorem goal : 1 = 2 := a")
_type("metavariable-type", "a type with a hole", "theorem a : _ := rfl\ntheorem goal : 1 = 2 := a")
_type("universe-metavariable", "a universe with a hole", "theorem a (α : Sort _) (x y : α) : x = y := rfl\ntheorem goal : 1 = 2 := a Nat 1 2")
_type("universe-polymorphic-false", "prove for propositions, use for types", "theorem a.{u} (α : Sort u) (x y : α) : x = y := rfl\ntheorem goal : 1 = 2 := a Nat 1 2")
_type("cast", "cast along an equality of types that fails", "theorem a : Nat = Fin 1 := rfl\ntheorem goal : 1 = 2 := by\n  have h : ∀ x y : Nat, x = y := a ▸ fun x y => by omega\n  exact h 1 2")
_type("choice-empty", "choose from an empty type", "theorem goal : 1 = 2 := (Classical.choice ⟨⟩ : PLift (1 = 2)).down")
_type("noncomputable-false", "a noncomputable inhabitant of False", "noncomputable def f : False := Classical.choice inferInstance\ntheorem goal : 1 = 2 := f.elim")
_type("default-false", "the default of False", "theorem goal : 1 = 2 := (default : False).elim")
_type("private-recursor", "a recursor of its own making", "inductive I : Prop where\n  | mk\ntheorem I.rec' {p : Prop} (_ : I) : p := by assumption\ntheorem goal : 1 = 2 := I.rec' .mk")
_type("injection-of-pairs", "injectivity that does not hold", "theorem a (f : Nat → Nat) (h : f 1 = f 2) : 1 = 2 := by injection h\ntheorem goal : 1 = 2 := a (fun _ => 0) rfl")
_type("heq", "equality across types", "theorem a : HEq 1 2 := HEq.rfl\ntheorem goal : 1 = 2 := eq_of_heq a")
_type("funext-lie", "functions that agree nowhere", "theorem a : (fun n : Nat => n) = fun n => n + 1 := funext fun _ => rfl\ntheorem goal : 1 = 2 := congrFun a 1")
_type("simp-loop", "a simp set that rewrites 1 to 2", "def one : Nat := 1\ntheorem a : one = 2 := by simp [one]\ntheorem goal : 1 = 2 := a")
_type("omega-lie", "arithmetic that is false", "theorem a (n : Nat) : n < n := by omega\ntheorem goal : 1 = 2 := absurd (a 0) (by decide)")
_type("ac-lie", "associativity of what is not associative", "theorem a : (1 - 1) - 1 = 1 - (1 - 1) := by ac_rfl\ntheorem goal : 1 = 2 := nomatch a")
_type("decide-lie", "decide an open proposition", "theorem a (p : Prop) : p := by decide\ntheorem goal : 1 = 2 := a _")
_type("congr-lie", "congruence backwards", "theorem a : 1 = 2 := by\n  have h : (fun _ : Nat => 0) 1 = (fun _ : Nat => 0) 2 := rfl\n  congr\ntheorem goal : 1 = 2 := a")
