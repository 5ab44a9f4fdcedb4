"""The routes of the service: ASGI in, checks out; knows nothing about Ray."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field, ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from verify_workers.errors import UserError
from verify_workers.records import Check, Verdict
from verify_workers.serve import kimina
from verify_workers.serve.config import ServeConfig

Verify = Callable[[Sequence[Check]], Awaitable[list[Verdict]]]
Stats = Callable[[], Awaitable[list[dict[str, Any]]]]

BEARER = HTTPBearer(auto_error=False, description="the key that the service was started with, if any")

ABOUT = """Checks Lean 4 proofs with real Lean workers.

`POST /v1/verify` answers whether a proof proves *a given statement*: outcome, axioms, and who decided (`audit`).
`POST /api/check` and `POST /verify` speak the Kimina Lean server's interface: Lean's messages on a whole file, and no
more. A file without errors there is not a verified proof, because nobody said what it should prove.
"""


class VerifyRequest(BaseModel):
    """What `POST /v1/verify` takes: rows of `synth verify`'s input, each judged on its own."""

    checks: list[Any] = Field(description="objects with id, statement, proof or code, and optionally header and timeout (seconds)")


class AsciiResponse(JSONResponse):
    """JSON in ASCII: a lone surrogate that came in can go out again."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, separators=(",", ":"), allow_nan=False).encode()


class BodyLimit:
    """Takes request bodies of up to `limit` bytes, and answers 413 to larger ones before anything reads them."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app, self.limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self.limit:
                problem = f"the request is larger than {self.limit / 1e6:g} MB; send fewer checks at a time"
                await AsciiResponse({"detail": problem}, 413)(scope, receive, send)
                return
        whole: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def replay() -> Message:
            return whole.pop() if whole else await receive()

        await self.app(scope, replay, send)


class Gate:
    """Counts the checks under way and turns requests away beyond `limit`."""

    def __init__(self, verify: Verify, config: ServeConfig) -> None:
        self.verify, self.config, self.waiting = verify, config, 0

    async def run(self, checks: Sequence[Check]) -> list[Verdict]:
        """Verdicts in the order of `checks`, their time limits cut to the service's; HTTPException 413 or 503 if there are too many."""
        if len(checks) > self.config.max_batch:
            raise HTTPException(413, f"{len(checks)} checks in one request; send at most {self.config.max_batch}")
        if self.waiting + len(checks) > max(self.config.max_waiting, len(checks)):
            raise HTTPException(503, f"{self.waiting} checks are waiting already; come again", {"Retry-After": "1"})
        cut = [c.model_copy(update={"timeout": min(c.timeout, self.config.max_timeout)}) for c in checks]
        self.waiting += len(cut)
        try:
            return await self.verify(cut) if cut else []
        except UserError as error:  # no worker can be started: the operator's to mend
            raise HTTPException(503, str(error)) from None
        finally:
            self.waiting -= len(cut)


def make_app(verify: Verify, stats: Stats, config: ServeConfig) -> FastAPI:
    """The whole application around `verify`, which answers checks in their order and never raises for a bad proof."""
    app = FastAPI(title="proof-synth", description=ABOUT, default_response_class=AsciiResponse, strict_content_type=False)
    app.add_middleware(BodyLimit, limit=int(config.max_mb * 1e6))

    def authorize(key: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]) -> None:
        given = key.credentials if key else ""
        if config.api_key and not hmac.compare_digest(given.encode(), config.api_key.encode()):
            raise HTTPException(401, "a wrong or missing API key; send `Authorization: Bearer KEY`", {"WWW-Authenticate": "Bearer"})

    gate = Gate(verify, config)
    app.include_router(_routes(gate, stats), dependencies=[Depends(authorize)])

    @app.get("/health", summary="Is the service up?")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.exception_handler(RequestValidationError)
    async def unfit(_: Request, error: RequestValidationError) -> JSONResponse:
        rows = [{"loc": list(row["loc"]), "msg": row["msg"], "type": row["type"]} for row in error.errors()]
        return AsciiResponse({"detail": rows}, 422)

    return app


def _routes(gate: Gate, stats: Stats) -> APIRouter:
    routes = APIRouter()

    @routes.post("/v1/verify", summary="Does each proof prove its statement?")
    async def verify(body: VerifyRequest) -> dict[str, Any]:
        """One result per row, in order: a verdict (`outcome`, `reason`, `messages`, `axioms`, `audit`, …), or `error` for an unfit row."""
        parsed = [_row(place, row) for place, row in enumerate(body.checks)]
        verdicts = iter(await gate.run([row for row in parsed if isinstance(row, Check)]))
        return {"results": [next(verdicts).model_dump(mode="json") if isinstance(row, Check) else row for row in parsed]}

    @routes.get("/v1/status", summary="What the workers of each node are doing")
    async def status() -> dict[str, Any]:
        return {"waiting": gate.waiting, "nodes": await stats()}

    @routes.post("/api/check", summary="Lean's messages on whole files (Kimina Lean server)")
    async def check(body: kimina.CheckRequest) -> dict[str, Any]:
        if body.infotree is not None:
            return {"results": [kimina.refused(snippet.id, kimina.NO_INFOTREE) for snippet in body.snippets]}
        pairs = [(snippet.id, snippet.code) for snippet in body.snippets]
        verdicts = await gate.run(kimina.snippets(pairs, body.timeout))
        return {"results": [kimina.check_answer(*pair, verdict, body.debug) for pair, verdict in zip(pairs, verdicts, strict=True)]}

    @routes.post("/verify", summary="The same in the older form of the Kimina Lean server")
    async def old_verify(body: kimina.VerifyRequest) -> dict[str, Any]:
        pairs = [(code.custom_id, (code.proof if code.proof is not None else code.code) or "") for code in body.codes]
        if body.infotree_type is not None:
            return {"results": [{"custom_id": name, "error": kimina.NO_INFOTREE, "response": None} for name, _ in pairs]}
        verdicts = await gate.run(kimina.snippets([(str(name), code) for name, code in pairs], body.timeout))
        return {"results": [kimina.verify_answer(*pair, verdict) for pair, verdict in zip(pairs, verdicts, strict=True)]}

    return routes


def _row(place: int, row: Any) -> Check | dict[str, Any]:
    """A row of `/v1/verify` as a check, or what is wrong with it."""
    name = row.get("id", str(place)) if isinstance(row, dict) else str(place)
    try:
        if not isinstance(row, dict):
            raise UserError("not an object")
        unknown = sorted(set(row) - set(Check.model_fields))
        if unknown:
            raise UserError(f"unknown key {unknown[0]!r}; a check has {', '.join(Check.model_fields)}")
        given = {key: value for key, value in row.items() if value is not None}  # null is absent, as in a file of checks
        return Check.model_validate({"id": str(place)} | given)
    except UserError as error:
        return {"id": name, "error": str(error)}
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        return {"id": name, "error": f"{where}: {message}" if where else message}
