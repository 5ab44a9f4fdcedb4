"""A resources server for NeMo Gym: `/seed_session` and `/verify`, as `nemo_gym.base_resources_server` has them.

    uvicorn --factory synth.environments.nemo_gym:application --port 8100

A row of its data set (`rows` makes them) is a task's own fields beside `responses_create_params`.  An answer that could not be
judged comes back with `mask_sample`, so that nothing is learned from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import Body, FastAPI

from synth.environments.grading import Grader, Row
from verify_workers import Checker


def application(grader: Grader | None = None) -> FastAPI:
    """The server; without a grader, one of theorems alone by the embedded Lean."""
    graded_by = grader or Grader(Checker())
    app = FastAPI(title="proof-synth, for NeMo Gym")

    @app.post("/seed_session")
    async def seed_session() -> dict[str, Any]:
        return {}

    @app.post("/verify")
    async def verify(body: dict[str, Any] = Body()) -> dict[str, Any]:  # noqa: B008
        response = body["response"]
        grade = await graded_by.grade(body, reply(response), response.get("status", "completed") == "completed")
        failed = {"failure_kind": "proof_synth:infra", "failure_reason": grade.message} if grade.masked else {}
        judged = {"outcome": grade.outcome, "reason": grade.reason, "negated": grade.negated}
        return {**body, "reward": grade.reward, "mask_sample": grade.masked, **judged, **failed}

    return app


def rows(tasks: Iterable[Row], grader: Grader) -> Iterator[dict[str, Any]]:
    """The rows of a data set for rollouts."""
    for task in tasks:
        yield {**task, "responses_create_params": {"input": [{"role": "user", "content": grader.question(task)}]}}


def reply(response: Row) -> str:
    """The text of a response in OpenAI's Responses form: of its last message."""
    messages = [item for item in response.get("output", ()) if item.get("type") == "message"]
    parts = messages[-1].get("content", ()) if messages else ()
    return parts if isinstance(parts, str) else "".join(part.get("text", "") for part in parts)
