"""The language model behind the three roles: one vLLM engine in a Ray actor, batched continuously.

The engine steps in a thread of its own; requests of many shards join its running batch as they come, so no caller
waits for another's batch.  New weights are swapped in place between rounds, and the swap is *checked*: with tied
embeddings on CPU an engine silently keeps part of the old weights, and nothing says so.
"""

from __future__ import annotations

import asyncio
import json
import os
import queue
import threading
import time
import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ray
from pydantic import BaseModel, ConfigDict, Field

# One process, no network, and the CPU back end's own thread binding left alone (docs/architecture.md, "vLLM on CPU").
ENGINE_ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "WARNING",
    "TOKENIZERS_PARALLELISM": "false",
}


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


@dataclass(frozen=True)
class Sampling:
    """Parameters of one request: `n` completions of at most `max_tokens` tokens."""

    n: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 128
    seed: int = 0
    stop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Completion:
    """One sampled text; `finished` is False where it was cut at `max_tokens`."""

    text: str
    tokens: int
    finished: bool
    logprob: float = 0.0


class PromptTooLong(Exception):
    """The prompt leaves no room for an answer in the model's context."""


def engine_arguments(config: SamplerConfig) -> dict[str, Any]:
    """vLLM's arguments for `config`."""
    arguments: dict[str, Any] = {
        "dtype": config.dtype,
        "enforce_eager": config.enforce_eager,
        "max_model_len": config.max_model_len,
        "max_num_seqs": config.max_num_seqs,
        "disable_log_stats": True,
    }
    if config.gpus > 1:
        arguments["tensor_parallel_size"] = int(config.gpus)
    else:
        arguments["distributed_executor_backend"] = "uni"
    if config.gpus:
        arguments["gpu_memory_utilization"] = config.gpu_memory_utilization
    return arguments


class Engine:
    """A vLLM engine stepped by its own thread.  Thread-safe: `submit` and `call` may come from anywhere."""

    def __init__(self, model: str, config: SamplerConfig, seed: int = 0) -> None:
        os.environ.update(ENGINE_ENVIRONMENT)
        os.environ["VLLM_CPU_KVCACHE_SPACE"] = str(config.kv_cache_gib)
        os.environ["OMP_NUM_THREADS"] = str(config.threads)
        if config.offline:
            os.environ["HF_HUB_OFFLINE"] = "1"
        import torch
        from vllm import LLM

        torch.set_num_threads(config.threads)
        self.config = config
        self.llm = LLM(model=model, seed=seed, **engine_arguments(config))
        self.tokenizer = self.llm.get_tokenizer()
        self.generated = 0  # tokens
        self.busy_seconds = 0.0
        self._inbox: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._waiting: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._run, name="vllm-steps", daemon=True)
        self._thread.start()

    def submit(self, prompt: str, sampling: Sampling, done: Any) -> None:
        """Sample from `prompt`; `done(list[Completion] | Exception)` is called in the engine's thread."""
        self._inbox.put(("sample", prompt, sampling, done))

    def call(self, function: Any, done: Any) -> None:
        """Run `function(llm)` when no request is being decoded; `done(result | Exception)` as above."""
        self._inbox.put(("call", function, None, done))

    def _run(self) -> None:
        import torch

        torch.set_num_threads(self.config.threads)  # OpenMP counts threads per calling thread
        engine, number = self.llm.llm_engine, 0
        held: list[tuple[Any, ...]] = []
        while True:
            idle = not engine.has_unfinished_requests()
            while not self._inbox.empty() or (idle and not held):
                kind, what, sampling, done = self._inbox.get()
                if kind == "call" or held:  # a call waits for the batch to drain; what comes after it waits too
                    held.append((kind, what, sampling, done))
                else:
                    number += 1
                    self._add(str(number), what, sampling, done)
                idle = not engine.has_unfinished_requests()
            if idle and held:
                kind, what, sampling, done = held.pop(0)
                if kind == "sample":
                    number += 1
                    self._add(str(number), what, sampling, done)
                else:
                    _answer(done, lambda what=what: what(self.llm))
                continue
            started = time.monotonic()
            try:
                outputs = engine.step()
            except Exception as error:  # a failed step fails every request in the batch; the owner decides what next
                traceback.print_exc()
                for request, done in list(self._waiting.items()):
                    engine.abort_request([request])
                    done(error)
                self._waiting.clear()
                continue
            self.busy_seconds += time.monotonic() - started
            for output in outputs:
                if output.finished and output.request_id in self._waiting:
                    completions = [
                        Completion(o.text, len(o.token_ids), o.finish_reason == "stop", float(o.cumulative_logprob or 0.0))
                        for o in output.outputs
                    ]
                    self.generated += sum(c.tokens for c in completions)
                    self._waiting.pop(output.request_id)(completions)

    def _add(self, request: str, prompt: str, sampling: Sampling, done: Any) -> None:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        try:
            tokens = self.tokenizer.encode(prompt)
            room = self.config.max_model_len - len(tokens)
            if room < 8:
                raise PromptTooLong(f"the prompt has {len(tokens)} tokens, the model's context {self.config.max_model_len}")
            params = SamplingParams(
                n=sampling.n,
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                max_tokens=min(sampling.max_tokens, room),
                # On CPU vLLM fails on a seeded request whose prefill it splits; there only the engine's own seed applies.
                seed=sampling.seed if self.config.gpus else None,
                stop=list(sampling.stop) or None,
                output_kind=RequestOutputKind.FINAL_ONLY,
            )
            self.llm.llm_engine.add_request(request, {"prompt_token_ids": tokens}, params)
            self._waiting[request] = done
        except Exception as error:
            done(error)


def _answer(done: Any, function: Any) -> None:
    try:
        done(function())
    except Exception as error:
        done(error)


def token_logprobs(llm: Any, tokens: list[int]) -> list[float]:
    """The engine's log-probabilities of `tokens[1:]`, nats."""
    from vllm import SamplingParams

    output = llm.generate({"prompt_token_ids": tokens}, SamplingParams(max_tokens=1, temperature=0, prompt_logprobs=0), use_tqdm=False)[0]
    return [entry[token].logprob for token, entry in zip(tokens[1:], output.prompt_logprobs[1:], strict=True)]


def swap_weights(llm: Any, path: str) -> None:
    """Load the safetensors of `path` into the running engine and forget cached prefixes."""
    llm.collective_rpc("reload_weights", kwargs={"weights_path": path})
    llm.reset_prefix_cache()


class SwapFailed(Exception):
    """The engine does not compute what the new checkpoint computes."""


@ray.remote
class Sampler:
    """One engine as a Ray actor: `sample` many prompts, `load` new weights, `stats`."""

    def __init__(self, model: str, config: SamplerConfig, seed: int = 0) -> None:
        self.model = model
        self.engine = Engine(model, config, seed)
        self.looked = (time.monotonic(), 0.0, 0)
        self.swapping = asyncio.Lock()
        self.swap: dict[str, float] = {}

    async def sample(self, prompts: list[str], sampling: Sampling, model: str = "") -> list[list[Completion] | str]:
        """`sampling.n` completions for each prompt, in order; a refused prompt gives its reason instead.

        `model` names the checkpoint that must answer: an actor that Ray restarted with older weights loads it first.
        """
        if model and model != self.model:
            await self.load(model)
        loop = asyncio.get_running_loop()
        futures = []
        for index, prompt in enumerate(prompts):
            future: asyncio.Future[Any] = loop.create_future()
            own = replace(sampling, seed=(sampling.seed + 7919 * index) & 0x7FFFFFFF)
            self.engine.submit(prompt, own, lambda value, future=future: loop.call_soon_threadsafe(_settle, future, value))
            futures.append(future)
        results: list[list[Completion] | str] = []
        for outcome in await asyncio.gather(*futures, return_exceptions=True):
            if isinstance(outcome, PromptTooLong):
                results.append(str(outcome))
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                results.append(outcome)
        return results

    async def _call(self, function: Any) -> Any:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self.engine.call(function, lambda value: loop.call_soon_threadsafe(_settle, future, value))
        return await future

    async def logprobs(self, tokens: list[int]) -> list[float]:
        return list(await self._call(lambda llm: token_logprobs(llm, tokens)))

    async def load(self, path: str) -> dict[str, float]:
        """Swap in the checkpoint at `path` and check that the engine now computes what the checkpoint does.

        Returns the mean absolute differences (nats a token) `before` and `after`, and `seconds`.  Raises SwapFailed.
        """
        async with self.swapping:
            if path == self.model and self.swap:
                return self.swap
            started = time.monotonic()
            probe = await asyncio.to_thread(checkpoint_probe, path)
            before = mean_gap(await self.logprobs(probe.tokens), probe.logprobs)
            await self._call(lambda llm: swap_weights(llm, path))
            after = mean_gap(await self.logprobs(probe.tokens), probe.logprobs)
            if after > self.engine.config.swap_tolerance:
                raise SwapFailed(f"after loading {path} the engine is {after:.3f} nats a token off the checkpoint (before: {before:.3f})")
            self.model, self.swap = path, {"before": before, "after": after, "seconds": time.monotonic() - started}
            return self.swap

    async def stats(self) -> dict[str, float]:
        """Tokens generated in all, and since the last look: the share of time spent stepping and tokens a second."""
        now, busy, tokens = time.monotonic(), self.engine.busy_seconds, self.engine.generated
        then, busy_then, tokens_then = self.looked
        if now - then > STATS_WINDOW:
            self.looked = (now, busy, tokens)
        seconds = max(1e-3, now - then)
        return {
            "tokens": float(tokens),
            "busy_seconds": busy,
            "busy_share": min(1.0, (busy - busy_then) / seconds),
            "tokens_per_second": (tokens - tokens_then) / seconds,
        }


def _settle(future: asyncio.Future[Any], value: Any) -> None:
    if future.cancelled():
        return
    if isinstance(value, BaseException):
        future.set_exception(value)
    else:
        future.set_result(value)


def mean_gap(a: list[float], b: list[float]) -> float:
    return sum(abs(x - y) for x, y in zip(a, b, strict=True)) / max(1, len(b))


@dataclass(frozen=True)
class Probe:
    """Token ids, and the log-probabilities (nats) that a checkpoint gives `tokens[1:]`."""

    tokens: list[int]
    logprobs: list[float]


STATS_WINDOW = 5.0  # seconds over which rates are taken
PROBE_TEXT = "<|prove|>: ∀ n : Nat, n + 0 = n<|answer|>intro n; rfl"


def checkpoint_probe(checkpoint: str) -> Probe:
    """What the checkpoint itself computes on a fixed text: `probe.json` beside its weights, else by transformers."""
    file = Path(checkpoint) / "probe.json"
    if file.exists():
        return Probe(**json.loads(file.read_text()))
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(checkpoint).encode(PROBE_TEXT)
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    with torch.no_grad():
        logprobs = torch.log_softmax(model(torch.tensor([tokens])).logits[0, :-1].float(), -1)
    return Probe(tokens, logprobs[torch.arange(len(tokens) - 1), torch.tensor(tokens[1:])].tolist())


def sampler_actor(model: str | Path, config: SamplerConfig, seed: int = 0) -> Any:
    """Start a Sampler actor; Ray restarts it if its node dies, and callers ask again."""
    options: dict[str, Any] = {"num_cpus": config.cpus, "max_concurrency": 1000, "max_restarts": -1, "max_task_retries": -1}
    if config.gpus:
        options["num_gpus"] = config.gpus
    environment = {**ENGINE_ENVIRONMENT, "OMP_NUM_THREADS": str(config.threads), "VLLM_CPU_KVCACHE_SPACE": str(config.kv_cache_gib)}
    if config.offline:
        environment["HF_HUB_OFFLINE"] = "1"
    actor: Any = Sampler
    return actor.options(runtime_env={"env_vars": environment}, **options).remote(str(model), config, seed)
