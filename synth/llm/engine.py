"""One vLLM engine in this process, batched continuously.

The engine steps in a thread of its own; requests of many shards join its running batch as they come, so no caller
waits for another's batch.  With GPUs the engine has a process of its own instead (`async_engine.py`).
"""

from __future__ import annotations

import asyncio
import itertools
import os
import queue
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from synth.llm.adapters import FIRST, Adapters, adapter_arguments, at_first
from synth.llm.buckets import Bucket
from synth.llm.config import SamplerConfig
from synth.llm.swap import BACKEND, DIGESTS, RECEIVES, check_swap, digest, loading, logprobs_of, reading, token_logprobs
from synth.llm.types import Completion, PromptTooLong, Sampling, Weights
from synth.prompts import Prompt
from synth.prompts.format import prompt_ids, stop_ids
from train.config import LoraConfig
from train.probe import Probe, mean_gap

# No network, and the CPU back end's own thread binding left alone (docs/architecture.md, "vLLM on CPU").
ENGINE_ENVIRONMENT = {
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "WARNING",
    "TOKENIZERS_PARALLELISM": "false",
}


def engine_environment(config: SamplerConfig) -> dict[str, str]:
    """What vLLM reads from the environment."""
    environment = {
        **ENGINE_ENVIRONMENT,
        "VLLM_ENABLE_V1_MULTIPROCESSING": str(int(config.apart)),
        "VLLM_CPU_KVCACHE_SPACE": str(config.kv_cache_gib),
        "OMP_NUM_THREADS": str(config.threads),
    }
    if config.offline:
        environment["HF_HUB_OFFLINE"] = "1"
    if not config.gpus and config.enforce_eager:
        # Also the helpers that vLLM compiles whatever it is told: 15 s at the first swap, to save nothing that can be measured.
        environment["TORCH_COMPILE_DISABLE"] = "1"
    return environment


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
        arguments["tensor_parallel_size"] = int(config.gpus) // config.pipeline
    if config.pipeline > 1:
        arguments |= {"pipeline_parallel_size": config.pipeline, "distributed_executor_backend": "ray"}
    if not config.apart:
        arguments["distributed_executor_backend"] = "uni"
    if config.transfer == "store":
        arguments |= {"weight_transfer_config": {"backend": BACKEND}, "worker_extension_cls": RECEIVES}
    if config.gpus:
        arguments["gpu_memory_utilization"] = config.gpu_memory_utilization
    return arguments


def request(config: SamplerConfig, tokenizer: Any, prompt: Prompt, sampling: Sampling, context: int) -> tuple[dict[str, Any], Any]:
    """vLLM's input and parameters of a request, in a model whose context has that many tokens.  Raises PromptTooLong."""
    tokens = prompt_ids(tokenizer, prompt)
    if (room := context - len(tokens)) < 8:
        raise PromptTooLong(f"the prompt has {len(tokens)} tokens, the model's context {context}")
    return {"prompt_token_ids": tokens}, sampling_params(config, tokenizer, prompt, sampling, room)


def completions(output: Any, weights: Weights) -> list[Completion]:
    """What vLLM has answered to a request."""
    return [Completion(one.text, len(one.token_ids), one.finish_reason == "stop", weights) for one in output.outputs]


def sampling_params(config: SamplerConfig, tokenizer: Any, prompt: Prompt, sampling: Sampling, room: int) -> Any:
    """vLLM's parameters of a request for `prompt`, whose answer has `room` tokens."""
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    return SamplingParams(
        n=sampling.n,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        max_tokens=min(sampling.max_tokens, room),
        # On CPU vLLM fails on a seeded request whose prefill it splits; there only the engine's own seed applies.
        seed=sampling.seed if config.gpus else None,
        stop=list(dict.fromkeys([*sampling.stop, *prompt.stop])) or None,
        stop_token_ids=stop_ids(tokenizer, prompt),
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


@dataclass(frozen=True)
class _Request:
    """What is asked of vLLM once it is taken up, of which adapter, and how its answer is read."""

    make: Callable[[], tuple[dict[str, Any], Any]]
    read: Callable[[Any, Weights], Any]
    weights: Weights | None = None  # None: those that answer by then


class Engine:
    """A vLLM engine stepped by its own thread.  `submit` and `call` may come from any thread, coroutines from any event loop.

    With `lora` it keeps the checkpoint that it starts with, and new weights are adapters of that form.
    """

    def __init__(self, weights: Weights, config: SamplerConfig, seed: int = 0, lora: LoraConfig | None = None) -> None:
        os.environ.update(engine_environment(config))
        import torch
        from vllm import LLM

        torch.set_num_threads(config.threads)
        self.config = config
        self.weights = first = at_first(weights)  # changed in the engine's thread only, between batches (of adapters: between steps)
        self.adapters = Adapters(first.path) if lora else None
        beside = adapter_arguments(lora, first.path) if lora else {}
        self.llm = LLM(model=first.path, seed=seed, **engine_arguments(config), **beside)
        self.context = int(self.llm.llm_engine.model_config.max_model_len)
        self.tokenizer = self.llm.get_tokenizer()
        self.unfit: Exception | None = None  # why nothing is answered, for a swap that failed; as `weights`
        self.generated = 0  # tokens
        self.busy_seconds = 0.0
        self._inbox: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._waiting: dict[str, tuple[Any, _Request, Weights]] = {}
        self._names = itertools.count(1)
        self._thread = threading.Thread(target=self._run, name="vllm-steps", daemon=True)
        self._thread.start()

    async def sample(self, prompt: Prompt, sampling: Sampling) -> list[Completion]:
        """The answers to `prompt`; cancelled, the engine drops the request.  Raises PromptTooLong, and what an engine fails with."""
        future, done = _awaited()
        self.submit(prompt, sampling, done)
        try:
            answers: list[Completion] = await future
        except asyncio.CancelledError:
            self.abort(done)
            raise
        return answers

    async def logprobs(self, texts: list[list[int]]) -> list[list[float]]:
        """What the engine computes for the tokens of each text but the first, nats."""
        if self.adapters is not None:
            return await self._read(texts, self.weights)
        answer: list[list[float]] = await self._called(lambda llm: token_logprobs(llm, texts))
        return answer

    async def _read(self, texts: list[list[int]], weights: Weights) -> list[list[float]]:
        """The same with an adapter, while others are asked."""

        async def one(tokens: list[int]) -> Any:
            future, done = _awaited()
            made = {"prompt_token_ids": tokens}, reading()
            self._inbox.put(("ask", _Request(lambda: made, lambda output, _: logprobs_of(tokens, output), weights), done))
            return await future

        return list(await asyncio.gather(*map(one, texts)))

    async def digest(self) -> str:
        """One of all weights, the same in every engine that holds the same."""
        answer: str = await self._called(lambda llm: digest(llm.collective_rpc(DIGESTS)), now=self.adapters is not None)
        return answer

    async def swap(self, weights: Weights, probe: Probe, buckets: Sequence[Bucket] = ()) -> tuple[float, float]:
        """Answer with `weights` from now on; the mean gaps to the probe before and after, nats a token.  Raises SwapFailed.

        `buckets`: theirs, where these are here already; else they are read from their checkpoint.
        """
        if self.adapters is not None:
            return await self._adopt(self.adapters, weights, probe)
        gaps: tuple[float, float] = await self._called(lambda llm: self._swap(weights, probe, buckets))
        return gaps

    async def _adopt(self, adapters: Adapters, weights: Weights, probe: Probe) -> tuple[float, float]:
        """A swap to an adapter, which is loaded and looked at while others are asked."""
        before = mean_gap(await self._read(probe.tokens, self.weights), probe.logprobs)

        def load(llm: Any) -> None:
            if (named := adapters.request(weights)) is not None:
                llm.llm_engine.add_lora(named)  # what cannot be loaded is told here; in a step it would end the engine
            adapters.begin(weights)  # it stays until it answers

        def answer(_: Any) -> None:
            self.weights, self.unfit = weights, None
            self._leave(weights)

        try:
            await self._called(load, now=True)
            after = mean_gap(await self._read(probe.tokens, weights), probe.logprobs)
            check_swap(weights.path, before, after, probe, self.config)
        except BaseException as error:
            self.unfit = error if isinstance(error, Exception) else RuntimeError(f"loading {weights.path} was broken off")
            raise
        await self._called(answer, now=True)
        return before, after

    async def _called(self, function: Any, now: bool = False) -> Any:
        future, done = _awaited()
        if now:
            self._inbox.put(("now", function, done))
        else:
            self.call(function, done)
        return await future

    def _swap(self, weights: Weights, probe: Probe, buckets: Sequence[Bucket]) -> tuple[float, float]:
        """In the engine's thread, when nothing is being decoded; what failed answers nothing, also not what waits already."""
        before = mean_gap(token_logprobs(self.llm, probe.tokens), probe.logprobs)
        try:
            for method, arguments in loading(weights.path, buckets):
                self.llm.collective_rpc(method, kwargs=arguments)
            self.llm.reset_prefix_cache()
            self.weights = weights
            after = mean_gap(token_logprobs(self.llm, probe.tokens), probe.logprobs)
            check_swap(weights.path, before, after, probe, self.config)
        except Exception as error:
            self.unfit = error
            raise
        self.unfit = None
        return before, after

    @property
    def outstanding(self) -> int:
        """Requests that are not answered yet, roughly."""
        return len(self._waiting) + self._inbox.qsize()

    def submit(self, prompt: Prompt, sampling: Sampling, done: Any) -> None:
        """Sample from `prompt`; `done(list[Completion] | Exception)` is called in the engine's thread."""

        def read(output: Any, weights: Weights) -> list[Completion]:
            answers = completions(output, weights)
            self.generated += sum(answer.tokens for answer in answers)
            return answers

        asked = _Request(lambda: request(self.config, self.tokenizer, prompt, sampling, self.context), read)
        self._inbox.put(("ask", asked, done))

    def abort(self, done: Any) -> None:
        """Drop the request that was submitted with `done`, which is then not called, if it has not been answered yet."""
        self._inbox.put(("abort", None, done))

    def call(self, function: Any, done: Any) -> None:
        """Run `function(llm)` when no request is being decoded; `done(result | Exception)` as above."""
        self._inbox.put(("call", function, done))

    def _run(self) -> None:
        import torch

        torch.set_num_threads(self.config.threads)  # OpenMP counts threads per calling thread
        engine = self.llm.llm_engine
        held: list[tuple[str, Any, Any]] = []
        while True:
            idle = not engine.has_unfinished_requests()
            while not self._inbox.empty() or (idle and not held):
                kind, what, done = self._inbox.get()
                if kind == "abort":
                    self._drop(done)
                    held = [item for item in held if item[2] is not done]
                elif kind == "now":
                    _answer(done, lambda what=what: what(self.llm))
                elif kind == "call" or held:  # a call waits for the batch to drain; what comes after it waits too
                    held.append((kind, what, done))
                else:
                    self._add(what, done)
                idle = not engine.has_unfinished_requests()
            if idle and held:
                kind, what, done = held.pop(0)
                if kind == "ask":
                    self._add(what, done)
                else:
                    _answer(done, lambda what=what: what(self.llm))
                continue
            started = time.monotonic()
            try:
                outputs = engine.step()
            except Exception as error:  # a failed step fails every request in the batch; the owner decides what next
                traceback.print_exc()
                for name in list(self._waiting):
                    engine.abort_request([name])
                    self._end(name)(error)
                continue
            self.busy_seconds += time.monotonic() - started
            for output in outputs:
                if output.finished and output.request_id in self._waiting:
                    _, asked, weights = self._waiting[output.request_id]
                    _answer(self._end(output.request_id), lambda asked=asked, output=output, weights=weights: asked.read(output, weights))

    def _end(self, name: str) -> Any:
        """A request is under way no longer; what is to be told how it ended."""
        done, _, weights = self._waiting.pop(name)
        self._leave(weights)
        return done

    def _leave(self, weights: Weights) -> None:
        """One request less with these weights: adapters that nothing asks any more leave the engine."""
        if self.adapters is not None:
            self.adapters.end(weights)
            for number in self.adapters.unused(self.weights):
                self.llm.llm_engine.remove_lora(number)

    def _drop(self, done: Any) -> None:
        for name in [name for name, (waiting, *_) in self._waiting.items() if waiting is done]:
            self.llm.llm_engine.abort_request([name])
            self._end(name)

    def _add(self, asked: _Request, done: Any) -> None:
        try:
            if self.unfit is not None and asked.weights is None:
                raise self.unfit
            weights, beside = asked.weights or self.weights, dict[str, Any]()
            if self.adapters is not None:
                beside = {"lora_request": self.adapters.request(weights), "priority": FIRST if asked.weights else 0}
            name = str(next(self._names))
            self.llm.llm_engine.add_request(name, *asked.make(), **beside)
            self._waiting[name] = done, asked, weights
            if self.adapters is not None:
                self.adapters.begin(weights)
        except Exception as error:
            done(error)


def _answer(done: Any, function: Any) -> None:
    try:
        done(function())
    except Exception as error:
        done(error)


def _awaited() -> tuple[asyncio.Future[Any], Callable[[Any], None]]:
    """A future of the running loop, and what settles it from another thread."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def done(value: Any) -> None:
        loop.call_soon_threadsafe(_settle, future, value)

    return future, done


def _settle(future: asyncio.Future[Any], value: Any) -> None:
    if future.cancelled():
        return
    if isinstance(value, BaseException):
        future.set_exception(value)
    else:
        future.set_result(value)
