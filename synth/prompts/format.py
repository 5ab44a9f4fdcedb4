"""From a prompt to tokens: the one place where sampling and training turn texts into token ids.

Chats go through the tokenizer's own chat template; a tokenizer without one gets the turns as plain text, as a base model
would.  Nothing here needs an engine: the trainer uses the same functions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from jinja2 import TemplateError

from synth.prompts.prompt import Prompt
from verify_workers.errors import UserError

_MARK = "\u2603answer\u2603"  # stands for an answer while the template shows what it puts after one
_turn_ends: WeakKeyDictionary[Any, int | None] = WeakKeyDictionary()  # by tokenizer: rendered once, not for each example


Asked = Prompt | str | dict[str, Any]
"""A prompt, or what `Prompt.for_training` made of one: raw text, or the JSON of a chat."""


def _read(prompt: Asked) -> Prompt:
    if isinstance(prompt, Prompt):
        return prompt
    return Prompt("prove", prompt) if isinstance(prompt, str) else Prompt.from_json(prompt)


def prompt_ids(tokenizer: Any, prompt: Asked) -> list[int]:
    """The tokens that a model is given: up to where its answer starts."""
    return prompts_ids(tokenizer, [prompt])[0]


def prompts_ids(tokenizer: Any, prompts: Sequence[Asked]) -> list[list[int]]:
    """The tokens of many prompts at once, which is faster.  What templates lay out begins as they have it begin."""
    asked = [_read(prompt) for prompt in prompts]
    texts = [prompt_text(tokenizer, prompt) for prompt in asked]
    begin = tokenizer.bos_token
    begun = [(p.chat and _has_template(tokenizer)) or bool(begin and text.startswith(begin)) for p, text in zip(asked, texts, strict=True)]
    ids: list[list[int]] = [[] for _ in texts]
    for special in (True, False):
        places = [i for i, done in enumerate(begun) if done is not special]
        found = tokenizer([texts[i] for i in places], add_special_tokens=special)["input_ids"] if places else []
        for i, tokens in zip(places, found, strict=True):
            ends = special and tokens and tokens[-1] == tokenizer.eos_token_id  # some tokenizers end every text
            ids[i] = list(tokens[:-1] if ends else tokens)
    return ids


def completion_ids(tokenizer: Any, prompt: Asked, completion: str) -> list[int]:
    """The tokens that a model should answer: the completion and what ends its turn.

    Prompt and completion are tokenized apart, as they are when a model is sampled from.
    """
    return completions_ids(tokenizer, [prompt], [completion])[0]


def completions_ids(tokenizer: Any, prompts: Sequence[Asked], completions: Sequence[str]) -> list[list[int]]:
    """The tokens of many completions at once."""
    found = tokenizer(list(completions), add_special_tokens=False)["input_ids"] if completions else []
    return [[*tokens, _end(tokenizer, _read(prompt))] for prompt, tokens in zip(prompts, found, strict=True)]


def stop_ids(tokenizer: Any, prompt: Asked) -> list[int]:
    """The tokens that end an answer: the end of a turn, and the end of a text."""
    return sorted({_end(tokenizer, _read(prompt)), *([] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id])})


def prompt_text(tokenizer: Any, prompt: Prompt) -> str:
    """The text of a prompt, as the tokenizer's chat template lays it out."""
    if not prompt.chat:
        return prompt.text + prompt.prefill
    if not _has_template(tokenizer):
        return "\n\n".join(part for part in (prompt.system, prompt.text) if part) + prompt.prefill
    text = _laid_out(tokenizer, prompt)
    return text if prompt.prefill.strip() and text.rstrip().endswith(prompt.prefill.strip()) else text + prompt.prefill


def messages(prompt: Prompt) -> list[dict[str, str]]:
    """The turns of a chat, as chat templates and OpenAI-compatible servers take them."""
    return [{"role": role, "content": text} for role, text in (("system", prompt.system), ("user", prompt.text)) if text]


def _has_template(tokenizer: Any) -> bool:
    return bool(getattr(tokenizer, "chat_template", None))


def _laid_out(tokenizer: Any, prompt: Prompt, answer: str | None = None) -> str:
    """The chat as text, open for an answer or with one.  Where a template takes no system turn, the user says it."""
    turns = [{**turn, "content": _harmless(turn["content"], tokenizer)} for turn in messages(prompt)]
    if prompt.system:
        try:
            text = _rendered(tokenizer, turns, prompt.thinking, answer)
        except TemplateError:
            text = ""
        if turns[0]["content"].strip() in text:
            return text
        turns = [{"role": "user", "content": f"{turns[0]['content']}\n\n{turns[1]['content']}"}]
    return _rendered(tokenizer, turns, prompt.thinking, answer)


def _rendered(tokenizer: Any, turns: list[dict[str, str]], thinking: bool | None, answer: str | None) -> str:
    """Templates take what they know of the switches (Qwen, GLM: `enable_thinking`; DeepSeek: `thinking`)."""
    switches = {} if thinking is None else {"enable_thinking": thinking, "thinking": thinking}
    said = [] if answer is None else [{"role": "assistant", "content": answer}]
    return str(tokenizer.apply_chat_template([*turns, *said], tokenize=False, add_generation_prompt=answer is None, **switches))


def _harmless(text: str, tokenizer: Any) -> str:
    """The text in which nothing passes for a special token, so that no problem can end its own turn."""
    special = [token for token in tokenizer.all_special_tokens if len(token) > 1 and token in text]
    return re.sub("|".join(map(re.escape, special)), lambda found: f"{found[0][0]} {found[0][1:]}", text) if special else text


def _end(tokenizer: Any, prompt: Prompt) -> int:
    """The token that ends an answer: the first special one that the template writes after it, else the end of text."""
    if prompt.chat and _has_template(tokenizer):
        if tokenizer not in _turn_ends:
            _turn_ends[tokenizer] = _turn_end(tokenizer, prompt)
        if (end := _turn_ends[tokenizer]) is not None:
            return end
    if tokenizer.eos_token_id is None:
        raise UserError("the tokenizer has no end-of-text token (eos_token), so the model could not learn to stop")
    return int(tokenizer.eos_token_id)


def _turn_end(tokenizer: Any, prompt: Prompt) -> int | None:
    after = _laid_out(tokenizer, Prompt(prompt.role, "?", chat=True), _MARK).rpartition(_MARK)[2]
    known = {*tokenizer.all_special_ids, *getattr(tokenizer, "added_tokens_decoder", ())}
    return next((int(token) for token in tokenizer(after, add_special_tokens=False)["input_ids"] if token in known), None)
