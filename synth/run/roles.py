"""Which model answers in which role: the configuration, resolved into prompts, weights and groups of actors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ray.exceptions import RayTaskError

from synth.annotations import Annotation
from synth.config import RunConfig
from synth.llm.config import ASKED, ROLES, ModelRole
from synth.llm.endpoint import api_key, endpoint_actor, endpoint_weights
from synth.llm.sampler import sampler_actor
from synth.llm.types import Weights
from synth.prompts import PromptSet, Role, load_prompts
from synth.records import Problem
from synth.run.stored import stored
from synth.search.loop import STRATEGIES
from synth.services import Group
from synth.store.files import read_records
from train.config import LoraConfig
from train.model import checkpoint_hash
from verify_workers.errors import UserError


def used_prompts(config: RunConfig, problems: Sequence[Problem] | None = None) -> tuple[Role, ...]:
    """The prompts that a run on `problems` (of any kind) asks: those of statements only where problems come without one."""
    formalized = problems is None or stored(problems).unstated
    asked = (*(statement_prompts(config) if formalized else ()), *search_prompts(config), *conjecture_prompts(config), "prove")
    return tuple(dict.fromkeys(asked))  # `prove`: the benchmark takes whole proofs


def statement_prompts(config: RunConfig) -> tuple[Role, ...]:
    """The prompts that lead from a problem to kept statements."""
    filters, answers = config.filters, config.answers
    asked = {
        "refine": config.formalize.refine > 0,
        "grade": filters.grade,
        "informalize": filters.back.translations > 0,
        "compare": filters.back.translations > 0,
        "repeats": filters.reworded > 0 and filters.decontaminate,
        "prove": filters.contradiction_attempts > 0,
        "pose": answers.enabled,
        "guess": answers.enabled,
        "enumerate": answers.enabled and answers.programs > 0,
    }
    also = (f"formalize:{role}" for role in config.formalize.also)
    return ("formalize", *also, *(role for role, wanted in asked.items() if wanted))


def conjecture_prompts(config: RunConfig) -> tuple[Role, ...]:
    """The prompts that make new statements of what was proved."""
    return ("conjecture",) if config.conjectures.enabled and config.conjectures.samples else ()


def search_prompts(config: RunConfig) -> tuple[Role, ...]:
    """The prompts of the strategies that search for proofs; one that there is not is told by `require_strategies`."""
    known = (STRATEGIES[name] for name in config.search.strategies if name in STRATEGIES)
    return tuple(dict.fromkeys(role for strategy in known for role in strategy.asks))


def who(prompt: Role) -> ModelRole:
    """Who answers a prompt: as the prompt says (`formalize:conjecturer`), else as `ASKED` does, else the prover."""
    name, _, named = prompt.partition(":")
    return next((role for role in ROLES if role == named), ASKED.get(name, "prover"))


def answering(prompts: Iterable[Role]) -> tuple[ModelRole, ...]:
    """The model roles that answer `prompts`."""
    used = {who(prompt) for prompt in prompts}
    return tuple(role for role in ROLES if role in used)


def check_roles(config: RunConfig, asked: Iterable[Role]) -> None:
    """UserError where one of the prompts `asked` has no model that could answer, no template or no key."""
    asked = tuple(asked)
    roles = answering(asked)
    for role in roles:
        checkpoint(config, role)
    prompts = role_prompts(config)
    for role in roles:
        source = config.models.of(role)
        if source.endpoint:
            api_key(source)
        prompts[role].require(*(one.partition(":")[0] for one in asked if who(one) == role))


def check_training(config: RunConfig) -> None:
    """UserError where `models.train` names a role that a round cannot train."""
    models = config.models
    for role in models.train:
        mine = models.source(role)
        if models.of(role).endpoint:
            raise UserError(
                f"models.train: the {role} is an endpoint ({models.of(role).endpoint}), whose weights are not ours to train: "
                f"give models.{role}.path instead, or take it out (--set models.train=[] trains nothing)"
            )
        if role != "prover" and mine.own:
            raise UserError(
                f"models.train: a round trains one model, the prover's, and models.{role}.path is another ({mine.path}): "
                f"leave that empty to train them as one, or take {role} out of models.train"
            )
        if role != "prover" and not models.bootstrapped and not (role == "formalizer" and models.pairs):
            hint = " or give models.pairs, files of `synth informalize`" if role == "formalizer" else ""
            raise UserError(
                f"models.train: there is nothing to train a {role} on: only our own small model has a seed set for it; "
                f"take {role} out of models.train{hint}"
            )
    if models.pairs and not (models.follows("formalizer") or (models.bootstrapped and not models.source("formalizer").own)):
        raise UserError("models.pairs: only a formalizer that is trained learns from them; add formalizer to models.train")
    for file in models.pairs:
        next(read_records(file, Annotation), None)  # said before anything starts
    if models.train and "prover" not in models.train:
        raise UserError("models.train: rounds train on verified proofs; add prover, or give [] for no training")


def is_run(folder: Path) -> bool:
    """Whether this is a run directory, and no checkpoint."""
    return (folder / "run.json").exists() and (folder / "config.yaml").exists()


def checkpoint(config: RunConfig, role: ModelRole) -> Path | None:
    """The folder of a role's checkpoint, if it has one; a hub name is looked up in the local cache, or fetched where `offline` is off."""
    source = config.models.of(role)
    if not source.path:
        return None
    path = Path(source.path).absolute()
    if (path / "config.json").exists():
        return path
    role = role if config.models.source(role).own else "prover"
    key = f"models.{role}.path"
    if is_run(path):
        raise UserError(
            f"{key}: {source.path} is a run directory, not a checkpoint; give one of its checkpoints, such as "
            f"{source.path}/rounds/001/training/model (a stage takes the run itself: --model {source.path})"
        )
    if path.exists() or source.path.startswith((".", "/", "~")) or source.path.count("/") != 1:
        raise UserError(f"{key}: {source.path} is not a folder with a Hugging Face checkpoint; correct the path, or download it first")
    from huggingface_hub import snapshot_download

    offline = source.sampler.offline
    try:
        return Path(snapshot_download(source.path, local_files_only=offline))
    except Exception as error:  # the hub client raises from several families; the user can mend the name, the network or the cache
        reason = "it is not in the local cache of the hub" if offline else " ".join(str(error).split())[:200]
        remedy = f"download it first, or let models.{role}.sampler.offline be false" if offline else "correct the name, or download it"
        raise UserError(f"{key}: {source.path} is no folder with a checkpoint, and no hub name to be had ({reason}); {remedy}") from None


def preset(config: RunConfig, role: ModelRole) -> str:
    """The preset of a role that names none: by what answers."""
    source = config.models.of(role)
    if source.preset:
        return source.preset
    if source.endpoint:
        return "chat"
    try:
        folder = checkpoint(config, role)
    except UserError:  # told by `check_roles` where the role is asked; elsewhere it does not matter
        return "chat"
    if folder is None:
        return "embedded"
    tokenizer = folder / "tokenizer.json"
    if tokenizer.exists() and "<|prove|>" in tokenizer.read_text(encoding="utf-8"):
        return "embedded"
    settings = folder / "tokenizer_config.json"
    templated = settings.exists() and bool(json.loads(settings.read_text(encoding="utf-8")).get("chat_template"))
    return "chat" if templated or any(folder.glob("chat_template*")) else "base"


def resolved(config: RunConfig) -> RunConfig:
    """The configuration in which each role names its preset."""
    copy = config.model_copy(deep=True)
    for role in ROLES:
        copy.models.source(role).preset = preset(config, role)
    return copy


def role_prompts(config: RunConfig) -> dict[ModelRole, PromptSet]:
    """How each role is asked."""
    return {role: load_prompts(preset(config, role)) for role in ROLES}


def given_weights(config: RunConfig, role: ModelRole) -> Weights:
    """What answers in a role that has a model of its own: a given checkpoint, or an endpoint."""
    source = config.models.of(role)
    if source.endpoint:
        return endpoint_weights(source)
    folder = checkpoint(config, role)
    assert folder is not None
    return Weights(str(folder), 0, checkpoint_hash(folder))


def groups(config: RunConfig, roles: Iterable[ModelRole]) -> list[tuple[ModelRole, ...]]:
    """The `roles`, those together that the same actors can serve: same source, same settings, and both trained or both frozen."""
    found: dict[str, list[ModelRole]] = {}
    for role in roles:
        key = config.models.of(role).model_dump_json(exclude={"preset"})
        found.setdefault(f"{config.models.follows(role)} {key}", []).append(role)
    return [tuple(group) for group in found.values()]


def start_group(
    config: RunConfig, roles: tuple[ModelRole, ...], weights: Mapping[ModelRole, Weights], lora: LoraConfig | None = None
) -> Group:
    """The actors that answer in `roles`; with `lora` their new weights are adapters of that form, if they get new ones."""
    source = config.models.of(roles[0])
    if source.endpoint:
        return Group(roles, [endpoint_actor(source)], local=False)
    actors = [start_engine(config, roles, weights[roles[0]], i, lora) for i in range(source.sampler.replicas)]
    return Group(roles, actors, trained=config.models.follows(roles[0]))


def start_engine(
    config: RunConfig, roles: tuple[ModelRole, ...], first: Weights, number: int, lora: LoraConfig | None = None, node: str | None = None
) -> Any:
    """One of those actors, the `number`th; with `node` on that one, with which it is lost (`sampler_actor`)."""
    sampler = config.models.of(roles[0]).sampler
    if sampler.max_model_len is None:
        sampler = sampler.model_copy(update={"max_model_len": _context(config, roles, Path(first.base or first.path))})
    place: dict[str, Any] = {} if node is None else {"node": node}
    return sampler_actor(first, sampler, config.seed + number, lora if config.models.follows(roles[0]) else None, **place)


def _context(config: RunConfig, roles: Iterable[ModelRole], folder: Path) -> int:
    """The tokens of prompt and answer that the presets of `roles` are made for, or as many as the checkpoint has."""
    wanted = max(load_prompts(preset(config, role)).preset.context for role in roles)
    has = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("max_position_embeddings")
    return min(wanted, has) if isinstance(has, int) else wanted


async def check_endpoint(group: Group) -> None:
    """UserError where the endpoint that serves a group does not answer, or refuses its key."""
    for actor in group.actors:
        try:
            await actor.check.remote()
        except RayTaskError as error:
            raise error.cause from None


async def ready(group: Group) -> None:
    """Wait until all actors of a group answer.  UserError where an endpoint does not."""
    if group.local:
        await asyncio.gather(*(actor.stats.remote() for actor in group.actors))
    else:
        await check_endpoint(group)
    group.up = True
