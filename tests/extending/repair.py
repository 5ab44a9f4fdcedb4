"""A strategy and a prompt role: shows the prover its last failed proof and what Lean said, and proposes what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from synth.config import SearchConfig
from synth.llm.types import Sampling
from synth.prompts import Prompt, PromptSet, Unread, read_proof
from synth.records import Problem, Statement
from synth.search.base import History, Proposal, Side, Tried
from synth.services import Tools


def ask_repair(prompts: PromptSet, side: Side, failed: Tried) -> Prompt:
    """The role's prompt: its template is `repair.jinja` in the folder of a preset."""
    said = failed.verdict.messages[0].text if failed.verdict and failed.verdict.messages else ""
    return prompts.ask("repair", {"shape": "compact", "statement": side.text}, goal=side.text, proof=failed.attempt.proof, message=said)


def make(statement: Statement, problem: Problem | None, config: SearchConfig, tools: Tools) -> Repair:
    return Repair(config, tools)


@dataclass(frozen=True)
class Repair:
    config: SearchConfig
    tools: Tools
    name: str = "repair"
    one_shot: bool = True

    async def propose(self, statement: Statement, sides: list[Side], history: History, n: int, wave: int) -> list[Proposal]:
        proposals: list[Proposal] = []
        for side in sides:
            failures = list(history.failures(side))
            if not failures:
                continue
            prompt = ask_repair(self.tools.prover.prompts, side, failures[-1])
            sampling = Sampling(n=1, temperature=0.0, max_tokens=self.tools.prover.prompts.settings("repair").budget)
            (answer,) = await self.tools.prover.ask([prompt], sampling)
            if isinstance(answer, str):
                continue
            (completion,) = answer
            proof = read_proof(prompt, completion.text, completion.finished)
            if not isinstance(proof, Unread):
                lineage = {
                    "weights": completion.weights,
                    "prompt": self.tools.prover.prompts.hash("repair"),
                    "parent": failures[-1].attempt.id,
                }
                proposals.append(Proposal(side, proof, self.name, completion.tokens, sampling=sampling, **lineage))  # type: ignore[arg-type]
        return proposals
