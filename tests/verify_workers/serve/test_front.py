"""The front alone, over real sockets: who is let in, what is cut off, and what is ended when its caller leaves."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from verify_workers.serve import front as module
from verify_workers.serve.config import ServeConfig
from verify_workers.serve.front import AsciiResponse, BoundedProtocol, Front, HttpServer


class Application:
    """Says how long a body is; `/slow` takes its time and notes how it ended."""

    def __init__(self) -> None:
        self.ready, self.seconds, self.lingers = True, 30.0, 0.3
        self.begun, self.ended = list[str](), list[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.begun.append(scope["path"])
        body = (await receive())["body"]
        try:
            if scope["path"] == "/slow":
                await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            await asyncio.sleep(self.lingers)  # as what still runs takes
            self.ended.append("cancelled")
            raise
        await AsciiResponse({"bytes": len(body)})(scope, receive, send)
        self.ended.append("answered")


Serve = Callable[..., tuple[Application, str, HttpServer]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:

        def made(drain: float = 5.0, **settings: Any) -> tuple[Application, str, HttpServer]:
            app = Application()
            listener = socket.create_server(("127.0.0.1", 0))
            server = HttpServer(Front(app, ServeConfig(**settings), lambda: app.ready), listener, drain)
            at_once = threading.Event()
            at_once.set()
            stack.callback(server.close, at_once)
            return app, f"http://127.0.0.1:{listener.getsockname()[1]}", server

        yield made


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def connect(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=60)


def reply(line: socket.socket) -> tuple[int, str]:
    """Status and the rest of all that comes until the connection ends."""
    data = b"".join(iter(lambda: line.recv(1 << 16), b""))
    return int(data.split(b" ", 2)[1]), data.decode()


def test_nobody_without_the_key_is_read(serve: Serve) -> None:
    app, url, _ = serve(api_key="s3cret", max_mb=0.001)
    wrong = [[], [("Authorization", "Bearer wrong")], [("Authorization", "Basic s3cret")], [("Authorization", "s3cret")],
             [("Authorization", "Bearer s3cret"), ("Authorization", "Bearer s3cret")], [("X-Authorization", "Bearer s3cret")]]  # fmt: skip
    for headers in wrong:
        for method, path in (
            ("GET", "/docs"),
            ("POST", "/v1/verify"),
            ("GET", "/nothing"),
            ("POST", "/health"),
            ("HEAD", "/health"),
            ("GET", "//health"),
        ):
            answer = httpx.request(method, f"{url}{path}", headers=headers)
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert app.begun == []
    for right in ("Bearer s3cret", "bearer s3cret", "Bearer  s3cret"):
        assert httpx.post(f"{url}/x", content=b"12", headers={"Authorization": right}).json() == {"bytes": 2}
    assert httpx.get(f"{url}/health").status_code == 200
    with connect(url) as line:  # the answer comes though the body never does
        line.sendall(b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
        status, text = reply(line)
        assert status == 401 and "connection: close" in text.lower()
    with connect(url) as line:
        line.sendall(b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n")
        assert reply(line)[0] == 401


def test_until_it_is_ready(serve: Serve) -> None:
    app, url, _ = serve(api_key="s3cret")
    app.ready = False
    assert httpx.post(f"{url}/v1/verify").status_code == 401
    for path, headers in (("/health", {}), ("/api/check", {"Authorization": "Bearer s3cret"})):
        answer = httpx.get(f"{url}{path}", headers=headers)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2") and "starting" in answer.json()["detail"]
    app.ready = True
    assert httpx.get(f"{url}/health").status_code == 200


@pytest.mark.parametrize("declared", [True, False])
def test_too_large_a_body_is_cut_and_the_answer_arrives(serve: Serve, declared: bool) -> None:
    app, url, _ = serve(max_mb=0.1)
    body = b"x" * 300_000
    answer = httpx.post(url, content=body if declared else iter([body[:99_000], body[99_000:]]))
    assert answer.status_code == 413 and "0.1 MB" in answer.json()["detail"] and app.begun == []
    assert httpx.post(url, content=b"x" * 100_000).json() == {"bytes": 100_000}


def test_a_body_that_goes_on_for_ever_is_cut(serve: Serve) -> None:
    app, url, _ = serve(max_mb=0.1)
    sent = 0
    with connect(url) as line:
        line.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while sent < 1 << 30:
                line.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                sent += 65536
        except OSError:
            pass
    assert sent < 64 << 20 and app.begun == []


def test_a_body_that_does_not_come(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BODY_SECONDS", 0.2)
    app, url, _ = serve()
    with connect(url) as line:
        line.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
        assert reply(line)[0] == 408 and app.begun == []


def test_a_head_that_does_not_come(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEAD_SECONDS", 0.5)
    app, url, _ = serve()
    with connect(url) as silent, connect(url) as slow, connect(url) as second:
        second.sendall(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b")
        begun = time.monotonic()
        ended = False
        while not ended and time.monotonic() < begun + 60:
            try:
                slow.sendall(b"G" if time.monotonic() - begun < 0.05 else b"x")  # a byte at a time is no head either
                slow.settimeout(0.05)
                ended = slow.recv(1) == b""
            except TimeoutError:
                continue
            except OSError:
                ended = True
        assert ended and silent.recv(1) == b""
        assert reply(second)[0] == 200
    assert app.begun == ["/a"]


def test_what_its_caller_left_is_cancelled(serve: Serve) -> None:
    app, url, _ = serve()
    for _ in range(5):
        count = len(app.begun)
        with connect(url) as line:
            line.sendall(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n12")
            until(lambda count=count: len(app.begun) > count or len(app.begun) == 5)  # type: ignore[misc]
    until(lambda: app.ended == ["cancelled"] * 5)
    with connect(url) as line:  # one who leaves before the body is whole has asked nothing
        line.sendall(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n12")
    assert httpx.get(f"{url}/x").status_code == 200 and app.begun.count("/slow") == 5


def test_the_end_waits_for_what_is_under_way_but_not_for_ever(serve: Serve) -> None:
    app, url, server = serve(drain=5.0)
    app.seconds = 1.0
    answers = list[int]()
    asking = threading.Thread(target=lambda: answers.append(httpx.get(f"{url}/slow", timeout=60).status_code))
    asking.start()
    until(lambda: app.begun == ["/slow"])
    server.close(threading.Event())
    asking.join()
    assert answers == [200]
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    app, url, server = serve(drain=0.0)
    asking = threading.Thread(target=lambda: answers.append(httpx.get(f"{url}/slow", timeout=60).status_code))
    asking.start()
    until(lambda: app.begun == ["/slow"])
    server.close(threading.Event())
    asking.join()
    assert answers == [200, 503]


def test_the_end_at_once_waits_for_no_check(serve: Serve) -> None:
    app, url, server = serve(drain=60.0)
    app.lingers = 60.0
    answers = list[int]()
    asking = threading.Thread(target=lambda: answers.append(httpx.get(f"{url}/slow", timeout=60).status_code))
    asking.start()
    until(lambda: app.begun == ["/slow"])
    at_once = threading.Event()
    at_once.set()
    server.close(at_once)
    asking.join()
    assert answers == [503] and app.ended == []


def test_the_bodies_of_all_requests_have_a_bound(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many connections that each send almost all of a body would fill the memory."""
    monkeypatch.setattr(module, "BODIES", 3)
    _, url, _ = serve(max_mb=0.1)
    with ExitStack() as lines:
        for _ in range(3):
            line = lines.enter_context(connect(url))
            line.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"1" * 99_000)

        def crowded() -> bool:
            answer = httpx.post(f"{url}/x", content=b"1" * 50_000)
            return answer.status_code == 503 and answer.headers["Retry-After"] == "1"

        until(crowded)
        assert httpx.post(f"{url}/x", content=b"12").json() == {"bytes": 2}  # there is room for a small one
    until(lambda: not crowded())  # what left holds nothing
    assert httpx.post(f"{url}/x", content=b"1" * 100_000).json() == {"bytes": 100_000}


def test_an_answer_does_not_wait_for_its_first_half_to_be_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor on a connection that had been waiting when the server began."""
    found: list[int] = []
    made = BoundedProtocol.connection_made

    def watched(self: BoundedProtocol, transport: Any) -> None:
        made(self, transport)
        found.append(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(BoundedProtocol, "connection_made", watched)
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()):
        server = HttpServer(Front(Application(), ServeConfig(), lambda: True), listener, 1.0)
        with socket.create_connection(listener.getsockname()):
            until(lambda: len(found) == 2)
        server.close(threading.Event())
    assert all(found)


def test_several_requests_on_one_connection(serve: Serve) -> None:
    app, url, _ = serve()
    with httpx.Client() as client:
        for number in range(20):
            assert client.post(f"{url}/{number}", content=b"x" * number).json() == {"bytes": number}
    with connect(url) as line:
        line.sendall(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        _, text = reply(line)
    assert text.count(json.dumps({"bytes": 0}, separators=(",", ":"))) == 2 and app.begun[-2:] == ["/a", "/b"]
