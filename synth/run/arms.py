"""What the arms of an ablation are: the runs they come from, the statements of its own searches, and what each arm is trained on."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from synth.config import RunConfig
from synth.examples import pair_examples, proof_examples
from synth.llm.types import Weights
from synth.prompts import PromptSet
from synth.records import KEPT_GRADES, Drop, Pair, Statement
from synth.run.inputs import Inputs, inputs_of_run
from synth.run.merged import model_of_round
from synth.run.roles import given_weights, role_prompts
from synth.run.screen import of_benchmarks
from synth.run.state import checkpoints
from synth.show.recorded import recorded_config
from synth.statements.judge_error import NOT_JUDGED
from synth.statements.text import identity
from synth.store.config_diff import config_differences
from synth.store.rundir import RunDir
from train.config import ReplayConfig, TrainConfig
from train.data import Example
from train.model import checkpoint_hash
from train.replay import select
from verify_workers.errors import UserError

SEARCHES = {"high": ("high",), "low": ("low",), "theorem-only": ("high",)}
"""The ablation's own searches, and whose statements each is given."""
NEEDS = {
    "high": ("high", "low"),
    "low": ("high", "low"),
    "theorem-only": ("theorem-only",),
    "no-negated": ("high",),
    "negations": ("high",),
}
"""The searches that an arm's pairs come from; of any other arm they are the run's."""
SHARES = {"synthetic": 1, "pairs-4": 4, "pairs-16": 16}
TRAINED = ("seeds", *SHARES, *NEEDS)
BYTES_PER_TOKEN = 8  # more than a tokenizer has on average: passes over the examples are counted by it, and cut at the tokens asked for


@dataclass(frozen=True)
class Source:
    """A run that is there: what it made is read, and nothing written (but merged models, where its rounds left adapters alone)."""

    store: RunDir
    config: RunConfig
    inputs: Inputs
    rounds: int
    """Its last complete round."""

    def weights(self, round: int) -> Weights:
        """The run's own model after `round`."""
        trained = int(self.store.read_json(f"rounds/{round:03d}/weights.json")["round"])
        if trained == 0 and not self.config.models.bootstrapped:
            return given_weights(self.config, "prover")
        path = model_of_round(self.config, checkpoints(self.config, self.store), trained)
        if not (path / "config.json").exists():
            raise UserError(
                f"{self.store.path}: the weights of round {trained} are not there ({path}); an ablation needs those of every round"
            )
        return Weights(str(path), trained, checkpoint_hash(path))

    @cached_property
    def pairs(self) -> list[Pair]:
        """The run's verified pairs, but for repeats and what is of a benchmark."""
        without = of_benchmarks(self.store).union(self.store.repeated())
        return [pair for pair in self.store.read("pairs", Pair) if pair.round <= self.rounds and pair.statement_id not in without]

    @cached_property
    def statements(self) -> list[Statement]:
        """Statements that Lean can state and a judge can grade, each once: kept ones, and those that a filter held to be bad."""
        found: dict[str, Statement] = {}
        for statement in sorted(self.store.read("statements", Statement), key=lambda s: (not s.kept, s.id)):
            judged = statement.kept or (statement.reason not in NOT_JUDGED and statement.reason != Drop.CONTRADICTORY)
            if judged and statement.origin in ("autoformalized", "refined"):
                found.setdefault(identity(statement), statement.model_copy(update={"kept": True, "reason": "", "detail": ""}))
        return list(found.values())

    @property
    def seeds(self) -> list[tuple[str, str]] | None:
        """The seed proofs that Lean accepted; None where the run has none."""
        places = self.store.read_json("rounds/000/seeds.json")
        return None if self.inputs.seeds is None or not places else [self.inputs.seeds.proofs[i] for i in places]


def source(run: str) -> Source:
    """The run in a directory.  UserError where it has no complete round of its own, or nothing that could be trained."""
    store = RunDir.existing(run)
    config = recorded_config(store)
    if config is None:
        raise UserError(f"{run}: its config.yaml is not one that this version understands; run it again, or leave --run out")
    if config.models.of("prover").endpoint:
        raise UserError(f"{run}: its prover is an endpoint, whose weights are not ours to train")
    rounds = len(store.rounds()) - 1
    if rounds < 1:
        raise UserError(f"{run}: no round of it is complete; let `synth run` finish, or leave --run out")
    return Source(store, config, inputs_of_run(config, store), rounds)


def check_other(first: Source, other: Source) -> None:
    """UserError where two runs cannot stand for `mode: sync` and `mode: async`."""
    both = f"{first.store.path} and {other.store.path}"
    if first.config.mode == other.config.mode:
        raise UserError(f"--run: {both} are both mode: {first.config.mode}; the second is for the other mode")
    old, new = (one.config.model_dump(mode="json", exclude={"mode", "stream", "name", "tracking"}) for one in (first, other))
    if different := config_differences(old, new):
        key, was, now = different[0]
        raise UserError(f"--run: {both} differ in more than their mode: {key} is {was!r} there and {now!r} here")


def by_grade(statements: Iterable[Statement], limit: int, seed: int) -> dict[str, list[Statement]]:
    """At most `limit` high-graded statements and as many low-graded ones, drawn by `seed`."""
    graded = {"high": list[Statement](), "low": list[Statement]()}
    for statement in statements:
        if statement.grade:
            graded["high" if statement.grade in KEPT_GRADES else "low"].append(statement)
    draw = random.Random(f"ablate {seed}")
    return {name: sorted(draw.sample(found, min(limit, len(found))), key=lambda s: s.id) for name, found in graded.items()}


@dataclass(frozen=True)
class Corpora:
    """The run's pairs and those of the ablation's own searches, as training data."""

    source: Source
    searched: dict[str, list[Pair]]
    """The pairs of each search in `SEARCHES` that was made."""

    @cached_property
    def prompts(self) -> PromptSet:
        return role_prompts(self.source.config)["prover"]

    def pairs(self, arm: str, seed: int) -> list[Pair]:
        """What an arm is trained on, with draws by `seed`; smaller shares are parts of larger ones."""
        replay = self.source.config.replay
        if arm in SHARES:
            kept = [choice.pair for choice in select(self.source.pairs, replay, seed)]
            return drawn(kept, -(-len(kept) // SHARES[arm]), seed)
        if arm in ("high", "low"):
            both = [selected(self.searched[name], replay, seed) for name in ("high", "low")]
            return drawn(both[arm == "low"], min(map(len, both)), seed)
        pairs = selected(self.searched["theorem-only" if arm == "theorem-only" else "high"], replay, seed)
        return [pair for pair in pairs if not (arm == "no-negated" and pair.negated)]

    def examples(self, arm: str, seed: int) -> tuple[list[Example], list[Pair]]:
        """An arm's training examples, and the pairs that they come from (none of the seed proofs)."""
        if arm == "seeds":
            return proof_examples(self.source.seeds or [], self.prompts), []
        pairs = self.pairs(arm, seed)
        return pair_examples(select(pairs, self.source.config.replay, seed), self.prompts)[0], pairs


def selected(pairs: Sequence[Pair], replay: ReplayConfig, seed: int) -> list[Pair]:
    return [choice.pair for choice in select(pairs, replay, seed)]


def drawn(pairs: Sequence[Pair], count: int, seed: int) -> list[Pair]:
    """`count` of the pairs, the first of an order that `seed` draws."""
    order = sorted(pairs, key=lambda pair: pair.id)
    random.Random(f"ablate {seed}").shuffle(order)
    return order[:count]


def equal_training(config: TrainConfig, examples: Sequence[Example], tokens: int) -> TrainConfig:
    """The training of an arm: as many passes over `examples` as `tokens` take."""
    size = sum(len(str(example.prompt)) + len(example.completion) for example in examples)
    return config.model_copy(update={"max_tokens": tokens, "epochs": float(math.ceil(1 + BYTES_PER_TOKEN * tokens / max(1, size)))})
