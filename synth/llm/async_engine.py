"""A vLLM engine with a process of its own (AsyncLLM): what an actor does with texts never holds up a step on a GPU.

New weights come in one of two ways (`sampler.swap`).  *drain*: new requests wait until those under way are answered, so that no
answer is of two versions.  *keep* (as PipelineRL, arXiv 2509.19128, and AReaL, 2505.24298, do for long answers): those under
way are stopped where they are, what is cached of them is forgotten, and the new weights go on with their texts; such an answer
counts as the older version's, so that no bound on staleness is exceeded.  Adapters (`adapters.py`) need neither.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from synth.llm.adapters import FIRST, Adapters, adapter_arguments, at_first
from synth.llm.config import SamplerConfig
from synth.llm.engine import completions, engine_arguments, engine_environment, request
from synth.llm.swap import DIGESTS, check_swap, digest, loading, logprobs_of, reading
from synth.llm.types import Completion, Sampling, Weights
from train.config import LoraConfig
from train.probe import Probe, mean_gap

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from synth.llm.buckets import Bucket
    from synth.prompts import Prompt


class AsyncEngine:
    """As `Engine`, for callers in one event loop."""

    def __init__(self, weights: Weights, config: SamplerConfig, seed: int = 0, lora: LoraConfig | None = None) -> None:
        os.environ.update(engine_environment(config))
        from vllm import AsyncEngineArgs
        from vllm.v1.engine.async_llm import AsyncLLM

        self.config, self.weights = config, at_first(weights)
        self.adapters = Adapters(self.weights.path) if lora else None
        beside = adapter_arguments(lora, self.weights.path) if lora else {}
        arguments = AsyncEngineArgs(model=self.weights.path, seed=seed, **engine_arguments(config), **beside)
        self.llm = AsyncLLM.from_engine_args(arguments)
        self.context = int(self.llm.model_config.max_model_len)
        self.tokenizer = self.llm.get_tokenizer()
        self.unfit: Exception | None = None  # why nothing is answered, for a swap that failed
        self.generated = 0  # tokens
        self.outstanding = 0  # requests under way
        self._busy, self._since = 0.0, 0.0  # seconds in which there were some, and the time at which these began
        self._names = itertools.count()
        self._open, self._drained = asyncio.Event(), asyncio.Event()
        self._open.set()
        self._drained.set()

    @property
    def busy_seconds(self) -> float:
        """Seconds in which something was under way."""
        return self._busy + (time.monotonic() - self._since if self.outstanding else 0.0)

    async def sample(self, prompt: Prompt, sampling: Sampling) -> list[Completion]:
        """The answers to `prompt`; cancelled, the engine drops the request.  Raises PromptTooLong, and what an engine fails with."""
        await self._fit()
        given, parameters = request(self.config, self.tokenizer, prompt, sampling, self.context)
        weights = self.weights
        async with self._under_way():
            output = await self._answer(given, parameters, weights)
        if self.config.swap == "keep" and self.adapters is None:
            await self._fit()  # what goes on through a swap that fails is no answer
        answers = completions(output, weights)
        self.generated += sum(answer.tokens for answer in answers)
        return answers

    async def logprobs(self, texts: list[list[int]]) -> list[list[float]]:
        """What the engine computes for the tokens of each text but the first, nats."""
        return await self._read(texts, self.weights)

    async def _read(self, texts: list[list[int]], weights: Weights) -> list[list[float]]:
        outputs = await asyncio.gather(*(self._answer({"prompt_token_ids": tokens}, reading(), weights, FIRST) for tokens in texts))
        return [logprobs_of(tokens, output) for tokens, output in zip(texts, outputs, strict=True)]

    async def digest(self) -> str:
        """One of all weights, the same in every engine that holds the same."""
        return digest(await self.llm.collective_rpc(DIGESTS))

    async def swap(self, weights: Weights, probe: Probe, buckets: Sequence[Bucket] = ()) -> tuple[float, float]:
        """Answer with `weights` from now on; the mean gaps to the probe before and after, nats a token.  Raises SwapFailed.

        `buckets`: theirs, where these are here already; else they are read from their checkpoint.
        """
        if self.adapters is not None:
            return await self._adopt(self.adapters, weights, probe)
        keep = self.config.swap == "keep"
        self._open.clear()
        try:
            if not keep:
                await self._drained.wait()
            before = mean_gap(await self.logprobs(probe.tokens), probe.logprobs)
            await self._load(weights, keep, buckets)
            after = mean_gap(await self.logprobs(probe.tokens), probe.logprobs)
            check_swap(weights.path, before, after, probe, self.config)
        except BaseException as error:  # cancelled half-way it is unfit as well
            self.unfit = error if isinstance(error, Exception) else RuntimeError(f"loading {weights.path} was broken off")
            raise
        else:
            self.unfit = None
        finally:
            self._open.set()
        return before, after

    async def _adopt(self, adapters: Adapters, weights: Weights, probe: Probe) -> tuple[float, float]:
        """A swap to an adapter, which is loaded and looked at while others are asked."""
        try:
            before = mean_gap(await self._read(probe.tokens, self.weights), probe.logprobs)
            async with self._with_adapter(weights):
                if (named := adapters.request(weights)) is not None:
                    await self.llm.add_lora(named)  # what cannot be loaded is told here; in a step it would end the engine
                after = mean_gap(await self._read(probe.tokens, weights), probe.logprobs)
                check_swap(weights.path, before, after, probe, self.config)
                self.weights = weights
        except BaseException as error:
            self.unfit = error if isinstance(error, Exception) else RuntimeError(f"loading {weights.path} was broken off")
            raise
        self.unfit = None
        return before, after

    @asynccontextmanager
    async def _with_adapter(self, weights: Weights) -> AsyncIterator[None]:
        """A request that names these weights; adapters that nothing asks any more then leave the engine."""
        if self.adapters is None:
            yield
            return
        self.adapters.begin(weights)
        try:
            yield
        finally:
            self.adapters.end(weights)
            for number in self.adapters.unused(self.weights):
                await self.llm.remove_lora(number)

    async def _load(self, weights: Weights, keep: bool, buckets: Sequence[Bucket]) -> None:
        if keep:  # with what is cached of those under way, all of which is of the old weights
            await self.llm.pause_generation(mode="keep", clear_cache=True)
        try:
            for method, arguments in loading(weights.path, buckets):
                await self.llm.collective_rpc(method, kwargs=arguments)
            await self.llm.reset_prefix_cache()
            self.weights = weights
        finally:
            if keep:
                await self.llm.resume_generation()

    async def _fit(self) -> None:
        """Wait while weights are swapped; raises what made the engine unfit."""
        while not self._open.is_set():
            await self._open.wait()
        if self.unfit is not None:
            raise self.unfit

    async def _answer(self, given: dict[str, Any], parameters: Any, weights: Weights, priority: int = 0) -> Any:
        """vLLM's last output for a request."""
        last: Any = None
        beside = {"lora_request": self.adapters.request(weights), "priority": priority} if self.adapters else {}
        async with self._with_adapter(weights):
            async for output in self.llm.generate(given, parameters, f"request-{next(self._names)}", **beside):
                last = output
        return last

    @asynccontextmanager
    async def _under_way(self) -> AsyncIterator[None]:
        if not self.outstanding:
            self._since = time.monotonic()
        self.outstanding += 1
        self._drained.clear()
        try:
            yield
        finally:
            self.outstanding -= 1
            if not self.outstanding:
                self._busy += time.monotonic() - self._since
                self._drained.set()
