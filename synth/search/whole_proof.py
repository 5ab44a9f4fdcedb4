"""Strategy: whole proofs sampled from the prover."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from synth.config import SearchConfig
from synth.llm.types import Completion, Sampling
from synth.prompts import Proof, Unread, read_proof
from synth.records import Problem, Statement
from synth.search.base import History, Proposal, Side
from synth.services import Tools


def make(statement: Statement, problem: Problem | None, config: SearchConfig, tools: Tools) -> WholeProof:
    """For `loop.STRATEGIES`."""
    return WholeProof(config, tools, problem.text if problem else "")


NO_ANSWER = "no_answer"  # why nothing could be read: an endpoint's reply was none


def sampling_seed(tools: Tools, statement: Statement, wave: int, side: Side, *more: str) -> int:
    """The seed of a request for one side of a statement, in one wave."""
    apart = [*(["negated"] if side.negated else []), *more]
    return tools.request_seed(statement.id, wave, *apart)


def proposed(
    side: Side,
    read: Proof | Unread,
    completion: Completion,
    strategy: str,
    sample: int,
    sampling: Sampling,
    prompt: str,
    parent: str = "",
    shown: Mapping[str, str] | None = None,
) -> Proposal:
    """What was `read` from a completion, as a proposal; what could not be read is kept as it was given, with the reason."""
    unread = ""
    if isinstance(read, Unread):
        unread, read = NO_ANSWER if completion.fault else read.reason, Proof("proof", completion.text or completion.fault)
    return Proposal(side, read, strategy, completion.tokens, sample, sampling, completion.weights, prompt, parent, unread, shown or {})


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
                sample = wave * config.wave + index
                proposals.append(proposed(side, read, completion, self.name, sample, sampling, prompts.hash("prove")))
        return proposals
