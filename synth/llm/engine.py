"""One vLLM engine, batched continuously.

The engine steps in a thread of its own; requests of many shards join its running batch as they come, so no caller
waits for another's batch.
"""

from __future__ import annotations

import os
import queue
import threading
import time
import traceback
from typing import Any

from synth.llm.config import SamplerConfig
from synth.llm.swap import swap_weights
from synth.llm.types import Completion, PromptTooLong, Sampling, Weights
from synth.prompts import Prompt
from synth.prompts.format import prompt_ids, stop_ids

# One process, no network, and the CPU back end's own thread binding left alone (docs/architecture.md, "vLLM on CPU").
ENGINE_ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "WARNING",
    "TOKENIZERS_PARALLELISM": "false",
}


def engine_environment(config: SamplerConfig) -> dict[str, str]:
    """What vLLM reads from the environment."""
    environment = {**ENGINE_ENVIRONMENT, "VLLM_CPU_KVCACHE_SPACE": str(config.kv_cache_gib), "OMP_NUM_THREADS": str(config.threads)}
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
        arguments["tensor_parallel_size"] = int(config.gpus)
    else:
        arguments["distributed_executor_backend"] = "uni"
    if config.gpus:
        arguments["gpu_memory_utilization"] = config.gpu_memory_utilization
    return arguments


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


class Engine:
    """A vLLM engine stepped by its own thread.  Thread-safe: `submit` and `call` may come from anywhere."""

    def __init__(self, weights: Weights, config: SamplerConfig, seed: int = 0) -> None:
        os.environ.update(engine_environment(config))
        import torch
        from vllm import LLM

        torch.set_num_threads(config.threads)
        self.config = config
        self.weights = weights  # changed in the engine's thread only, between batches
        self.llm = LLM(model=weights.path, seed=seed, **engine_arguments(config))
        self.context = int(self.llm.llm_engine.model_config.max_model_len)
        self.tokenizer = self.llm.get_tokenizer()
        self.unfit: Exception | None = None  # why nothing is answered, for a swap that failed; as `weights`
        self.generated = 0  # tokens
        self.busy_seconds = 0.0
        self._inbox: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._waiting: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._run, name="vllm-steps", daemon=True)
        self._thread.start()

    @property
    def outstanding(self) -> int:
        """Requests that are not answered yet, roughly."""
        return len(self._waiting) + self._inbox.qsize()

    def submit(self, prompt: Prompt, sampling: Sampling, done: Any) -> None:
        """Sample from `prompt`; `done(list[Completion] | Exception)` is called in the engine's thread."""
        self._inbox.put(("sample", prompt, sampling, done))

    def abort(self, done: Any) -> None:
        """Drop the request that was submitted with `done`, which is then not called, if it has not been answered yet."""
        self._inbox.put(("abort", None, None, done))

    def call(self, function: Any, done: Any) -> None:
        """Run `function(llm)` when no request is being decoded; `done(result | Exception)` as above."""
        self._inbox.put(("call", function, None, done))

    def swap(self, weights: Weights) -> None:
        """Answer with `weights` from now on; for `call`, when nothing is being decoded."""
        swap_weights(self.llm, weights.path)
        self.weights = weights

    def _run(self) -> None:
        import torch

        torch.set_num_threads(self.config.threads)  # OpenMP counts threads per calling thread
        engine, number = self.llm.llm_engine, 0
        held: list[tuple[Any, ...]] = []
        while True:
            idle = not engine.has_unfinished_requests()
            while not self._inbox.empty() or (idle and not held):
                kind, what, sampling, done = self._inbox.get()
                if kind == "abort":
                    self._drop(done)
                    held = [item for item in held if item[3] is not done]
                elif kind == "call" or held:  # a call waits for the batch to drain; what comes after it waits too
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
                    completions = [Completion(o.text, len(o.token_ids), o.finish_reason == "stop", self.weights) for o in output.outputs]
                    self.generated += sum(c.tokens for c in completions)
                    self._waiting.pop(output.request_id)(completions)

    def _drop(self, done: Any) -> None:
        for request in [request for request, waiting in self._waiting.items() if waiting is done]:
            del self._waiting[request]
            self.llm.llm_engine.abort_request([request])

    def _add(self, request: str, prompt: Prompt, sampling: Sampling, done: Any) -> None:
        try:
            if self.unfit is not None:
                raise self.unfit
            tokens = prompt_ids(self.tokenizer, prompt)
            room = self.context - len(tokens)
            if room < 8:
                raise PromptTooLong(f"the prompt has {len(tokens)} tokens, the model's context {self.context}")
            params = sampling_params(self.config, self.tokenizer, prompt, sampling, room)
            self.llm.llm_engine.add_request(request, {"prompt_token_ids": tokens}, params)
            self._waiting[request] = done
        except Exception as error:
            done(error)


def _answer(done: Any, function: Any) -> None:
    try:
        done(function())
    except Exception as error:
        done(error)
