"""A round as W&B's lineage has it: problems -> corpus -> model -> corpus, and what was measured.

Small metadata with the address of the thing itself; weights only where `tracking.upload_weights` says so.  Each follows from what
is on disk, so that one that another step, or an earlier command, has made is the same version again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.llm.types import Weights
from synth.run.learn import versions
from synth.run.state import Run, served_lora
from synth.run.stored import stored
from synth.show.series import round_series
from train.tracking import Artifact, tracked_id


@dataclass(frozen=True)
class Work:
    """A step of a round, with what it used and made."""

    name: str
    kind: str
    used: list[Artifact]
    made: list[Artifact]


def works(job: Run, number: int, metrics: Mapping[str, Any]) -> list[Work]:
    """The steps of round `number`, with its figures; without new weights nothing was trained."""
    weights = _weights(job, number, metrics)
    model = _model(job, weights)
    evaluated = Work(f"evaluate-{number}", "evaluate", [model], [_evaluation(job, number, metrics)])
    if number == 0:
        return [Work("bootstrap", "bootstrap", [], [model]), evaluated]
    sampled = [_model(job, _earlier(job, version)) for version in _sampled_by(job, number)]
    before = _model(job, _earlier(job, number - 1))
    corpus = _corpus(job, number, metrics, sampled)
    search = Work(f"search-{number}", "search", [_problems(job), *sampled], [corpus])
    train = Work(f"train-{number}", "train", [corpus, before], [model])
    return [search, train, evaluated] if weights.version == number else [search, evaluated]


def _sampled_by(job: Run, number: int) -> list[int]:
    """The rounds after which the weights were those that sampled round `number`'s new pairs; several in `mode: async`."""
    ages = job.store.read_json(f"rounds/{number:03d}/staleness.json")
    if ages is None:  # a round that an earlier version trained
        given = (job.store.read_json(f"rounds/{number:03d}/trained_on.json") or {}).get("staleness", {})
        ages = dict.fromkeys(given.values())
    there = versions(job.store, number - 1)
    return sorted({there[-1 - int(late)] for late in ages} or {number - 1})


def _earlier(job: Run, number: int) -> Weights:
    return _weights(job, number, job.store.read_json(f"rounds/{number:03d}/metrics.json"))


def _weights(job: Run, number: int, metrics: Mapping[str, Any]) -> Weights:
    """The weights after a round, as its figures say: hashing them again would take long."""
    version = int(job.store.read_json(f"rounds/{number:03d}/weights.json")["round"])
    if version == 0 and not job.config.models.bootstrapped:
        return job.weights(0)  # hashed once
    if version and served_lora(job.config):
        return Weights(str(job.training(version) / "adapter"), version, str(metrics["model"]), job.weights(0).path)
    return Weights(str(job.training(version) / "model"), version, str(metrics["model"]))


def _problems(job: Run) -> Artifact:
    problems, generator = job.config.problems, job.config.generator
    if not job.shared.problems:
        job.shared.problems = _hash(id for ids in stored(job.inputs.problems).ids() for id in ids)
    source = problems.path or f"generated (seed {problems.seed})"
    about: dict[str, Any] = {"source": source, "problems": len(job.inputs.problems), "hash": job.shared.problems}
    if not problems.path:
        about["generator"] = generator.model_dump(mode="json")
    return Artifact(f"problems-{about['hash'][:12]}", "problems", about, _address(problems.path))


def _hash(ids: Iterable[str]) -> str:
    """`content_id("problems", list(ids))`, without the list."""
    digest, before = hashlib.sha256(b'["problems",['), b""
    for id in ids:
        digest.update(before + json.dumps(id, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        before = b","
    digest.update(b"]]")
    return digest.hexdigest()[:20]


def _corpus(job: Run, number: int, metrics: Mapping[str, Any], sampled: list[Artifact]) -> Artifact:
    counts = ("problems", "statements", "statements_kept", "attempts", "pairs", "pairs_negated")
    about = {"round": number, **{name: metrics.get(name) for name in counts}, "sampled_by": [model.metadata["hash"] for model in sampled]}
    about["pairs_so_far"] = job.store.count("pairs", "r")
    return Artifact(f"{_name(job)}-corpus", "corpus", about, _address(job.store.address("pairs")), aliases=[f"round-{number}"])


def _model(job: Run, weights: Weights) -> Artifact:
    trained_on = f"{_name(job)}-corpus:round-{weights.version}" if weights.version else ""
    about = {"round": weights.version, "hash": weights.hash, "path": weights.path, "trained_on": trained_on}
    if weights.base:
        about["base"] = weights.base
    folder = Path(weights.path) if job.config.tracking.upload_weights and Path(weights.path).is_dir() else None
    return Artifact(f"{_name(job)}-model", "model", about, _address(weights.path), folder, [f"round-{weights.version}"])


def _evaluation(job: Run, number: int, metrics: Mapping[str, Any]) -> Artifact:
    found = {name: value for name, value in round_series(metrics).items() if name.startswith("eval/")}
    about = {"round": number, "model": metrics["model"], **found}
    place = _address(job.store.address(f"rounds/{number:03d}/eval.json"))
    return Artifact(f"{_name(job)}-evaluation", "evaluation", about, place, aliases=[f"round-{number}"])


def _name(job: Run) -> str:
    return re.sub(r"[^\w.-]+", "-", tracked_id(job.config.name, job.store.id))  # W&B allows no other characters


def _address(place: str) -> str:
    """A URL of what is in a place that has one; '' for the name of a model or data set on a hub."""
    if "://" in place:
        return place
    path = Path(place).absolute()
    return path.as_uri() if place and path.exists() else ""
