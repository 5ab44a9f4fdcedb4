"""`synth conjecture`: new statements from a file of verified pairs by a model, or variants of its statements by rule, without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from synth.config import RunConfig
from synth.conjectures.conjecture import conjectured
from synth.conjectures.filters import kept_conjectures, kept_copies, kept_variants
from synth.conjectures.make import SUBGOAL, by_rules, not_varied
from synth.conjectures.variants import RULES
from synth.prompts import Role
from synth.records import Drop, Pair, Problem, Statement
from synth.run.decontaminate import Row, rows_of
from synth.run.remembered import memory, remembered
from synth.run.stages import note_budgets, require_models, with_tools
from synth.services import Tools
from synth.show.progress import Progress
from synth.statements.benchmarks import SECONDS, Benchmarks, forms_of, read_benchmarks
from synth.statements.filters.base import Context
from synth.statements.text import UNPROVED, given, identity, new_statement
from synth.store.files import check_target, write_records
from verify_workers.errors import UserError

COPIES, MOST_COPIES = "mutate", 4  # the rule whose variants are for tests, not for training, and how many of one statement
AT_ONCE = 100  # parents that are worked on together


@dataclass
class Parents:
    """What a file holds to start from: statements by id, and proofs of them."""

    statements: dict[str, Statement] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)


def conjecture_file(config: RunConfig, source: str, rules: Sequence[str], out: str, progress: Progress) -> list[Statement]:
    """Conjectures from the pairs of a file, or with `rules` variants of its statements; every one is written, kept or with its reason.

    What an interrupted call has been told waits in a journal beside `out`, and is not asked again.
    """
    check_target(out)
    _require(rules)
    parents = read_parents(source, progress)
    if not rules and not parents.pairs:
        raise UserError(f"{source}: no verified pairs, and a conjecture starts from a proof; give pairs, or --variants {','.join(RULES)}")
    asked: tuple[Role, ...] = () if rules else ("conjecture", *(("prove",) if config.filters.contradiction_attempts else ()))
    if asked:
        require_models(config, *asked)
        note_budgets(config, progress, "statement")
    barred = read_benchmarks(config.filters.benchmarks) if config.filters.decontaminate else []

    kept = memory(out, config, asked, progress.note)

    async def work(bare: Tools) -> list[Statement]:
        tools, benchmarks = remembered(bare, kept), Benchmarks()
        benchmarks.add(barred, Drop.CONTAMINATED, await forms_of(barred, tools.verify))
        if rules:
            return await _variants(parents, rules, config, tools, benchmarks, progress)
        return await _conjectures(parents, config, tools, benchmarks, progress)

    found = with_tools(config, asked, work, resumable=True)
    write_records(out, found, Statement)
    kept.finish()
    return found


def read_parents(source: str, progress: Progress) -> Parents:
    """The statements of a file of pairs, statements or problems, and its pairs if it has some.  UserError where there is none."""
    rows, model = rows_of(source)
    found, read, seen = Parents(), 0, set[str]()
    for row, problem in rows:
        read += 1
        if isinstance(row, Pair):
            place = Problem(id=row.problem_id, header=row.header, preamble=row.preamble)
            found.statements.setdefault(row.statement_id, new_statement(place, row.statement).model_copy(update={"id": row.statement_id}))
            found.pairs += [] if row.negated or row.id in seen else [row]
            seen.add(row.id)
        elif isinstance(row, Statement):
            if row.kept:
                found.statements.setdefault(row.id, row)
        elif problem.statement and (statement := given(problem, 0)).kept:
            found.statements.setdefault(statement.id, statement)
    if not found.statements:
        raise UserError(f"{source}: no {'kept statement' if model is Statement else 'statement in Lean'}; nothing to start from")
    if model is Row and len(found.statements) < read:
        progress.note(f"{source}: {read - len(found.statements):,} rows have no statement in Lean of their own and are left out")
    return found


def _require(rules: Sequence[str]) -> None:
    if SUBGOAL in rules:
        raise UserError(f"--variants {SUBGOAL}: it needs what Lean said of failed proofs, which a run has (conjectures.variants)")
    if unknown := [rule for rule in rules if rule not in RULES]:
        raise UserError(f"--variants: unknown rule {unknown[0]!r}: use {', '.join(RULES)}")


async def _conjectures(parents: Parents, config: RunConfig, tools: Tools, benchmarks: Benchmarks, progress: Progress) -> list[Statement]:
    statements = {s.id: s for s in await formed(list(parents.statements.values()), benchmarks, tools)}
    found, known = list[Statement](), {identity(s): s.id for s in statements.values()}
    progress.stage("conjecture", len(parents.pairs))
    for start in range(0, len(parents.pairs), AT_ONCE):
        pairs = parents.pairs[start : start + AT_ONCE]
        made = await conjectured(pairs, statements, config.conjectures, tools)
        made = await kept_conjectures(made, Context(tools, config.filters, benchmarks=benchmarks, known=known))
        known |= {identity(s): s.id for s in made if s.kept}
        found += made
        progress.advance("conjecture", len(pairs))
    return found


async def _variants(
    parents: Parents, rules: Sequence[str], config: RunConfig, tools: Tools, benchmarks: Benchmarks, progress: Progress
) -> list[Statement]:
    filters = config.filters.model_copy(update={"contradiction_attempts": 0})  # nobody is there to ask
    listed, found, barren = list(parents.statements.values()), list[Statement](), 0
    progress.stage("conjecture", len(listed))
    known: dict[str, str] = {}
    for start in range(0, len(listed), AT_ONCE):
        some = await formed(listed[start : start + AT_ONCE], benchmarks, tools)
        known |= {identity(s): s.id for s in some}
        context = Context(tools, filters, benchmarks=benchmarks, known=known)
        others = [rule for rule in rules if rule != COPIES]
        made, ties = by_rules([s for s in some if not s.benchmark], others, config.conjectures.per_rule, 0)
        copies, same = by_rules(some, [rule for rule in rules if rule == COPIES], MOST_COPIES, 0)
        made = await kept_variants(made, ties, context)
        known |= {identity(s): s.id for s in made if s.kept}
        made += [row for s in some if s.benchmark and others for row in not_varied(s, 0)]
        made += await kept_copies(copies, same, context)
        barren += len({s.id for s in some} - {s.parent for s in made})
        found += made
        progress.advance("conjecture", len(some))
    if barren:
        progress.note(f"{barren:,} of {len(listed):,} statements have no place for any of the rules {', '.join(rules)}")
    return found


async def formed(statements: Sequence[Statement], benchmarks: Benchmarks, tools: Tools) -> list[Statement]:
    """The statements with their normal forms, where Lean can say them, and the rows of benchmarks that they repeat."""
    asked = [s for s in statements if not s.form]
    verdicts = await tools.verify([s.check(s.id, SECONDS, proof=UNPROVED) for s in asked])
    forms = {s.id: {"form": v.form, "negated_form": v.negated_form} for s, v in zip(asked, verdicts, strict=True)}
    known = [s.model_copy(update=forms.get(s.id, {})) for s in statements]
    repeats = [benchmarks.statement(s) for s in known]
    return [s.model_copy(update={"benchmark": found.what}) if found else s for s, found in zip(known, repeats, strict=True)]
