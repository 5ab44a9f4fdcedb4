"""Strategy: whole proofs sampled from the prover."""

from __future__ import annotations

from dataclasses import dataclass

from synth.config import SearchConfig
from synth.prompts import Proof, Unread, read_proof
from synth.records import Problem, Statement, content_id
from synth.search.base import History, Proposal, Side
from synth.services import Tools


def make(statement: Statement, problem: Problem | None, config: SearchConfig, tools: Tools) -> WholeProof:
    """For `loop.STRATEGIES`."""
    return WholeProof(config, tools, problem.text if problem else "")


NO_ANSWER = "no_answer"  # why nothing could be read: an endpoint's reply was none


def sampling_seed(tools: Tools, statement: Statement, wave: int, side: Side, *more: str) -> int:
    """The seed of a request: another one for each run, round, statement, wave and side (and whatever else tells requests apart)."""
    apart = [*(["negated"] if side.negated else []), *more]
    return int(content_id("seed", tools.seed, tools.round, statement.id, wave, *apart)[:7], 16)


@dataclass(frozen=True)
class WholeProof:
    """Whole proofs sampled from the prover, not knowing of what failed."""

    config: SearchConfig
    tools: Tools
    problem: str = ""
    """The statement in plain language; its negation is not shown with it."""
    name: str = "whole_proof"
    one_shot: bool = False

    async def propose(self, statement: Statement, sides: list[Side], history: History, n: int, wave: int) -> list[Proposal]:
        config, prompts = self.config, self.tools.prover.prompts
        seed = sampling_seed(self.tools, statement, wave, sides[0])
        sampling = self.tools.prover.sampling("prove", n, seed, config.temperature, config.top_p, config.max_tokens)
        asked = [prompts.prove(side.text, statement.header, statement.preamble, "" if side.negated else self.problem) for side in sides]
        answers = await self.tools.prover.ask(asked, sampling)
        proposals = []
        for side, prompt, answer in zip(sides, asked, answers, strict=True):
            if isinstance(answer, str):
                continue  # a prompt too long for this model: nothing to propose
            for index, completion in enumerate(answer):
                read = read_proof(prompt, completion.text, completion.finished)
                proposals.append(
                    Proposal(
                        side,
                        Proof("proof", completion.text or completion.fault) if isinstance(read, Unread) else read,
                        self.name,
                        completion.tokens,
                        wave * config.wave + index,
                        sampling,
                        completion.weights,
                        prompts.hash("prove"),
                        unread="" if not isinstance(read, Unread) else NO_ANSWER if completion.fault else read.reason,
                    )
                )
        return proposals
