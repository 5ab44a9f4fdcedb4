"""All that a run would stop at one after the other, said at once: for `synth run --dry-run`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from synth.benchmark import load_benchmark
from synth.config import RunConfig
from synth.run.inputs import barred, given_problems
from synth.run.places import check_kernels, check_places
from synth.run.roles import check_roles, check_training, used_prompts
from synth.search.loop import STRATEGIES, require_strategies
from synth.statements.judge_error import read_calibration
from verify_workers.errors import UserError

T = TypeVar("T")


def looked_through(config: RunConfig, run_dir: str) -> tuple[list[str], list[str]]:
    """How the files were read, and every mistake that a user can mend, with its remedy."""
    notes, wrong = list[str](), list[str]()

    def found(step: Callable[[], T]) -> T | None:
        try:
            return step()
        except UserError as error:
            if str(error) not in wrong:
                wrong.append(str(error))
            return None

    found(partial(require_strategies, config.search))
    found(partial(check_training, config))
    benchmark = found(lambda: load_benchmark(config.heldout, config.header, config.generator.choice()))
    given = found(lambda: given_problems(config, benchmark.references if benchmark else frozenset()))
    search = config.search.model_copy(update={"strategies": [name for name in config.search.strategies if name in STRATEGIES]})
    known = config.model_copy(update={"search": search})
    for prompt in used_prompts(known, given.problems if given else None):
        found(partial(check_roles, config, [prompt]))
    found(partial(read_calibration, config))
    found(partial(barred, config))
    found(partial(check_places, config, run_dir))
    found(partial(check_kernels, config))
    notes += given.source.notes if given and given.source else []
    notes += benchmark.notes if benchmark else []
    return notes, wrong
