"""Each preset reads what the scripted models of its family write: the right proof or statement, and nothing out of prose."""

from __future__ import annotations

import pytest

from synth.prompts import Formalization, Prompt, Proof, load_prompts, read_proof, read_statement
from synth.prompts.format import messages
from tests.scripted_models import FORMALIZERS, PROVERS, Solved, formalizer, prover
from verify_workers.text.statement import parse_theorem

TWO_STEPS = "constructor\n· exact h.2\n· exact h.1"
KNOWN = {
    known.name: known
    for known in (
        Solved("half_of_even", "Half of an even number.", "theorem half_of_even (n : Nat) (h : n % 2 = 0) : 2 * (n / 2) = n", "omega"),
        Solved(
            "split_and",
            "Both ways round.",
            "theorem split_and (p q : Prop) (h : p ∧ q) :\n    q ∧ p",
            "constructor\n· exact h.2\n· exact h.1",
        ),
    )
}


def request(prompt: Prompt, n: int) -> dict[str, object]:
    return {"n": n} | ({"messages": messages(prompt)} if prompt.chat else {"prompt": prompt.text + prompt.prefill})


@pytest.mark.parametrize("preset", PROVERS)
def test_the_right_proof_is_read(preset: str) -> None:
    prompts = load_prompts(preset)
    for known in KNOWN.values():
        prompt = prompts.prove(known.statement, "import Mathlib\nopen Nat", problem=known.text)
        read = [read_proof(prompt, text) for text in prover(preset, KNOWN)(request(prompt, 4))]
        right = read[2]
        assert isinstance(right, Proof) and right.form == "proof", right
        assert right.text.split() == ["by", *known.tactics.split()]
        assert all(other != right for other in (read[0], read[1], read[3]))


@pytest.mark.parametrize("preset", FORMALIZERS)
def test_the_statement_is_read(preset: str) -> None:
    prompts = load_prompts(preset)
    for known in KNOWN.values():
        prompt = prompts.formalize(known.text, "import Mathlib")
        read = read_statement(prompt, formalizer(preset, KNOWN)(request(prompt, 2))[0])
        assert isinstance(read, Formalization), read
        assert parse_theorem(read.statement).goal.split() == parse_theorem(known.statement).goal.split()
