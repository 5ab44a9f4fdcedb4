"""`synth check-programs`: each requirement of a file of programs proved, refuted with an input, or left for somebody to decide.

What an interrupted call has decided waits in a journal beside the output, and is not decided again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from synth.config import RunConfig
from synth.problems.families.programs import draw_programs
from synth.programs.decide import Answer, Decided, Decision, decide
from synth.programs.formalized import Formalized, asked_about, formalized
from synth.programs.items import Item, of_program, read_items
from synth.run.beside import check_beside, tried, write_beside
from synth.run.judge import told_of
from synth.run.remembered import Begun
from synth.run.resumed import Resumed, deciding
from synth.run.roles import search_prompts
from synth.run.searches import Searched
from synth.run.stages import note_budgets, require_models, with_tools
from synth.run.translating import asking, confirmed, told_who, with_cost
from synth.search.loop import require_strategies
from synth.services import Tools
from synth.show.progress import Progress
from synth.store.files import check_target, write_records


@dataclass
class Report:
    """What became of the items; `missed` and `accused` only where it is known which programs are right."""

    decisions: list[Decision]
    missed: list[str] = field(default_factory=list)  # wrong ones that are called right
    accused: list[str] = field(default_factory=list)  # right ones that are called wrong

    def lines(self, bugs: int = 0) -> list[str]:
        """What a user is to know, a line each: every item that needs one, then the figures.  `bugs`: how many are known to be wrong."""
        shown = [line for one in self.decisions if (line := _line(one))]
        refuted = sum(one.answer is Answer.REFUTED for one in self.decisions) - len(self.accused)
        known = (
            f"bugs found: {refuted} of {bugs}; right ones called wrong: {len(self.accused)}; wrong ones called right: {len(self.missed)}"
        )
        return [*self._figures(), known] if bugs else [*shown, *self._figures()]

    def _figures(self) -> list[str]:
        counts = Counter(one.answer.value for one in self.decisions)
        decided = counts["proved"] + counts["refuted"]
        tokens, seconds = sum(one.tokens for one in self.decisions), sum(one.core_seconds for one in self.decisions)
        items = len(self.decisions)
        empty = sum(bool(one.says_nothing) for one in self.decisions)
        guessed = sum(bool(told_who(one)) for one in self.decisions)
        return [
            f"{items} items: {', '.join(f'{count} {answer}' for answer, count in counts.items())}"
            + (f"; {empty} of the proved ones say nothing" if empty else "")
            + (f"; {guessed} as a model stated or translated them" if guessed else ""),
            f"decided: {decided / items:.0%}; cost per item: {tokens / items:.0f} tokens, {seconds / items:.2f} core-seconds of Lean",
        ]


def _line(one: Decision) -> str:
    """What is wrong with an item, or asked about it, or that a model stated it; '' where it is proved, says something, and none did."""
    place = f"{one.source}: {one.name}"
    if one.answer is Answer.REFUTED:
        where = ", ".join(f"{name} = {value}" for name, value in one.counterexample.items())
        return f"{place}: refuted{f' by {where}' if where else ''}{told_who(one)}"
    if one.answer is Answer.PROVED:
        nothing = f", but says nothing of the program: {one.says_nothing}" if one.says_nothing else ""
        return f"{place}: proved{nothing}{told_who(one)}" if nothing or told_who(one) else ""
    return f"{place}: {one.answer.value}: {one.reason.removeprefix(f'{one.source}: ')}{told_who(one)}"


def check_programs_file(config: RunConfig, source: str, out: str, progress: Progress) -> Report:
    """Decide the items of a file or folder; the decisions are written to `out`."""
    check_target(out)
    return _decided(config, read_items(source), out, progress)


def check_generated(config: RunConfig, count: int, seed: int, out: str, progress: Progress) -> tuple[Report, int]:
    """Decide `count` generated programs, of which it is known which have a bug; and how many do."""
    check_target(out)
    drafts = draw_programs(seed, count)
    items = [item for n, draft in enumerate(drafts, 1) for item in of_program(draft.source, f"generated:{seed}:{n} ({draft.family})")]
    report = _decided(config, items, out, progress)
    for draft, one in zip(drafts, report.decisions, strict=True):
        if not draft.right and one.answer is Answer.PROVED:
            report.missed.append(one.source)
        if draft.right and one.answer is Answer.REFUTED:
            report.accused.append(one.source)
    return report, sum(not draft.right for draft in drafts)


def _decided(config: RunConfig, items: list[Item], out: str, progress: Progress) -> Report:
    check_beside(out)
    require_strategies(config.search)
    made_by = asking(items, config)
    items, searching = made_by.items, search_prompts(config) if config.models.prover.own else ()
    asked = tuple(dict.fromkeys((*made_by.prompts, *searching)))
    if asked:
        require_models(config, *asked)
    note_budgets(config, progress)
    kept, begun = Resumed(out, Decision, deciding(config, asked), progress.note), Begun(out, config, asked)
    progress.stage("decide", len(items))

    async def work(tools: Tools) -> list[Decision]:
        gate, tools = asyncio.Semaphore(config.search.in_flight), told_of(tools, progress)

        async def one(item: Item) -> Decision:
            question = _question(item)
            if (decision := kept.known(*question)) is None:
                async with gate:
                    own = begun.tools(tools, *question)
                    new = await formalized(item, config, own, made_by.by) if item.wanted else Formalized(item)
                    search_tools = own if searching else replace(own, models={})
                    decided = await decide(new.item, config.search, search_tools, config.filters)
                    decided = with_cost(await confirmed(decided, new, config), new)
                statement = new.item.statement
                searches = [Searched(statement, decided.found, _spent(decided))] if statement else []
                made, told = tried(searches, new.statements or ([statement] if statement else []))
                decision = kept.keep(
                    decided.decision, *question, made=made, figures=told, settled=not (decided.infra or begun.failed(*question))
                )
                begun.over(*question)
            progress.advance("decide", **{decision.answer.value: True})
            return decision

        return list(await asyncio.gather(*map(one, items)))

    report = Report(with_tools(config, asked, work, resumable=True))
    write_records(out, report.decisions, Decision)
    problems = [item.problem or asked_about(item) for item in items if item.problem or item.wanted]
    write_beside(out, config, "check-programs", {"problems": problems}, (kept.tried(*_question(item)) for item in items))
    begun.finish()
    kept.finish()
    return report


def _question(item: Item) -> tuple[Any, ...]:
    wanted = [asdict(one) for one in item.wanted]
    return item.source, item.name, item.refused, item.problem.model_dump(mode="json") if item.problem else None, *wanted


def _spent(decided: Decided) -> Counter[str]:
    """What the searches of an item spent on models; its other figures are in its records."""
    return sum(decided.found.strategies.values(), Counter[str]())
