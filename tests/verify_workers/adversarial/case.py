"""One text for one statement: a cheat that must not be accepted, or an honest file that should be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from verify_workers.records import Check

FALSE = "theorem goal : 1 = 2"
TRUE = "theorem goal (n : Nat) : n + 0 = n"
SUM = "theorem goal (a b : Nat) (h : a = b) : b = a"

By = Literal["policy", "lean"]


@dataclass(frozen=True)
class Case:
    """`tries` says what a cheat tries, `why` what must stop it.

    `by` says who stops it in the text tier: `policy` (the text never reaches Lean) or `lean` (elaboration, the pin, the
    axiom list); '' for an honest text.  `rule_only` marks a cheat that claims what is true and would prove it: it breaks
    a rule, so only the policy stands in its way.
    """

    name: str
    statement: str
    proof: str | None = None
    code: str | None = None
    header: str = ""
    preamble: str = ""
    negated: bool = False
    tries: str = ""
    why: str = ""
    by: By | Literal[""] = ""
    rule_only: bool = False
    seconds: float = 20.0

    @property
    def honest(self) -> bool:
        return not self.by

    @property
    def kind(self) -> str:
        """The table that it stands in."""
        return self.name.partition("/")[0]

    def check(self) -> Check:
        return Check(
            id=self.name,
            statement=self.statement,
            header=self.header,
            preamble=self.preamble,
            negated=self.negated,
            proof=self.proof,
            code=self.code,
            timeout=self.seconds,
        )


@dataclass
class Table:
    """The cases of one kind, in the order in which they are written down."""

    kind: str
    cases: list[Case] = field(default_factory=list)

    def proof(self, name: str, by: By, tries: str, why: str, proof: str, statement: str = FALSE, **more: Any) -> None:
        """A cheat that is given as a proof."""
        self.cases.append(Case(f"{self.kind}/{name}", statement, proof=proof, tries=tries, why=why, by=by, **more))

    def code(self, name: str, by: By, tries: str, why: str, code: str, statement: str = FALSE, **more: Any) -> None:
        """A cheat that is given as a whole file."""
        self.cases.append(Case(f"{self.kind}/{name}", statement, code=code, tries=tries, why=why, by=by, **more))

    def honest_proof(self, name: str, statement: str, proof: str, **more: Any) -> None:
        self.cases.append(Case(f"{self.kind}/{name}", statement, proof=proof, **more))

    def honest_code(self, name: str, statement: str, code: str, **more: Any) -> None:
        self.cases.append(Case(f"{self.kind}/{name}", statement, code=code, **more))
