"""Names that the kernel computes by itself."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import Table

TABLE = Table("kernel_names")
code = TABLE.code

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
    code(f"native-{_name}", "policy", "declare a kernel name", NATIVE, _text)
for _name, _text in {
    "instance": "instance Nat.land : Inhabited Nat := ⟨5⟩\ntheorem goal : 1 = 2 := rfl",
    "class": "class Nat.land where\n  x : Nat\ntheorem goal : 1 = 2 := rfl",
    "opaque": "opaque Nat.land : Nat → Nat → Nat\ntheorem goal : 1 = 2 := rfl",
    "alias": "def mine (n m : Nat) : Nat := 5\nalias Nat.land := mine\ntheorem goal : 1 = 2 := rfl",
    "export": "namespace A\ndef land (n m : Nat) : Nat := 5\nend A\nnamespace Nat\nexport A (land)\nend Nat\ntheorem goal : 1 = 2 := absurd (rfl : Nat.land 8 8 = 5) (by decide +kernel)",
    "open-in": "open Nat in\ndef land (n m : Nat) : Nat := 5\ntheorem goal : 1 = 2 := absurd (rfl : Nat.land 8 8 = 5) (by decide +kernel)",
}.items():
    code(f"native-{_name}", "policy", "declare a kernel name by another command", NATIVE, _text)
