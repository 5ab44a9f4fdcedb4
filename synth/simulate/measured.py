"""What things take, as a run has recorded it: tokens and seconds of attempts, with how Lean judged them, statement by statement.

A simulated statement is given what a recorded one had, on both sides, so that what belongs together stays together: an easy
statement is proved by several attempts, a long proof takes Lean longer.  Filters, evaluations and cheap tactics have service times
of their own (`synth/store/service.py`); of a run that an earlier version made they are taken from the pools' totals.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import yaml

from synth.config import RunConfig
from synth.llm.config import ROLES
from synth.overrides import apply_overrides
from synth.records import Attempt, HeldoutAttempt, SearchRow, Statement, VerdictRow
from synth.run.state import checkpoints as weights_folder
from synth.search.portfolio import Portfolio
from synth.simulate.engine import Curve
from synth.simulate.rates import CALM, cores_beside, engine_seconds, fitted, pool_seconds, training
from synth.simulate.served import held_samples, services, stage_means
from synth.store.rundir import RunDir
from synth.store.timeline import read_timeline
from verify_workers.errors import UserError


@dataclass(frozen=True)
class Draw:
    """One attempt as it was: generated tokens, Lean's seconds, and what came of it."""

    tokens: int
    seconds: float
    outcome: str
    reason: str = ""
    unread: bool = False
    name: str = ""
    """Whose it is: equal proofs are one."""


def slower(draw: Draw, factor: float) -> Draw:
    """With other seconds of Lean."""
    return replace(draw, seconds=draw.seconds * factor)


@dataclass
class Template:
    """One statement's search: its attempts by side (negated or not), in the order of their samples."""

    attempts: dict[bool, list[Draw]] = field(default_factory=lambda: {False: [], True: []})
    tactics: dict[bool, dict[str, Draw]] = field(default_factory=lambda: {False: {}, True: {}})


@dataclass(frozen=True)
class Measured:
    """What a run took."""

    templates: dict[tuple[int, bool], list[Template]]
    """By round, and whether the statement had been searched before."""
    samples: int
    """Attempts a side that the search of a statement had; those that said the same again are in no record."""
    again: float
    """Tokens of one that said the same again, as a share of any recorded one's: short proofs are found more than once."""
    kept: dict[int, list[int]]
    """Statements kept, of each problem in plain language, by round."""
    formalize_tokens: float
    """Of one sample of the formalizer."""
    judge_tokens: float
    """Of the judge, for each statement."""
    filter_checks: float
    """Checks for each problem before the search of its statements."""
    lean: dict[str, list[float]]
    """Lean's seconds of checks that no attempt is in, by what they were for: `filters`, `compare first`, `baseline one`, ...; and
    under `filters` and `other` means from the totals, where a run has nothing better."""
    held: dict[int, list[list[Draw]]]
    """By version of the weights: of each held-out statement the samples of its evaluation, in their order."""
    seconds: dict[str, float]
    """Lean's mean seconds by stage: what a simulation of the recorded run has to come to."""
    pool_seconds: float
    """Of a worker's time for each check, beside Lean's."""
    curve: Curve
    train_tokens: float
    """Of one example."""
    train_rate: float
    """Tokens a second."""
    train_aside: float
    """Seconds of a training beside its steps."""
    swap_seconds: float
    start_seconds: float
    """Of an engine."""
    shard_start: float
    """Of the shard actors, all together; 0 where a run of an earlier version does not say."""
    cheap: list[str]
    """Of statements that a model proved, the cheap tactic that proves them too; '' = none does."""
    cheap_heldout: list[str]
    """The same of held-out statements."""
    heldout: float
    """Of an attempt at a held-out statement, Lean's seconds as a share of those of any attempt."""
    beside: float
    """Cores of the machine that neither engines nor pools had, while a search was all that went on."""
    busy_per_check: float
    """A pool's worker-seconds a check, while a search was all that went on."""
    busy_per_token: float
    """An engine's busy seconds a token, then."""

    def searched(self, round: int, again: bool) -> list[Template]:
        """The searches to draw from: those of the round, or of the nearest one that had any."""
        rounds = sorted((abs(known - round), known) for known, other in self.templates if other == again)
        if not rounds:
            return self.searched(round, not again)
        return self.templates[rounds[0][1], again]

    def scaled(self, lean: Mapping[str, float], engine: float = 1.0, trainer: float = 1.0, start: float = 1.0) -> Measured:
        """With other seconds of Lean in each stage (`search` where there is none of its own), other speeds of engines and the trainer.

        `start`: and other seconds to start a shard actor.
        """
        search = lean["search"]
        return replace(
            self,
            templates={
                key: [
                    Template(
                        {s: [slower(d, search) for d in draws] for s, draws in t.attempts.items()},
                        {s: {n: slower(d, search) for n, d in draws.items()} for s, draws in t.tactics.items()},
                    )
                    for t in templates
                ]
                for key, templates in self.templates.items()
            },
            lean={name: [s * lean.get(name.split()[0], search) for s in some] for name, some in self.lean.items()},
            held={
                version: [[slower(d, lean.get("evaluate", search)) for d in draws] for draws in some] for version, some in self.held.items()
            },
            pool_seconds=self.pool_seconds * search,
            curve=Curve(self.curve.peak * engine, self.curve.half),
            train_rate=self.train_rate * trainer,
            shard_start=self.shard_start * start,
        )

    @property
    def attempts(self) -> list[Draw]:
        """All that a model proposed."""
        return [d for templates in self.templates.values() for t in templates for draws in t.attempts.values() for d in draws]


def changeable_config(store: RunDir) -> RunConfig:
    """The configuration of a run, in which a role's own settings of its engines are those that differ from all others'.

    UserError where there is none, or it does not load.
    """
    if not store.exists("config.yaml"):
        raise UserError(f"{store.path}: no config.yaml: service times are read from a run directory of `synth run`")
    tree = yaml.safe_load(store.read_bytes("config.yaml"))
    for role in ROLES:
        own = tree.get("models", {}).get(role, {}).get("sampler", {})
        for name in [name for name, value in own.items() if tree.get("sampler", {}).get(name) == value]:
            del own[name]
    return apply_overrides(RunConfig, tree, [], where=f"{store.path}/config.yaml")


def measured(store: RunDir, config: RunConfig) -> Measured:
    """What the run in `store` took.  UserError where it holds too little to say."""
    rounds = [figures for figures in store.rounds() if figures["round"]]
    numbers = [int(figures["round"]) for figures in rounds]
    templates = _templates(store, numbers)
    if not rounds or not any(t.attempts[False] for found in templates.values() for t in found):
        raise UserError(f"{store.path}: no complete round with attempts of a model: let `synth run` finish a round, or give another run")
    rows, searches = read_timeline(store), [row for row in store.read("searches", SearchRow) if not row.inside]
    clocks = [store.read_json(f"rounds/{number:03d}/clock.json", {}).get("spent", {}) for number in numbers]
    checks, lean = (sum(clock.get(name, 0) for clock in clocks) for name in ("checks", "lean_ms"))
    filter_checks = max(0, checks - sum(row.checks for row in searches))
    filter_seconds = max(0.0, lean / 1000 - sum(row.lean_seconds for row in searches)) / max(1, filter_checks)
    mean = lean / 1000 / max(1, checks)
    problems = max(1, sum(figures["problems"] for figures in rounds))
    spent = pool_seconds(rows, CALM) or pool_seconds(rows)
    others = pool_seconds([row for row in rows if not {"search", "evaluate"} & row.stages.keys()]) or spent
    statements = list(store.read("statements", Statement))
    told = sum(entry["info"].get("problems", 0) for entry in store.entries() if entry["info"].get("tokens_formalizer"))
    train = training(weights_folder(config, store), numbers)
    asked, held = services(store, numbers), held_samples(store, [0, *numbers])
    return Measured(
        templates=templates,
        samples=config.search.attempts,
        again=_again(searches, templates),
        kept=_kept(statements),
        formalize_tokens=sum(f.get("tokens_formalizer", 0) for f in rounds) / max(1, told * config.formalize.samples),
        judge_tokens=sum(f.get("tokens_judge", 0) for f in rounds) / max(1, sum(s.origin != "given" for s in statements)),
        filter_checks=filter_checks / problems,
        lean={
            "filters": [filter_seconds],
            "other": [max(0.0, others - max(0.0, spent - mean))],
            **{name: one.sample() for name, one in asked.items() if one.checks},
        },
        held={number: [_held(samples) for samples in some] for number, some in held.items()},
        seconds=stage_means(store, numbers, asked, held),
        pool_seconds=max(0.0, spent - mean),
        curve=fitted(rows, config.search.wave),
        train_tokens=train[0],
        train_rate=train[1],
        train_aside=max(0.0, statistics.fmean(f["stages"].get("train", 0.0) for f in rounds) - train[2]),
        swap_seconds=statistics.fmean([f["swap_seconds"] for f in rounds if "swap_seconds" in f] or [0.1]),
        cheap=[tactic for number in numbers for tactic in store.read_json(f"rounds/{number:03d}/compared.json", {}).values()] or [""],
        cheap_heldout=_heldout_tactics(store),
        heldout=min(1.0, pool_seconds(rows, {"evaluate"}) / spent) if pool_seconds(rows, {"evaluate"}) else 1.0,
        beside=cores_beside(rows, CALM),
        busy_per_check=spent,
        busy_per_token=engine_seconds(rows, CALM) or engine_seconds(rows),
        start_seconds=max((f["stages"].get("start samplers", 0.0) for f in store.rounds()), default=0.0),
        shard_start=statistics.median([s for f in store.rounds() if (s := f["stages"].get("start shards"))] or [0.0]),
    )


def _templates(store: RunDir, numbers: Iterable[int]) -> dict[tuple[int, bool], list[Template]]:
    """Round by round: an attempt that a later round made again is read again."""
    begun = {s.id: s.round for s in store.read("statements", Statement)}
    found: dict[tuple[int, bool], dict[str, Template]] = defaultdict(dict)
    for number in numbers:
        prefix = f"r{number:03d}-"
        verdicts = {v.id: v for v in store.read("verdicts", VerdictRow, prefix)}
        seconds = [v.seconds for v in verdicts.values() if v.seconds]
        attempts = sorted(store.read("attempts", Attempt, prefix), key=lambda a: (a.statement_id, a.negated, a.sample))
        for place, attempt in enumerate(attempts):
            again = begun.get(attempt.statement_id, number) < number
            template = found[number, again].setdefault(attempt.statement_id, Template())
            draw = _draw(attempt, verdicts.get(attempt.id), seconds[place % len(seconds)] if seconds else 0.0)
            if attempt.strategy == Portfolio.name:
                template.tactics[attempt.negated][attempt.proof] = draw
            else:
                template.attempts[attempt.negated] += [draw] * attempt.count
    return {key: list(by_id.values()) for key, by_id in found.items()}


def _again(searches: Iterable[SearchRow], templates: Mapping[tuple[int, bool], list[Template]]) -> float:
    """What the searches' tokens leave for each sample that is in no record, over the mean of the recorded ones; 1 = not known."""
    spent = [one for row in searches for name, one in row.strategies.items() if name != Portfolio.name]
    recorded = [draw.tokens for found in templates.values() for t in found for draws in t.attempts.values() for draw in draws]
    left, tokens = sum(one.get("samples", 0) for one in spent) - len(recorded), sum(one.get("tokens", 0) for one in spent)
    if left <= 0 or not sum(recorded):
        return 1.0
    return max(0.0, tokens - sum(recorded)) / left / (sum(recorded) / len(recorded))


def _draw(attempt: Attempt, verdict: VerdictRow | None, other: float) -> Draw:
    """`other`: seconds of a check that was called off."""
    if verdict is None or verdict.outcome in ("unchecked", "infra"):
        return Draw(attempt.tokens, other, "rejected", "elaboration", bool(attempt.unread), attempt.id)
    return Draw(attempt.tokens, verdict.seconds, verdict.outcome, verdict.reason, bool(attempt.unread), attempt.id)


def _held(samples: Sequence[HeldoutAttempt]) -> list[Draw]:
    """The samples of one held-out statement; equal texts are one draw."""

    def draw(first: HeldoutAttempt) -> Draw:
        name, unread = f"{first.statement_id}-{first.same}", first.outcome == "unread"
        judged = (first.outcome, first.reason) if not unread and first.outcome != "infra" else ("rejected", "elaboration")
        return Draw(first.tokens, first.seconds, *judged, unread, name)

    return [draw(samples[s.same]) for s in samples]


def _kept(statements: Iterable[Statement]) -> dict[int, list[int]]:
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for s in statements:
        if s.origin in ("autoformalized", "refined"):
            found[s.round][s.problem_id] += s.kept
    return {round: [*counts.values()] for round, counts in found.items()} or {1: [1]}


def _heldout_tactics(store: RunDir) -> list[str]:
    solved = list(store.read_json("rounds/000/baseline.json", {"solved": {}})["solved"].values())
    rows = next((figures.get("heldout", 0) for figures in store.rounds()), 0)
    return [*solved, *[""] * max(0, rows - len(solved))] or [""]
