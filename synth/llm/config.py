"""What answers in each role, and the settings of engines and endpoints: plain data, that imports neither vLLM nor Ray."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

ModelRole = Literal["formalizer", "judge", "informalizer", "prover", "corrector", "sketcher", "conjecturer"]
"""What a model is for; each may have a model of its own."""
ROLES: tuple[ModelRole, ...] = get_args(ModelRole)
SEARCHING: tuple[ModelRole, ...] = ("prover", "corrector", "sketcher", "conjecturer")
"""The roles of proof search."""
ASKED: dict[str, ModelRole] = {
    "formalize": "formalizer",
    "pose": "formalizer",
    "translate": "formalizer",
    "refine": "formalizer",
    "follow": "formalizer",
    "grade": "judge",
    "compare": "judge",
    "match": "judge",
    "repeats": "judge",
    "informalize": "informalizer",
    "annotate": "informalizer",
    "explain": "informalizer",
    "prove": "prover",
    "repair": "corrector",
    "sketch": "sketcher",
    "blueprint": "sketcher",
    "enumerate": "conjecturer",
    "guess": "conjecturer",
    "conjecture": "conjecturer",
}
"""Which model answers a prompt, by the prompt's role; the prover for any other."""


class SamplerConfig(BaseModel):
    """The vLLM engine of a checkpoint, or the requests to an endpoint; sizes in tokens unless said otherwise."""

    model_config = ConfigDict(extra="forbid")

    replicas: int = Field(1, ge=1, description="engines that a run begins with; each is one Ray actor")
    most: int = Field(
        0,
        ge=0,
        description="engines that `synth run` may come to have where nodes join its cluster: beside `replicas`, which Ray starts anew when "
        "they are lost, others as far as there is room, which are lost with their node; 0 = no more than `replicas`",
    )
    gpus: float = Field(0, ge=0, description="GPUs of one engine; more than 1 shards the model over them (tensor parallel)")
    pipeline: int = Field(
        1,
        ge=1,
        description="stages that an engine's GPUs are divided into, for models that no node holds: each is on one node, whose GPUs share "
        "its layers (tensor parallel)",
    )
    process: bool | None = Field(
        None, description="the engine in a process of its own, so that tokenizing never holds up its steps; null = where it has GPUs"
    )
    cpus: float = Field(0, ge=0, description="logical Ray CPUs that one engine reserves")
    nodes: dict[str, str] = Field({}, description="Ray labels of the nodes that engines may be on, such as {gpu: h100}; {}: any")
    threads: int = Field(1, ge=1, description="OpenMP threads of one engine on CPU")
    dtype: str = Field("float32", description="float32 is the fast one on CPUs without AMX; bfloat16 on GPUs")
    max_model_len: int | None = Field(
        None, ge=32, description="prompt and completion together; None = what the preset is made for, if the checkpoint has that much"
    )
    max_num_seqs: int = Field(128, ge=1, description="sequences decoded at once")
    kv_cache_gib: int = Field(1, ge=1, description="CPU key-value cache, GiB")
    gpu_memory_utilization: float = Field(0.9, gt=0, le=1)
    enforce_eager: bool = Field(True, description="no graph capture: the fast start; turn off on GPUs")
    offline: bool = Field(True, description="never ask a model hub")
    release_while_training: bool = Field(False, description="end all engines while a round trains (GPUs shared with the trainer)")
    swap: Literal["drain", "keep"] = Field(
        "drain",
        description="new weights wait for the answers under way (drain), or interrupt them and finish them (keep: for long answers, which "
        "then count as the older version's; needs an engine with a process of its own)",
    )
    transfer: Literal["checkpoint", "store"] = Field(
        "checkpoint",
        description="how new weights come: every engine reads the checkpoint (checkpoint), or it is read once and brought to the engines' "
        "nodes through Ray's object store, with a digest of each tensor, while they sample on (store: for many engines or a slow disk; "
        "a node's store must have room for it)",
    )
    checksums: bool = Field(
        False,
        description="after a swap compare digests of all weights between the engines of a group, beside what they compute "
        "(reads all weights once; vLLM 0.32 or newer)",
    )
    swap_tolerance: float | None = Field(
        None,
        gt=0,
        description="largest mean difference of token log-probabilities after a swap, as a share of the logits' standard deviation; "
        "None = what rounding in the number formats explains (0.002 for float32, 0.04 for bfloat16)",
    )
    requests: int = Field(64, ge=1, description="endpoints: requests in flight at once, of the whole run")
    request_timeout: float = Field(600.0, gt=0, description="endpoints: seconds that one request may take")
    retries: int = Field(8, ge=0, description="endpoints: how often a request that failed is sent again, with growing pauses")

    @property
    def grows(self) -> bool:
        """Whether there may be more engines than a run begins with."""
        return self.most > self.replicas

    @property
    def pieces(self) -> list[dict[str, float]]:
        """What an engine holds of Ray's resources, by the nodes that it may be divided over: all of it on one, or GPU by GPU."""
        first = {name: held for name, held in (("GPU", self.gpus), ("CPU", self.cpus)) if held}
        if self.pipeline == 1:
            return [first]
        return [{**first, "GPU": 1.0}, *({"GPU": 1.0} for _ in range(int(self.gpus) - 1))]

    @property
    def apart(self) -> bool:
        """Whether the engine has a process of its own."""
        return self.gpus > 0 if self.process is None else self.process

    def require_whole(self) -> None:
        """ValueError where the settings, all of them given, make no engine."""
        if self.pipeline > 1 and (self.gpus < self.pipeline or self.gpus % self.pipeline):
            raise ValueError(f"sampler.pipeline ({self.pipeline}) divides an engine's GPUs: let sampler.gpus ({self.gpus:g}) be a multiple")
        if self.swap == "keep" and not self.apart:
            raise ValueError("sampler.swap=keep needs an engine with a process of its own: set sampler.process=true (with GPUs it is)")
        if self.transfer == "store" and self.pipeline > 1:
            raise ValueError(
                "sampler.transfer=store brings weights to one node: an engine over several (sampler.pipeline) reads the checkpoint"
            )
        if self.grows and not self.gpus and not self.cpus:
            raise ValueError(
                f"sampler.most ({self.most}): an engine that reserves nothing has room everywhere: set sampler.gpus or sampler.cpus, "
                "or leave sampler.most at 0"
            )


class RoleConfig(BaseModel):
    """What answers in one role: a checkpoint (`path`), an `endpoint`, or, with neither, what the prover starts from."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field("", description="a checkpoint (folder or hub name); '' = the run's own model, which is what the prover starts from")
    endpoint: str = Field("", description="base URL of an OpenAI-compatible server, such as http://host:8000/v1, in place of `path`")
    name: str = Field("", description="the model's name at the endpoint")
    api_key_env: str = Field("", description="environment variable that holds the endpoint's API key; '' = it wants none")
    preset: str = Field(
        "",
        description="how the model is asked and read: a built-in preset or a folder of templates; '' = `embedded` for our own small model,"
        " `chat` for endpoints and for checkpoints with a chat template, else `base`",
    )
    sampler: SamplerConfig = Field(SamplerConfig(), description="settings of this role's own, over those of `sampler`")

    @model_validator(mode="after")
    def _one_source(self) -> RoleConfig:
        if self.path and self.endpoint:
            raise ValueError(f"path ({self.path}) and endpoint ({self.endpoint}) are both given; give one of them")
        if self.endpoint and not self.endpoint.startswith(("http://", "https://")):
            raise ValueError(f"endpoint ({self.endpoint}) is no address; give the server's base URL, such as http://host:8000/v1")
        if self.endpoint and not self.name:
            raise ValueError("an endpoint needs `name`, the model's name there (`curl ENDPOINT/models` lists them)")
        if (self.name or self.api_key_env) and not self.endpoint:
            raise ValueError("name and api_key_env belong to an endpoint, and none is given")
        return self

    @property
    def own(self) -> bool:
        """Whether the role has a source of its own."""
        return bool(self.path or self.endpoint)


def merged(common: SamplerConfig, own: SamplerConfig) -> SamplerConfig:
    """`common`, with what is given in `own` over it."""
    return common.model_copy(update={name: getattr(own, name) for name in own.model_fields_set})
