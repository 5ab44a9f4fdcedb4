"""What work costs and when it has cost enough: prices, budgets, and the meters that count.

Counted are `samples` (proofs proposed), `tokens_ROLE` (generated), `checks` (questions to Lean), `lean_ms` (milliseconds of
Lean on one core) and, for a round or a run, `gpu_ms`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from synth.llm.config import ROLES, ModelRole

LIMITS = ("attempts", "tokens", "core_seconds", "gpu_seconds", "money")
"""What a budget can bound, in the order in which it is said that a bound was reached."""


class PriceConfig(BaseModel):
    """What is paid, in any currency; what has no price costs nothing."""

    model_config = ConfigDict(extra="forbid")

    currency: str = Field("USD", description="for display")
    million_tokens: dict[ModelRole, float] = Field({}, description="price of a million generated tokens, by role")
    core_hour: float = Field(0.0, ge=0, description="price of an hour of one core that runs Lean")
    gpu_hour: float = Field(0.0, ge=0, description="price of an hour of one GPU")

    def money(self, spent: Mapping[str, float]) -> float:
        """The price of what was counted."""
        tokens = sum(spent.get(f"tokens_{role}", 0) * price for role, price in self.million_tokens.items()) / 1e6
        return tokens + spent.get("lean_ms", 0) / 3.6e6 * self.core_hour + spent.get("gpu_ms", 0) / 3.6e6 * self.gpu_hour


class Budget(BaseModel):
    """What may be spent on one statement in one round; what has begun is ended in order, so a little more can be."""

    model_config = ConfigDict(extra="forbid")

    attempts: int | None = Field(None, ge=0, description="proofs proposed, over all strategies and both sides")
    tokens: int | None = Field(None, ge=0, description="generated tokens, of all roles")
    core_seconds: float | None = Field(None, ge=0, description="seconds of Lean, each on one core")
    money: float | None = Field(None, ge=0, description="by the price table `prices`")

    def reached(self, spent: Mapping[str, float], prices: PriceConfig) -> str:
        """The name of the first bound that `spent` has come to; '' if none."""
        figures = costs(spent, prices)
        bounds = {name: getattr(self, name, None) for name in LIMITS}
        return next((name for name, bound in bounds.items() if bound is not None and figures[name] >= bound), "")


class TotalBudget(Budget):
    """What may be spent on all statements together; looked at about twice a second."""

    gpu_seconds: float | None = Field(None, ge=0, description="of the GPUs that engines hold while proofs are searched")


class BudgetConfig(BaseModel):
    """Bounds on what formalization and search may spend; None = none.  Evaluation and training are not counted."""

    model_config = ConfigDict(extra="forbid")

    statement: Budget = Budget()
    round: TotalBudget = TotalBudget()
    run: TotalBudget = TotalBudget()


def costs(spent: Mapping[str, float], prices: PriceConfig) -> dict[str, float]:
    """What was counted, in the words of a budget."""
    return {
        "attempts": spent.get("samples", 0),
        "tokens": sum(spent.get(f"tokens_{role}", 0) for role in ROLES),
        "core_seconds": spent.get("lean_ms", 0) / 1000,
        "gpu_seconds": spent.get("gpu_ms", 0) / 1000,
        "money": prices.money(spent),
    }


class BudgetSpent(Exception):
    """No more may be begun; `limit` names the bound, such as `statement.tokens`."""

    def __init__(self, limit: str) -> None:
        super().__init__(f"the budget {limit} is used up")
        self.limit = limit


class Meter:
    """Counts what work costs, also for the meter `above`, and says when the budget of one of them is used up."""

    def __init__(
        self, scope: str = "", budget: Budget | None = None, prices: PriceConfig | None = None, above: Meter | None = None
    ) -> None:
        self.scope, self.budget, self.prices, self.above = scope, budget, prices or PriceConfig(), above
        self.spent: Counter[str] = Counter()
        self.ended = ""
        """The bound that others found to be reached (a round's is known to the driver alone); '' if none."""

    def add(self, counts: Mapping[str, int]) -> None:
        self.spent.update(counts)
        if self.above is not None:
            self.above.add(counts)

    def require(self) -> None:
        """BudgetSpent where no more may be begun.  A meter without a scope only counts."""
        if not self.scope:
            return
        if self.ended:
            raise BudgetSpent(self.ended)
        if self.budget and (name := self.budget.reached(self.spent, self.prices)):
            raise BudgetSpent(f"{self.scope}.{name}")
        if self.above is not None:
            self.above.require()
