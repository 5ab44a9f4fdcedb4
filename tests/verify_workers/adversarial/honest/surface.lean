Names, comments, documentation and layout: what a text filter may stumble over and Lean does not.
--- variables-called-like-words
⟪theorem goal (stop native constant alias : Nat) (h : stop = native) : native = stop⟫ := h.symm
--- variables-called-like-more-words
⟪theorem goal (sleep deriving' polyrith' : Nat) (h : sleep + deriving' = polyrith') : polyrith' = deriving' + sleep⟫ := by
  omega
--- hypotheses-called-like-words
⟪theorem goal (p q : Prop) (sorry' : p) (admit' : q) : p ∧ q⟫ := ⟨sorry', admit'⟩
--- names-with-words-inside
theorem not_an_axiom (n : Nat) : n = n := rfl
theorem unsafe_looking (n : Nat) : n = n := not_an_axiom n
theorem my_macro_free_lemma (n : Nat) : n = n := unsafe_looking n
⟪theorem goal (n : Nat) : n = n⟫ := my_macro_free_lemma n
--- fields-called-like-words
structure Machine where
  stop : Nat
  native : Nat
  alias : Nat

⟪theorem goal (a b : Nat) (h : a = b) : b = a⟫ :=
  let m : Machine := ⟨a, b, 0⟩
  (show m.stop = m.native from h).symm
--- constructor-called-stop
inductive Signal where
  | go
  | stop

def Signal.flip : Signal → Signal
  | .go => .stop
  | .stop => .go

theorem Signal.flip_flip (s : Signal) : s.flip.flip = s := by
  cases s <;> rfl

⟪theorem goal (b : Bool) : (!!b) = b⟫ := by
  cases b <;> rfl
--- local-name-in-the-code
⟪theorem goal (a b : Nat) (h : a = b) : b = a⟫ := by
  have stop : b = a := h.symm
  have native := stop
  exact native
--- greek
⟪theorem goal (α β γ : Nat) (hαβ : α = β) (hβγ : β = γ) : α = γ⟫ := by
  subst hαβ
  exact hβγ
--- subscripts
⟪theorem goal (x₁ x₂ x₁₀ : Nat) (h₁₂ : x₁ < x₂) (h₂ : x₂ < x₁₀) : x₁ < x₁₀⟫ := by
  exact Nat.lt_trans h₁₂ h₂
--- superscript-free-powers
⟪theorem goal (x : Int) (h : x ^ 2 = x * x) : x ^ 2 - x * x = 0⟫ := by
  rw [h]
  exact Int.sub_self _
--- french-quotes
⟪theorem goal («a b» : Nat) («h 1» : «a b» = 2) : «a b» + 1 = 3⟫ := by
  rw [«h 1»]
--- quoted-theorem-name
theorem «the first step» (n : Nat) : n + 0 = n := rfl
⟪theorem goal (n : Nat) : n + 0 = n⟫ := «the first step» n
--- quoted-keyword-names
⟪theorem goal («theorem» «by» : Nat) («end» : «theorem» = «by») : «by» = «theorem»⟫ := «end».symm
--- script-letters
⟪theorem goal (𝓐 𝒰 : Nat → Prop) (h : ∀ n, 𝓐 n → 𝒰 n) (a : 𝓐 3) : 𝒰 3⟫ := h 3 a
--- primes
⟪theorem goal (x x' x'' : Nat) (h : x = x') (h' : x' = x'') : x = x''⟫ := h.trans h'
--- underscores
⟪theorem goal (_a _b : Nat) (_h : _a = _b) : _b = _a⟫ := _h.symm
--- comment-with-cheats
/- We do not use sorry, admit, native_decide, or any axiom. #eval would be wrong here. -/
⟪theorem goal (n : Nat) : n * 2 = n + n⟫ := by
  -- sorry
  -- axiom cheat : False
  -- set_option debug.skipKernelTC true
  omega
--- nested-comments
/- outer /- inner /- innermost -/ still inner -/ still outer -/
⟪theorem goal (n : Nat) : n ≤ n⟫ := by
  /- a /- b -/ c -/
  exact Nat.le_refl n /- the end -/
--- comment-in-every-place
⟪theorem goal /- a name -/ (n /- a number -/ : Nat) -- binders
    : /- the claim -/ n = n⟫ /- and -/ := /- the proof -/ by -- begins
  /- here -/ rfl /- and ends -/
--- comment-tight-after-symbols
⟪theorem goal (p q : Prop) (hp : p) (hq : q) : p ∧ q⟫ := by
  constructor <;>-- both sides
  assumption
--- comment-tight-after-brackets
⟪theorem goal (p q : Prop) (hp : p) (hq : q) : p ∧ q⟫ := ⟨/- left -/hp,/- right -/hq⟩--done
--- dashes
------------------------------------------------------------
-- 1. The main claim ----------------------------------------
------------------------------------------------------------
⟪theorem goal (n : Nat) : n = n⟫ := rfl
------------------------------------------------------------
--- boxes
/-
╔══════════════════════════════════╗
║  Solution                        ║
╚══════════════════════════════════╝
-/
⟪theorem goal (n : Nat) : n = n⟫ := rfl
--- module-docs
/-!
# The problem

Let `n` be a natural number; see <https://example.org/p?id=1&x=2>.

## Main results
* `goal` : the claim
-/

/-- **Theorem.** For all `n`: `n = n`. -/
⟪theorem goal (n : Nat) : n = n⟫ := rfl

/-! End of file. -/
--- doc-comment-latex
/-- Let $f:\mathbb{N}\to\mathbb{N}$ with $f(n) = \frac{n(n+1)}{2}$, where "sorry" isn't used; it's 100% `by omega`.
Show that $$\left\lfloor \frac{n}{2} \right\rfloor \le n.$$ -/
⟪theorem goal (n : Nat) : n / 2 ≤ n⟫ := by
  omega
--- doc-comment-quotes
/-- He said: "a 'quoted' «word» and an unbalanced ( or [ or { or \" or ' is fine". -/
⟪theorem goal (n : Nat) : n = n⟫ := rfl
--- doc-comments-everywhere
/-- A pair. -/
structure Duo where
  /-- The first. -/
  fst : Nat
  /-- The second. -/
  snd : Nat

/-- Either way. -/
inductive Way where
  /-- This way. -/
  | this
  /-- That way. -/
  | that

/-- The claim. -/
⟪theorem goal (n : Nat) : n = n⟫ := rfl
--- languages
/- Доказательство: очевидно. 证明：显然。 証明：自明。 Preuve : évident. Beweis: trivial. 증명: 자명. הוכחה -/
⟪theorem goal (n : Nat) : n = n⟫ := by
  -- по определению · 由定义 · 定義より
  rfl
--- emoji
/- ✅ Step 1 🚀 done 👩‍🔬 -/
⟪theorem goal (n : Nat) : n = n⟫ := by
  -- 🎉
  rfl
--- typographic-marks
/- “Quotes”, ‘single’, an em dash — and an ellipsis… with a non-breaking space. -/
⟪theorem goal (n : Nat) : n = n⟫ := rfl
--- informal-proof-first
/- ### Informal proof

We proceed by induction on $n$.
- Base case: $0 \cdot 2 = 0$.
- Inductive step: suppose $n \cdot 2 = n + n$. Then $(n+1) \cdot 2 = n \cdot 2 + 2 = (n + 1) + (n + 1)$. ∎
-/
⟪theorem goal (n : Nat) : n * 2 = n + n⟫ := by
  induction n with
  | zero => rfl
  | succ n ih => omega
--- says-theorem-in-a-comment
/- theorem other : 1 = 2 is false, and lemma x : y is no lemma -/
⟪theorem goal (n : Nat) : n = n⟫ := by
  -- By the theorem above and the lemma below, theorem goal follows.
  rfl
--- strings
def greeting : String := "sorry, this is not a proof: by axiom /- -/ -- end"
theorem greeting_self : greeting = greeting := rfl
⟪theorem goal (n : Nat) : n = n⟫ := rfl
--- string-with-brace
⟪theorem goal : "{" = "{"⟫ := rfl
--- raw-string
def path : String := r"C:\no\escape"
def quoted : String := r#"a "quoted" word"#
⟪theorem goal (n : Nat) : n = n⟫ := rfl
--- characters
def isQuote (c : Char) : Prop := c = 'a' ∨ c = '\n' ∨ c = '\'' ∨ c = '\\'
theorem isQuote_a : isQuote 'a' := Or.inl rfl
⟪theorem goal (n : Nat) : n = n⟫ := rfl
--- one-line
⟪theorem goal (p q : Prop) (hp : p) (hq : q) : p ∧ q⟫ := by constructor; exact hp; exact hq
--- deep-indentation
⟪theorem goal
    (a b : Nat)
        (h :
            a = b)
    :
      b
        = a⟫
  :=
    by
        exact
            h.symm
--- layout-braces
⟪theorem goal (p q : Prop) (hp : p) (hq : q) : p ∧ q⟫ := by {
  constructor
  { exact hp }
  { exact hq }
}
--- blank-lines


⟪theorem goal (n : Nat) : n = n⟫ := by


  rfl



--- numbers
⟪theorem goal : 0x1F = 31 ∧ 0b101 = 5 ∧ 0o17 = 15 ∧ 1_000 = 1000⟫ := by
  decide
--- large-numbers
⟪theorem goal : 123456789012345678901234567890 * 2 = 246913578024691357802469135780⟫ := by
  norm_num
--- power-tower
⟪theorem goal : 2 ^ 100 % 7 = 2⟫ := by
  norm_num
--- parenthesised-heavily
⟪theorem goal (a b c : Int) : ((a + (b + (c))) = (((a) + b) + c))⟫ := by
  (first | (ring) | (omega))
--- type-unicode
⟪theorem goal (f : ℕ → ℤ) (h : ∀ n, f n = ↑n) : f 3 = 3⟫ := by
  rw [h]
  rfl
--- not-equal-sign
⟪theorem goal (a b : ℤ) (h : a < b) : a ≠ b ∧ ¬ (a ≥ b)⟫ := by
  constructor <;> omega
--- statement-restated-differently
--- [statement]
theorem goal (a b : Nat) (h : a = b) : b = a := by sorry
--- [code]
theorem goal (a : Nat) (b : Nat)
    (h : a = b) : b = a := by
  exact h.symm
--- statement-with-other-names
--- [statement]
theorem goal (x y : Nat) (hxy : x = y) : y = x
--- [code]
theorem goal (a b : Nat) (h : a = b) : b = a := h.symm
--- statement-as-a-lemma
--- [statement]
lemma goal (n : Nat) : n + 0 = n := by
--- [code]
theorem goal (n : Nat) : n + 0 = n := by
  rfl
--- statement-with-a-doc-comment
--- [statement]
/-- Show that adding zero changes nothing. -/
theorem goal (n : Nat) : n + 0 = n := by sorry
--- [code]
/-- Show that adding zero changes nothing. -/
theorem goal (n : Nat) : n + 0 = n := by
  rfl
--- statement-with-notation-spelled-out
--- [statement]
theorem goal (n : ℕ) (h : n ≠ 0) : 0 < n
--- [code]
theorem goal (n : Nat) (h : n ≠ 0) : 0 < n := by
  omega
--- universes-renamed
--- [statement]
theorem goal.{u} (α : Type u) (a b : α) (h : a = b) : b = a
--- [code]
universe v
theorem goal (α : Type v) (a b : α) (h : a = b) : b = a := h.symm
--- imports-without-header
import Init
import Init.Nat

⟪theorem goal (n : Nat) : n = n⟫ := rfl
--- imports-with-header
--- [header]
import Init
open Nat
--- [code]
import Init
open Nat
theorem goal (n : Nat) : succ n = n + 1 := rfl
--- [statement]
theorem goal (n : Nat) : succ n = n + 1
--- header-only-in-the-check
--- [header]
open Nat
set_option maxHeartbeats 400000
--- [code]
⟪theorem goal (n : Nat) : succ n = n + 1⟫ := rfl
--- imports-after-a-comment
/-
Copyright (c) 2026. All rights reserved.
-/
import Init
-- the basics
import Init.Int

⟪theorem goal (n : Int) : n = n⟫ := rfl
--- match-in-the-statement
⟪theorem goal (n : Nat) : (match n with | .zero => True | .succ _ => n > 0)⟫ := by
  cases n with
  | zero => exact True.intro
  | succ k => exact Nat.succ_pos k
--- match-prop-in-the-statement
⟪theorem goal (p : Nat × Nat) : match p with | (a, b) => a + b = b + a⟫ := by
  cases p with
  | mk a b => exact Nat.add_comm a b
--- pattern-function-in-the-statement
⟪theorem goal : (fun (p : Nat × Nat) => p.1) = fun (a, _) => a⟫ := rfl
--- pattern-let-in-the-statement
⟪theorem goal (p : Nat × Nat) : let (a, b) := p; a + b = b + a⟫ := by
  cases p with
  | mk a b => exact Nat.add_comm a b
--- pattern-exists-in-the-statement
⟪theorem goal : ∃ p : Nat × Nat, (fun | (a, b) => a + b = 3) p⟫ := ⟨(1, 2), rfl⟩
--- anonymous-let-in-the-statement
⟪theorem goal (p : Nat × Nat) (h : p = (2, 3)) : let ⟨a, b⟩ := p; a + b = 5⟫ := by
  subst h
  rfl
--- proof-in-the-statement
⟪theorem goal : (⟨2, by omega⟩ : Fin 5).1 = 2⟫ := rfl
--- decided-proof-in-the-statement
⟪theorem goal : (⟨2, by decide⟩ : Fin 5).1 = 2⟫ := rfl
--- if-let-in-the-statement
⟪theorem goal (o : Option Nat) (h : o = some 4) : (if let some n := o then n else 0) = 4⟫ := by
  subst h
  rfl
--- proof-of-a-hypothesis-in-the-statement
⟪theorem goal (n : Nat) (h : 2 < n) : (⟨1, by omega⟩ : Fin n).1 = 1⟫ := rfl
--- auxiliaries-after-helpers
def first (p : Nat × Nat) : Nat := match p with | (a, _) => a
theorem first_eq (p : Nat × Nat) : first p = p.1 := by
  cases p
  rfl
⟪theorem goal (p : Nat × Nat) : (match p with | (a, _) => a) = p.1⟫ := by
  cases p
  rfl
--- let-in-the-statement
⟪theorem goal : let x := 2; let y := x + 1; x * y = 6⟫ := by
  intro x y
  rfl
--- big-statement
⟪theorem goal (a b c d e f : Nat) (h₁ : a < b) (h₂ : b < c) (h₃ : c < d) (h₄ : d < e) (h₅ : e < f)
    (g₁ : a = 0) (g₂ : f ≤ 5) : (a = 0 ∧ b = 1) ∧ (c = 2 ∧ d = 3) ∧ (e = 4 ∧ f = 5)⟫ := by
  refine ⟨⟨?_, ?_⟩, ⟨?_, ?_⟩, ⟨?_, ?_⟩⟩ <;> omega
--- goal-used-by-name
⟪theorem imo_1959_p1 (n : ℕ) (h : 0 < n) : n * 2 = 2 * n⟫ := by
  have imo_1959_p1' : n * 2 = 2 * n := by ring
  exact imo_1959_p1'
