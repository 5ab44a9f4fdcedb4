"""Answers of models and verdicts of Lean, each kept as it comes: for commands whose rows are not settled one by one, or take long.

Filters see all statements of a file, so no row of it is done before the last one is.  What such a command has been told waits in
a journal beside its output instead, question by question; the same command, called again, comes to the same rows from it.  The
rows of searches are settled one by one, and what those under way have been told waits likewise.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from synth.config import RunConfig
from synth.llm.config import ModelRole
from synth.llm.types import Completion, Sampling
from synth.prompts import Prompt, Role
from synth.records import content_id
from synth.run.interrupt import together
from synth.run.resumed import Note, Resumed, checking, weights
from synth.services import Sample, Tools, Verify
from verify_workers.config import PoolConfig
from verify_workers.records import Check, Outcome, Verdict

PART = 16  # checks that are asked about together: what is lost at most where a command is killed


class Told(BaseModel):
    """What came of one question: completions of a prompt, why it was refused, or a verdict."""

    completions: list[Completion] | None = None
    refused: str = ""
    verdict: Verdict | None = None


Memory = Resumed[Told]


def memory(out: str | Path, config: RunConfig, asked: Sequence[Role], note: Note) -> Memory:
    """What an interrupted call with `out` was told by these models and this Lean; whatever else is set, what is asked decides."""
    return Resumed(out, Told, _telling(config, asked), note)


def _telling(config: RunConfig, asked: Sequence[Role]) -> str:
    """An id of the models that answer the prompts `asked`, and of the Lean."""
    return content_id("told", weights(config, asked), checking(config.verify))


def memory_of_checks(out: str | Path, pool: PoolConfig, note: Note) -> Memory:
    """The same for a command that asks Lean alone."""
    return Resumed(out, Told, content_id("told", {}, checking(pool)), note)


def remembered(tools: Tools, kept: Memory) -> Tools:
    """The same tools, which ask nothing that is kept, and keep what they are told."""
    models = {role: replace(model, sample=_sample(role, model.sample, kept)) for role, model in tools.models.items()}
    return replace(tools, models=models, verify=remembered_checks(tools.verify, kept))


def _sample(role: ModelRole, sample: Sample, kept: Memory) -> Sample:
    """Each prompt is asked by itself, as it would be in its list: with the seed of its place."""
    times = Counter[str]()

    async def one(prompt: Prompt, sampling: Sampling) -> list[Completion] | str:
        own: list[Any] = ["sample", role, prompt.to_json(), asdict(sampling)]
        same = content_id(*own)
        times[same] += 1
        question = (*own, times[same])  # asked again it may have another answer
        if (told := kept.known(*question)) is None:
            (answer,) = await sample([prompt], sampling)
            if isinstance(answer, str):
                kept.keep(Told(refused=answer), *question)
            elif not any(completion.fault for completion in answer):  # else it was no answer
                kept.keep(Told(completions=answer), *question)
            return answer
        return told.refused if told.completions is None else told.completions

    async def all_of(prompts: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
        return await together(*map(one, prompts, sampling.each(len(prompts))))

    return all_of


def remembered_checks(verify: Verify, kept: Memory) -> Verify:
    """The same for Lean alone; a failure of the checker is not kept."""

    async def some(checks: list[Check]) -> list[Verdict]:
        verdicts = await verify(checks)
        for check, verdict in zip(checks, verdicts, strict=True):
            if verdict.outcome is not Outcome.INFRA:
                kept.keep(Told(verdict=verdict), *_question(check))
        return verdicts

    async def all_of(checks: list[Check]) -> list[Verdict]:
        found: dict[int, Verdict] = {}
        for place, check in enumerate(checks):
            if (told := kept.known(*_question(check))) is not None and told.verdict is not None:
                found[place] = told.verdict.model_copy(update={"id": check.id})
        missing = [place for place in range(len(checks)) if place not in found]
        parts = [missing[start : start + PART] for start in range(0, len(missing), PART)]
        answers = await together(*(some([checks[place] for place in part]) for part in parts))
        found |= {place: verdict for part, told in zip(parts, answers, strict=True) for place, verdict in zip(part, told, strict=True)}
        return [found[place] for place in range(len(checks))]

    return all_of


def _question(check: Check) -> tuple[Any, ...]:
    """What is asked of Lean, whatever the question is called."""
    return "check", type(check).__name__, check.model_dump(mode="json", exclude={"id"})


class Begun:
    """What has been told about each question of a command that is being worked on: a journal for each, in a folder beside the output.

    So a call that was interrupted goes on in the middle of a search.  With a question's own row its journal goes.
    """

    def __init__(self, out: str | Path, config: RunConfig, asked: Sequence[Role]) -> None:
        self._folder = Path(out).with_name(f".{Path(out).name}.begun")
        self._told = _telling(config, asked)
        self._open: dict[str, Memory] = {}
        self._failed = set[str]()

    def tools(self, tools: Tools, *asked: Any) -> Tools:
        """The tools for the work on one question, which is JSON-able."""
        name = content_id("begun", *asked)
        self._open[name] = Resumed(self._folder / name, Told, self._told)
        own = remembered(tools, self._open[name])

        async def verify(checks: list[Check]) -> list[Verdict]:
            verdicts = await own.verify(checks)
            if any(verdict.outcome is Outcome.INFRA for verdict in verdicts):
                self._failed.add(name)
            return verdicts

        return replace(own, verify=verify)

    def failed(self, *asked: Any) -> bool:
        """Whether the checker failed at something about this question: what came of it is then nothing that a later call keeps to."""
        return content_id("begun", *asked) in self._failed

    def over(self, *asked: Any) -> None:
        """Its row is kept."""
        if (kept := self._open.pop(content_id("begun", *asked), None)) is not None:
            kept.finish()

    def finish(self) -> None:
        """When the file is written: what other settings have left goes too."""
        shutil.rmtree(self._folder, ignore_errors=True)
