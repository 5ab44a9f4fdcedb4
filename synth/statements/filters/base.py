"""What a filter is: statements in, the same statements out, each kept or dropped with a reason."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from synth.config import FilterConfig
from synth.records import Problem, Statement
from synth.services import Tools
from synth.statements.benchmarks import Benchmarks


@dataclass(frozen=True)
class Context:
    """What the filters know of the statements that they get together."""

    tools: Tools
    config: FilterConfig = field(default_factory=FilterConfig)
    keep: int = 1
    """Statements kept per problem."""
    problems: dict[str, Problem] = field(default_factory=dict)
    """Their problems, by id."""
    heldout: frozenset[str] = frozenset()
    """Normalized statements of the benchmark, in both directions."""
    benchmarks: Benchmarks = field(default_factory=Benchmarks)
    """Statements of all benchmarks, the held-out one included."""
    known: Mapping[str, str] = field(default_factory=dict)
    """Ids of the statements that there are already, by `text.identity`."""
    together: bool = True
    """Whether a problem's candidates come together, so that their votes can be compared; not where some are asked about again."""
    claim: Claim | None = None
    """Of a run: which statement is the one of equal ones; None = the first, and those `known`."""


Claim = Callable[[Sequence[Statement]], Awaitable[list[str]]]
"""For each statement the id of the one that says the same and is kept: its own, or another's (`synth/index`)."""
Filter = Callable[[list[Statement], Context], Awaitable[list[Statement]]]
"""Gets kept statements, in a run those of one problem, and gives each back once, in order: as it is, labelled, or dropped with a reason."""


def drop(statement: Statement, reason: str, detail: str = "") -> Statement:
    """`statement`, not kept, with the reason (a `Drop`, or a word of the filter's own) and what a person wants to know."""
    return statement.model_copy(update={"kept": False, "reason": str(reason), "detail": detail[:500]})


def remarked(statement: Statement, kind: str) -> list[str]:
    """The variables that remarks of one kind on the statement's term are about; '' for one without a name."""
    return [name for said, _, name in (remark.partition(" ") for remark in statement.remarks or ()) if said == kind]


def any_of(tactics: tuple[str, ...]) -> str:
    """A proof that tries `tactics` in turn; `done` keeps a tactic that leaves goals from counting as one that closes them."""
    return "by first " + " ".join(f"| ({tactic}; done)" for tactic in tactics)
