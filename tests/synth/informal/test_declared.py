"""Declarations of a source file: names in full, docstrings, proofs."""

from __future__ import annotations

from synth.informal.declared import declared

CODE = """/-! A module. -/
import Foo

namespace A.B
/-- A *structure*. -/
structure S where
  x : Nat

instance : Inhabited S := ⟨⟨0⟩⟩

section part
variable (n : Nat)

/-- Said above the attribute. -/
@[simp]
protected theorem S.same (s : S) :
    s.x = s.x -- clear
  := by
  -- a remark
  rfl

end part

theorem _root_.top : True := trivial
private theorem hid : 1 = 1 := rfl

noncomputable section
theorem byCases : ∀ n : Nat, n = n
  | 0 => rfl
  | _ + 1 => rfl
end

mutual
def ev : Nat → Bool
  | 0 => true
  | n + 1 => od n
def od : Nat → Bool
  | 0 => false
  | n + 1 => ev n
end
end A.B

/-- of nothing -/
example : True := trivial

open A in
theorem last : "theorem no : False" = "theorem no : False" := rfl
"""


def test_names_are_full_and_in_order() -> None:
    found = declared(CODE)
    assert [one.name for one in found] == [
        *("A.B.S", "A.B.S.same", "top", "A.B.hid", "A.B.byCases", "A.B.ev", "A.B.od", "last"),
    ]
    assert [one.name for one in found if one.theorem] == ["A.B.S.same", "top", "A.B.hid", "A.B.byCases", "last"]
    assert [one.name for one in found if one.private] == ["A.B.hid"]


def test_docstrings_proofs_and_texts() -> None:
    found = {one.name: one for one in declared(CODE)}
    assert {name: one.doc for name, one in found.items() if one.doc} == {
        "A.B.S": "A *structure*.",
        "A.B.S.same": "Said above the attribute.",
    }
    assert found["A.B.S.same"].proof == "by\n  -- a remark\n  rfl"
    assert found["A.B.S.same"].head == "theorem S.same (s : S) : s.x = s.x"
    assert found["A.B.byCases"].proof == "| 0 => rfl\n  | _ + 1 => rfl"
    assert found["A.B.S"].text == "structure S where\n  x : Nat" and found["A.B.ev"].proof == ""
