"""Callers who mean harm, at a real service on the embedded Lean: after each of them an honest caller gets right answers."""

from __future__ import annotations

import itertools
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.verify_workers.serve.real_service import KEY, Service, serving

FILES = Path(__file__).with_name("files")
HANGS = "by\n  repeat (first | skip; skip)"
ROUTES = ("/v1/verify", "/api/check", "/verify", "/one_pass_verify_batch")
fresh = itertools.count()


@pytest.fixture(scope="module", params=[False, pytest.param(True, marks=pytest.mark.slow)], ids=["machine", "ray"])
def running(request: pytest.FixtureRequest) -> Iterator[Service]:
    with serving("--backend", "fork", "--max-mb", "1", "--max-timeout", "20", ray=request.param) as service:
        yield service


@pytest.fixture
def service(running: Service) -> Iterator[Service]:
    """The service before a test, and an honest caller after it."""
    yield running
    honest(running)
    end = time.monotonic() + 60
    while running.waiting():
        assert time.monotonic() < end, "checks of callers who left still count"
        time.sleep(0.1)


def honest(service: Service) -> None:
    n = next(fresh)
    rows = [{"id": str(k), "statement": f"theorem x : {n} + {k} = {n + k + k % 2}", "proof": "by rfl", "timeout": 20} for k in range(4)]
    results = service.ask("POST", "/v1/verify", json={"checks": rows}).json()["results"]
    assert [(row["id"], row["outcome"], row["audit"]) for row in results if row["outcome"] == "accepted"] == [
        ("0", "accepted", "kernel"),
        ("2", "accepted", "kernel"),
    ]
    assert [row["outcome"] for row in results] == ["accepted", "rejected"] * 2
    (answer,) = service.ask("POST", "/api/check", json={"snippets": [{"id": "s", "code": f"theorem x : {n} = {n + 1} := rfl"}]}).json()[
        "results"
    ]
    assert answer["response"]["messages"][0]["severity"] == "error"


def raw(service: Service, data: bytes) -> list[int]:
    """The statuses of all that comes back for some bytes, until the connection is closed or silent for long."""
    with service.connect() as line:
        with suppress(OSError):
            line.sendall(data)
        line.settimeout(10)
        got = bytearray()
        with suppress(OSError):
            while piece := line.recv(1 << 16):
                got += piece
    return [int(part.split(b" ")[0]) for part in bytes(got).split(b"HTTP/1.1 ")[1:]]


def head(path: str, *headers: str, key: str = KEY) -> bytes:
    lines = (f"POST {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {key}", "Content-Type: application/json", *headers)
    return "\r\n".join((*lines, "", "")).encode()


def test_callers_who_hang_up(service: Service) -> None:
    lines = list[socket.socket]()
    for caller in range(200):
        rows = [{"statement": f"theorem x : {caller} = {row}", "proof": HANGS, "timeout": 20} for row in range(20)]
        body = json.dumps({"checks": rows}).encode()
        lines.append(service.connect())
        lines[-1].sendall(head("/v1/verify", f"Content-Length: {len(body)}") + body)
    assert service.waiting() > 0
    for line in lines:
        line.close()
    begun = time.monotonic()
    honest(service)
    assert time.monotonic() - begun < 60  # 4,000 checks of 20 s each are a day on this worker


def test_no_route_is_open_without_the_key(service: Service) -> None:
    described = service.ask("GET", "/openapi.json").json()["paths"]
    paths = {*described, *ROUTES, "/docs", "/redoc", "/openapi.json", "/-/routes", "/-/healthz", "/", "/nothing", "/health/", "/metrics"}
    with httpx.Client(base_url=service.url, timeout=60) as client:
        for path, method, key in itertools.product(sorted(paths), ("GET", "POST", "OPTIONS"), ("", "wrong", "é")):
            if (path, method) != ("/health", "GET"):
                headers = {b"Authorization": f"Bearer {key}".encode()} if key else {}
                answer = client.request(method, path, headers=headers, content=b"{")
                assert (answer.status_code, answer.headers["Connection"]) == (401, "close"), (method, path, key)
    assert httpx.get(f"{service.url}/health", timeout=60).json() == {"status": "ok"}
    assert service.ask("GET", "/-/routes").status_code == service.ask("GET", "/metrics").status_code == 404


def test_huge_bodies(service: Service) -> None:
    large = {"checks": [{"statement": "theorem x : True", "proof": "x" * 2_000_000}]}
    for path in ROUTES:
        assert service.ask("POST", path, json=large).status_code == 413
        assert service.ask("POST", path, content=iter([b"[" * 65536] * 100)).status_code == 413
        assert raw(service, head(path, "Content-Length: 999999999999999999999")) in ([413], [400])
        assert raw(service, head(path, "Transfer-Encoding: chunked") + b"ffffffffffffffff\r\n" + b"x" * 3_000_000) == [413]
        assert raw(service, head(path, "X: " + "x" * 200_000, "Content-Length: 0")) == [400]


def test_an_endless_body(service: Service) -> None:
    sent = 0
    with service.connect() as line, suppress(OSError):
        line.sendall(head("/v1/verify", "Transfer-Encoding: chunked"))
        while sent < 1 << 30:
            line.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
            sent += 65536
    assert sent < 64 << 20


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe\x00", b"\x00" * 100, b"\x1f\x8b\x08\x00" + b"\x00" * 50,
        b"[" * 100_000 + b"]" * 100_000, b'{"checks":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"checks": 1}', b'{"checks": {}}', b'{"checks": null}', b'{"checks": [' + b"9" * 10_000 + b"]}",
        b'{"snippets": [{"id": "a"}]}', b'{"snippets": [{"id": "a", "code": 1}]}', b'{"codes": [{"custom_id": 1}]}',
        b'{"snippets": [{"id": "a", "code": ""}, {"id": "a", "code": ""}]}',
        b'{"snippets": [{"id": "a", "code": ""}], "timeout": NaN}', b'{"snippets": [{"id": "a", "code": ""}], "timeout": -1}',
        b'{"codes": [{"custom_id": "a", "code": ""}], "timeout": -Infinity}',
    ],
)  # fmt: skip
def test_malformed_bodies(service: Service, body: bytes) -> None:
    for path in ROUTES:
        answer = service.ask("POST", path, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422) and len(answer.content) < 100_000 and answer.json()["detail"], (path, answer.text[:200])


def test_odd_rows(service: Service) -> None:
    good = {"statement": "theorem x : 2 + 2 = 4", "proof": "by rfl"}
    false = {"statement": "theorem x : 2 + 2 = 5", "proof": "by rfl"}
    odd: list[Any] = [
        None, 1, "x", [], [[[[]]]], {}, {"id": float("nan")}, {"id": float("inf"), **good}, {"id": {"a": ["b"] * 50}, **good},
        {**good, "timeout": float("nan")}, {**good, "timeout": -1}, {**good, "timeout": 0}, {**good, "timeout": "x"},
        {**false, "proof": "by rfl\0"}, {**false, "statement": "theorem x : 2 + 2 = 5\0"}, {**false, "proof": "\ud800"},
        {**false, "id": "\ud800"}, {**false, "header": "import ../../../etc/passwd"}, {**false, "header": "import «../../etc/passwd»"},
        {**false, "id": "../../../etc/passwd"}, {**false, "proof": "by exact (sorry : 2 + 2 = 5)"}, {**false, "code": "\ufeff"},
        {**false, "timeout": float("inf")}, {**false, "proof": "by " + "(" * 50_000}, {**false, "statement": "(" * 50_000},
    ]  # fmt: skip
    twice = [{"id": "same", **good}, {"id": "same", **false}]
    answer = service.ask("POST", "/v1/verify", content=json.dumps({"checks": odd + twice}))
    assert answer.status_code == 200 and "root:" not in answer.text
    results = answer.json()["results"]
    assert len(results) == len(odd) + 2
    assert all("error" in row or row["outcome"] != "accepted" for row in results[:-2]), results
    assert [row["outcome"] for row in results[-2:]] == ["accepted", "rejected"]


def test_odd_snippets(service: Service) -> None:
    codes = ["\0", "\ud800", "\ufeff", "import ../../etc/passwd", "import «/etc/passwd»", "#eval (\n" * 3, "(" * 100_000, "prelude", ""]
    body = json.dumps({"snippets": [{"id": str(place), "code": code} for place, code in enumerate(codes)], "timeout": float("inf")})
    answer = service.ask("POST", "/api/check", content=body)
    assert answer.status_code == 200 and "root:" not in answer.text
    assert [row["id"] for row in answer.json()["results"]] == [str(place) for place in range(len(codes))]
    assert all(("response" in row) != ("error" in row) for row in answer.json()["results"])
    many = [{"id": str(place), "code": ""} for place in range(4097)]
    assert service.ask("POST", "/api/check", json={"snippets": many}).status_code == 413
    many = [{"custom_id": place, "code": ""} for place in range(4097)]
    assert service.ask("POST", "/verify", json={"codes": many}).status_code == 413


def test_headers_that_would_smuggle_a_request(service: Service) -> None:
    inner = b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n"  # without the key
    body = b"0\r\n\r\n" + inner
    # What is framed two ways is framed as chunks, or refused; what follows needs the key like any request.
    both = raw(service, head("/v1/verify", f"Content-Length: {len(body)}", "Transfer-Encoding: chunked") + body)
    assert both in ([422, 401], [400])
    for headers in (
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: +5",),
        ("Content-Length: 0x5",),
        ("Content-Length: -1",),
        ("Content-Length : 5",),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding: chunked, identity",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        ("X: a\0b", "Content-Length: 5"),
        (" Content-Length: 5\x00",),
    ):
        statuses = raw(service, head("/v1/verify", *headers) + b"hello" + inner)
        assert statuses and statuses[0] in (400, 413, 501) and 200 not in statuses, (headers, statuses)
    for line in (b"POST /v1/verify\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"):
        assert raw(service, line) in ([400], [401], []), line


def test_paths_that_climb(service: Service) -> None:
    for path in (
        "/../../etc/passwd",
        "/docs/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/docs/..%2f..%2fetc%2fpasswd",
        "/health/../v1/status",
    ):
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nConnection: close\r\n\r\n".encode()
        assert raw(service, request) == [404]
        assert raw(service, request.replace(KEY.encode(), b"wrong")) == [401]


def test_connections_that_say_nothing(service: Service) -> None:
    with ExitStack() as stack:
        lines = [stack.enter_context(service.connect()) for _ in range(400)]
        for place, line in enumerate(lines):
            line.sendall(b"POST /v1/verify HTTP/1.1\r\nHost: x\r\n" if place % 2 else b"P")
        honest(service)


def test_a_snippet_that_would_answer_for_others(service: Service) -> None:
    poison = (FILES / "poison.lean").read_text(encoding="utf-8")
    for _ in range(3):
        answer = service.ask("POST", "/api/check", json={"snippets": [{"id": "p", "code": poison}], "timeout": 20})
        assert answer.status_code == 200
        false = {"statement": "theorem goal : 1 = 2", "proof": "by decide"}
        assert service.ask("POST", "/v1/verify", json={"checks": [false]}).json()["results"][0]["outcome"] == "rejected"


def test_a_snippet_that_reads_a_file(service: Service, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the key of this house")
    code = (FILES / "reads_a_file.lean").read_text(encoding="utf-8").replace("SECRET_FILE", str(secret))
    answer = service.ask("POST", "/api/check", json={"snippets": [{"id": "p", "code": code}], "timeout": 20})
    assert answer.status_code == 200 and "key of this house" not in answer.text
