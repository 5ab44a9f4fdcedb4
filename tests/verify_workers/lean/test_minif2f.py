"""miniF2F statements that need no Mathlib: all but known ones elaborate, and generic tactics prove most.

The data are shared facts that lie beside the repository; the tests skip where they are absent.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.verify_workers.lean.conftest import RunLean
from tests.verify_workers.lean.generic_tactics import GENERIC_TACTICS, PROVES, PROVES_SLOWLY
from tests.verify_workers.lean.test_core import check_axioms, errors, print_axioms

DATA = Path(__file__).parents[4] / "shared" / "data" / "minif2f_valid.jsonl"
SLOW = "PROOF_SYNTH_SLOW_TESTS"


@pytest.fixture(scope="module")
def statements() -> dict[str, str]:
    """Name → `theorem …` without proof, of the statements over Nat and Int."""
    if not DATA.exists():
        pytest.skip(f"no {DATA}")
    rows = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    return {row["name"]: row["formal_statement"].removesuffix(":= by sorry").strip() for row in rows if row["core"]}


def test_core_statements_elaborate(statements: dict[str, str], run_lean: RunLean) -> None:
    assert len(statements) == 55
    messages = run_lean("\n".join(f"{statement} := by sorry" for statement in statements.values()))
    assert [m["data"] for m in messages if m["severity"] == "error"] == []


def prove(proofs: dict[str, int], statements: dict[str, str], run_lean: RunLean) -> None:
    """Each script proves its statement, one after the other in one file, each answered for by its axioms."""
    text = ""
    for name, index in proofs.items():
        tactic = GENERIC_TACTICS[index].replace("\n", "\n  ")
        text += f"{statements[name]} := by\n  {tactic}\n"
    check_axioms(run_lean(text + print_axioms(list(proofs))), list(proofs))


def test_generic_tactics_prove_most_core_statements(statements: dict[str, str], run_lean: RunLean) -> None:
    assert len(PROVES) + len(PROVES_SLOWLY) >= 45
    prove(PROVES, statements, run_lean)


@pytest.mark.skipif(not os.environ.get(SLOW), reason=f"takes minutes; set {SLOW}=1 to run it")
def test_long_case_splits_prove_the_rest(statements: dict[str, str], run_lean: RunLean) -> None:
    prove(PROVES_SLOWLY, statements, run_lean)


def test_generic_tactics_do_not_prove_a_false_variant(statements: dict[str, str], run_lean: RunLean) -> None:
    false = {
        "mathd_numbertheory_101": ("= 2", "= 3"),
        "numbertheory_sqmod3in01d": ("= 1", "= 2"),
        "mathd_numbertheory_48": ("b = 4", "b = 5"),
    }
    lines = []
    for name, (old, new) in false.items():
        tactic = GENERIC_TACTICS[PROVES[name]].replace("\n", "\n  ")
        lines.append(f"{statements[name].replace(old, new)} := by\n  {tactic}")
    found = errors(run_lean("\n".join(lines)))
    assert len(found) >= len(false)
