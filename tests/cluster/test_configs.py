"""The configurations that we ship: they load, fit together, and render into what vLLM, DeepSpeed and the pool take."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from synth.config import RunConfig, load_config
from synth.llm.adapters import adapter_arguments
from synth.llm.config import ROLES
from synth.llm.engine import engine_arguments
from synth.run.cluster import demand, held_together
from synth.run.roles import answering, groups, used_prompts
from synth.run.state import served_lora
from train.deepspeed_config import deepspeed_config
from train.memory import estimate, shape
from verify_workers.errors import UserError

CONFIGS = sorted((Path(__file__).parents[2] / "cluster" / "configs").glob("*.yaml"))


def load(name: str) -> RunConfig:
    return load_config(next(path for path in CONFIGS if path.stem == name))


def test_they_are_there() -> None:
    assert {path.stem for path in CONFIGS} >= {"embedded", "gpu_1", "gpu_small", "gpu_node", "cluster"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"name: \xe9\n", r"wrong.yaml: not valid YAML: .*invalid continuation byte"),
        (b"a: [1", r"wrong.yaml: not valid YAML: .*in \"\S*wrong.yaml\", line 1"),
        (b"[]", r"wrong.yaml: a configuration is a mapping of keys to values"),
    ],
)
def test_a_file_that_is_no_configuration_is_one_line(tmp_path: Path, text: bytes, says: str) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_bytes(text)
    with pytest.raises(UserError, match=says) as caught:
        load_config(wrong)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_it_loads_and_a_misspelt_key_is_told(path: Path, tmp_path: Path) -> None:
    config = load_config(path)
    assert config.name.replace("-", "_") == path.stem
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(path.read_text(encoding="utf-8").replace("\nrounds:", "\nround:"), encoding="utf-8")
    with pytest.raises(UserError, match="rounds"):
        load_config(wrong)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_vllm_takes_it(path: Path) -> None:
    from vllm import EngineArgs

    models = load_config(path).models
    for role in ROLES:
        arguments = engine_arguments(models.of(role).sampler)
        assert set(arguments) <= {field.name for field in dataclasses.fields(EngineArgs)}


def test_an_engine_over_several_nodes_is_divided_into_stages() -> None:
    config = load_config(CONFIGS[0], ["sampler.gpus=16", "sampler.pipeline=2", "sampler.cpus=2"]).models.prover.sampler
    arguments = engine_arguments(config)
    assert (arguments["tensor_parallel_size"], arguments["pipeline_parallel_size"]) == (8, 2)
    assert arguments["distributed_executor_backend"] == "ray"
    assert config.pieces == [{"GPU": 1.0, "CPU": 2.0}, *[{"GPU": 1.0}] * 15]
    with pytest.raises(UserError, match=r"sampler\.pipeline \(3\) divides an engine's GPUs: let sampler\.gpus \(4\) be a multiple"):
        load_config(CONFIGS[0], ["sampler.gpus=4", "sampler.pipeline=3"])


def test_engines_with_gpus_have_a_process_of_their_own_and_only_those_keep_answers() -> None:
    assert load_config(CONFIGS[0], ["sampler.gpus=1", "sampler.swap=keep"]).models.prover.sampler.apart
    assert not load_config(CONFIGS[0], ["sampler.gpus=1", "sampler.process=false"]).models.prover.sampler.apart
    with pytest.raises(UserError, match=r"sampler\.swap=keep needs .* sampler\.process=true"):
        load_config(CONFIGS[0], ["models.judge.path=x", "models.judge.sampler.swap=keep", "sampler.gpus=0"])


def test_engines_that_reserve_nothing_cannot_become_more() -> None:
    more = ["sampler.replicas=2", "sampler.most=4"]
    assert load_config(CONFIGS[0], [*more, "sampler.gpus=1"]).models.prover.sampler.grows
    assert load_config(CONFIGS[0], [*more, "sampler.cpus=0.5", "sampler.gpus=0"]).models.prover.sampler.pieces == [{"CPU": 0.5}]
    assert not load_config(CONFIGS[0], ["sampler.replicas=4", "sampler.most=4", "sampler.gpus=0"]).models.prover.sampler.grows
    with pytest.raises(UserError, match=r"sampler\.most \(4\): .* set sampler\.gpus or sampler\.cpus"):
        load_config(CONFIGS[0], [*more, "sampler.gpus=0", "sampler.cpus=0"])


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_deepspeed_takes_it(path: Path) -> None:
    from deepspeed.runtime.config import DeepSpeedConfig

    config = load_config(path)
    read = DeepSpeedConfig(deepspeed_config(config.train))
    assert read.zero_config.stage == config.train.zero_stage
    assert read.bfloat16_config.enabled == (config.train.dtype == "bfloat16")


def test_one_node_has_room_for_all() -> None:
    """8 GPUs: the samplers' all, then the trainer's all; no GPU for both at a time."""
    config = load("gpu_node")
    shared = [config.models.of(roles[0]).sampler for roles in groups(config, answering(used_prompts(config)))]
    assert len(shared) == 2 and sum(sampler.replicas * sampler.gpus for sampler in shared) == 8 == config.train.workers
    assert all(sampler.release_while_training for sampler in shared) and config.train.gpu
    assert engine_arguments(config.sampler)["tensor_parallel_size"] == 2
    assert "distributed_executor_backend" not in engine_arguments(config.sampler)


@pytest.fixture(scope="module")
def seven_billion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shape of DeepSeek-Prover-V1.5, without its weights."""
    from transformers import LlamaConfig

    folder = tmp_path_factory.mktemp("prover-7b")
    sizes = {"hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 30, "num_attention_heads": 32}
    LlamaConfig(vocab_size=102400, max_position_embeddings=4096, **sizes).save_pretrained(folder)
    return folder


@pytest.mark.parametrize(("name", "share"), [("gpu_1", 0.39), ("gpu_node", 1.0), ("cluster", 1.0)])
def test_training_fits_its_share_of_a_gpu(seven_billion: Path, name: str, share: float) -> None:
    """80 GB, which PyTorch calls 79.2 GiB; a quarter of the share is left for what the estimate may miss."""
    config = load(name).train
    assert config.gpus_per_worker == share
    assert estimate(shape(seven_billion, config), config).total < 0.75 * share * 79.2 * 2**30


def test_vllm_makes_room_for_what_is_served_on_one_gpu(seven_billion: Path) -> None:
    from vllm import EngineArgs
    from vllm.config.lora import LoRAConfig

    config = load("gpu_1")
    lora = served_lora(config)
    assert lora is not None and all(served_lora(load(name)) is None for name in ("embedded", "gpu_node", "cluster"))
    arguments = adapter_arguments(lora, str(seven_billion))
    assert set(arguments) <= {field.name for field in dataclasses.fields(EngineArgs)}
    EngineArgs(model=str(seven_billion), **engine_arguments(config.models.prover.sampler), **arguments)
    form = LoRAConfig(
        max_lora_rank=arguments["max_lora_rank"],
        max_loras=arguments["max_loras"],
        max_cpu_loras=arguments["max_cpu_loras"],
        target_modules=arguments["lora_target_modules"],
    )
    assert form.max_lora_rank == lora.rank == 32 and form.target_modules is not None and len(form.target_modules) == 7


def test_one_gpu_is_shared_and_never_given_away() -> None:
    config = load("gpu_1")
    shared = [config.models.of(roles[0]).sampler for roles in groups(config, answering(used_prompts(config)))]
    assert sum(sampler.gpus for sampler in shared) + config.train.gpus_per_worker <= 1.0
    assert sum(sampler.gpu_memory_utilization for sampler in shared) + config.train.gpus_per_worker <= 1.0
    assert held_together(config, answering(used_prompts(config))) and config.train.lora is not None


def test_a_cluster_samples_while_it_trains() -> None:
    config = load("cluster")
    assert config.mode == "async" and demand(config, answering(used_prompts(config)))["GPU"] == 32


@pytest.mark.parametrize("name", ["gpu_1", "gpu_node", "cluster"])
def test_mathlib_is_checked_by_the_repl(name: str) -> None:
    config = load(name)
    assert config.header.startswith("import Mathlib\n") and config.verify.backend == "repl" and config.verify.project is not None
    assert config.search.timeout <= config.verify.timeout_last


@pytest.mark.parametrize(("old", "new"), [("header", "header_seconds"), ("retry", "retry_timeouts")])
def test_a_key_of_the_first_version_leads_to_its_new_name(old: str, new: str) -> None:
    with pytest.raises(UserError) as error:
        load_config(next(path for path in CONFIGS if path.stem == "embedded"), [f"verify.{old}=5"])
    assert str(error.value) == f"--set verify.{old}=5: unknown key `verify.{old}`; the nearest valid key is `verify.{new}`"
