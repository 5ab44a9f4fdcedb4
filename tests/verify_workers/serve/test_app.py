"""The routes over real Lean workers: rows on their own, limits, keys, malformed input."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from fastapi.testclient import TestClient

from verify_workers.config import PoolConfig
from verify_workers.pool.local import LocalPool
from verify_workers.records import Check, Verdict
from verify_workers.serve.app import EXAMPLE, Verify, make_app
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
        {"id": [7], "statement": "theorem x : 2 + 2 = 4", "proof": "rfl"},
        {"id": "nothing", "statement": "", "proof": "rfl"},
        {"id": "nul", "statement": "theorem x : 2 + 2 = 5", "proof": "rfl\0"},
        {"id": "surrogate", "statement": "theorem x : 2 + 2 = 5", "proof": "\ud800"},
        {"id": "never", "statement": "theorem x : 2 + 2 = 5", "proof": "rfl", "timeout": -1},
        None,
        ["theorem"],
        {"id": 7, "statement": "theorem x : 2 + 2 = 4", "proof": "rfl"},
    ]
    answer = client(pool).post("/v1/verify", content=json.dumps({"checks": rows}))
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [row.get("outcome", "error") for row in results] == (
        ["accepted", "rejected", "policy", "rejected", "rejected"]
        + ["error"] * 4
        + ["rejected", "policy", "policy"]
        + ["error"] * 3
        + ["accepted"]
    )
    assert results[0]["audit"] == "kernel" and results[0]["axioms"] == []
    assert results[3]["reason"] == "wrong_statement" and results[4]["reason"] == "sorry"
    assert results[7]["error"].startswith("unknown key 'tactics'") and results[8]["error"] == "field `id` must be text, not a list"
    assert results[12]["error"] == "field `timeout` must be greater than 0, not a number (-1)" and results[-1]["id"] == "7"
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


SORRIES = """import Init

theorem x (n : Nat) (h : n < 3) : n + 0 = n := by -- sorry
  have h2 : 1 = 2 := by
    sorry
  cases n <;> sorry
theorem y (p q : Prop) : p ∧ q := ⟨ sorry, by skip; sorry⟩
"""
GOALS = [
    (5, 4, "n : ℕ\nh : n < 3\n⊢ 1 = 2"),
    (6, 14, "case zero\nh2 : 1 = 2\nh : 0 < 3\n⊢ 0 + 0 = 0"),
    (6, 14, "case succ\nh2 : 1 = 2\nn✝ : ℕ\nh : n✝ + 1 < 3\n⊢ n✝ + 1 + 0 = n✝ + 1"),
    (7, 36, "p q : Prop\n⊢ p"),
    (7, 52, "p q : Prop\n⊢ q"),
]


def placed(response: dict[str, Any]) -> list[tuple[int, int, str]]:
    for sorry in response["sorries"]:
        assert sorry["endPos"] == {"line": sorry["pos"]["line"], "column": sorry["pos"]["column"] + len("sorry")}
    return [(sorry["pos"]["line"], sorry["pos"]["column"], sorry["goal"]) for sorry in response["sorries"]]


def test_each_sorry_has_its_place_and_its_goal(pool: LocalPool) -> None:
    broken = f"{SORRIES}theorem z : 1 = 2 := rfl\n"
    bodies = {
        "whole": SORRIES,
        "broken": broken,
        "data": "def f (n : Nat) : Nat := sorry",
        "admit": "theorem x : 1 = 2 := by admit",
        "none": "-- sorry",
    }
    snippets = [{"id": name, "code": code} for name, code in bodies.items()]
    results = {row["id"]: row["response"] for row in client(pool).post("/api/check", json={"snippets": snippets}).json()["results"]}
    assert placed(results["whole"]) == placed(results["broken"]) == GOALS
    said = [(message["pos"], message["data"]) for message in results["whole"]["messages"]]
    assert said == [({"line": line, "column": 8}, "declaration uses `sorry`") for line in (3, 7)], "and nothing of ours"
    errors = [message for message in results["broken"]["messages"] if message["severity"] == "error"]
    assert {message["pos"]["line"] for message in errors} == {8}
    assert placed(results["data"]) == [(1, 25, "n : ℕ\n⊢ ℕ")]
    assert [(sorry["pos"], sorry["goal"]) for sorry in results["admit"]["sorries"]] == [({"line": 1, "column": 8}, "")]
    assert results["none"] == {"env": 0}
    old = client(pool, lines="after_imports").post("/verify", json={"codes": [{"custom_id": 1, "proof": SORRIES}]}).json()["results"][0]
    assert placed(old["response"]) == [(line - 1, column, goal) for line, column, goal in GOALS]


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


UNFIT: list[tuple[str, bytes, int, str]] = [
    ("/v1/verify", b"", 422, "the body is empty: send a JSON object"),
    ("/v1/verify", b"{", 422, "the body is not JSON (expecting property name enclosed in double quotes at character 2)"),
    ("/v1/verify", b"[]", 422, "the body must be an object, not a list"),
    ("/v1/verify", b'{"checks": 3}', 422, "field `checks` must be a list, not a number (3)"),
    ("/v1/verify", b'{"timeout": NaN}', 422, "field `checks` is missing"),
    ("/v1/verify", b'{"checks": ["\xff"]}', 400, "the body is not UTF-8 (byte 14 is 0xff); send JSON in UTF-8"),
    ("/v1/verify", '{"checks": []}'.encode("utf-16"), 400, "the body is not UTF-8 (byte 1 is 0xff); send JSON in UTF-8"),
    ("/api/check", b'{"snippets": [{"id": 1, "code": null}]}', 422,
     "field `snippets[0].id` must be text, not a number (1); field `snippets[0].code` must be text, not null"),
    ("/api/check", b'{"snippets": []}', 422, "field `snippets` must have at least 1 entry, and has 0"),
    ("/api/check", b'{"snippets": [{"id": "a", "code": ""}, {"id": "a", "code": ""}]}', 422, "`snippets` must have unique ids"),
    ("/verify", b'{"codes": [], "timeout": "soon"}', 422, 'field `timeout` must be a number, not text ("soon")'),
    ("/verify", b'{"codes": [], "infotree_type": 3}', 422,
     "field `infotree_type` must be 'full', 'tactics', 'original' or 'substantive', not a number (3)"),
    ("/verify", b'{"codes": [{"custom_id": "a"}]}', 422, "field `codes[0]`: give `proof` or `code`"),
    ("/verify", b'{"codes": [0, 1, 2, 3, 4, 5, 6]}', 422, "and 2 more"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "status", "says"), UNFIT)
def test_an_unfit_request_is_told_in_words(pool: LocalPool, path: str, body: bytes, status: int, says: str) -> None:
    answer = client(pool).post(path, content=body)
    detail = answer.json()["detail"]
    assert (answer.status_code, detail) == (status, says) or (says.startswith("and ") and detail.endswith(says)), detail
    assert "\n" not in detail and "Value error" not in detail


def test_the_interface_describes_itself(pool: LocalPool) -> None:
    paths = client(pool).get("/openapi.json").json()["paths"]
    assert {"/v1/verify", "/v1/status", "/api/check", "/verify", "/health"} <= set(paths)
    document = client(pool).get("/openapi.json").json()
    assert "array" not in json.dumps(document["components"]["schemas"]["Refusal"]), "as `detail` is"
    page = client(pool).get("/docs")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    for path, methods in document["paths"].items():
        assert f"{next(iter(methods)).upper()} {path}" in page.text
    fetched = re.findall(r"""(?:src|href)=["']?([^"' >]+)|url\(|@import|<script""", page.text)
    assert fetched == ["openapi.json"], "nothing from elsewhere"


def test_the_examples_of_the_interface_are_answered(pool: LocalPool) -> None:
    document = client(pool).get("/openapi.json").json()
    asked = 0
    for path, methods in document["paths"].items():
        for route in methods.values():
            if "requestBody" in route:
                name = route["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
                (example,) = document["components"]["schemas"][name]["examples"]
                answer = client(pool).post(path, json=example)
                assert answer.status_code == 200 and "error" not in answer.text.replace('"error":null', ""), answer.text
                asked += 1
    assert asked == 3
    assert [row["outcome"] for row in client(pool).post("/v1/verify", json=EXAMPLE).json()["results"]] == ["accepted"] * 2
