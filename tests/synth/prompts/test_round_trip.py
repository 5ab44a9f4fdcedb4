"""What a model is trained to answer is read back as the same proof, whatever its layout."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.prompts import (
    Formalization,
    PromptSet,
    Proof,
    load_prompts,
    read_grade,
    read_proof,
    read_statement,
    write_grade,
    write_proof,
    write_statement,
)
from synth.records import GRADES
from verify_workers.backends.base import Backend
from verify_workers.records import Check
from verify_workers.text.lexer import tokens

STATEMENT = "theorem Foo.bar (n : Nat)\n    (h : 0 < n) : n ≠ 0"
HEADER = "open Nat\nset_option maxRecDepth 1000"
PRESETS = {
    name: prompts
    for name in ("embedded", "base", "chat", "deepseek-prover-v1.5", "deepseek-prover-v2", "goedel-prover-v2", "kimina-prover")
    if (prompts := load_prompts(name))
}

words = st.sampled_from(["h", "n", "foo", "h₁", "αβ", "Nat.succ_le_of_lt", "x'", "by_cases", "theorems", "«a b»", "sorry'"])
ATOMS = ["0", "rfl", "⟨h, h⟩", "fun x => x", "(by omega)", '"theorem X := by"', "‹Nat›", "1 - -1", "h ▸ rfl", "@foo _"]
terms = st.recursive(
    words | st.sampled_from(ATOMS),
    lambda inner: st.builds("{} {}".format, inner, inner) | st.builds("({} : {})".format, inner, inner),
    max_leaves=4,
)
KINDS = ["exact", "have", "bullet", "calc", "induction", "first", "comment", "semicolon"]
comments = st.sampled_from(["", " -- the theorem := of `by`", " /- lemma foo -/"])


@st.composite
def steps(draw: st.DrawFn, depth: int = 0) -> list[str]:
    """Lines of a tactic block, none of them indented."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(KINDS if depth < 2 else ["exact"]))
        term, inner = draw(terms), [] if depth > 1 else draw(steps(depth + 1))
        deeper = draw(st.sampled_from([2, 4]))
        block = textwrap.indent("\n".join(inner), " " * deeper)
        if kind == "have":
            lines += [f"have h : {term} := by{draw(comments)}", *block.split("\n")]
        elif kind == "bullet":
            lines += ["· " + inner[0], *textwrap.indent("\n".join(inner[1:]), "  ").split("\n")] if inner else ["· rfl"]
        elif kind == "calc":
            lines += [f"calc {term} = {term} := by omega", f"  _ ≤ {term} := by", *textwrap.indent(block, "  ").split("\n")]
        elif kind == "induction":
            lines += ["induction n with", f"| zero => {term}", "| succ n ih =>", *block.split("\n")]
        elif kind == "first":
            lines += ["first", f"  | exact {term}", "  | omega"]
        elif kind == "comment":
            lines += ["-- by the theorem of the lemma", "/- def -/"]
        elif kind == "semicolon":
            lines += [f"constructor <;> exact {term}{draw(comments)}"]
        else:
            lines += [f"exact {term}{draw(comments)}"]
    return [*lines, "rfl"]


@st.composite
def proofs(draw: st.DrawFn) -> str:
    """What may follow `:=`: terms, tactics on one line, under `by`, behind it, with `where`."""
    kind = draw(st.sampled_from(["term", "fun", "line", "block", "block", "deep block", "behind by", "where", "blank lines"]))
    lines = draw(steps())
    if kind == "term":
        return draw(terms)
    if kind == "fun":
        return f"fun x hx =>\n  have := {draw(terms)}\n  {draw(terms)}"
    if kind == "line":
        return f"by exact {draw(terms)}; omega"
    if kind == "behind by":
        return f"by constructor <;>\n    first | rfl | exact {draw(terms)}"
    block = textwrap.indent("\n".join(lines), "      " if kind == "deep block" else "  ")
    if kind == "blank lines":
        block = block.replace("\n", "\n\n", 1)
    return f"by\n{block}" + ("\nwhere\n  aux (m : Nat) : m = m := rfl" if kind == "where" else "")


def read_back(prompts: PromptSet, proof: Proof, header: str = HEADER, statement: str = STATEMENT) -> object:
    prompt = prompts.prove(statement, header, "", "A problem.")
    target = write_proof(prompt, proof)
    return target if target is None else read_proof(prompt, target)


@pytest.mark.parametrize("name", [name for name in PRESETS if PRESETS[name].preset.prove.shape != "body"])
@settings(max_examples=40, deadline=None)
@given(proof=proofs())
def test_a_proof_is_read_back_to_the_letter(name: str, proof: str) -> None:
    back = read_back(PRESETS[name], Proof("proof", proof))
    assert back == Proof("proof", proof)


@pytest.mark.parametrize("name", [name for name in PRESETS if PRESETS[name].preset.prove.shape == "body"])
@settings(max_examples=40, deadline=None)
@given(proof=proofs())
def test_a_proof_under_the_prompts_own_by_is_read_back_in_its_layout(name: str, proof: str) -> None:
    """One line is one line, columns keep their order; a term stands behind `exact`."""
    back = read_back(PRESETS[name], Proof("proof", proof))
    if proof.startswith("by\n") and "\n" in proof[3:]:
        assert back == Proof("proof", proof)
    else:
        assert isinstance(back, Proof)
        wanted = proof if proof.split()[0] == "by" else f"by exact ({proof})"
        assert [mark.text for mark in tokens(back.text)] == [mark.text for mark in tokens(wanted)]


@pytest.mark.parametrize("name", list(PRESETS))
@settings(max_examples=20, deadline=None)
@given(proof=proofs(), helper=proofs())
def test_a_whole_file_is_read_back_or_has_no_place(name: str, proof: str, helper: str) -> None:
    code = f"theorem aux (m : Nat) : m = m := {helper}\n\ntheorem Foo.bar (n : Nat) (h : 0 < n) : n ≠ 0 := {proof}\n"
    back = read_back(PRESETS[name], Proof("code", code))
    assert back is None if PRESETS[name].preset.prove.shape == "body" else back == Proof("code", code)


def test_a_files_own_imports_stand_with_the_headers() -> None:
    prompt = load_prompts("chat").prove("theorem X : 1 = 1", "import Init\nopen Nat")
    target = write_proof(prompt, Proof("code", "import Init.Core\n\ntheorem a : 1 = 1 := rfl\n\ntheorem X : 1 = 1 := a\n"))
    assert target == "```lean4\nimport Init\nimport Init.Core\n\nopen Nat\n\ntheorem a : 1 = 1 := rfl\n\ntheorem X : 1 = 1 := a\n```"


def test_what_cannot_be_read_back_is_no_target() -> None:
    prompt = load_prompts("chat").prove("theorem X : 1 = 1")
    assert write_proof(prompt, Proof("proof", "by\n  rfl -- ok\n```\n")) is None


LEAN_PROOFS = [
    "by\n  intro n\n  omega",
    "by\n    intro n\n    induction n with\n    | zero => rfl\n    | succ n ih =>\n      have h : n + 1 = n + 1 := by rfl\n      exact h",
    "fun n =>\n  Nat.add_zero n",
    "fun n => by\n  omega",
    "fun n => calc\n  n + 0 = 0 + n := by omega\n  _ = n := by omega",
    "by\n  intro n\n  first\n  | exact absurd\n  | exact aux n\nwhere\n  aux (m : Nat) : m + 0 = m := by\n    rfl",
    "by intro n <;>\n    rfl",
    "by\n  intro n\n  constructor <;> skip\n",
    "by\n  intro n\n  have h : n = n ∧ n = n := by\n    constructor\n    · rfl\n    · rfl\n  -- the lemma is done\n  exact Nat.add_zero n",
]


@pytest.mark.parametrize("name", list(PRESETS))
def test_what_lean_accepts_it_accepts_after_the_round_trip(name: str, backend: Backend) -> None:
    """The multi-line proofs that models used to be trained on were broken Lean."""
    statement = "theorem Foo.bar : ∀ n : Nat, n + 0 = n"
    for number, proof in enumerate(LEAN_PROOFS):
        before = backend.check(Check(id=f"{number}", statement=statement, proof=proof, timeout=30))
        back = read_back(PRESETS[name], Proof("proof", proof), "", statement)
        assert isinstance(back, Proof)
        after = backend.check(Check.model_validate({"id": "after", "statement": statement, "timeout": 30, back.form: back.text}))
        assert after.outcome == before.outcome, (proof, back.text, after.messages)
        if "skip" not in proof:
            assert before.accepted, before.messages


def test_statements_and_grades_are_read_back() -> None:
    statement = "theorem foo (n : Nat) -- a binder (h : False)\n    (h : 0 < n) :\n  n ≠ 0"
    for name in ("embedded", "base", "chat", "kimina-autoformalizer", "herald-translator", "stepfun-formalizer"):
        prompt = load_prompts(name).formalize("A problem.", "import Mathlib\nopen Nat")
        back = read_statement(prompt, write_statement(prompt, statement))
        assert isinstance(back, Formalization) and back.opens == ""
        one_line = f"theorem {prompt.name} (n : Nat) (h : 0 < n) : n ≠ 0"
        assert [m.text for m in tokens(back.statement)] == [m.text for m in tokens(one_line)]
    for name in ("embedded", "base", "chat"):
        prompt = load_prompts(name).grade("A problem.", statement)
        assert all(read_grade(prompt, write_grade(prompt, grade)) == grade for grade in GRADES)
