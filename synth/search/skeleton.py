"""What becomes of one skeleton: its holes as statements, each searched for itself, and the whole put together."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from synth.config import SearchConfig
from synth.prompts import Proof, Skeleton
from synth.prompts.declarations import renamed
from synth.records import Drop, Pair, Problem, Statement
from synth.search.base import History, Proposal
from synth.search.goals import NAME, Goal
from synth.search.holes import PRINTINGS, Hole, Probe, filled, find_holes, inlined, name
from synth.services import Tools
from synth.statements.faithfulness import canonical
from synth.statements.filters.elaborates import UNDECIDED
from synth.statements.text import UNPROVED, new_statement
from verify_workers.policy import violations
from verify_workers.records import Check, Outcome, Reason, Verdict
from verify_workers.text.parsed import ParsedCheck
from verify_workers.text.statement import parse_theorem, source

Origin = Literal["subgoal", "lemma"]


class Ending(StrEnum):
    """How the work on a skeleton ended, as its attempt says in `unread` (a skeleton is no proof, and never checked as one)."""

    FILLED = "filled"  # every hole was proved, and the whole is proposed
    OPEN = "open_holes"
    BROKEN = "broken_skeleton"  # Lean finds errors outside the holes
    POLICY = "policy"  # it would run code: Lean never sees it
    UNFIT = "unfit_holes"  # it does not follow from the theorems that Lean's print of its goals gives
    CIRCULAR = "circular"  # a hole is the statement again
    CROWDED = "too_many_holes"
    WHOLE = "whole"  # it has no holes: a proof, which is proposed as it is and says nothing of this
    UNTRIED = "untried"  # another one was filled first
    UNDECIDED = "undecided_skeleton"  # the checker failed, or ran out of time


@dataclass(frozen=True)
class Result:
    """The ending, the proof if there is one, and for the sketcher what went wrong: on one line, and with a line for each hole."""

    ending: Ending
    proof: Proof | None = None
    failed: str = ""
    report: str = ""


@dataclass(frozen=True)
class Work:
    """The work on the skeleton of `draft`, which is about one side of `statement`; its holes are statements of origin `origin`."""

    statement: Statement
    draft: Proposal
    skeleton: Skeleton
    origin: Origin
    config: SearchConfig
    tools: Tools
    history: History

    async def result(self) -> Result:
        """Search the holes, all at the same time, and assemble."""
        text, most = self.skeleton.text, self.config.sketch.holes
        count = len(find_holes(text))
        if count > most:
            return Result(Ending.CROWDED, failed=f"{count} holes", report=f"It has {count} holes; at most {most} are tried.")
        if not count:
            return Result(Ending.WHOLE)
        opened = await self._opened()
        if isinstance(opened, Result):
            return opened
        goals = [goal for hole in opened for goal in hole.goals]
        made, inner = await self._stated(goals), hole_config(self.config)
        if any(map(self._again, made)):
            return Result(Ending.CIRCULAR, failed="circular", report="A step is the theorem again.")
        if not all(statement.kept for statement in made):
            await asyncio.gather(*(self.history.aside(statement, inner) for statement in made if not statement.kept))
            return Result(Ending.UNFIT)
        found = await asyncio.gather(*(self.history.aside(statement, inner) for statement in made))
        proofs = [next((pair for pair in pairs if not pair.negated), None) for pairs in found]
        if not all(proofs):
            said = [(goal, _fate(pairs)) for goal, pairs in zip(goals, found, strict=True)]
            return Result(
                Ending.OPEN,
                failed="; ".join(f"{fate}: {goal.proposition}" for goal, fate in said if fate != "proved"),
                report="\n".join(f"- `{goal.binders}{' ' if goal.locals else ''}: {goal.target}`: {fate}" for goal, fate in said),
            )
        return Result(Ending.FILLED, await self._assembled(opened, [proof for proof in proofs if proof]))

    def _again(self, hole: Statement) -> bool:
        """Whether a hole says what is to be proved."""
        side = self.draft.side
        form = self.statement.negated_form if side.negated else self.statement.form
        return hole.form == form if hole.form and form else _plain(hole.text) == _plain(side.text)

    @property
    def _probe(self) -> Probe:
        return Probe(self.statement, self.draft.side.text, self.skeleton.text, self.skeleton.hidden)

    async def _opened(self) -> list[Hole] | Result:
        """The holes with goals from which the skeleton follows, which the verifier has accepted; or why there are none."""
        probe, holes = self._probe, list[Hole]()
        if refused := self._refused():
            return Result(Ending.POLICY, failed="error", report=f"Not allowed: {refused}")
        for i, printing in enumerate(PRINTINGS):
            verdict = await self._ask(probe.snippet(f"probe {i}", self.config.timeout, printing))
            if verdict.outcome in UNDECIDED:
                return Result(Ending.UNDECIDED)
            if verdict.outcome is not Outcome.ELABORATED:
                return Result(Ending.BROKEN, failed="error", report=f"Lean refuses it: {verdict.first_error}")
            holes = probe.read(verdict.messages, printing)
            if not all(hole.goals for hole in holes):
                continue
            verdict = await self._ask(probe.fitting(f"fitting {i}", holes, self.config.timeout))
            if verdict.accepted:
                return holes
            if verdict.outcome in UNDECIDED:
                return Result(Ending.UNDECIDED)
        for statement in await self._stated([goal for hole in holes for goal in hole.goals]):
            unfit = {"kept": False, "reason": str(Drop.UNFIT), "detail": "its skeleton does not follow"}
            await self.history.aside(statement.model_copy(update=unfit) if statement.kept else statement, self.config)
        return Result(Ending.UNFIT)

    def _refused(self) -> str:
        """What the policy of proofs says against the skeleton, '' for nothing: the probe is a snippet, which has no policy of its own."""
        check = self.statement.check("skeleton", self.config.timeout, negated=self.draft.side.negated, proof=self.skeleton.text)
        return next((found.reason for found in violations(ParsedCheck(check), "kernel") if found.reason != "sorry"), "")

    async def _ask(self, check: Check) -> Verdict:
        (verdict,) = await self.tools.verify([check])
        return verdict

    async def _stated(self, goals: Sequence[Goal]) -> list[Statement]:
        """The statements of goals with their normal forms; what Lean does not take as one is not kept."""
        made = [self._made(goal) for goal in goals]
        verdicts = await self.tools.verify([s.check(s.id, self.config.timeout, proof=UNPROVED) for s in made])
        return [_judged(statement, verdict) for statement, verdict in zip(made, verdicts, strict=True)]

    def _made(self, goal: Goal) -> Statement:
        """The statement of a goal, which comes from the sketcher's answer."""
        statement, draft, sampling = self.statement, self.draft, self.draft.sampling
        place = Problem(id=statement.problem_id, header=statement.header, preamble=statement.preamble)
        lineage = {"model": draft.weights.hash, "version": draft.weights.version, "prompt": draft.prompt, "round": self.tools.round}
        asked = {"seed": sampling.seed, "temperature": sampling.temperature, "top_p": sampling.top_p, "max_tokens": sampling.max_tokens}
        return new_statement(place, goal.statement, origin=self.origin, parent=statement.id, **lineage, **asked)

    async def _assembled(self, holes: Sequence[Hole], proofs: Sequence[Pair]) -> Proof:
        """The proofs in their holes where that works, else as theorems before the one that uses them."""
        text = self.skeleton.text
        if all(len(hole.goals) == 1 for hole in holes) and all(pair.form == "proof" for pair in proofs):
            proof = inlined(text, holes, [pair.proof for pair in proofs])
            side = self.draft.side
            verdict = await self._ask(self.statement.check("inlined", self.config.timeout, negated=side.negated, proof=proof))
            if verdict.accepted:
                return Proof("proof", proof)
        lemmas = [_as_lemma(pair, name(i)) for i, pair in enumerate(proofs)]
        return Proof("code", "\n\n".join([*lemmas, f"{source(parse_theorem(self.draft.side.text))} := {filled(text, holes)}"]) + "\n")


def hole_config(config: SearchConfig) -> SearchConfig:
    """How holes are searched: with all strategies, the cheap tactics included, and skeletons one level less deep."""
    sketch = config.sketch
    changed = {
        "attempts": sketch.attempts,
        "wave": min(config.wave, sketch.attempts),
        "portfolio": "never" if config.portfolio == "never" else "always",
        "sketch": sketch.model_copy(update={"depth": sketch.depth - 1}),
    }
    return config.model_copy(update=changed)


def _judged(statement: Statement, verdict: Verdict) -> Statement:
    if verdict.reason == Reason.STATEMENT or verdict.outcome is Outcome.POLICY:
        reason = Drop.ELABORATION if verdict.reason == Reason.STATEMENT else Drop.POLICY
        return statement.model_copy(update={"kept": False, "reason": str(reason), "detail": verdict.first_error or verdict.reason})
    return statement.model_copy(update={"form": verdict.form, "negated_form": verdict.negated_form})


def _plain(statement: str) -> str:
    """What a statement says, whether its variables are binders or not, and whatever they are called."""
    theorem = parse_theorem(statement)
    says = f"∀ {theorem.binders}, {theorem.conclusion}" if theorem.binders else theorem.conclusion
    return re.sub(r"\( ([^():]+ : [^()]+) \)", r"\1", canonical(f"theorem X : {says}"))


def _fate(pairs: Sequence[Pair]) -> str:
    if not pairs:
        return "too hard"
    return "statement wrong" if all(pair.negated for pair in pairs) else "proved"


def _as_lemma(pair: Pair, lemma: str) -> str:
    if pair.form == "code":
        return renamed(pair.proof, {NAME: lemma}).strip()
    return f"{renamed(pair.statement, {NAME: lemma})} := {pair.proof}"
