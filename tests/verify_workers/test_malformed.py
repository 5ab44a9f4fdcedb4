"""Input that no honest user sends: a verdict on every backend, in good time, and never an acceptance."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from tests.verify_workers.fake_lake import FakeLake
from verify_workers.backends.base import Backend
from verify_workers.records import Check, Outcome, Snippet

STATEMENT = "theorem goal : 1 = 2"
NOISE = random.Random(0)
TEXTS = {
    "empty": "",
    "blanks": " \n\t\n",
    "binary": "".join(map(chr, NOISE.choices(range(256), k=4000))),
    "unicode": "".join(map(chr, NOISE.choices([n for n in range(0x250, 0x2FFFF, 7) if not 0xD800 <= n < 0xE000], k=4000))),
    "NUL": "by\0 rfl",
    "lone surrogate": "by rfl -- \ud800",
    "carriage returns": "by\r\n  rfl\r",
    "byte order mark": "\ufeffby rfl",
    "5 MB": "by\n" + "  have h : 1 = 1 := rfl\n" * 200_000 + "  rfl",
    "100,000 lines": "by\n" + "  skip\n" * 100_000 + "  rfl",
    "one long line": "by exact " + "1 + " * 200_000 + "1",
    "deep": "(" * 20_000 + "rfl" + ")" * 20_000,
    "deep comment": "/-" * 50_000 + "rfl",
    "open string": 'by exact "' + "x" * 100_000,
    "braces of a protocol": 'rfl\n\n{"env": 0}\n\n{"cmd": "x"}\n\nContent-Length: 2\r\n\r\n{}',
}


@pytest.fixture(scope="module", params=["fork", "worker", "process", "repl"])
def backend(request: pytest.FixtureRequest, lake: FakeLake) -> Iterator[Backend]:
    made = lake.backend(request.param)
    yield made
    made.close()


@pytest.mark.parametrize("name", TEXTS)
def test_a_malformed_candidate_gets_a_verdict(backend: Backend, name: str) -> None:
    text, started = TEXTS[name], time.monotonic()
    for fields in ({"proof": text}, {"code": f"{STATEMENT} := {text}"}):
        verdict = backend.check(Check(id="x", statement=STATEMENT, timeout=1, **fields))
        assert verdict.outcome in (Outcome.REJECTED, Outcome.POLICY, Outcome.TIMEOUT, Outcome.RESOURCE), verdict
        verdict.model_dump_json()
    assert time.monotonic() - started < 60


@pytest.mark.parametrize("name", TEXTS)
def test_a_malformed_statement_gets_a_verdict(backend: Backend, name: str) -> None:
    verdict = backend.check(Check(id="x", statement=TEXTS[name], proof="by rfl", timeout=1))
    assert verdict.outcome in (Outcome.REJECTED, Outcome.POLICY, Outcome.TIMEOUT, Outcome.RESOURCE), verdict


@pytest.mark.parametrize("name", TEXTS)
def test_a_malformed_header_gets_a_verdict(backend: Backend, name: str) -> None:
    if name in ("empty", "blanks", "carriage returns"):
        return
    verdict = backend.check(Check(id="x", statement=STATEMENT, header=TEXTS[name], proof="by rfl", timeout=1))
    assert verdict.outcome is not Outcome.ACCEPTED


@pytest.mark.parametrize("name", TEXTS)
def test_a_malformed_file_gets_an_answer(backend: Backend, name: str) -> None:
    verdict = backend.check(Snippet(id="x", code=TEXTS[name], timeout=1))
    assert verdict.outcome is not Outcome.ACCEPTED and (verdict.outcome is not Outcome.INFRA or "NUL" in name or "binary" in name), verdict


def test_an_honest_check_still_passes(backend: Backend) -> None:
    assert backend.check(Check(id="x", statement="theorem goal : 1 = 1", proof="by rfl")).accepted


@pytest.mark.parametrize(
    "fields", [{}, {"proof": 1}, {"proof": b"\xff"}, {"proof": ["rfl"]}, {"proof": "rfl", "code": "x"}, {"proof": None}]
)
def test_wrong_types_are_no_check(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Check.model_validate({"id": "x", "statement": STATEMENT} | fields)
