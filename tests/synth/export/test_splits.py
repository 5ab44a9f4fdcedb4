"""No problem and no statement in two splits; the same splits in every form."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from synth.export.corpus import Asked, export
from synth.export.filters import Filters
from synth.export.read import read_pairs
from synth.export.splits import SPLITS, Groups, Shares
from synth.keys import hashes
from synth.records import Statement
from synth.store.rundir import RunDir
from tests.synth.export.tiny import pair
from verify_workers.errors import UserError

NAMES = [f"problem {n}" for n in range(4000)]


def test_shares_and_seeds() -> None:
    codes = Shares(0.2, 0.1, seed=0).of(hashes(NAMES))
    assert [round(float((codes == code).mean()), 1) for code in range(3)] == [0.7, 0.2, 0.1]
    assert np.array_equal(codes, Shares(0.2, 0.1).of(hashes(NAMES)))
    other = Shares(0.2, 0.1, seed=1).of(hashes(NAMES))
    assert 0.3 < float((codes != other).mean()) < 0.6, "as two draws differ"
    assert set(Shares(0, 0).of(hashes(NAMES))) == {0}
    for wrong in ((-0.1, 0.0), (0.5, 0.5)):
        with pytest.raises(UserError, match="shares from 0 that leave something to train on"):
            Shares(*wrong)


def test_problems_that_share_a_statement_stay_together() -> None:
    """Along chains, too: 0–1 by a, 1–2 by b, 2–3 by c; 4 and 5 by themselves."""
    problems = np.sort(hashes(NAMES[:6]))
    edges = [(3, 2), (2, 2), (2, 1), (1, 1), (1, 0), (0, 0), (4, 3), (5, 4)]
    groups = Groups(problems, *(np.array(column, np.uint32) for column in zip(*edges, strict=True)))
    seen = set()
    for seed in range(40):
        found = groups.split(problems, Shares(0.3, 0.3, seed)).tolist()
        assert len(set(found[:4])) == 1
        seen.add((found[0], found[4], found[5]))
    assert len(seen) > 10, "the others go their own ways"
    unknown = hashes(["none of these"])
    assert np.array_equal(groups.split(unknown, Shares(0.3, 0.3)), Shares(0.3, 0.3).of(unknown))


def test_the_same_splits_in_every_form(tmp_path: Path) -> None:
    """A negation proved in one problem is the theorem of another; filters move nobody."""
    stated = [Statement(id=f"s{n}", problem_id=f"p{n}", text="t", form=f"f{n // 2}", negated_form="", grade="good") for n in range(200)]
    stated += [Statement(id="n", problem_id="pn", text="t", form="x", negated_form="f7", grade="good")]
    pairs = [pair(n, proof=f"by simp -- {n}") for n in range(200)] + [pair(999, statement_id="n", problem_id="pn", negated=True)]
    with RunDir.open(tmp_path / "run", {"name": "x"}) as store:
        store.commit("r001-s0000-statements", {"statements": stated})
        store.commit("r001-s0000-c0000", {"pairs": pairs})
    shares = Shares(0.2, 0.2, seed=3)
    export(tmp_path / "run", tmp_path / "hf", "hf", Asked(shares=shares))
    export(tmp_path / "run", tmp_path / "sft", "sft", Asked(Filters(negations=False), shares))
    where: dict[str, str] = {}
    for split in SPLITS:
        for one in read_pairs(tmp_path / "hf" / f"{split}-00000.parquet"):
            assert where.setdefault(one.problem_id, split) == split
        for line in (tmp_path / "sft" / f"{split}-00000.jsonl").read_text().splitlines():
            assert where[json.loads(line)["lineage"]["problem_id"]] == split
    assert len(where) == 201 and set(where.values()) == set(SPLITS)
    assert all(where[f"p{n}"] == where[f"p{n + 1}"] for n in range(0, 200, 2)) and where["pn"] == where["p14"]
