"""The routes of the service: ASGI in, checks out; knows nothing about Ray.

Answers are rendered here: FastAPI would look at every value of a large one first.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from verify_workers.errors import UserError
from verify_workers.records import Check, Verdict
from verify_workers.serve import kimina, words
from verify_workers.serve.config import ServeConfig
from verify_workers.serve.front import RETRY_SECONDS, AsciiResponse, Front
from verify_workers.serve.page import page
from verify_workers.serve.sorries import answers

Verify = Callable[[Sequence[Check]], Awaitable[list[Verdict]]]
Stats = Callable[[], Awaitable[list[dict[str, Any]]]]
Answer = dict[str, Any]

BEARER = HTTPBearer(auto_error=False, description="the key that the service was started with")  # for the description: `Front` looks at it

EXAMPLE: dict[str, Any] = {
    "checks": [
        {"id": "1", "statement": "theorem t (n : Nat) : n + 0 = n", "proof": "by simp"},
        {"id": "2", "statement": "theorem t : 2 + 2 = 4", "code": "theorem help : 2 + 2 = 4 := rfl\ntheorem t : 2 + 2 = 4 := help"},
    ]
}
ABOUT = """Checks Lean 4 proofs with real Lean workers.

`POST /v1/verify` answers whether a proof proves *a given statement*: outcome, axioms, and who decided (`audit`).
`POST /api/check` and `POST /verify` speak the Kimina Lean server's interface: Lean's messages on a whole file, and no
more. A file without errors there is not a verified proof, because nobody said what it should prove.
"""


class VerifyRequest(BaseModel):
    """What `POST /v1/verify` takes: rows of `synth verify`'s input, each judged on its own."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    checks: list[Any] = Field(
        description="objects with id, statement, proof or code, and optionally header, preamble, negated and timeout (seconds)"
    )


class Refusal(BaseModel):
    """Why a request was not answered."""

    detail: str = Field(description="in one line")


class Gate:
    """Counts the checks under way and turns requests away beyond `limit`."""

    def __init__(self, verify: Verify, config: ServeConfig) -> None:
        self.verify, self.config, self.waiting = verify, config, 0

    async def run(self, checks: Sequence[Check]) -> list[Verdict]:
        """Verdicts in the order of `checks`, their time limits cut to the service's; HTTPException 413 or 503 if there are too many.

        Cancelled, it ends when the last of them has: what still runs for a caller who left counts like any other.
        """
        if len(checks) > self.config.max_batch:
            raise HTTPException(413, f"{len(checks)} checks in one request; send at most {self.config.max_batch}")
        if self.waiting + len(checks) > max(self.config.max_waiting, len(checks)):
            again = {"Retry-After": str(RETRY_SECONDS["crowded"])}
            raise HTTPException(503, f"{self.waiting} checks are waiting already; come again", again)
        most = self.config.max_timeout
        cut = [c if c.timeout <= most else c.model_copy(update={"timeout": most}) for c in checks]
        self.waiting += len(cut)
        try:
            return await self.verify(cut) if cut else []
        except UserError as error:  # no worker can be started: the operator's to mend
            raise HTTPException(503, str(error)) from None
        finally:
            self.waiting -= len(cut)


def make_app(verify: Verify, stats: Stats, config: ServeConfig, ready: Callable[[], bool] = lambda: True) -> FastAPI:
    """The whole application around `verify`, which answers checks in their order and never raises for a bad proof.

    Until `ready` says so, every request gets 503.
    """
    app = FastAPI(
        title="proof-synth",
        description=ABOUT,
        default_response_class=AsciiResponse,
        strict_content_type=False,
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(Front, config=config, ready=ready)
    app.include_router(_routes(Gate(verify, config), stats, config), dependencies=[Depends(BEARER)] if config.api_key else [])

    @app.get("/health", summary="Is the service up? Needs no key")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(page(app.openapi(), str(request.base_url).rstrip("/"), bool(config.api_key)))

    @app.exception_handler(RequestValidationError)
    async def unfit(_: Request, error: RequestValidationError) -> Response:
        return AsciiResponse({"detail": words.told(error.errors())}, 422)

    return app


def _routes(gate: Gate, stats: Stats, config: ServeConfig) -> APIRouter:
    routes = APIRouter()
    refusals: dict[int | str, dict[str, Any]] = {status: {"model": Refusal} for status in (400, 413, 422, 503)}

    @routes.post("/v1/verify", responses=refusals, response_model=Answer, summary="Does each proof prove its statement?")
    async def verify(body: VerifyRequest) -> Response:
        """One result per row, in order: a verdict (`outcome`, `reason`, `messages`, `axioms`, `audit`, …), or `error` for an unfit row."""
        parsed = [_row(place, row) for place, row in enumerate(body.checks)]
        verdicts = iter(await gate.run([row for row in parsed if isinstance(row, Check)]))
        return AsciiResponse({"results": [next(verdicts).model_dump(mode="json") if isinstance(row, Check) else row for row in parsed]})

    @routes.get("/v1/status", summary="What the workers of each node are doing")
    async def status() -> dict[str, Any]:
        return {"waiting": gate.waiting, "nodes": await stats()}

    @routes.post("/api/check", responses=refusals, response_model=Answer, summary="Lean's messages on whole files (Kimina Lean server)")
    async def check(body: kimina.CheckRequest) -> Response:
        if body.infotree is not None:
            return AsciiResponse({"results": [kimina.refused(snippet.id, kimina.NO_INFOTREE) for snippet in body.snippets]})
        pairs = [(snippet.id, snippet.code) for snippet in body.snippets]
        found = await answers(gate.run, kimina.snippets(pairs, body.timeout))
        results = [kimina.check_answer(*pair, answer, body.debug, config.lines) for pair, answer in zip(pairs, found, strict=True)]
        return AsciiResponse({"results": results})

    @routes.post("/one_pass_verify_batch", include_in_schema=False)  # its oldest name
    @routes.post("/verify", responses=refusals, response_model=Answer, summary="The same in the older form of the Kimina Lean server")
    async def old_verify(body: kimina.OldVerifyRequest) -> Response:
        pairs = [(str(code.custom_id), (code.proof if code.proof is not None else code.code) or "") for code in body.codes]
        if body.infotree_type is not None:
            return AsciiResponse({"results": [{"custom_id": name, "error": kimina.NO_INFOTREE, "response": None} for name, _ in pairs]})
        found = await answers(gate.run, kimina.snippets(pairs, body.timeout))
        results = [kimina.verify_answer(*pair, answer, config.lines) for pair, answer in zip(pairs, found, strict=True)]
        return AsciiResponse({"results": results})

    return routes


def _row(place: int, row: Any) -> Check | dict[str, Any]:
    """A row of `/v1/verify` as a check, or what is wrong with it."""
    given = row.get("id") if isinstance(row, dict) else None
    name = given if isinstance(given, (str, int)) else str(place)  # said again in the answer: nothing odd
    try:
        if not isinstance(row, dict):
            raise UserError("not an object")
        unknown = sorted(set(row) - set(Check.model_fields))
        if unknown:
            raise UserError(f"unknown key {unknown[0]!r}; a check has {', '.join(Check.model_fields)}")
        given = {key: value for key, value in row.items() if value is not None}  # null is absent, as in a file of checks
        if isinstance(given.get("id"), int | float) and not isinstance(given["id"], bool) and math.isfinite(given["id"]):
            given["id"] = str(given["id"])
        return Check.model_validate({"id": str(place)} | given)
    except UserError as error:
        return {"id": name, "error": str(error)}
    except ValidationError as error:
        return {"id": name, "error": words.told(error.errors())}
