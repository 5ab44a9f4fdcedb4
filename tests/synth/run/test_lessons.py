"""What the sketcher, formalizer and informalizer learn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from synth.records import Attempt
from synth.run.lessons import Taken, sketches
from synth.run.replayed import Replayed
from tests.synth.run.fakes import make_run, pair, statement


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("taken", [None, Taken(frozenset({"r001-a", "r002-a"}))])
def test_a_filled_skeleton_is_taught_whatever_became_of_the_same_text_at_other_times(
    tmp_path: Path, when: str, taken: Taken | None
) -> None:
    """A statement that is searched again may get the same skeleton again, and the same proof without one."""
    about = statement("1 = 1")
    shown = {"statement": about.text, "goal": "1 = 1", "name": "X", "header": "", "problem": "", "earlier": "", "failed": "", "report": ""}
    skeleton = {"id": "it", "statement_id": about.id, "strategy": "sketch", "proof": "have h : 1 = 1 := by sorry; exact h", "shown": shown}
    proof = {"id": "a", "statement_id": about.id, "proof": "have h : 1 = 1 := by rfl; exact h"}
    filled = [Attempt(unread="filled", **skeleton), Attempt(strategy="sketch", parent="it", **proof)]
    other = [Attempt(unread="untried", **skeleton), Attempt(strategy="whole_proof", **proof)]
    job = make_run(tmp_path, search={"strategies": ["whole_proof", "sketch"]})
    first, second = (other, filled) if when == "before" else (filled, other)
    job.store.commit("r001-a", {"pairs": [pair(about, strategy="sketch")], "attempts": first})
    job.store.commit("r002-a", {"attempts": second})
    replayed = Replayed(job.store)
    replayed.take(1)
    (lesson,) = sketches(job, 2, replayed, np.arange(1), np.ones(1), taken)
    assert "sorry" in lesson.completion
