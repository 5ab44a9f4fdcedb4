"""The settings of the vLLM engines: plain data, so that reading a configuration imports neither vLLM nor Ray."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class SamplerConfig(BaseModel):
    """The vLLM engine; sizes in tokens unless said otherwise."""

    model_config = ConfigDict(extra="forbid")

    replicas: int = Field(1, ge=1, description="engines; each is one Ray actor")
    gpus: float = Field(0, ge=0, description="GPUs of one engine; more than 1 shards the model over them (tensor parallel)")
    cpus: float = Field(0, ge=0, description="logical Ray CPUs that one engine reserves")
    threads: int = Field(1, ge=1, description="OpenMP threads of one engine on CPU")
    dtype: str = Field("float32", description="float32 is the fast one on CPUs without AMX; bfloat16 on GPUs")
    max_model_len: int = Field(512, ge=32, description="prompt and completion together")
    max_num_seqs: int = Field(128, ge=1, description="sequences decoded at once")
    kv_cache_gib: int = Field(1, ge=1, description="CPU key-value cache, GiB")
    gpu_memory_utilization: float = Field(0.9, gt=0, le=1)
    enforce_eager: bool = Field(True, description="no graph capture: the fast start; turn off on GPUs")
    offline: bool = Field(True, description="never ask a model hub")
    release_while_training: bool = Field(False, description="end the engines while a round trains (GPUs shared with the trainer)")
    swap_tolerance: float = Field(0.02, gt=0, description="largest mean difference of token log-probabilities after a swap, nats")
