"""Which model answers in which role: sources, presets, groups, and what cannot be is said in one line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from synth.annotations import Annotation
from synth.config import RunConfig
from synth.llm.config import ROLES, ModelRole
from synth.llm.types import Sampling, Weights
from synth.prompts import load_prompts
from synth.records import Problem
from synth.run.roles import answering, check_roles, check_training, given_weights, groups, preset, resolved, used_prompts
from synth.services import Group, Services
from synth.store.files import write_records
from tests.synth.run.fakes import FakeActor, make_run
from verify_workers.errors import UserError

SERVER = {"endpoint": "http://host:8000/v1", "name": "big"}


def config(**models: Any) -> RunConfig:
    return RunConfig.model_validate({"models": models})


def checkpoint(folder: Path, template: str = "", vocabulary: str = "") -> str:
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "tokenizer.json").write_text(vocabulary)
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": template} if template else {}))
    return str(folder)


@pytest.mark.parametrize(
    ("role", "says"),
    [
        ({"path": "x", **SERVER}, r"path \(x\) and endpoint \(http://host:8000/v1\) are both given"),
        ({"endpoint": "http://host/v1"}, "an endpoint needs `name`"),
        ({"endpoint": "host:8000", "name": "m"}, r"endpoint \(host:8000\) is no address"),
        ({"name": "m"}, "name and api_key_env belong to an endpoint"),
    ],
)
def test_a_role_has_one_source(role: dict[str, str], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        config(judge=role)


def test_sampler_settings_are_merged_role_over_common() -> None:
    made = RunConfig.model_validate(
        {
            "sampler": {"gpus": 2, "replicas": 4},
            "models": {"prover": {"sampler": {"replicas": 3}}, "judge": {**SERVER, "sampler": {"requests": 9}}},
        }
    )
    models = made.models
    assert (models.of("prover").sampler.gpus, models.of("prover").sampler.replicas) == (2, 3)
    assert models.of("formalizer").sampler == models.of("prover").sampler, "it uses the prover's model"
    assert (models.judge.sampler.requests, models.judge.sampler.replicas) == (9, 4)
    assert RunConfig.model_validate(made.model_dump(mode="json")) == made, "what is written down reads back as it was"
    assert RunConfig().models.prover.sampler.gpus == 0, "defaults are nobody's to change"


def test_a_role_without_a_source_has_the_provers() -> None:
    models = config(prover={**SERVER, "preset": "deepseek-prover-v2"}, judge={"path": "j"}).models
    assert models.of("formalizer").endpoint == SERVER["endpoint"] and models.of("formalizer").preset == "deepseek-prover-v2"
    assert models.of("judge").path == "j" and not models.of("judge").endpoint
    assert RunConfig().models.bootstrapped and not models.bootstrapped


def test_the_preset_of_a_role_that_names_none(tmp_path: Path) -> None:
    ours = checkpoint(tmp_path / "ours", vocabulary='{"added_tokens": [{"content": "<|prove|>"}]}')
    chat, base = checkpoint(tmp_path / "chat", "{{ messages }}"), checkpoint(tmp_path / "base")
    assert preset(RunConfig(), "judge") == "embedded"
    assert preset(config(prover=SERVER), "prover") == "chat"
    assert [preset(config(prover={"path": path}), "prover") for path in (ours, chat, base)] == ["embedded", "chat", "base"]
    assert preset(config(prover={"path": chat, "preset": "kimina-prover"}), "prover") == "kimina-prover"
    assert resolved(config(prover={"path": base})).models.judge.preset == "base"


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        ({}, [("formalizer", "judge"), ("prover",)]),
        ({"train": ["prover", "formalizer", "judge"]}, [("formalizer", "judge", "prover")]),
        ({"train": ["prover", "judge"]}, [("formalizer",), ("judge", "prover")]),
        ({"train": []}, [("formalizer", "judge", "prover")]),
        ({"judge": SERVER}, [("formalizer",), ("judge",), ("prover",)]),
        ({"judge": SERVER, "formalizer": SERVER}, [("formalizer", "judge"), ("prover",)]),
        ({"judge": SERVER, "formalizer": {**SERVER, "preset": "kimina-autoformalizer"}}, [("formalizer", "judge"), ("prover",)]),
        ({"judge": {"sampler": {"replicas": 2}}}, [("formalizer",), ("judge",), ("prover",)]),
    ],
)
def test_roles_share_actors_where_the_same_answers(models: dict[str, Any], expected: list[tuple[ModelRole, ...]]) -> None:
    assert groups(config(**models), ("formalizer", "judge", "prover")) == expected


def test_what_searches_answers_with_the_provers_weights() -> None:
    assert groups(config(), ROLES) == [("formalizer", "judge", "informalizer"), ("prover", "corrector", "sketcher", "conjecturer")]
    assert groups(config(corrector=SERVER), ROLES)[-1] == ("corrector",)
    assert not config(train=[]).models.follows("sketcher") and not config(corrector=SERVER).models.follows("corrector")


def test_only_roles_that_are_asked_are_started() -> None:
    plain, given = Problem(id="a", text="plain"), Problem(id="b", statement="theorem b : 1 = 1")
    assert used_prompts(RunConfig(), [given, plain]) == ("formalize", "grade", "prove")
    assert answering(used_prompts(RunConfig(), [given, plain])) == ("formalizer", "judge", "prover")
    assert used_prompts(RunConfig(), [given]) == ("prove",)
    assert used_prompts(RunConfig.model_validate({"filters": {"grade": False}}), [plain]) == ("formalize", "prove")
    check_roles(config(formalizer={"path": "nowhere"}, prover=SERVER), ("prove",))


def test_what_a_role_lacks_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    for models, says in (
        ({"prover": {"path": "nowhere"}}, "models.prover.path: nowhere is not a folder"),
        (
            {"judge": {"path": "no-such-owner/no-such-model"}},
            "models.judge.path: no-such-owner/no-such-model is no .*offline be",
        ),
        ({"prover": {**SERVER, "api_key_env": "NO_SUCH_KEY"}}, "environment variable NO_SUCH_KEY"),
        ({"prover": {**SERVER, "preset": "deepseek-prover-v2"}}, "no template formalize.jinja"),
        ({"judge": {**SERVER, "preset": "no-such-preset"}}, "no-such-preset"),
    ):
        with pytest.raises(UserError, match=says):
            check_roles(config(**models), ("formalize", "grade", "prove"))


@pytest.mark.parametrize(
    ("models", "says"),
    [
        ({"prover": SERVER}, r"the prover is an endpoint \(http://host:8000/v1\), whose weights are not ours to train"),
        ({"train": ["prover", "judge"], "judge": {"path": "j"}}, r"models.judge.path is another \(j\)"),
        ({"train": ["prover", "judge"], "prover": {"path": "p"}}, "nothing to train a judge on"),
        ({"train": ["judge"]}, "add prover"),
    ],
)
def test_what_cannot_be_trained_is_said(models: dict[str, Any], says: str) -> None:
    with pytest.raises(UserError, match=says):
        check_training(config(**models))


def test_what_can_be_trained() -> None:
    for models in ({}, {"train": []}, {"train": list(ROLES)}, {"prover": SERVER, "train": []}, {"judge": SERVER}):
        check_training(config(**models))


def test_frozen_roles_keep_the_weights_of_the_beginning(tmp_path: Path) -> None:
    job = make_run(tmp_path, models={"train": ["prover"], "judge": SERVER})
    job.answering, first = Weights("new", 2, "new"), Weights("first", 0, "first")
    job.frozen["formalizer"], job.roles = first, ("formalizer", "judge", "prover", "corrector")
    judge = given_weights(job.config, "judge")
    assert job.role_weights() == {"formalizer": first, "judge": judge, "prover": job.answering, "corrector": job.answering}
    assert job.role_weights()["judge"].path == "big"


def test_each_role_asks_its_own_group_for_its_own_weights() -> None:
    asked: list[tuple[str, Weights]] = []

    def answers(name: str) -> FakeActor:
        def sample(prompts: Any, sampling: Sampling, weights: Weights) -> list[str]:
            asked.append((name, weights))
            return [name] * len(prompts)

        return FakeActor(sample=sample)

    services = Services([Group(("formalizer", "judge"), [answers("frozen")]), Group(("prover",), [answers("trained")])], {})
    prompts = dict.fromkeys(ROLES, load_prompts("embedded"))
    old, new = Weights("old", 0, "old"), Weights("new", 3, "new")
    tools = services.tools(prompts, {"formalizer": old, "judge": old, "prover": new}, 1, 0)

    async def ask_all() -> None:
        for model in (tools.formalizer, tools.judge, tools.prover):
            await model.ask([prompts["prover"].prove("theorem X : 1 = 1")], Sampling())

    asyncio.run(ask_all())
    assert asked == [("frozen", old), ("frozen", old), ("trained", new)]
    lonely = Services([], {}).tools(prompts, {}, 1, 0)
    with pytest.raises(RuntimeError, match="the prover is asked, but nothing was started for it"):
        asyncio.run(lonely.prover.ask([], Sampling()))


def test_sampling_is_the_presets_where_the_configuration_leaves_it_open() -> None:
    kimina = Services([], {}).tools(dict.fromkeys(ROLES, load_prompts("kimina-prover")), {}, 0, 0).prover
    open_ = kimina.sampling("prove", 4, 1)
    assert (open_.n, open_.temperature, open_.top_p, open_.max_tokens) == (4, 0.6, 0.95, 16384 + 4096), "thoughts have a budget"
    given = kimina.sampling("prove", 4, 1, temperature=0.0, top_p=1.0, max_tokens=10)
    assert (given.temperature, given.top_p, given.max_tokens) == (0.0, 1.0, 10)


def test_a_formalizer_is_trained_on_pairs_that_are_there(tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    write_records(file, [Annotation(id="a", kind="statement", source="s", statement="theorem X : 1 = 1", text="It is.")], Annotation)
    given: dict[str, Any] = {"prover": {"path": "given"}, "train": ["prover", "formalizer"]}
    check_training(config(**given, pairs=[str(file)]))
    check_training(config(pairs=[str(file)]))  # our own small model, in its bootstrap
    with pytest.raises(UserError, match=r"nothing to train a formalizer on: .* or give models\.pairs, files of `synth informalize`"):
        check_training(config(**given))
    with pytest.raises(
        UserError, match=r"models\.pairs: only a formalizer that is trained learns from them; add formalizer to models\.train"
    ):
        check_training(config(prover={"path": "given"}, pairs=[str(file)]))
    with pytest.raises(UserError, match=r"none\.jsonl: no such file"):
        check_training(config(**given, pairs=[str(tmp_path / "none.jsonl")]))
    file.write_text('{"text": "It is."}\n')
    with pytest.raises(UserError, match=r"pairs\.jsonl:1: id: Field required; expected an? Annotation record"):
        check_training(config(**given, pairs=[str(file)]))
