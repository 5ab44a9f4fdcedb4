"""Strategy: whole proofs sampled from the prover."""

from __future__ import annotations

from dataclasses import dataclass

from synth.config import SearchConfig
from synth.llm.types import Sampling
from synth.prompts import PromptSet, Proof, parse_proof
from synth.records import Lineage, Statement, content_id
from synth.search.base import Proposal, Side
from synth.services import Sample


@dataclass(frozen=True)
class WholeProof:
    """Whole proofs sampled from the model."""

    config: SearchConfig
    prompts: PromptSet
    sample: Sample
    lineage: Lineage
    name: str = "whole_proof"

    async def propose(self, statement: Statement, sides: list[Side], tried: set[tuple[bool, str]], n: int, wave: int) -> list[Proposal]:
        seed = int(content_id("seed", self.lineage.seed, self.lineage.round, statement.id, wave)[:7], 16)
        sampling = Sampling(n=n, temperature=self.config.temperature, top_p=self.config.top_p, max_tokens=self.config.max_tokens, seed=seed)
        answers = await self.sample([self.prompts.prove(side.text) for side in sides], sampling)
        proposals = []
        for side, answer in zip(sides, answers, strict=True):
            if isinstance(answer, str):
                continue  # a prompt too long for this model: nothing to propose
            for index, completion in enumerate(answer):
                proof = parse_proof(completion.text)
                if proof is None:
                    proof = Proof("proof", "by")
                proposals.append(Proposal(side, proof, self.name, completion.tokens, wave * n + index, seed, self.config.temperature))
        return proposals
