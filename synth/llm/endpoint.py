"""A model behind an OpenAI-compatible server (vLLM, SGLang, a hosted API), asked as an engine of ours is.

One Ray actor serves the whole run, so that its bound on requests in flight holds for all shards together.  Nothing that the
server sends is trusted: it may ignore `n`, leave out `usage`, answer with something else than the interface says, or fail.
What it cannot be made to answer becomes a completion without text whose `fault` says why; only a server that answers
nothing at all ends the run.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import re
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import ray
from pydantic import SecretStr

from synth.llm.config import RoleConfig
from synth.llm.types import Completion, PromptTooLong, Sampling, Weights
from synth.prompts import Prompt
from synth.prompts.answer import opens_thoughts
from synth.prompts.format import messages
from verify_workers.errors import UserError

log = logging.getLogger(__name__)

GARBLED_TRIES = 3  # how often a reply that cannot be read is asked for again
LEAST_ROOM = 8  # tokens that must be left for an answer
CHARACTERS_PER_TOKEN = 3.5  # for replies without `usage`: what tokenizers make of Lean, roughly
# What servers may not know.  A field that one refuses is left out from then on.
OPTIONAL = ("chat_template_kwargs", "continue_final_message", "add_generation_prompt", "seed", "stop", "top_p", "temperature", "n")
_CONTEXT = re.compile(r"context (?:length|window|size)|context_length_exceeded|max_model_len|prompt is too long|too many tokens", re.I)
_LIMIT = re.compile(r"(?:context (?:length|window|size)|max_model_len)\D{0,40}?(\d+)", re.I)
_INPUT = re.compile(
    r"(\d+)(?: \w+)? (?:input tokens|tokens? (?:in|from) the (?:input )?(?:prompt|messages))|\((\d+) in the (?:messages|prompt)", re.I
)


class Garbled(Exception):
    """A reply that holds no answer."""


class EndpointFailed(Exception):
    """No reply to this request; `alone` where the server refuses just this one."""

    def __init__(self, reason: str, alone: bool = False) -> None:
        super().__init__(reason)
        self.alone = alone


class Endpoint:
    """The model `source.name` at `source.endpoint`.  For one event loop."""

    def __init__(self, source: RoleConfig, key: SecretStr) -> None:
        from openai import AsyncOpenAI

        self.source, self.config = source, source.sampler
        self.weights = endpoint_weights(source)
        self.client = AsyncOpenAI(
            base_url=source.endpoint,
            api_key=key.get_secret_value() or "none",
            timeout=self.config.request_timeout,
            max_retries=self.config.retries,  # 429, 408, 409, 5xx, time-outs, lost connections: with growing pauses, or Retry-After's
        )
        self.counts: Counter[str] = Counter()
        self._key = key
        self._refused: set[str] = set()  # optional fields
        self._length = "max_tokens"  # or what the server calls it
        self._gate = asyncio.Semaphore(self.config.requests)
        self._in_flight = 0
        self._busy, self._moved = 0.0, time.monotonic()  # request-seconds up to the last change of `_in_flight`
        self._prompts = 0  # that are not answered
        self._answered = float("-inf")  # when the last reply came
        self._looked = (time.monotonic(), 0)

    async def sample(self, prompts: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
        """`sampling.n` completions for each prompt, in order; a prompt that is too long gives the reason instead.

        Raises UserError where the server answers nothing, or refuses the key or the model.
        """
        self._prompts += len(prompts)
        try:
            return list(await asyncio.gather(*map(self._answer, prompts, sampling.each(len(prompts)))))
        finally:
            self._prompts -= len(prompts)

    async def check(self) -> None:
        """UserError where nobody listens, or the key is refused."""
        from openai import APIConnectionError, APIStatusError, OpenAIError

        try:
            await self.client.with_options(max_retries=0, timeout=min(30.0, self.config.request_timeout)).models.with_raw_response.list()
        except (APIConnectionError, APIStatusError) as error:
            if isinstance(error, APIStatusError) and error.status_code not in (401, 403):
                return  # it answers; not every server lists its models
            raise UserError(f"{self.source.endpoint}: {self._reason(error)}; {self._remedy(error)}") from None
        except OpenAIError:
            return

    def stats(self) -> dict[str, float]:
        """Counts since the start, as `Sampler.stats` gives them; `estimated` completions came without a count of their tokens.

        All of it is busy when `sampler.requests` are in flight.
        """
        now, tokens = time.monotonic(), self.counts["tokens"]
        then, tokens_then = self._looked
        if now - then > STATS_WINDOW:
            self._looked = (now, tokens)
        return {
            **{name: float(self.counts[name]) for name in COUNTS},
            "busy_share": min(1.0, self._in_flight / self.config.requests),
            "busy_seconds": (self._busy + self._in_flight * (now - self._moved)) / self.config.requests,
            "outstanding": float(self._prompts),
            "tokens_per_second": (tokens - tokens_then) / max(1e-3, now - then),
        }

    async def _answer(self, prompt: Prompt, sampling: Sampling) -> list[Completion] | str:
        """Exactly `n` completions, by as many requests as that takes."""
        try:
            got = [] if "n" in self._refused and sampling.n > 1 else await self._ask(prompt, sampling)
            if len(got) == 1 < sampling.n:
                self._refused.add("n")  # ignored
            missing = range(len(got), sampling.n)
            singles = (self._ask(prompt, replace(sampling, n=1, seed=(sampling.seed + index) & 0x7FFFFFFF)) for index in missing)
            return [*got[: sampling.n], *(answer[0] for answer in await asyncio.gather(*singles))]
        except PromptTooLong as error:
            return str(error)

    async def _ask(self, prompt: Prompt, sampling: Sampling) -> list[Completion]:
        """What one request gives: at least one completion, and not always as many as asked for."""
        started, why = time.monotonic(), ""
        for _ in range(GARBLED_TRIES):
            try:
                return self._read(await self._reply(prompt, sampling), prompt, sampling)
            except Garbled as error:
                self.counts["garbled"] += 1
                why = f"garbled reply: {error}"
            except EndpointFailed as error:
                if self._answered < started and not error.alone:
                    seconds = time.monotonic() - started
                    raise UserError(
                        f"{self.source.endpoint}: {error}; it answered nothing for {seconds:.0f} s: "
                        "see to the server, then run the same command again"
                    ) from None
                self.counts["failed"] += 1
                why = str(error)
                break
        log.warning("%s: no answer: %s", self.source.endpoint, why)
        self.counts["faults"] += sampling.n
        return [Completion("", 0, True, self.weights, fault=why)] * sampling.n

    async def _reply(self, prompt: Prompt, sampling: Sampling) -> str:
        """The body of the server's reply, asked in a form that it takes.  Raises PromptTooLong, EndpointFailed, UserError."""
        from openai import APIStatusError, OpenAIError

        while True:
            try:
                return await self._post(prompt, sampling)
            except APIStatusError as error:
                code = error.status_code
                if code in (401, 403, 404):
                    raise UserError(f"{self.source.endpoint}: {self._reason(error)}; {self._remedy(error)}") from None
                if code in (408, 409, 429) or code >= 500:
                    raise EndpointFailed(self._reason(error)) from None
                sampling = self._adapted(self._reason(error), sampling)
            except OpenAIError as error:
                raise EndpointFailed(self._reason(error)) from None

    async def _post(self, prompt: Prompt, sampling: Sampling) -> str:
        fields = self._fields(prompt, sampling)
        async with self._gate:
            self._move(1)
            self.counts["requests"] += 1
            raw: Any
            try:
                if prompt.chat:
                    raw = await self.client.chat.completions.with_raw_response.create(
                        model=self.source.name, messages=self._turns(prompt), extra_body=fields
                    )
                else:
                    raw = await self.client.completions.with_raw_response.create(
                        model=self.source.name, prompt=prompt.text + prompt.prefill, extra_body=fields
                    )
                self.counts["retries"] += raw.retries_taken
                self._answered = time.monotonic()
                return str(raw.text)
            finally:
                self._move(-1)

    def _move(self, requests: int) -> None:
        now = time.monotonic()
        self._busy, self._moved = self._busy + self._in_flight * (now - self._moved), now
        self._in_flight += requests

    def _turns(self, prompt: Prompt) -> Any:
        begun = [{"role": "assistant", "content": prompt.prefill}] if self._continues(prompt) else []
        return [*messages(prompt), *begun]

    def _continues(self, prompt: Prompt) -> bool:
        """Whether the server goes on with an answer that we begin."""
        return bool(prompt.chat and prompt.prefill) and not {"continue_final_message", "add_generation_prompt"} & self._refused

    def _fields(self, prompt: Prompt, sampling: Sampling) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "n": sampling.n,
            "seed": sampling.seed,
        }
        if stop := [*sampling.stop, *prompt.stop]:
            fields["stop"] = stop
        if prompt.chat and prompt.thinking is not None:  # what templates call it differs: see prompts.format
            fields["chat_template_kwargs"] = {"enable_thinking": prompt.thinking, "thinking": prompt.thinking}
        if self._continues(prompt):
            fields |= {"continue_final_message": True, "add_generation_prompt": False}
        if sampling.n == 1:
            del fields["n"]
        return {self._length: sampling.max_tokens} | {name: value for name, value in fields.items() if name not in self._refused}

    def _adapted(self, said: str, sampling: Sampling) -> Sampling:
        """The request that may follow one that was refused with the words `said`."""
        if _CONTEXT.search(said):
            limit, given = _LIMIT.search(said), _INPUT.search(said)
            room = int(limit[1]) - int(given[1] or given[2]) if limit and given else 0
            if LEAST_ROOM <= room < sampling.max_tokens:
                return replace(sampling, max_tokens=room)
            most = int(limit[1]) - LEAST_ROOM if limit else 0
            if not given and "output tokens" in said and LEAST_ROOM <= most < sampling.max_tokens:
                return replace(sampling, max_tokens=most)  # vLLM: more was asked for than the model has in all; it cuts the rest itself
            raise PromptTooLong(said)
        if self._length == "max_tokens" and "max_completion_tokens" in said:
            self._length = "max_completion_tokens"
            return sampling
        named = [name for name in OPTIONAL if name not in self._refused and _names(said, name)]
        if not named:
            raise EndpointFailed(said, alone=True)
        log.warning("%s does not take %s: left out from now on", self.source.endpoint, ", ".join(named))
        self._refused.update(named)
        return sampling

    def _read(self, text: str, prompt: Prompt, sampling: Sampling) -> list[Completion]:
        """The completions of a reply.  Raises Garbled."""
        try:
            reply = json.loads(text)
        except ValueError:
            raise Garbled(f"no JSON: {text[:80]!r}") from None
        choices = reply.get("choices") if isinstance(reply, dict) else None
        choices = [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []
        if not choices:
            raise Garbled(f"no choices: {text[:80]!r}")
        read = [self._choice(choice, prompt) for choice in choices]
        return self._counted(read, reply.get("usage"), sampling)

    def _choice(self, choice: dict[str, Any], prompt: Prompt) -> Completion:
        said = choice.get("message") if prompt.chat else choice
        said = said if isinstance(said, dict) else {}
        thoughts = next((said[key] for key in ("reasoning_content", "reasoning") if isinstance(said.get(key), str)), "")
        text, fault = _text(said.get("content" if prompt.chat else "text")), ""
        if text is None:
            fault = "" if thoughts else f"no text in the answer: {json.dumps(choice, ensure_ascii=False)[:80]}"
            text = ""
        if thoughts and text and opens_thoughts(prompt.prefill):
            text = f"{thoughts}\n</think>\n\n{text}"  # as the model wrote it after the prefill
        finished = choice.get("finish_reason") not in ("length", "max_tokens")
        return Completion(text, 0, finished, self.weights, thoughts, fault)

    def _counted(self, read: list[Completion], usage: Any, sampling: Sampling) -> list[Completion]:
        """The completions with their tokens: from `usage`, which is of the whole reply, shared out by length, else estimated."""
        usage = usage if isinstance(usage, dict) else {}
        total, asked = usage.get("completion_tokens"), usage.get("prompt_tokens")
        sizes = [len(c.text) + len(c.thoughts) for c in read]
        if isinstance(total, int) and not isinstance(total, bool) and total >= 0:
            whole = sum(sizes)
            ends = [total * sum(sizes[: i + 1]) // whole if whole else total * (i + 1) // len(read) for i in range(len(read))]
            tokens = [end - start for start, end in zip([0, *ends], ends, strict=False)]
        else:
            tokens = [round(size / CHARACTERS_PER_TOKEN) for size in sizes]
            self.counts["estimated"] += len(read)
        self.counts["tokens"] += sum(tokens)
        self.counts["prompt_tokens"] += asked if isinstance(asked, int) and asked > 0 else 0
        self.counts["faults"] += sum(bool(c.fault) for c in read)
        return [replace(c, tokens=count) for c, count in zip(read, tokens, strict=True)]

    def _reason(self, error: Exception) -> str:
        """What went wrong, as one short line without the key."""
        from openai import APIStatusError

        if isinstance(error, APIStatusError):
            body = error.body
            inner = body.get("error", body) if isinstance(body, dict) else body
            said = inner.get("message", inner) if isinstance(inner, dict) else inner
            text = f"{error.status_code} {said if said else error.response.reason_phrase}"
        else:
            root: BaseException = error
            while root.__cause__ is not None or root.__context__ is not None:
                root = root.__cause__ or root.__context__ or root
            text = str(root) or str(error) or type(root).__name__
        if key := self._key.get_secret_value():
            text = text.replace(key, "***")
        return " ".join(text.split())[:300]

    def _remedy(self, error: Exception) -> str:
        code = getattr(error, "status_code", 0)
        if code in (401, 403):
            holder = self.source.api_key_env
            return f"put the right key into {holder}" if holder else "it wants a key: name the variable that holds one in api_key_env"
        if code == 404:
            return f"is the model called {self.source.name}, and does the address end as the server's base URL does (often /v1)?"
        return "start the server there, or correct the address"


COUNTS = ("tokens", "prompt_tokens", "requests", "retries", "garbled", "faults", "failed", "estimated")
STATS_WINDOW = 5.0  # seconds over which rates are taken


def _names(said: str, field: str) -> bool:
    """Whether a refusal is about this field of the request."""
    if len(field) > 1:
        return re.search(rf"\b{field}\b", said) is not None
    return re.search(rf"[`'\"]{field}[`'\"]|\b{field}\s*(?:=|>|must|is\b|has to)", said) is not None


def _text(content: Any) -> str | None:
    """Content as a string, or as a list of parts; None where it is neither."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)]
        return "".join(parts) if parts else None
    return None


def endpoint_weights(source: RoleConfig) -> Weights:
    """What answers, as lineage keeps it: name, and a hash over address and name (the weights themselves are not ours to see)."""
    return Weights(source.name, 0, hashlib.sha256(f"{source.endpoint.rstrip('/')}\0{source.name}".encode()).hexdigest()[:20])


def api_key(source: RoleConfig) -> SecretStr:
    """The key that the environment holds.  Raises UserError where there should be one."""
    key = os.environ.get(source.api_key_env, "") if source.api_key_env else ""
    if source.api_key_env and not key:
        raise UserError(f"{source.endpoint}: the environment variable {source.api_key_env} (api_key_env) is not set; export it")
    return SecretStr(key)


@ray.remote
class EndpointSampler:
    """An `Endpoint` as a Ray actor, with the interface of `Sampler`."""

    def __init__(self, source: RoleConfig, key: SecretStr) -> None:
        self.endpoint = Endpoint(source, key)

    async def sample(self, prompts: list[Prompt], sampling: Sampling, weights: Weights) -> list[list[Completion] | str]:
        return await self.endpoint.sample(prompts, sampling)

    async def check(self) -> None:
        await self.endpoint.check()

    async def stats(self) -> dict[str, float]:
        return self.endpoint.stats()


def endpoint_actor(source: RoleConfig) -> Any:
    """Start the actor through which a whole run asks this endpoint."""
    actor: Any = EndpointSampler
    options = {"num_cpus": 0, "max_concurrency": 100_000, "max_restarts": -1, "max_task_retries": -1}
    return actor.options(**options).remote(source, api_key(source))
