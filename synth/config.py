"""The configuration of a run: one tree of pydantic models, read from YAML, overridden by `--set a.b=c`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from synth.budget import BudgetConfig, PriceConfig
from synth.llm.config import ROLES, SEARCHING, ModelRole, RoleConfig, SamplerConfig, merged
from synth.overrides import apply_overrides, explain
from synth.problems.files import Format
from synth.problems.generate import Choice
from synth.problems.readers import BenchmarkFile, ProblemsConfig
from synth.problems.seed_roles import OTHERS
from train.config import EvalConfig, ModelConfig, ReplayConfig, TrackingConfig, TrainConfig
from verify_workers.backends.choose import require_backend
from verify_workers.config import PoolConfig
from verify_workers.errors import UserError

Rule = Literal["generalise", "specialise", "negate", "subgoal"]
Cheat = Literal["unused", "repeated", "true_of_anything", "answer", "hidden"]
CHEATS: tuple[Cheat, ...] = get_args(Cheat)


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class GeneratorConfig(Section):
    """What the built-in generator draws from, for problems, benchmark and seed set alike."""

    families: tuple[str, ...] = Field(
        (), description="names of problem families; () = all but those that are drawn only where they are named"
    )
    levels: tuple[Literal[1, 2, 3], ...] = Field((1, 2, 3), min_length=1, description="difficulty levels")

    @model_validator(mode="after")
    def _known(self) -> GeneratorConfig:
        self.choice()
        return self

    def choice(self) -> Choice:
        return Choice(self.families, self.levels)


class FormalizeConfig(Section):
    """Autoformalization of plain-language problems."""

    samples: int = Field(4, ge=1, description="formalizations sampled per problem")
    temperature: float | None = Field(None, ge=0, description="None = the preset's")
    top_p: float | None = Field(None, gt=0, le=1, description="None = the preset's")
    max_tokens: int | None = Field(None, ge=1, description="tokens of one formalization, thoughts included; None = the preset's")
    also: tuple[ModelRole, ...] = Field(
        (),
        description="further roles whose models formalize too, each with as many samples, such as a `conjecturer` with a model of its own; "
        "equal statements are one candidate with the votes of all",
    )
    keep: int = Field(1, ge=1, description="statements kept per problem: better grade first, then more votes")
    refine: int = Field(
        0,
        ge=0,
        description="turns in which the formalizer sees what was wrong with its statement (Lean's error, or what the judge found), for "
        "problems of which none was kept",
    )


class BackConfig(Section):
    """Back-translation of statements, and a verdict on whether it says what the problem says (Herald, arXiv 2410.10878 §3.3)."""

    translations: int = Field(
        0,
        ge=0,
        description="back-translations into plain language of each statement, all of which must pass; 0 = none; more than one asks whether "
        "the verdict depends on the wording",
    )
    votes: int = Field(1, ge=1, description="verdicts of the judge on each back-translation; what cannot be read is no vote for `same`")
    rule: Literal["at_least", "unanimous", "mean"] = Field(
        "unanimous",
        description="what passes: `at_least` votes for `same`, only such votes, or a share of `mean` of those that can be read",
    )
    at_least: int = Field(1, ge=1, description="votes for `same` that rule `at_least` wants")
    mean: float = Field(0.5, ge=0, le=1, description="share of votes for `same` that rule `mean` wants")
    cycle: int = Field(
        0, ge=0, description="formalizations of each back-translation that are compared with the statement (Herald's check); 0 = none"
    )
    cycle_share: float = Field(0.5, gt=0, le=1, description="share of them that must be the same statement again")

    @model_validator(mode="after")
    def _possible(self) -> BackConfig:
        if self.rule == "at_least" and self.at_least > self.votes:
            raise ValueError(f"at_least ({self.at_least}) is more than there are votes ({self.votes})")
        return self


class InformalizeConfig(Section):
    """Annotations of statements and proofs in plain language, each checked by formalizing it back (`synth informalize`, Herald)."""

    samples: int = Field(1, ge=1, description="annotations sampled of each statement and proof; the one that comes back most often is kept")
    back: int = Field(4, ge=1, description="formalizations of each annotation of a statement, and proofs written from each one of a proof")
    share: float = Field(
        0.25,
        gt=0,
        le=1,
        description="share of those formalizations that must be the statement again (of proofs, one that Lean accepts is enough)",
    )
    check: Literal["auto", "form", "judge"] = Field(
        "auto",
        description="what says that a formalization is the statement again: form = Lean (its normal form, or its printing in every detail "
        "where the backend has none); judge = votes of the judge on both statements (votes and rule as in `filters.back`); auto = Lean, "
        "and where there are no normal forms, the judge on what Lean prints otherwise",
    )
    proofs: bool = Field(True, description="annotate proofs too, step by step")
    neighbours: int = Field(2, ge=0, description="declarations before and after one of a project that are shown with it")
    in_flight: int = Field(32, ge=1, description="statements annotated at once")


class FilterConfig(Section):
    """Which formalized statements are kept (given statements are never dropped as poor, trivial or contradictory)."""

    grade: bool = Field(True, description="let the model grade each statement; fair and poor ones are dropped (DeepSeek-Prover §3.2)")
    grade_samples: int = Field(1, ge=1, description="grades sampled per statement; the median counts")
    trivial: Literal["drop", "keep"] = Field("drop", description="what to do with statements that one of `trivial_tactics` closes")
    trivial_tactics: tuple[str, ...] = Field(
        ("rfl", "trivial", "intros; rfl"), description="a statement that one of these proves is trivial"
    )
    contradiction_tactics: tuple[str, ...] = Field(
        ("intros; omega", "intros; simp_all", "intros; contradiction"), description="tried on `hypotheses → False` (DeepSeek-Prover §3.2)"
    )
    contradiction_attempts: int = Field(
        0, ge=0, description="proofs of `hypotheses → False` that the prover is asked for where those tactics find none"
    )
    vote_share: float = Field(
        0.0, ge=0, le=1, description="least share of a problem's samples that gave a statement; samples that gave none count against it"
    )
    votes_of: Literal["samples", "left"] = Field(
        "samples",
        description="left: of `vote_share`'s samples only those count whose statements elaborate and came through the filters before, so "
        "that what was found wrong outvotes nobody",
    )
    numbers: Literal["any", "named", "both"] = Field(
        "any",
        description="named: every number of the statement (beside 0, 1, 2) must stand in the problem, in digits or words; both: and every "
        "number of the problem in the statement; for problems that name all their numbers, as generated ones do",
    )
    back: BackConfig = BackConfig()
    cheats: tuple[Cheat, ...] = Field(CHEATS, description="kinds of empty statements that are dropped (docs/statements.md); [] = none")
    cheat_tactics: tuple[str, ...] = Field(
        ("intros; omega", "intros; simp", "intros; trivial"), description="what proves a statement whose content was taken away"
    )
    equivalence: bool = Field(
        False,
        description="ask Lean whether statements are equivalent, by cheap tactics (BEq): such candidates of one problem share their "
        "votes, and for generated problems figures also say how many statements are faithful by that",
    )
    equivalence_pairs: int = Field(6, ge=0, description="most pairs of one problem's candidates that are compared, for `equivalence`")
    calibration: str = Field(
        "", description="file of `synth judge-error`, made with these settings: figures then state the faithful share corrected by it"
    )
    timeout: float = Field(5.0, gt=0, description="seconds of Lean for each check of a statement")
    decontaminate: bool = Field(True, description="drop what is in the held-out benchmark or in one of `benchmarks`, in either language")
    benchmarks: tuple[str | BenchmarkFile, ...] = Field(
        (),
        description="files (in any form that `problems.path` takes) of which nothing may be worked on, beside the held-out benchmark; one "
        "with columns or an ending of its own as `{path: FILE, fields: {text: COLUMN}, format: csv}` (also where, split, subset)",
    )

    @field_validator("benchmarks", mode="before")
    @classmethod
    def _each_file(cls, value: object) -> object:
        """Files with settings of their own, so that a mistake in one is said of that one."""
        if not isinstance(value, list | tuple):
            return value
        found = list[object]()
        for one in value:
            try:
                found.append(BenchmarkFile.model_validate(one) if isinstance(one, dict) else one)
            except ValidationError as error:
                raise ValueError(f"{one.get('path', one)}: {explain(error)}") from None
        return tuple(found)

    reworded: int = Field(
        0,
        ge=0,
        description="rows of benchmarks, nearest in words, that the judge is asked about for each problem of which a statement would be "
        "kept: is it one of them in other words? (votes and rule as in `filters.back`); 0 = the judge is not asked",
    )
    given_in_benchmark: Literal["keep", "drop"] = Field(
        "keep",
        description="given statements that are in a benchmark: keep = they are your task, proved and reported, and never trained on; "
        "drop = left out",
    )
    benchmark_similarity: float = Field(
        0.7,
        gt=0,
        le=1,
        description="likeness of a problem's words to a benchmark's (Jaccard) from which it is dropped, if both say the same",
    )
    similarity: float = Field(
        0.9, gt=0, le=1, description="the same among the run's own problems: the later one is a duplicate, and not formalized"
    )


class SketchConfig(Section):
    """Skeletons with holes, each hole a statement that all of `search.strategies` search (strategies `sketch` and `blueprint`)."""

    skeletons: int = Field(4, ge=1, description="skeletons sampled a side")
    revisions: int = Field(
        1, ge=0, description="how often a skeleton with unsolved holes is shown to the sketcher again, with what became of them"
    )
    depth: int = Field(1, ge=0, description="how deep skeletons nest: 1 = holes are not sketched in turn, 0 = nothing is")
    holes: int = Field(8, ge=1, description="most goals of one skeleton; one with more is not tried")
    attempts: int = Field(8, ge=1, description="attempts a side for each hole")
    negation: bool = Field(False, description="write skeletons of negations too")
    retry: bool = Field(True, description="search holes that stayed open again in later rounds, under `retry: unsolved`")
    temperature: float | None = Field(None, ge=0, description="of skeletons; None = the preset's")
    max_tokens: int | None = Field(None, ge=1, description="tokens of one skeleton, thoughts included; None = the preset's")


class RepairConfig(Section):
    """The strategy `repair`: after x fresh proofs a side (`search.attempts`), `rounds` times x/2 corrections (MA-LoT)."""

    rounds: int = Field(2, ge=1, description="rounds of corrections, each of the latest failures")
    goal: bool = Field(True, description="ask Lean for the goal before the first failing line, where its message does not show it")
    names: bool = Field(True, description="for a name that Lean does not know, show near ones that the library, or the lake project, has")
    temperature: float | None = Field(None, ge=0, description="None = the preset's")
    max_tokens: int | None = Field(None, ge=1, description="tokens of one correction, thoughts included; None = the preset's")


class RetrievalConfig(Section):
    """The strategy `retrieval`: whole proofs that may use what the run has proved in earlier rounds."""

    lemmas: int = Field(4, ge=1, description="lemmas shown with a statement, those with the rarest words in common")
    library: int = Field(1000, ge=1, description="proved statements that are looked through: pieces of proofs first, then short ones")


class SearchConfig(Section):
    """Proof search: theorem and negation together, both stop at the first accepted proof (DeepSeek-Prover §3.3)."""

    attempts: int = Field(4, ge=1, description="attempts per side in one round")
    wave: int = Field(4, ge=1, description="attempts per side sampled together; early stop between waves")
    negation: bool = Field(True, description="search the negation too")
    temperature: float | None = Field(None, ge=0, description="None = the preset's")
    top_p: float | None = Field(None, gt=0, le=1, description="None = the preset's")
    max_tokens: int | None = Field(None, ge=1, description="tokens of one answer of the prover, thoughts included; None = the preset's")
    strategies: tuple[str, ...] = Field(
        ("portfolio", "whole_proof"), min_length=1, description="what proposes proofs, in turn until one is accepted"
    )
    portfolio: Literal["given", "always", "never"] = Field(
        "given", description="for which statements the cheap tactics come before the model"
    )
    tactics: tuple[str, ...] = Field((), description="the cheap tactics; () = those of synth/search/portfolio.py")
    compared: int = Field(
        100,
        ge=0,
        description="statements that the model proved on which the cheap tactics are tried afterwards, each round, for the figures",
    )
    sketch: SketchConfig = SketchConfig()
    repair: RepairConfig = RepairConfig()
    retrieval: RetrievalConfig = RetrievalConfig()
    shorten: bool = Field(
        False, description="look for shorter proofs of what was proved (of those with more than two lines or 30 tokens); both are kept"
    )
    timeout: float = Field(10.0, gt=0, description="seconds of Lean for each proof")
    in_flight: int = Field(48, ge=1, description="statements searched at once by one shard (back-pressure)")


class AdaptiveConfig(Section):
    """Attempts where they help: few for a new statement, more for one that has survived them, none where it is hopeless."""

    growth: float = Field(1.0, ge=1, description="a statement that was searched n times before gets `search.attempts` times growth^n")
    most: int = Field(64, ge=1, description="attempts a side that growth leads to at most")
    retries: int | None = Field(None, ge=0, description="searches of an unsolved statement after the first one; None = in every round")
    resample: float = Field(
        0.0, ge=0, le=1, description="share of the proved statements that are searched again in each round, for other proofs (STP: 0.05)"
    )
    order: Literal["chance", "found"] = Field(
        "found", description="chance: those go first of whose samples Lean accepted the largest share, then those with the fewest samples"
    )


class AnswersConfig(Section):
    """Answer construction (ECP, 2505.18492): problems that ask for something become statements with an answer in them."""

    enabled: bool = Field(False, description="construct answers; false: such problems are formalized as any other")
    programs: int = Field(2, ge=0, description="programs sampled per statement to list small cases; 0 = answer directly")
    agree: int = Field(
        1,
        ge=1,
        description="programs are run until so many print the same cases; where they differ, those that most of them print are believed",
    )
    numbers: bool = Field(
        True,
        description="programs that lack a number which the problem names in digits come last, and statements whose numbers are not the "
        "problem's (docs/answers.md); none is dropped for that",
    )
    guesses: int = Field(8, ge=1, description="answers sampled per statement")
    keep: int = Field(
        2,
        ge=1,
        description="answers put into each statement, tried in turn until one is proved: those that agree with the cases first, then those "
        "with more votes",
    )
    temperature: float | None = Field(None, ge=0, description="of programs and answers; None = the preset's")
    seconds: float = Field(60.0, gt=0, description="that a program may run")
    memory_mb: int = Field(1024, ge=64, description="address space of a program, MB")
    output: int = Field(20_000, ge=100, description="bytes that a program may print")
    shown: int = Field(400, ge=0, description="characters of its cases that are shown to whoever answers")
    at_once: int = Field(2, ge=1, description="programs that one shard runs at a time")


class ConjectureConfig(Section):
    """Conjectures (STP, arXiv 2502.00212) and variants: new statements from what earlier rounds have proved, searched like any other."""

    enabled: bool = Field(False, description="make them, from the second round on")
    seeds: int = Field(100, ge=1, description="proved statements that one round conjectures from, and makes variants of, at most")
    seed_rate: float = Field(0.35, ge=0, le=1, description="least share of a seed's own samples that Lean accepted (STP: 0.35); 0 = any")
    samples: int = Field(4, ge=0, description="conjectures sampled per seed; 0 = variants alone, which need no model")
    temperature: float | None = Field(None, ge=0, description="of conjectures; None = the preset's")
    top_p: float | None = Field(None, gt=0, le=1, description="None = the preset's")
    max_tokens: int | None = Field(None, ge=1, description="tokens of one conjecture, thoughts included; None = the preset's")
    need_lemma: bool = Field(True, description="conjecture only from proofs that name a lemma (STP); false: from others too, without one")
    lemma_cap: float = Field(
        0.1, gt=0, le=1, description="largest share that one lemma has, of a shard's seeds and of what the conjecturer is trained on"
    )
    variants: tuple[Rule, ...] = Field((), description="rules by which variants are made too (docs/conjectures.md); () = none")
    per_rule: int = Field(2, ge=1, description="variants of one statement by one rule, at most")
    attempts: int = Field(
        8, ge=1, description="proofs sampled a side of each, all in one wave, so that stopping early does not bend its pass rate"
    )
    retry: bool = Field(False, description="search those that stayed open again in later rounds, under `retry: unsolved`")
    band: float = Field(
        0.25,
        gt=0,
        le=1,
        description="conjectures with an accepted sample, and at most this share of them, are in the band",
    )
    prover_band: float = Field(0.5, gt=0, le=1, description="proofs of those with a larger share do not train the prover")
    shortest: float = Field(
        0.2, ge=0, lt=1, description="share of a lemma's conjectures, those with the shortest proofs for their length, that train nothing"
    )
    length_rate: float = Field(0.001, ge=0, description="a proof's weight in training falls by exp(-rate) with each of its characters")
    time_rate: float = Field(0.01, ge=0, description="the same with each second that Lean takes for it")
    replay: int = Field(3, ge=1, description="rounds whose conjectures train the conjecturer, the latest ones")


class ShardConfig(Section):
    """How a round is cut into pieces of work."""

    problems: int = Field(100, ge=1, description="problems in one shard")
    batch: int = Field(
        25,
        ge=1,
        description="problems of a shard whose statements are written together; each is searched as soon as its own filters are done",
    )
    actors: int = Field(2, ge=1, description="shard actors at work at once")
    index: int = Field(
        1,
        ge=1,
        le=99,
        description="actors that hold the index of the run's statements and problems (about 50 bytes and 1 KB each) between them",
    )
    chunk: int = Field(50, ge=1, description="statements whose attempts are written together: what a crash can cost")


class BootstrapConfig(Section):
    """The small model of our own, made when `models.prover` names none: a stand-in of the same shape as the big ones."""

    seed_formalizations: int = Field(2000, ge=1, description="informal → formal pairs of the seed set")
    seed_grades: int = Field(1500, ge=1, description="graded statements of the seed set")
    seed_proofs: int = Field(600, ge=1, description="weak, noisy proofs of the seed set")
    seed: int = Field(1, description="seed of the seed set")
    architecture: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    seed_others: dict[str, int] = Field({}, description="rows of the seed set for further prompts, by prompt (synth/problems/seed_roles)")
    proof_repeats: int = Field(6, ge=1, description="how often each seed proof stands in the bootstrap's examples: there are few of them")
    rehearse: float = Field(
        0.2, ge=0, lt=1, description="share of a later round's examples that are formalizations and grades, so as not to forget those roles"
    )

    @field_validator("seed_others")
    @classmethod
    def _known(cls, value: dict[str, int]) -> dict[str, int]:
        if unknown := value.keys() - OTHERS.keys():
            raise ValueError(f"no seed rows for {', '.join(sorted(unknown))}; there are some for {', '.join(OTHERS) or 'none'}")
        return value


class ModelsConfig(Section):
    """What answers in each role, and which roles a round trains."""

    formalizer: RoleConfig = RoleConfig()
    judge: RoleConfig = RoleConfig()
    informalizer: RoleConfig = RoleConfig()
    prover: RoleConfig = RoleConfig()
    corrector: RoleConfig = RoleConfig()
    sketcher: RoleConfig = RoleConfig()
    conjecturer: RoleConfig = RoleConfig()
    train: tuple[ModelRole, ...] = Field(
        ("prover",),
        description="roles that each round trains, all in one model, the prover's; the others are frozen at round 0, but for corrector, "
        "sketcher and conjecturer without a model of their own, which answer with the prover's new weights; [] = no training",
    )
    pairs: tuple[str, ...] = Field(
        (),
        description="files of `synth informalize` from which the formalizer learns too, where it is trained (`train`): in the bootstrap, "
        "and in each round with the examples that are rehearsed",
    )
    mixture: dict[ModelRole, float] = Field(
        {},
        description="shares of a round's examples by role, relative to each other, of roles that it trains: as many as there are of these "
        "roles, or `examples_per_round`; a role that is not named has none. Formalizer and informalizer then learn from the statements "
        "that were proved, too. {} = proofs, corrections, sketches and conjectures as many as there are, and of the other roles the share "
        "`bootstrap.rehearse`",
    )
    bootstrap: BootstrapConfig = BootstrapConfig()

    @model_validator(mode="after")
    def _mixture_is_trained(self) -> ModelsConfig:
        for role, share in self.mixture.items():
            if share < 0 or not any(self.mixture.values()):
                raise ValueError(f"models.mixture: shares must not be negative, nor all 0 ({role} has {share:g})")
            if share and not self.follows(role):
                raise ValueError(f"models.mixture: no round trains the {role}; name it in models.train, or leave it out")
        if self.mixture and not any(self.mixture.get(role) for role in SEARCHING):
            raise ValueError("models.mixture: rounds train on what their searches proved; give the prover a share")
        return self

    @property
    def bootstrapped(self) -> bool:
        """Whether the run makes its own small model."""
        return not self.prover.own

    def source(self, role: ModelRole) -> RoleConfig:
        """What is configured for `role`."""
        configured: RoleConfig = getattr(self, role)
        return configured

    def follows(self, role: ModelRole) -> bool:
        """Whether `role` answers with the weights of the last round: it is trained, or searches with the prover's model as it is now."""
        return role in self.train or ("prover" in self.train and role in SEARCHING and not self.source(role).own)

    def gpus(self) -> float:
        """GPUs that the engines of all roles hold together."""
        engines = {source.path: source.sampler for source in map(self.of, ROLES) if not source.endpoint}
        return sum(sampler.gpus * sampler.replicas for sampler in engines.values())

    def of(self, role: ModelRole) -> RoleConfig:
        """What answers in `role`: a role without a source of its own has the prover's."""
        mine = self.source(role)
        if mine.own or role == "prover":
            return mine
        return self.prover.model_copy(update={"preset": mine.preset or self.prover.preset, "sampler": mine.sampler})


class HeldoutConfig(Section):
    """The benchmark on which every round is evaluated; its statements are given, and never trained on."""

    path: str = Field("", description="problems with statements, in any form that `problems.path` takes; '' = the generator")
    format: Format = Field("auto", description="as `problems.format`")
    split: str = Field("test", description="split of a data set, or of a folder whose files' names say splits; all = every one")
    subset: str = Field("", description="configuration of a hub data set")
    fields: dict[str, str] = Field({}, description="as `problems.fields`")
    where: dict[str, str | bool | int] = Field({}, description="as `problems.where`")
    count: int = Field(0, ge=0, description="statements of the benchmark: 0 = all rows of `path`, or 200 generated ones")
    seed: int = Field(7, description="generator seed")
    temperature: float | None = Field(None, ge=0, description="of the sampled proofs; None = as in `search`")
    portfolio: tuple[str, ...] = Field(
        (), description="the tactics that serve as baseline; () = built-in one-liners, and for a file's statements the search's too"
    )


class StreamConfig(Section):
    """How far search, training and evaluation may run apart in `mode: async`."""

    staleness: int = Field(
        1,
        ge=0,
        description="versions that the weights which sampled a proof may be behind those that are first trained on it; 0 = a search waits "
        "for the training before it, and only evaluation goes on beside",
    )
    fresh_pairs: int = Field(
        0,
        ge=0,
        description="verified pairs, new since the last training began, with which the next one begins before its search is over, on "
        "whatever is there; 0 = it waits for its search, as it does under `staleness: 0`",
    )


class RunConfig(Section):
    """One run: everything that decides its result, and nothing about where it is written."""

    name: str = "run"
    seed: int = Field(0, description="of everything random in the run")
    checkpoints: str = Field("", description="folder that every node can see, for model weights; '' = inside the run directory")
    rounds: int = Field(3, ge=1, description="rounds of expert iteration")
    problems_per_round: int = Field(0, ge=0, description="new problems in each round; 0 = all problems divided by the rounds")
    retry: Literal["unsolved", "none"] = Field("unsolved", description="whether later rounds search unsolved statements again")
    mode: Literal["sync", "async"] = Field(
        "sync",
        description="`sync`: a round searches, then trains, then evaluates; `async`: the next rounds' searches go on meanwhile, with the "
        "newest weights there are (`stream`)",
    )
    stream: StreamConfig = StreamConfig()
    plateau: float = Field(
        -1.0,
        description="stop when pass@k, with the largest k of `eval.ks`, rises by less than this many points in a round; negative = never",
    )
    header: str = Field("keep", description="what stands before every statement: `keep` = the header its problem gives, else this text")
    problems: ProblemsConfig = ProblemsConfig()
    generator: GeneratorConfig = GeneratorConfig()
    heldout: HeldoutConfig = HeldoutConfig()
    models: ModelsConfig = ModelsConfig()
    sampler: SamplerConfig = Field(SamplerConfig(), description="what all roles have in common")
    formalize: FormalizeConfig = FormalizeConfig()
    filters: FilterConfig = FilterConfig()
    informalize: InformalizeConfig = InformalizeConfig()
    answers: AnswersConfig = AnswersConfig()
    search: SearchConfig = SearchConfig()
    conjectures: ConjectureConfig = ConjectureConfig()
    adaptive: AdaptiveConfig = AdaptiveConfig()
    budgets: BudgetConfig = BudgetConfig()
    prices: PriceConfig = PriceConfig()
    shards: ShardConfig = ShardConfig()
    verify: PoolConfig = PoolConfig()
    replay: ReplayConfig = ReplayConfig()
    examples_per_round: int = Field(
        0, ge=0, description="proof examples of one training round: the replay buffer is repeated up to this many; 0 = each once"
    )
    train: TrainConfig = TrainConfig()
    eval: EvalConfig = EvalConfig()
    tracking: TrackingConfig = TrackingConfig()

    @model_validator(mode="after")
    def _consistent(self) -> RunConfig:
        try:
            require_backend(self.verify.backend)
        except UserError as error:
            raise ValueError(f"verify.backend: {error}") from None
        if self.search.wave > self.search.attempts:
            raise ValueError(f"search.wave ({self.search.wave}) must not exceed search.attempts ({self.search.attempts})")
        self._give_roles_their_samplers()
        prover = self.models.prover
        most, context = self.search.max_tokens, prover.sampler.max_model_len
        if most and context and not prover.endpoint and most >= context:
            raise ValueError(f"search.max_tokens ({most}) must be below sampler.max_model_len ({context})")
        train, sampler = self.train, self.sampler
        if self.mode == "async":
            self._can_stream()
        if train.keep_workers and train.gpu and sampler.gpus and sampler.release_while_training:
            raise ValueError(
                "train.keep_workers=true holds its GPUs while the samplers work, so sampler.release_while_training=true frees nothing "
                "for it; set train.keep_workers=false (GPUs in turns) or sampler.release_while_training=false (GPUs for both)"
            )
        return self

    def _can_stream(self) -> None:
        if any(self.models.of(role).sampler.release_while_training and not self.models.of(role).endpoint for role in ROLES):
            raise ValueError("mode=async samples while it trains: set sampler.release_while_training=false (or mode=sync)")
        if self.stream.fresh_pairs and self.conjectures.enabled:
            raise ValueError("conjectures are weighed by whole rounds: set stream.fresh_pairs=0 (or conjectures.enabled=false)")

    def _give_roles_their_samplers(self) -> None:
        """Each role's sampler, resolved: its own settings over the common ones (over the prover's, where it uses the prover's model)."""
        models = self.models
        models.prover.sampler = merged(self.sampler, models.prover.sampler)
        for role in (models.source(name) for name in ROLES if name != "prover"):
            role.sampler = merged(self.sampler if role.own else models.prover.sampler, role.sampler)
        for role in (models.source(name) for name in ROLES):
            role.sampler.require_whole()


def load_config(path: str | Path, overrides: list[str] | None = None) -> RunConfig:
    """Read a YAML configuration and apply `a.b=c` overrides.  Raises UserError with the nearest valid key."""
    file = Path(path)
    if not file.is_file():
        raise UserError(f"{file}: no such configuration file; the built-in ones are in cluster/configs/")
    try:
        with file.open("rb") as stream:  # YAML's messages name an open file
            data = yaml.safe_load(stream)
    except yaml.YAMLError as error:
        raise UserError(f"{file}: not valid YAML: {' '.join(str(error).split())}") from None
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror or error})") from None
    data = {} if data is None else data
    if not isinstance(data, dict):
        raise UserError(f"{file}: a configuration is a mapping of keys to values")
    return apply_overrides(RunConfig, data, overrides or [], where=str(file))
