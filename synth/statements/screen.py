"""Problems that need not be formalized: their words are those of a benchmark, or of an earlier problem of the run.

Of problems that repeat each other the first stays, in the order of the list; so a problem's answer follows from those before it, and is
the same whenever it is asked for.  The texts may be shared between several `Slice`s, which find together what one would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel

from synth.config import FilterConfig
from synth.records import Drop, Problem
from synth.statements.benchmarks import Benchmarks
from synth.statements.likeness import Likeness, Marks, Words

PIECE = 256  # problems that are asked about together
Place = tuple[int, Likeness]


class Passed(BaseModel):
    """Why a problem is passed over (`reason` '': it is not, as a given one that is in a benchmark), and what it repeats."""

    reason: str
    detail: str
    benchmark: str = ""


@dataclass(frozen=True)
class Sought:
    """A problem as it is looked for: its place in the list, and what of the problems asked about with it stands before it and is alike."""

    place: int
    id: str
    text: str
    stated: bool
    marks: Marks
    barred: Marks | None = None
    """By what benchmarks are searched for it; None where there are none."""
    within: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Alike:
    """What a slice has that a problem repeats: the rows of benchmarks most alike, by the reason to drop it, and the problem."""

    barred: Mapping[Drop, Place]
    problem: tuple[Place, ...] = ()


class Slice:
    """Texts of benchmarks and of problems that repeat none: all of them, or one's share."""

    def __init__(self, config: FilterConfig, benchmarks: Mapping[Drop, Sequence[tuple[str, str]]], number: int = 0, of: int = 1) -> None:
        """Of the rows of `benchmarks` (name and text, by the reason for which what repeats one is dropped) every `of`th, from `number`."""
        self.config = config
        self.problems = Words(config.similarity)
        self.barred: dict[Drop, Words] = {}
        for reason, rows in benchmarks.items() if config.decontaminate else ():
            index = self.barred[reason] = Words(config.benchmark_similarity)
            index.extend([(n, *rows[n], Marks.of(rows[n][1], config.benchmark_similarity)) for n in range(number, len(rows), of)])

    def sought(self, problems: Sequence[tuple[int, Problem]]) -> list[Sought]:
        """Problems, each with its place in the list."""
        piece, found = Words(self.config.similarity), list[Sought]()
        for place, problem in problems:
            marks = Marks.of(problem.text, self.config.similarity)
            barred = Marks.of(problem.text, self.config.benchmark_similarity) if self.barred else None
            one = Sought(place, problem.id, problem.text, bool(problem.statement), marks, barred)
            if one.text and not one.stated:
                one = replace(one, within=tuple(piece.alike(one.text, marks, place)))
                piece.extend([(place, one.id, one.text, marks)])
            found.append(one)
        return found

    def alike(self, sought: Sequence[Sought]) -> list[Alike]:
        """What of this slice each problem repeats."""
        return [self._alike(one) for one in sought]

    def _alike(self, one: Sought) -> Alike:
        barred = {
            reason: best[0]
            for reason, index in self.barred.items()
            if one.barred is not None and (best := index.best(one.text, one.barred))
        }
        looked_for = one.text and not one.stated and not barred
        return Alike(barred, tuple(self.problems.best(one.text, one.marks, one.place)) if looked_for else ())

    def keep(self, problems: Sequence[Sought]) -> None:
        """Problems that repeat none: what is asked about later is compared with them."""
        self.problems.extend([(one.place, one.id, one.text, one.marks) for one in problems])


def judged(sought: Sequence[Sought], answers: Sequence[Sequence[Alike]], config: FilterConfig) -> tuple[dict[str, Passed], list[Sought]]:
    """Of which problems there is something to say, by id, and those to keep; `answers` are those of all slices."""
    passed: dict[str, Passed] = {}
    kept: list[Sought] = []
    for one, *alike in zip(sought, *answers, strict=True):
        reasons = [reason for reason in Drop if any(reason in answer.barred for answer in alike)]
        if reasons:
            like = _best([answer.barred[reasons[0]] for answer in alike if reasons[0] in answer.barred])
            stays = one.stated and config.given_in_benchmark == "keep"
            passed[one.id] = Passed(reason="" if stays else reasons[0], detail=f"in plain language: {like}", benchmark=str(like))
        elif one.text and not one.stated:
            places = {other.place for other in kept}
            found = [place for answer in alike for place in answer.problem] + [place for place in one.within if place[0] in places]
            if found:
                passed[one.id] = Passed(reason=Drop.DUPLICATE, detail=f"says what problem {_best(found)} says")
            else:
                kept.append(one)
    return passed, kept


def _best(found: Sequence[Place]) -> Likeness:
    return min(found, key=lambda one: (-one[1].similarity, one[0]))[1]


def screened(problems: Sequence[Problem], benchmarks: Benchmarks, config: FilterConfig) -> dict[str, Passed]:
    """What is known of `problems` by their words, by id; the same for the same arguments.

    Given statements are no duplicates: what counts of them is the statement.
    """
    whole, passed = Slice(config, benchmarks.words), dict[str, Passed]()
    for start in range(0, len(problems), PIECE):
        sought = whole.sought(list(enumerate(problems[start : start + PIECE], start)))
        found, kept = judged(sought, [whole.alike(sought)], config)
        whole.keep(kept)
        passed |= found
    return passed
