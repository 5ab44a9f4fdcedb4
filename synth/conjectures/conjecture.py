"""Conjectures: from a proved statement and a lemma that its proof uses, a model's new statements (STP, arXiv 2502.00212)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import floor

from synth.config import ConjectureConfig
from synth.conjectures.lemmas import Lemma, lemmas_of
from synth.prompts import Proof
from synth.prompts.conjecture import ask_conjecture, shown_conjecture
from synth.records import Drop, Pair, Problem, Statement, content_id
from synth.services import Tools
from synth.statements.formalize import candidates, passed_over, sampled
from synth.statements.screen import Passed

NONE: Lemma = ("", "")


@dataclass(frozen=True)
class Seed:
    """A proof to conjecture from and one lemma that it uses (`NONE`: without one); or why nothing is asked."""

    pair: Pair
    lemma: Lemma = NONE
    left_out: Passed | None = None

    def place(self, round: int) -> Problem:
        """Where its conjectures stand: a problem of their own, below the header and preamble of the proof."""
        id = content_id("conjecture", self.pair.id, self.lemma[0], round)
        return Problem(id=id, header=self.pair.header, preamble=self.pair.preamble)


async def conjectured(pairs: Collection[Pair], parents: Mapping[str, Statement], config: ConjectureConfig, tools: Tools) -> list[Statement]:
    """What the conjecturer makes of `pairs`, not filtered yet; of a pair that nothing is asked about, the reason.

    `parents` are the statements of the pairs, by id.
    """
    seeds = chosen(pairs, parents, await lemmas_of(pairs, tools.verify), config, tools)
    model = tools.models["conjecturer"]
    asked = [seed for seed in seeds if seed.left_out is None]
    shown = [_shown(seed) for seed in asked]
    prompts = [ask_conjecture(model.prompts, one) for one in shown]
    seed = tools.request_seed("conjecture", *(one.pair.id for one in asked))
    sampling = model.sampling("conjecture", config.samples, seed, config.temperature, config.top_p, config.max_tokens)
    answers = await model.ask(prompts, sampling) if prompts else []
    common = {"round": tools.round, "origin": "conjectured"}
    made = [s for one in seeds if one.left_out for s in _nothing(one, one.left_out, tools.round)]
    for one, prompt, values, answer in zip(asked, prompts, shown, answers, strict=True):
        lineage = {"parent": one.pair.statement_id, "lemma": one.lemma[0], "shown": values, "prompt": model.prompts.hash("conjecture")}
        made += candidates(one.place(tools.round), prompt, answer, common | lineage | sampled(sampling))
    return made


def chosen(
    pairs: Collection[Pair], parents: Mapping[str, Statement], lemmas: Mapping[str, list[Lemma]], config: ConjectureConfig, tools: Tools
) -> list[Seed]:
    """A lemma for each pair, none of them for more than its share of all (but for one at least)."""
    most, taken, seeds = max(1, floor(config.lemma_cap * len(pairs))), Counter[str](), list[Seed]()
    for pair in pairs:
        found = lemmas[pair.id]
        free = sorted((one for one in found if taken[one[0]] < most), key=lambda one: content_id("lemma", pair.id, one[0], tools.round))
        parent = parents.get(pair.statement_id)
        if parent and parent.benchmark:
            seeds.append(Seed(pair, left_out=Passed(reason=Drop.CONTAMINATED, detail=f"what it comes from: {parent.benchmark}")))
        elif free:
            taken[free[0][0]] += 1
            seeds.append(Seed(pair, free[0]))
        elif found:
            names = ", ".join(name for name, _ in found)
            seeds.append(Seed(pair, left_out=Passed(reason=Drop.LEMMA_CAP, detail=f"others are conjectured from {names}")))
        elif config.need_lemma:
            seeds.append(Seed(pair, left_out=Passed(reason=Drop.NO_LEMMA, detail=f"the proof {pair.id} names no theorem that Lean knows")))
        else:
            seeds.append(Seed(pair))
    return seeds


def not_asked(pairs: Collection[Pair], limit: str, round: int) -> list[Statement]:
    """What is written down where the budget `limit` leaves nothing for conjectures."""
    return [s for pair in pairs for s in _nothing(Seed(pair), Passed(reason=Drop.BUDGET, detail=limit), round)]


def _shown(seed: Seed) -> dict[str, str]:
    pair = seed.pair
    return shown_conjecture(pair.statement, Proof(pair.form, pair.proof), seed.lemma, pair.header, pair.preamble)


def _nothing(seed: Seed, why: Passed, round: int) -> list[Statement]:
    lineage = {"origin": "conjectured", "parent": seed.pair.statement_id}
    return [s.model_copy(update=lineage) for s in passed_over(seed.place(round), why, round)]
