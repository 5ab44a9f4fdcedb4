"""A strategy and a prompt role: shows the prover its last failed proof and what Lean said, and proposes what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from synth.config import SearchConfig
from synth.llm.types import Sampling
from synth.prompts import Prompt, PromptSet, Unread, read_proof
from synth.records import Problem, Statement
from synth.search.base import History, Proposal, Side, Tried
from synth.services import Tools


def ask_mend(prompts: PromptSet, side: Side, failed: Tried) -> Prompt:
    """The role's prompt: its template is `mend.jinja` in the folder of a preset."""
    said = failed.verdict.messages[0].text if failed.verdict and failed.verdict.messages else ""
    return prompts.ask("mend", {"shape": "compact", "statement": side.text}, goal=side.text, proof=failed.attempt.proof, message=said)


def make(statement: Statement, problem: Problem | None, config: SearchConfig, tools: Tools) -> Mend:
    return Mend(tools)


@dataclass(frozen=True)
class Mend:
    tools: Tools
    name: str = "mend"
    one_shot: bool = True

    async def propose(self, statement: Statement, sides: list[Side], history: History, n: int, wave: int) -> list[Proposal]:
        prover, proposals = self.tools.prover, list[Proposal]()
        sampling = Sampling(n=1, temperature=0.0, max_tokens=prover.prompts.settings("mend").budget)
        for side in sides:
            if not (failures := list(history.failures(side))):
                continue
            prompt = ask_mend(prover.prompts, side, failures[-1])
            (answer,) = await prover.ask([prompt], sampling)
            if isinstance(answer, str):
                continue  # the prompt is too long
            (completion,) = answer
            proof = read_proof(prompt, completion.text, completion.finished)
            if not isinstance(proof, Unread):
                proposals.append(
                    Proposal(
                        side,
                        proof,
                        self.name,
                        completion.tokens,
                        sampling=sampling,
                        weights=completion.weights,
                        prompt=prover.prompts.hash("mend"),
                        parent=failures[-1].attempt.id,
                    )
                )
        return proposals
