"""The Kimina Lean server's requests and answers, so that its clients work here unchanged.

    POST /api/check   {"snippets": [{"id", "code"}], "timeout", "debug", "reuse", "infotree"}
    POST /verify      {"codes": [{"custom_id", "proof" or "code"}], "timeout", "infotree_type", "disable_cache"}

A snippet is a whole file.  Nothing says what it should prove, so the answer is Lean's messages and no more: "no
error" here is not "verified" (that is `POST /v1/verify`).  Of very many messages the errors and each `sorry` come first, and a
last one says how many were left out.  Lines count in the whole file, as that server's do since
October 2025 (its pull request 56), on both routes; `lines: after_imports` counts from the end of the imports, as before.
Columns are the file's in either case.

The REPL's handles on environments and goals (`env`, `proofState`) are of no use here: `env` is always 0, the other left out.

Interface documented by github.com/project-numina/kimina-lean-server (fb2393d) and its client (kimina-client 0.2).
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from verify_workers.records import Message, Outcome, Reason, Snippet, Verdict
from verify_workers.serve.sorries import Answer
from verify_workers.text import header
from verify_workers.text.messages import is_sorry

Infotree = Literal["full", "tactics", "original", "substantive"]
Lines = Literal["file", "after_imports"]


EXAMPLE: dict[str, Any] = {"id": "1", "code": "theorem t (n : Nat) : n + 0 = n := by\n  simp"}


class KiminaSnippet(BaseModel):
    id: str = Field(description="comes back with the answer")
    code: str = Field(description="a whole Lean file")


class CheckRequest(BaseModel):
    """What `POST /api/check` takes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"snippets": [EXAMPLE], "timeout": 20}]})

    snippets: list[KiminaSnippet] = Field(min_length=1)
    timeout: float = Field(30, ge=0, description="seconds of Lean for each snippet")
    debug: bool = Field(False, description="say which backend answered")
    reuse: bool = Field(True, description="taken and ignored: every snippet starts from the same clean header, however it is reached")
    infotree: Infotree | None = Field(None, description="not offered: answered with an error")

    @model_validator(mode="after")
    def _unique(self) -> CheckRequest:
        if len({snippet.id for snippet in self.snippets}) != len(self.snippets):
            raise ValueError("`snippets` must have unique ids")
        return self


class Code(BaseModel):
    custom_id: str | int
    proof: str | None = None
    code: str | None = None

    @model_validator(mode="after")
    def _text(self) -> Code:
        if self.proof is None and self.code is None:
            raise ValueError("give `proof` or `code`")
        return self


class OldVerifyRequest(BaseModel):
    """What `POST /verify` (the older interface) takes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"codes": [{"custom_id": "1", "proof": EXAMPLE["code"]}], "timeout": 20}]})

    codes: list[Code]
    timeout: float = Field(300, ge=0, description="seconds of Lean for each code")
    infotree_type: Infotree | None = Field(None, description="not offered: answered with an error")
    disable_cache: bool = Field(False, description="taken and ignored: a cached answer is the answer to the same question")


NO_INFOTREE = "this server gives no info trees; ask without `infotree`"


def snippets(pairs: list[tuple[str, str]], timeout: float) -> list[Snippet]:
    """Checks for (id, code) pairs; `timeout` in seconds (0 asks for the least there is)."""
    return [Snippet(id=str(place), code=code, timeout=max(timeout, 0.001)) for place, (_, code) in enumerate(pairs)]


def check_answer(name: str, code: str, answered: Answer, debug: bool, lines: Lines = "file") -> dict[str, Any]:
    """One element of the answer to `/api/check`."""
    verdict = answered.verdict
    answer: dict[str, Any] = {"id": name, "time": round(verdict.seconds, 6)}
    problem = _problem(verdict)
    if problem:
        answer["error"] = problem
    else:
        answer["response"] = _response(code, answered, lines)
    if debug:
        answer["diagnostics"] = {"repl_uuid": f"{verdict.backend} {verdict.lean} {verdict.library}"}
    return answer


def verify_answer(name: str, code: str, answered: Answer, lines: Lines = "file") -> dict[str, Any]:
    """One element of the answer to `/verify`."""
    verdict = answered.verdict
    problem = _problem(verdict)
    if problem:
        return {"custom_id": name, "error": problem, "response": None}
    return {"custom_id": name, "error": None, "response": _response(code, answered, lines) | {"time": round(verdict.seconds, 6)}}


def refused(name: str, problem: str) -> dict[str, Any]:
    return {"id": name, "time": 0.0, "error": problem}


def _problem(verdict: Verdict) -> str:
    """What kept Lean from judging the file, if something did: never an answer about the file itself."""
    detail = next((message.text for message in verdict.messages), verdict.reason)
    if verdict.outcome is Outcome.TIMEOUT:
        return f"Lean timed out ({detail})"
    if verdict.outcome is Outcome.RESOURCE:
        return f"out of memory or output: {detail}"
    if verdict.outcome is Outcome.INFRA:
        return f"the server failed: {verdict.reason}"
    return detail if verdict.outcome is Outcome.REJECTED and verdict.reason == Reason.STATEMENT else ""


def _response(code: str, answered: Answer, lines: Lines) -> dict[str, Any]:
    """Lean's messages in the REPL's form, and each `sorry` at its own place with the goal there.

    One that Lean tells of and that is no word of the text (`admit`) stands at the declaration, without a goal.
    """
    above = _import_lines(code) if lines == "after_imports" else 0
    messages = [_message(message, above) for message in answered.verdict.messages]
    response: dict[str, Any] = {"env": 0}
    if messages:
        response["messages"] = messages
    found = [(_message(goal, above), goal.text) for goal in answered.sorries] or [
        (message, "") for message in messages if is_sorry(message["severity"], message["data"])
    ]
    sorries = [{"pos": message["pos"], "endPos": message["endPos"] or message["pos"], "goal": goal} for message, goal in found]
    if sorries:
        response["sorries"] = sorries
    return response


def _message(message: Message, above: int) -> dict[str, Any]:
    end = None
    if message.end_line is not None and message.end_column is not None:
        end = {"line": max(1, message.end_line - above), "column": message.end_column}
    return {
        "severity": message.severity,
        "pos": {"line": max(1, message.line - above), "column": message.column},
        "endPos": end,
        "data": message.text,
    }


def _import_lines(code: str) -> int:
    """Lines of `code` up to and with its last import."""
    found = header.split(code)
    if not found.imports:
        return 0
    blanked = next((place for place in range(len(code) - 1, -1, -1) if found.rest[place] != code[place]), -1)
    return code.count("\n", 0, blanked + 1) + 1
