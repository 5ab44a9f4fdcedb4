"""What is simulated: how many machines, how fast they are where that is not to be as measured, what they cost, how often they go."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synth.overrides import said
from synth.simulate.engine import Curve
from verify_workers.errors import UserError


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EngineSetting(Part):
    """One engine."""

    tokens_per_second: float | None = Field(None, gt=0, description="at its largest batch, all sequences together; None = as measured")
    half_at: float = Field(0.0, ge=0, description="sequences under way at which it generates half as many; 0 = however few there are")
    prompt_tokens: float = Field(0.0, ge=0, description="generated tokens in whose time a prompt is read")
    gpus: float = Field(0.0, ge=0, description="GPUs that it holds")
    swap_seconds: float | None = Field(None, ge=0, description="seconds to take new weights, its batch drained; None = as measured")
    start_seconds: float | None = Field(None, ge=0, description="seconds to start; None = as measured")


class TrainerSetting(Part):
    """The trainer, all its processes together."""

    tokens_per_second: float | None = Field(None, gt=0, description="None = as measured")
    tokens_per_example: float | None = Field(None, gt=0, description="prompt and proof; None = as measured")
    aside_seconds: float | None = Field(None, ge=0, description="a round's seconds beside its steps: loading, export; None = as measured")
    gpus: float = Field(0.0, ge=0, description="GPUs that it holds, also while it waits")


class PoolSetting(Part):
    """Nodes with Lean workers."""

    nodes: int = Field(1, ge=1)
    cores: int = Field(2, ge=1, description="of each node")
    workers: int = Field(0, ge=0, description="Lean workers of each node; 0 = one for each core")
    check_seconds: float | None = Field(None, gt=0, description="mean seconds of a check of an attempt on a core; None = as measured")
    import_seconds: float = Field(0.0, ge=0, description="before a worker's first check")
    preempted_per_hour: float = Field(0.0, ge=0, description="how often a node is taken away, on average")
    back_after: float = Field(120.0, ge=0, description="seconds until another one stands in for it")


class PriceSetting(Part):
    """In one currency, for each hour that something is held."""

    gpu_hour: float = Field(0.0, ge=0)
    core_hour: float = Field(0.0, ge=0)


class Setting(Part):
    """A cluster."""

    name: str = "as measured"
    sources: list[str] = Field([], description="where the numbers are from, for whoever reads the prediction")
    one_machine: bool = Field(False, description="engines, trainer and Lean share the cores of one machine, as on a laptop")
    machine_cores: int = Field(2, ge=1, description="its cores")
    cores_beside: float | None = Field(
        None, ge=0, description="of these what driver, shards, Ray and whatever else runs have always at work; None = as measured"
    )
    engine: EngineSetting = EngineSetting()
    trainer: TrainerSetting = TrainerSetting()
    pools: PoolSetting = PoolSetting()
    prices: PriceSetting = PriceSetting()
    tokens_per_attempt: float | None = Field(None, gt=0, description="mean tokens of an attempt; None = as measured")
    shard_start_seconds: float | None = Field(None, ge=0, description="of a core, to start a shard actor; None = as measured")
    shard_seconds: float = Field(0.0004, ge=0, description="seconds of a shard actor's one thread for each attempt")
    call_seconds: float = Field(0.001, ge=0, description="until a call reaches an actor")
    grain: int = Field(1, ge=1, description="attempts that are simulated as one, side by side in an engine and on as many Lean workers")
    look: float = Field(0.0, ge=0, description="seconds between two looks of the driver at its actors; 0 = as it does")
    problems: int = Field(0, ge=0, description="new problems of all rounds; 0 = as many as the run had")

    def curve(self, measured: Curve) -> Curve:
        """How fast an engine is."""
        return measured if self.engine.tokens_per_second is None else Curve(self.engine.tokens_per_second, self.engine.half_at)


def read_setting(path: Path) -> Setting:
    """A cluster as a YAML file describes it.  UserError where it does not."""
    try:
        return Setting.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error}); those that come with us are in cluster/capacity/") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{path}: cannot be read as YAML ({' '.join(str(error).split())})") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"{path}: {'.'.join(map(str, first['loc']))}: {said(first)}") from None
