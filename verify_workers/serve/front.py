"""What every request passes before the routes see it, and the HTTP server below.

In this order: is the key right, is the service ready, does the body end in time and within its bound, and is the caller still
there while its answer is made.  The first two are decided on the head alone.  `/health` needs no key.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import math
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import h11
import uvicorn
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from verify_workers.serve.config import ServeConfig

FREE = "/health"  # the one path that needs no key
HEAD_SECONDS = 30.0  # that a connection may take until its next request's head is there
BODY_SECONDS = 120.0  # that a request's body may take to arrive
BODIES = 16  # requests of the largest size whose bodies are held at a time; what comes on top of them is to come again
AT_ONCE_SECONDS = 1.0  # that the server may take to end once that is to be at once: answers to those who wait, not their checks
LINGER_SECONDS, LINGER_BYTES = 1.0, 1 << 20  # of a refused body that are taken and forgotten
RETRY_SECONDS = {"starting": 2, "crowded": 1}

log = logging.getLogger("verify_workers.serve")


class AsciiResponse(JSONResponse):
    """JSON in ASCII: a lone surrogate that came in can go out again."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, separators=(",", ":"), allow_nan=False).encode()


def problem(status: int, detail: str, **headers: str) -> Response:
    """A refusal in words; `headers` by their names with `_` for `-`."""
    return AsciiResponse({"detail": detail}, status, {name.replace("_", "-"): value for name, value in headers.items()})


class Front:
    """Around the application: lets in what is to be answered, and ends what nobody waits for."""

    def __init__(self, app: ASGIApp, config: ServeConfig, ready: Callable[[], bool]) -> None:
        self.app, self.ready = app, ready
        self._key = f"Bearer {config.api_key}".encode() if config.api_key else b""
        self._limit = int(config.max_mb * 1e6)
        self._held = 0  # bytes of the bodies of requests that are under way
        self._too_large = f"the request is larger than {config.max_mb:g} MB; send fewer checks at a time"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        taken = _Bytes()
        try:
            await self._answer(scope, receive, send, taken)
        finally:
            self._held -= taken.count

    async def _answer(self, scope: Scope, receive: Receive, send: Send, taken: _Bytes) -> None:
        refusal = self._refusal(scope)
        body = b""
        if refusal is None:
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    body = await self._body(receive, taken)
                body.decode()
            except TimeoutError:
                refusal = problem(408, f"the request did not arrive within {BODY_SECONDS:g} s")
            except _TooLarge:
                refusal = problem(413, self._too_large)
            except _TooMany:
                again = str(RETRY_SECONDS["crowded"])
                refusal = problem(503, "the requests under way are too large to take another; come again", Retry_After=again)
            except UnicodeDecodeError as error:
                said = f"the body is not UTF-8 (byte {error.start + 1} is 0x{body[error.start]:02x}); send JSON in UTF-8"
                await problem(400, said)(scope, receive, send)
                return
            except _Gone:
                return
        if refusal is not None:
            await _refuse(refusal, scope, receive, send)
        else:
            await self._attended(body, scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        """Why the head alone is enough to send the request away, if it is."""
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        free = scope["path"] == FREE and scope["method"] == "GET"
        if self._key and not free and not (len(given) == 1 and _same_key(given[0], self._key)):
            words = "a wrong or missing API key; send `Authorization: Bearer KEY`"
            return problem(401, words, WWW_Authenticate="Bearer")
        if not self.ready():
            return problem(503, "the Lean workers are starting; come again", Retry_After=str(RETRY_SECONDS["starting"]))
        lengths = [value for name, value in scope["headers"] if name == b"content-length"]
        if any(not value.isdigit() or len(value) > 18 or int(value) > self._limit for value in lengths):
            return problem(413, self._too_large)
        return None

    async def _body(self, receive: Receive, taken: _Bytes) -> bytes:
        """The whole body; whatever its head promised, no more than the limit is held of it, nor `BODIES` times that of all."""
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            piece = message.get("body", b"")
            body += piece
            taken.count += len(piece)
            self._held += len(piece)
            more = message.get("more_body", False)
            if len(body) > self._limit:
                raise _TooLarge
            if self._held > BODIES * self._limit:
                raise _TooMany
        return bytes(body)

    async def _attended(self, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application as long as its caller is there; cancelled with it, it ends what it began before this returns."""
        whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        left = asyncio.ensure_future(receive())  # after the body nothing comes but the end of the connection
        begun = ended = False

        async def replay() -> Message:
            return whole.pop() if whole else await asyncio.shield(left)

        async def reply(message: Message) -> None:
            nonlocal begun, ended
            begun, ended = True, message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        answer = asyncio.ensure_future(self.app(scope, replay, reply))
        try:
            await asyncio.wait((answer, left), return_when=asyncio.FIRST_COMPLETED)
            if ended:
                await asyncio.wait((answer,))
        except asyncio.CancelledError:  # the time to drain is over
            answer.cancel()
            if not begun:
                await problem(503, "the service is ending")(scope, receive, send)
            return
        finally:
            left.cancel()
        if answer.done():
            answer.result()
            return
        answer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await answer


@dataclass
class _Bytes:
    """How many bytes of its body a request holds."""

    count: int = 0


class _TooMany(Exception):
    """More bytes than the bodies of all requests may have."""


class _TooLarge(Exception):
    """More bytes than a body may have."""


class _Gone(Exception):
    """The caller left before its request was there."""


def _same_key(given: bytes, key: bytes) -> bool:
    """Whether a header's value is the key; the scheme's case does not matter."""
    scheme, space, rest = given.partition(b" ")
    return hmac.compare_digest(scheme.title() + space + rest.strip(), key)


async def _refuse(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer before the body was read, then take a bounded part of it and close.

    A connection that is closed while bytes of it are unread is reset, and the answer with it.
    """

    async def unended(message: Message) -> None:
        await send({**message, "more_body": True} if message["type"] == "http.response.body" else message)

    response.headers["Connection"] = "close"
    await response(scope, receive, unended)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            taken, more = 0, True
            while more and taken < LINGER_BYTES:
                message = await receive()
                taken += len(message.get("body", b""))
                more = message.get("more_body", False)
    await send({"type": "http.response.body", "body": b""})


class BoundedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, with a bound on how long a request's head may take (uvicorn itself waits for ever)."""

    _head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # Head and body of an answer are sent one after the other, and the second must not wait for the caller's (delayed) word that the
        # first is there: 40 ms.  asyncio sets it itself only on sockets that were made for TCP by number, which accepted ones are not.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._watch(lost=True)

    def _watch(self, lost: bool = False) -> None:
        waits = self.conn.their_state is h11.IDLE and not lost
        if waits and self._head is None:
            self._head = self.loop.call_later(HEAD_SECONDS, self.transport.close)
        elif not waits and self._head is not None:
            self._head.cancel()
            self._head = None


class HttpServer:
    """An application on a listening socket, served by a thread of its own."""

    def __init__(self, app: ASGIApp, listener: socket.socket, drain: float) -> None:
        """`drain`: seconds that requests under way may take when the server is closed."""
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # a caller's bad request is no event of ours
        config = uvicorn.Config(
            app, http=BoundedProtocol, ws="none", lifespan="off", loop="asyncio", log_config=None, access_log=False,
            server_header=False, proxy_headers=False, timeout_keep_alive=math.ceil(HEAD_SECONDS),
            timeout_graceful_shutdown=math.ceil(drain),
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._listener = listener
        self._up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="serve-http", daemon=True)
        self._thread.start()
        self._up.wait()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """Where the application runs."""
        return self._loop

    def close(self, at_once: threading.Event) -> None:
        """Take no more requests, and return when those under way have ended, or soon after `at_once` is set.  May be called twice."""
        self._server.should_exit = True
        told = 0.0
        while self._thread.is_alive():
            self._server.force_exit = at_once.is_set()
            told = told or (time.monotonic() if at_once.is_set() else 0.0)
            if told and time.monotonic() > told + AT_ONCE_SECONDS:
                return  # its checks still run: they end with the pool
            self._thread.join(0.1)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._up.set()
        await self._server.serve(sockets=[self._listener])
