"""Mutated proofs: fork and worker agree, what they accept the strict reference accepts, and none accepts what is false.

Mutations swap and drop tokens, splice pieces of other proofs, inject commands and truncate.  Every mutant is asked for
a true statement and, unchanged, for a false one.
"""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.verify_workers.adversarial.case import FALSE, TRUE
from tests.verify_workers.adversarial.honest import twins
from verify_workers.backends.base import Backend
from verify_workers.backends.process import ProcessBackend
from verify_workers.backends.worker import WorkerBackend
from verify_workers.errors import UserError
from verify_workers.lean import LeanInstall
from verify_workers.records import Check, Outcome
from verify_workers.text.lexer import tokens

SEEDS = [case.proof for case in twins.TABLE.cases if case.proof is not None and case.statement == TRUE]
INJECTED = [
    "sorry", "axiom c : 1 = 2", "theorem goal2 : 1 = 2 := rfl", "native_decide", "/-", "-/", "/-/-/", "--", '"', "«", "»", "'", "(", ")", "⟨", "⟩", "\n", "\n\n",
    "#exit", "end", "where", "| _ => rfl", "set_option debug.skipKernelTC true in", "open Classical in", "@[simp]", "<;>", "first | rfl |", "exact", "at h", "_", "?_", ":= rfl",
    "termination_by 0", "goal", "rfl", "omega", ";", "by",
    "rw [<--1] | set_option debug.skipKernelTC true in decide +kernel | rw [rfl\n  ]", "first | rw [<--1] |", "{x : Nat //-1 = x}", "\\/-1", "×' '\"'", "]' '\"'", "⁻¹'\"'",
]  # fmt: skip


@st.composite
def mutants(draw: st.DrawFn) -> str:
    """An honest proof after one to three mutations."""
    text = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 3))):
        marks = [mark for mark in tokens(text, comments=True) if mark.end > mark.start]
        if not marks:
            return text
        mark = draw(st.sampled_from(marks))
        match draw(st.sampled_from(["insert", "insert", "swap", "drop", "cut", "splice", "bytes"])):
            case "insert":
                text = f"{text[: mark.start]} {draw(st.sampled_from(INJECTED))} {text[mark.start :]}"
            case "swap":
                other = draw(st.sampled_from(marks))
                first, second = sorted((mark, other), key=lambda m: m.start)
                if first.end <= second.start:
                    text = text[: first.start] + second.text + text[first.end : second.start] + first.text + text[second.end :]
            case "drop":
                text = text[: mark.start] + text[mark.end :]
            case "cut":
                text = text[: mark.end]
            case "splice":
                text = text[: mark.end] + draw(st.sampled_from(SEEDS))
            case _:
                text = text[: mark.start] + draw(st.text(max_size=3)) + text[mark.start :]
    return text


@pytest.fixture(scope="module")
def backends(lean: LeanInstall) -> Iterator[tuple[Backend, Backend, Backend]]:
    from verify_workers.backends.fork import ForkBackend

    try:
        fork = ForkBackend(lean)
    except UserError as error:
        pytest.skip(str(error))
    worker, process = WorkerBackend(lean), ProcessBackend(lean)
    yield fork, worker, process
    for backend in (fork, worker, process):
        backend.close()


@settings(max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(proof=mutants())
def test_accepted_is_accepted_by_all_and_never_false(backends: tuple[Backend, Backend, Backend], proof: str) -> None:
    """The kernel audit, the text tier, and for what they accept the reference, which the kernel audit has then confirmed."""
    fork, worker, process = backends
    for statement in (TRUE, FALSE):
        check = Check(id="x", statement=statement, proof=proof, timeout=20)
        verdict = fork.check(check)
        assert verdict.outcome is not Outcome.INFRA, verdict
        assert worker.check(check).accepted == verdict.accepted
        if verdict.accepted:
            assert statement == TRUE
            assert process.check(check).accepted
