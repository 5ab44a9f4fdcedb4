"""Proofs checked from Python, by the embedded Lean."""

from __future__ import annotations

import asyncio
import doctest
import subprocess
import sys

import pytest

import verify_workers
from verify_workers import Check, Checker, checker


@pytest.fixture(scope="module")
def lean() -> Checker:
    return Checker(workers=2)


def test_the_example_of_its_page_is_true(lean: Checker) -> None:
    results = doctest.testmod(checker, optionflags=doctest.ELLIPSIS)
    assert results.attempted == 2 and not results.failed


def test_a_proof_a_file_and_a_negation(lean: Checker) -> None:
    assert lean.check("theorem t : 2 + 2 = 4", "by decide").accepted
    assert lean.check("theorem t : 2 + 2 = 5", "by decide", negated=True).accepted
    assert lean.check("theorem t : two + 2 = 4", "by decide", preamble="def two := 2").accepted
    whole = lean.check("theorem t : 2 + 2 = 4", code="theorem t : 2 + 2 = 4 := by decide")
    assert whole.accepted
    wrong = lean.check("theorem t : 2 + 2 = 4", "sorry")
    assert not wrong.accepted and wrong.reason
    with pytest.raises(ValueError, match="exactly one of `proof` and `code`"):
        lean.check("theorem t : 2 + 2 = 4")


def test_many_at_once_come_back_in_order(lean: Checker) -> None:
    asked = [(f"theorem t : {n} + 1 = {n + 1 + n % 3 // 2}", "by decide") for n in range(12)]
    verdicts = lean.check_all([*asked, Check(id="mine", statement="theorem t : True", proof="trivial")])
    assert [v.accepted for v in verdicts] == [n % 3 < 2 for n in range(12)] + [True]
    assert [v.id for v in verdicts] == [*map(str, range(12)), "mine"], "by the ids that were asked"


def test_it_is_awaited_too() -> None:
    async def work() -> tuple[bool, list[bool]]:
        async with Checker(workers=1, timeout=20) as own:
            one, all_ = await asyncio.gather(own.acheck("theorem t : True", "trivial"), own.acheck_all([("theorem t : False", "trivial")]))
            return one.accepted, [v.accepted for v in all_]

    assert asyncio.run(work()) == (True, [False])


def test_the_package_loads_nothing_until_it_is_asked() -> None:
    code = "import sys, verify_workers; print(sum(name.startswith(('verify_workers.', 'pydantic')) for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "0\n"
    with pytest.raises(AttributeError, match="no attribute 'Chequer'"):
        verify_workers.Chequer  # noqa: B018


def test_a_setting_that_there_is_not_is_told() -> None:
    with pytest.raises(ValueError, match="worker_count"):
        Checker(worker_count=2)
