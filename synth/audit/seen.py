"""What benchmarks have: a row is contaminated if one of them has its statement (or the negation) or its words."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from synth.records import Drop, Statement
from synth.services import asking
from synth.show.progress import Progress
from synth.statements.benchmarks import Benchmarks, forms_of, read_benchmarks
from synth.statements.likeness import Words
from verify_workers.pool.local import LocalPool


@dataclass(frozen=True)
class Match:
    """`how`: by the statement, or by the words of the problem; `what`: the benchmark's row."""

    how: str
    what: str


@dataclass
class Seen:
    """The benchmarks of an audit; `sizes`: rows of each file."""

    benchmarks: Benchmarks = field(default_factory=Benchmarks)
    words: tuple[Words, ...] = ()
    sizes: Counter[str] = field(default_factory=Counter)

    def has(self, statement: Statement, text: str) -> Match | None:
        if found := self.benchmarks.statement(statement):
            return Match("statement", found.what)
        like = next((like for index in self.words if text and (like := index.find(text))), None)
        return Match("words", str(like)) if like else None


def read_seen(paths: Sequence[str], similarity: float, lean: LocalPool, progress: Progress) -> Seen:
    """The rows of benchmark files, with their normal forms as far as Lean can say them.  UserError for one that cannot be read."""
    if not paths:
        return Seen()
    seen = Seen()
    for path in paths:
        problems = read_benchmarks([path], named="--benchmark")
        stage = progress.stage("benchmarks", len(problems))
        seen.sizes[path] = len(problems)
        seen.benchmarks.add(problems, Drop.CONTAMINATED, asyncio.run(forms_of(problems, asking(lean))))
        progress.advance(stage, len(problems))
    seen.words = tuple(seen.benchmarks.index(similarity).values())
    return seen
