"""An OpenAI-compatible server for tests: it answers as a function says, and misbehaves on command."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

from aiohttp import web

Answer = Callable[[dict[str, Any]], list[str]]
"""The texts of the choices to a request (its JSON); for one that asks for `n`, as many as the server sees fit."""
Fault = Callable[[int, dict[str, Any]], str]
"""How the request of this number (from 1) goes wrong: a name that `_faulty` knows, '' = not at all."""


class FakeOpenAI:
    """Serves `/v1` on a port of its own, in a thread, as a context manager; what came in is in `requests` and `headers`."""

    def __init__(self, answer: Answer, fault: Fault = lambda number, body: "", usage: bool = True, latency: float = 0.0) -> None:
        self.answer, self.fault, self.usage, self.latency = answer, fault, usage, latency
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.most = 0  # requests at once
        self.url = ""
        self._now = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> FakeOpenAI:
        self._thread.start()
        self._runner = asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(30)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    async def _serve(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._completions)
        app.router.add_post("/v1/completions", self._completions)
        app.router.add_get("/v1/models", self._models)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        return runner

    async def _models(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"object": "list", "data": [{"id": "fake", "object": "model"}]})

    async def _completions(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.requests.append(body)
        self.headers.append(dict(request.headers))
        number = len(self.requests)
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            await asyncio.sleep(self.latency)
            if fault := self.fault(number, body):
                faulty = await self._faulty(fault, request, body)
                if faulty is not None:
                    return faulty
            return web.json_response(self._reply(body, request.path.endswith("/chat/completions")))
        finally:
            self._now -= 1

    def _reply(self, body: dict[str, Any], chat: bool, finish: str = "stop") -> dict[str, Any]:
        texts = self.answer(body)
        shaped = [{"message": {"role": "assistant", "content": text}} if chat else {"text": text} for text in texts]
        choices = [{"index": i, "finish_reason": finish, **shape} for i, shape in enumerate(shaped)]
        usage = {"prompt_tokens": 10, "completion_tokens": sum(len(text.split()) for text in texts)}
        return {"id": "x", "object": "completion", "model": body["model"], "choices": choices} | ({"usage": usage} if self.usage else {})

    async def _faulty(self, fault: str, request: web.Request, body: dict[str, Any]) -> web.StreamResponse | None:
        name, _, detail = fault.partition(":")
        chat = request.path.endswith("/chat/completions")
        if name == "drop":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if name == "slow":
            await asyncio.sleep(float(detail))
            return None
        if name == "limit":  # Retry-After in seconds
            return web.json_response({"error": {"message": "slow down"}}, status=429, headers={"Retry-After": detail})
        if name == "status":
            code, _, message = detail.partition(" ")
            return web.json_response({"error": {"message": message}}, status=int(code))
        if name == "body":  # anything, as it is
            return web.Response(text=detail, content_type="application/json")
        if name == "cut":
            return web.json_response(self._reply(body, chat, finish="length"))
        if name == "one":  # ignores `n`
            reply = self._reply({**body, "n": 1}, chat)
            return web.json_response({**reply, "choices": reply["choices"][:1]})
        raise ValueError(f"no such fault: {fault}")


def content(body: dict[str, Any]) -> str:
    """What was asked: the user's turn, or the raw prompt."""
    if "prompt" in body:
        return str(body["prompt"])
    return str(next(turn["content"] for turn in reversed(body["messages"]) if turn["role"] == "user"))


def choice(**message: Any) -> str:
    """The fault `body` with one choice of this message."""
    return "body:" + json.dumps({"choices": [{"index": 0, "finish_reason": "stop", "message": message}]})
