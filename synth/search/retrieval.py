"""Strategy: whole proofs that may use what the run has proved before.

The lemmas that are nearest to the statement are shown as theorems above it.  A proof that names one carries it, with its proof, so
that what is accepted stands on its own; a lemma is never taken on trust.
"""

from __future__ import annotations

from dataclasses import dataclass

from synth.config import SearchConfig
from synth.prompts import PromptSet, Proof, Unread, read_proof
from synth.prompts.declarations import tokens
from synth.prompts.preset import shown_theorem
from synth.prompts.prompt import Prompt
from synth.records import Pair, Problem, Statement, above
from synth.search.base import History, Proposal, Side
from synth.search.lemmas import carried, lemma_name, stated
from synth.search.whole_proof import proposed, sampling_seed
from synth.services import Tools


def make(statement: Statement, problem: Problem | None, config: SearchConfig, tools: Tools) -> Retrieval | None:
    """For `loop.STRATEGIES`; None where nothing has been proved yet."""
    return Retrieval(config, tools) if tools.shelf is not None else None


@dataclass(frozen=True)
class Retrieval:
    """Whole proofs sampled from the prover, which sees the nearest lemmas."""

    config: SearchConfig
    tools: Tools
    name: str = "retrieval"
    one_shot: bool = False

    async def propose(self, statement: Statement, sides: list[Side], history: History, n: int, wave: int) -> list[Proposal]:
        prover, config, proposals = self.tools.prover, self.config, list[Proposal]()
        for side in sides:
            if not (lemmas := self._lemmas(statement, side)):
                continue
            shown = shown_lemmas(prover.prompts, side.text, (statement.header, statement.preamble), lemmas)
            prompt = ask_with_lemmas(prover.prompts, side.text, shown)
            seed = sampling_seed(self.tools, statement, wave, side, self.name)
            sampling = prover.sampling("retrieve", n, seed, config.temperature, config.top_p, config.max_tokens)
            (answer,) = await prover.ask([prompt], sampling)
            template = prover.prompts.hash("retrieve")
            for index, completion in enumerate(answer if not isinstance(answer, str) else ()):  # a string: too long for this model
                read = read_proof(prompt, completion.text, completion.finished)
                proof = read if isinstance(read, Unread) else standing(side, read, lemmas)
                sample = wave * config.wave + index
                proposals.append(proposed(side, proof, completion, self.name, sample, sampling, template, shown=shown))
        return proposals

    def _lemmas(self, statement: Statement, side: Side) -> list[Pair]:
        if self.tools.shelf is None:
            return []
        front = (statement.header, statement.preamble)
        return self.tools.shelf.near(side.text, statement.id, front, self.config.retrieval.lemmas)


def shown_lemmas(prompts: PromptSet, statement: str, front: tuple[str, str], lemmas: list[Pair]) -> dict[str, str]:
    """What the template `retrieve` may show: `goal`, `statement`, `name`, `header` as for `prove`, and the `lemmas` as theorems."""
    return {
        **shown_theorem(statement, prompts.preset.prove.name),
        "header": above(*front),
        "lemmas": "\n\n".join(f"{stated(pair)} := by sorry" for pair in lemmas),
    }


def ask_with_lemmas(prompts: PromptSet, statement: str, shown: dict[str, str]) -> Prompt:
    """Ask for a proof of `statement`; a file that repeats the lemmas is read without them."""
    header = above(shown["header"], shown["lemmas"])
    reading = {"shape": prompts.preset.prove.shape, "name": shown["name"], "statement": statement, "header": header}
    return prompts.ask("retrieve", reading, **shown)


def standing(side: Side, read: Proof, lemmas: list[Pair]) -> Proof:
    """The proof with the lemmas that it names; as it is where it names none."""
    named = {mark.text for mark in tokens(read.text)}
    used = [pair for pair in lemmas if lemma_name(pair) in named]
    return Proof("code", carried(used, side.text, read.text, read.form)) if used else read
