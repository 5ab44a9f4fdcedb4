"""Strategy: a proof with holes, each hole a statement of its own, and what was proved put in their places.

A skeleton of `have … := by sorry` is drafted, each hole is searched as any statement is, and the whole is assembled (Delta Prover
2507.15225 §3, DeepSeek-Prover-V2 2504.21801 §2, Hilbert 2509.22819 §3).  Holes that stay open go back to the sketcher with what became
of them: refuted (`statement wrong`) or not proved (`too hard`).  What is assembled is a proposal like any other: the search has it
verified, whole and on the very statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from synth.budget import BudgetSpent
from synth.config import SearchConfig
from synth.prompts import Earlier, Proof, Role, Skeleton, Unread, ask_skeleton, read_skeleton
from synth.records import Problem, Statement
from synth.search.base import History, Proposal, Side
from synth.search.outcome import attempt_id
from synth.search.skeleton import Ending, Origin, Result, Work
from synth.search.whole_proof import proposed
from synth.services import Tools


def make(statement: Statement, problem: Problem | None, config: SearchConfig, tools: Tools) -> Sketch | None:
    """For `loop.STRATEGIES`; None where skeletons nest no deeper."""
    return Sketch(config, tools, problem.text if problem else "") if config.sketch.depth else None


@dataclass(frozen=True)
class Draft:
    """An answer of the sketcher: what it is as a proposal, and the skeleton in it, if there is one."""

    proposal: Proposal
    skeleton: Skeleton | None


@dataclass(frozen=True)
class Revision:
    """What the sketcher is asked to revise, and the attempt that this was; nothing for a fresh skeleton."""

    earlier: Earlier | None = None
    parent: str = ""


@dataclass(frozen=True)
class Sketch:
    """Skeletons of a side, tried in turn until one is filled; those that failed are revised, and tried again."""

    config: SearchConfig
    tools: Tools
    problem: str = ""
    name: str = "sketch"
    role: Role = "sketch"
    origin: Origin = "subgoal"
    one_shot: bool = True

    async def propose(self, statement: Statement, sides: list[Side], history: History, n: int, wave: int) -> list[Proposal]:
        chosen = [side for side in sides if not side.negated or self.config.sketch.negation]
        return [proposal for side in chosen for proposal in await self._side(statement, side, history)]

    async def _side(self, statement: Statement, side: Side, history: History) -> list[Proposal]:
        """Every skeleton with its ending, and the proof that one of the last turn became, if one did."""
        proposals: list[Proposal] = []
        known: dict[str, str] = {}
        asked = [Revision()]
        for turn in range(self.config.sketch.revisions + 1):
            try:
                drafts = await self._drafts(statement, side, asked, turn)
            except BudgetSpent:
                if turn:  # what was tried so far is recorded; nothing more is begun
                    return proposals
                raise
            asked, proof = [], None
            for draft in drafts:
                if draft.skeleton is None:
                    proposals.append(draft.proposal)
                    continue
                text = draft.skeleton.text
                if proof is None and text not in known:
                    work = Work(statement, draft.proposal, draft.skeleton, self.origin, self.config, self.tools, history)
                    result = await work.result()
                    known[text] = "" if result.ending is Ending.WHOLE else result.ending
                    proof = self._proposed(statement, draft, result)
                    if result.report:
                        asked.append(Revision(Earlier(draft.skeleton, result.failed, result.report), attempt_id(statement, side, text)))
                proposals.append(replace(draft.proposal, unread=known.get(text, Ending.UNTRIED)))
            if proof is not None:
                return [*proposals, proof]
            if not asked:
                break
        return proposals

    def _proposed(self, statement: Statement, draft: Draft, result: Result) -> Proposal | None:
        """The proof that a skeleton became, if it did."""
        if result.proof is None:
            return None
        parent = attempt_id(statement, draft.proposal.side, draft.proposal.proof.text)
        return replace(draft.proposal, proof=result.proof, tokens=0, parent=parent)

    async def _drafts(self, statement: Statement, side: Side, asked: Sequence[Revision], turn: int) -> list[Draft]:
        """`skeletons` fresh ones in the first turn, then one for each that is to be revised."""
        model, config = self.tools.models["sketcher"], self.config.sketch
        seed = self.tools.request_seed(statement.id, side.negated, self.name, turn)
        sampling = model.sampling(self.role, 1 if turn else config.skeletons, seed, config.temperature, None, config.max_tokens)
        problem = "" if side.negated else self.problem
        place = (side.text, statement.header, statement.preamble, problem)
        prompts = [ask_skeleton(model.prompts, self.role, *place, revision.earlier) for revision in asked]
        drafts: list[Draft] = []
        for prompt, revision, answer in zip(prompts, asked, await model.ask(prompts, sampling), strict=True):
            if isinstance(answer, str):
                continue  # a prompt too long for this model: nothing to propose
            for completion in answer:
                read = read_skeleton(prompt, completion.text, completion.finished)
                proof = read if isinstance(read, Unread) else Proof("proof", read.text)
                template = model.prompts.hash(self.role)
                proposal = proposed(side, proof, completion, self.name, len(drafts), sampling, template, revision.parent, prompt.shown)
                drafts.append(Draft(proposal, None if isinstance(read, Unread) else read))
        return drafts
