"""Problems that need not be formalized: their words are those of a benchmark, or of an earlier problem of the run."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from synth.config import FilterConfig
from synth.records import Drop, Problem
from synth.statements.benchmarks import Benchmarks
from synth.statements.words import SameWords, Words


class Passed(BaseModel):
    """Why a problem is passed over (`reason` '': it is not, as a given one that is in a benchmark), and what it repeats."""

    reason: str
    detail: str
    benchmark: str = ""


def screened(problems: Sequence[Problem], benchmarks: Benchmarks, config: FilterConfig) -> dict[str, Passed]:
    """What is known of `problems` by their words, by id; the same for the same arguments.

    Of problems that repeat each other the first stays; among more than `similar_most` only those count that do so word for word.
    Given statements are no duplicates: what counts of them is the statement.
    """
    barred = benchmarks.index(config.benchmark_similarity) if config.decontaminate else {}
    seen: Words | SameWords = Words(config.similarity) if len(problems) <= config.similar_most else SameWords()
    found: dict[str, Passed] = {}
    for problem in problems:
        likeness = next(((reason, like) for reason, index in barred.items() if (like := index.find(problem.text))), None)
        if likeness is not None:
            reason, like = likeness
            stays = bool(problem.statement) and config.given_in_benchmark == "keep"
            found[problem.id] = Passed(reason="" if stays else reason, detail=f"in plain language: {like}", benchmark=str(like))
        elif problem.text and not problem.statement:
            if like := seen.find(problem.text):
                found[problem.id] = Passed(reason=Drop.DUPLICATE, detail=f"says what problem {like} says")
            else:
                seen.add(problem.id, problem.text)
    return found
