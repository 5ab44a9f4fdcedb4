"""Seed rows for `conjecture`: proved statements whose proofs hold on real Lean, and answers that are other statements of the family."""

from __future__ import annotations

from random import Random

from synth.problems.generate import EVERYTHING, reference
from synth.problems.seed_roles import OTHERS
from synth.prompts import load_prompts
from verify_workers.backends.base import Backend
from verify_workers.records import Check, Reason


def test_rows_are_seeded_and_about_nothing_that_is_held_out() -> None:
    rows = OTHERS["conjecture"](Random(2), 200, set(), EVERYTHING)
    assert len(rows) == 200 and rows == OTHERS["conjecture"](Random(2), 200, set(), EVERYTHING)
    named = [shown for shown, _ in rows if shown["lemma"]]
    assert len(named) > 40 and all(shown["lemma"] in shown["proof"] for shown in named)
    assert all(answer != shown["goal"] and answer.startswith(": ") for shown, answer in rows)
    held = {reference(text.removeprefix(": ")) for shown, answer in rows for text in (shown["goal"], answer)}
    again = OTHERS["conjecture"](Random(2), 50, held, EVERYTHING)
    assert not held & {reference(text.removeprefix(": ")) for shown, answer in again for text in (shown["goal"], answer)}


def test_what_is_shown_is_proved_and_what_is_answered_is_a_statement(backend: Backend) -> None:
    prompts = load_prompts("embedded")
    for shown, answer in OTHERS["conjecture"](Random(3), 12, set(), EVERYTHING):
        assert backend.check(Check(id="x", statement=f"theorem X {shown['goal']}", proof=f"by {shown['proof']}")).accepted
        assert backend.check(Check(id="x", statement=f"theorem X {answer}", proof="by skip")).reason != Reason.STATEMENT
        assert prompts.ask("conjecture", {}, **shown).text.startswith(f"<|conjecture|>{shown['lemma']}<|statement|>")
