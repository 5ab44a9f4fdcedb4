"""A taskset for Prime Intellect's `verifiers` (v1; `pip install verifiers`): statements from a file, the reward from Lean.

The package wants an older `openai` than the pipeline does, so it goes into an environment of its own, with `pip install .`, which
brings all that checking needs.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import verifiers.v1 as vf

from synth.environments.grading import Grader
from verify_workers import Checker


class ProofTaskConfig(vf.TaskConfig):  # type: ignore[misc]
    """How answers are asked for and checked."""

    preset: str = "chat"
    disprove: bool = False
    """Whether a proof of the negation is worth as much."""
    project: str = ""
    """A lake project whose Lean checks; '' = the embedded Lean."""
    workers: int = 0
    """Lean workers of this process; 0 = one for each core."""


class ProofConfig(vf.TasksetConfig):  # type: ignore[misc]
    """Which statements."""

    statements: Path
    """JSON Lines with `statement` and, where there are any, `header`, `preamble`, `problem` and `id`."""
    task: ProofTaskConfig = ProofTaskConfig()


class ProofData(vf.TaskData):  # type: ignore[misc]
    """A statement that is to be proved."""

    row: dict[str, Any]


class ProofTask(vf.Task[ProofData, vf.State, ProofTaskConfig]):  # type: ignore[misc]
    """One proof, read from the last reply."""

    @vf.reward  # type: ignore[untyped-decorator]
    async def proved(self, trace: Any) -> float:
        """1 where Lean accepts it.  Raises TaskError where the checker failed, which is no reward at all."""
        grade = await _grader(self.config).grade(self.data.row, trace.last_reply)
        trace.info["proof"] = {"outcome": grade.outcome, "reason": grade.reason, "negated": grade.negated}
        if grade.masked:
            raise vf.TaskError(f"the checker failed: {grade.message}")
        return grade.reward


class ProofTaskset(vf.Taskset[ProofTask, ProofConfig]):  # type: ignore[misc]
    """The statements of a file."""

    def load(self) -> Iterator[ProofTask]:
        grader = _grader(self.config.task)
        with self.config.statements.open(encoding="utf-8") as lines:
            for line in filter(str.strip, lines):
                row = json.loads(line)
                data = ProofData(id=str(row["id"]) if "id" in row else None, prompt=grader.question(row), row=row)
                yield ProofTask(data, self.config.task)


def _grader(config: ProofTaskConfig) -> Grader:
    return _shared(config.preset, config.disprove, config.project, config.workers)


@functools.cache
def _shared(preset: str, disprove: bool, project: str, workers: int) -> Grader:
    """One pool of Lean workers in a process, for all tasks."""
    own: dict[str, Any] = {name: value for name, value in (("project", project), ("workers", workers)) if value}
    return Grader(Checker(**own), preset, disprove)
