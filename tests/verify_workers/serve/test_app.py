"""The routes over real Lean workers: rows on their own, limits, keys, malformed input."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from fastapi.testclient import TestClient

from verify_workers.config import PoolConfig
from verify_workers.pool.local import LocalPool
from verify_workers.records import Check, Verdict
from verify_workers.serve.app import Verify, make_app
from verify_workers.serve.config import ServeConfig


@pytest.fixture(scope="module")
def pool() -> Iterator[LocalPool]:
    pool = LocalPool(PoolConfig(workers=1, audit="strict"))
    yield pool
    pool.close()


def client(pool: LocalPool, verify: Verify | None = None, **settings: Any) -> TestClient:
    async def ask(checks: Sequence[Check]) -> list[Verdict]:
        order = {check.id: place for place, check in enumerate(checks)}
        return sorted(await asyncio.to_thread(lambda: list(pool.verify(checks))), key=lambda verdict: order[verdict.id])

    async def stats() -> list[dict[str, Any]]:
        return [pool.stats()]

    return TestClient(make_app(verify or ask, stats, ServeConfig(**settings)))


TRUE = {"id": "true", "statement": "theorem x : 2 + 2 = 4", "proof": "by rfl"}


def test_each_row_is_judged_on_its_own(pool: LocalPool) -> None:
    rows: list[Any] = [
        TRUE,
        {"id": "false", "statement": "theorem x : 2 + 2 = 5", "proof": "by rfl"},
        {"id": "axiom", "statement": "theorem x : 2 + 2 = 5", "code": "axiom a : 2 + 2 = 5\ntheorem x : 2 + 2 = 5 := a"},
        {"id": "other", "statement": "theorem x : 2 + 2 = 5", "code": "theorem x : 2 + 2 = 4 := rfl"},
        {"id": "sorry", "statement": "theorem x : 2 + 2 = 5", "proof": "by sorry"},
        {"id": "no text", "statement": "theorem x : 2 + 2 = 4"},
        {"id": "two texts", "statement": "theorem x : 2 + 2 = 4", "proof": "rfl", "code": "rfl"},
        {"id": "unknown", "statement": "theorem x : 2 + 2 = 4", "proof": "rfl", "tactics": 1},
        {"id": 7, "statement": "theorem x : 2 + 2 = 4", "proof": "rfl"},
        {"id": "nothing", "statement": "", "proof": "rfl"},
        {"id": "nul", "statement": "theorem x : 2 + 2 = 5", "proof": "rfl\0"},
        {"id": "surrogate", "statement": "theorem x : 2 + 2 = 5", "proof": "\ud800"},
        {"id": "never", "statement": "theorem x : 2 + 2 = 5", "proof": "rfl", "timeout": -1},
        None,
        ["theorem"],
    ]
    answer = client(pool).post("/v1/verify", content=json.dumps({"checks": rows}))
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [row.get("outcome", "error") for row in results] == (
        ["accepted", "rejected", "policy", "rejected", "rejected"] + ["error"] * 4 + ["rejected", "policy", "policy"] + ["error"] * 3
    )
    assert results[0]["audit"] == "kernel" and results[0]["axioms"] == []
    assert results[3]["reason"] == "wrong_statement" and results[4]["reason"] == "sorry"
    assert results[7]["error"].startswith("unknown key 'tactics'") and results[8]["error"].startswith("id: ")
    assert all(len(row["error"]) > 5 and "Value error" not in row["error"] for row in results if "error" in row)


def test_null_is_absent_as_in_a_file_of_checks(pool: LocalPool) -> None:
    row = {"id": None, "header": None, "code": None, "timeout": None} | {key: TRUE[key] for key in ("statement", "proof")}
    (result,) = client(pool).post("/v1/verify", json={"checks": [row]}).json()["results"]
    assert (result["id"], result["outcome"]) == ("0", "accepted")


def test_a_file_without_errors_is_not_called_verified(pool: LocalPool) -> None:
    snippets = [
        {"id": "cheat", "code": "axiom a : 1 = 2\ntheorem x : 1 = 2 := a"},
        {"id": "sorry", "code": "theorem x : 1 = 2 := by\n  sorry"},
        {"id": "bad", "code": "import Init\n\ntheorem x : 1 = 2 := rfl"},
        {"id": "hangs", "code": "theorem x : True := by\n  repeat (first | skip; skip)"},
        {"id": "empty", "code": ""},
        {"id": "binary", "code": "\0\ud800"},
        {"id": "evaluates", "code": "#eval 1 + 1"},
        {"id": "mathlib", "code": "import Mathlib\ntheorem x : 1 = 1 := rfl"},
    ]
    answer = client(pool).post("/api/check", content=json.dumps({"snippets": snippets, "timeout": 2}))
    assert answer.status_code == 200 and "accepted" not in answer.text
    results = {row["id"]: row for row in answer.json()["results"]}
    assert "messages" not in results["cheat"]["response"]
    assert len(results["sorry"]["response"]["sorries"]) == 1
    assert results["bad"]["response"]["messages"][0]["pos"]["line"] == 3
    assert "timed out" in results["hangs"]["error"]
    assert results["empty"]["response"] == {"env": 0}
    assert results["binary"]["response"]["messages"][0]["severity"] == "error"
    assert "Mathlib" in results["mathlib"]["error"]
    old = client(pool).post("/verify", json={"codes": [{"custom_id": 3, "proof": "theorem x : 1 = 2 := rfl"}]}).json()
    assert old["results"][0]["custom_id"] == "3" and old["results"][0]["response"]["messages"][0]["severity"] == "error"
    trees = client(pool).post("/api/check", json={"snippets": [{"id": "a", "code": ""}], "infotree": "full"}).json()
    assert "info tree" in trees["results"][0]["error"]


def test_key_size_and_crowd(pool: LocalPool) -> None:
    locked = client(pool, api_key="s3cret")
    assert locked.get("/health").status_code == 200
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic s3cret"}):
        answer = locked.post("/v1/verify", json={"checks": [TRUE]}, headers=headers)
        assert answer.status_code == 401 and "API key" in answer.json()["detail"]
    assert locked.post("/v1/verify", json={"checks": [TRUE]}, headers={"Authorization": "Bearer s3cret"}).status_code == 200

    small = client(pool, max_mb=0.001, max_batch=2)
    assert small.post("/v1/verify", json={"checks": [TRUE | {"proof": "x" * 2000}]}).status_code == 413
    assert "at most 2" in small.post("/v1/verify", json={"checks": [TRUE] * 3}).json()["detail"]
    assert small.post("/v1/verify", json={"checks": [TRUE]}).json()["results"][0]["outcome"] == "accepted"
    for body in (b"", b"{", b"\xff\xfe", b"[]", b'{"checks": 3}', b'{"timeout": NaN}'):
        answer = small.post("/v1/verify", content=body)
        assert answer.status_code == 422 and answer.json()["detail"]

    limits = list[float]()

    async def crowded(checks: Sequence[Check]) -> list[Verdict]:
        limits.extend(check.timeout for check in checks)
        inner = await asyncio.to_thread(full.post, "/v1/verify", json={"checks": [TRUE] * 2})
        assert inner.status_code == 503 and inner.headers["Retry-After"] == "1"
        return [Verdict(id=check.id, outcome="infra") for check in checks]

    full = client(pool, crowded, max_waiting=2, max_timeout=5.0)
    assert full.post("/v1/verify", json={"checks": [TRUE | {"timeout": 1e6}]}).status_code == 200
    assert limits == [5.0]
    assert full.get("/v1/status").json()["waiting"] == 0


def test_the_interface_describes_itself(pool: LocalPool) -> None:
    paths = client(pool).get("/openapi.json").json()["paths"]
    assert {"/v1/verify", "/v1/status", "/api/check", "/verify", "/health"} <= set(paths)
    assert client(pool).get("/docs").status_code == 200
