"""Strategy: a fixed list of cheap tactics, no model."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent

from synth.config import SearchConfig
from synth.prompts import Proof
from synth.records import Problem, Statement
from synth.search.base import History, Proposal, Side
from synth.services import Tools

# Short scripts that need no model, cheapest first; tried before it where `search.portfolio` says so.  None is about one
# problem, but some name the hypotheses and variables as competition statements usually do.
GENERIC_TACTICS = (
    "decide",
    "omega",
    "norm_num",
    "rfl",
    "simp_all",
    "norm_num [h₀]",
    "subst_vars; omega",
    "decide +kernel",
    "simp [Int.pow_succ, Int.mul_emod, Int.add_emod, h₀, h₁]",
    "induction ‹ℕ› <;> nlinarith",
    "clear h₀\ninduction ‹ℕ› <;> nlinarith",
    "induction ‹ℕ› <;> simp_all [Nat.pow_succ] <;> omega",
    "mod_cases h : a % 3 <;> simp [Int.pow_succ, Int.mul_emod, h]",
    "mod_cases h : a % 4 <;> simp [Int.pow_succ, Int.mul_emod, h]",
    "interval_cases ‹ℕ› <;> omega",
    "interval_cases ‹ℕ› <;> revert h₁ <;> decide",
    "interval_cases a <;> omega",
    "interval_cases m <;> omega",
)


def make(statement: Statement, problem: Problem | None, config: SearchConfig, tools: Tools) -> Portfolio | None:
    """For `loop.STRATEGIES`."""
    wanted = config.portfolio == "always" or (config.portfolio == "given" and statement.origin == "given")
    return Portfolio(config.tactics or GENERIC_TACTICS) if wanted else None


def tactic_proof(tactic: str) -> str:
    """What follows `:=` where `tactic` (of one or more lines) is the whole proof."""
    return "by " + tactic if "\n" not in tactic else "by\n" + indent(tactic, "  ")


@dataclass(frozen=True)
class Portfolio:
    """A fixed list of tactics, in one wave."""

    tactics: tuple[str, ...]
    name: str = "portfolio"
    one_shot: bool = True

    async def propose(self, statement: Statement, sides: list[Side], history: History, n: int, wave: int) -> list[Proposal]:
        proofs = [Proof("proof", tactic_proof(tactic)) for tactic in self.tactics]
        return [Proposal(side, proof, self.name) for side in sides for proof in proofs]
