"""The tokens that the engine is given and those that the trainer learns from are the same, byte for byte."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from synth.examples import example
from synth.llm.config import SamplerConfig
from synth.llm.engine import Engine
from synth.llm.types import Sampling
from synth.prompts import BUILT_IN, Proof, load_prompts, read_proof, write_proof
from tests.synth.prompts.test_format import CHATML, tokenizer
from train.data import write_examples
from train.tokens import tokenize

STATEMENT = "theorem foo (n : Nat) : n + 0 = n"
PROOF = Proof("proof", "by\n  induction n with\n  | zero => rfl\n  | succ n _ =>\n    rfl")
PROVERS = [name for name in BUILT_IN if (load_prompts(name).folder / "prove.jinja").exists()]


class Recorder:
    """In place of vLLM's engine: keeps what it is asked."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.params: Any = None

    def add_request(self, request: str, prompt: dict[str, list[int]], params: Any) -> None:
        self.tokens, self.params = prompt["prompt_token_ids"], params


def sampled(made: Any, prompt: Any) -> Recorder:
    """What `Engine` hands to vLLM for `prompt`."""
    recorder, engine = Recorder(), Engine.__new__(Engine)
    engine.tokenizer, engine.config, engine.context, engine.unfit, engine._waiting = made, SamplerConfig(), 4096, None, {}
    engine.llm = SimpleNamespace(llm_engine=recorder)
    failed: list[Any] = []
    engine._add("1", prompt, Sampling(stop=("\n\n",)), failed.append)
    assert not failed, failed
    return recorder


@pytest.mark.parametrize("template", [None, CHATML], ids=["base", "chat"])
@pytest.mark.parametrize("name", PROVERS)
def test_sampled_and_trained_tokens_are_the_same(name: str, template: str | None, tmp_path: Path) -> None:
    made = tokenizer(template)
    prompt = load_prompts(name).prove(STATEMENT, "open Nat", "", "Show it.")
    target = write_proof(prompt, PROOF)
    assert target is not None
    asked = sampled(made, prompt)
    write_examples([example(prompt, target)], tmp_path / "e.parquet")
    tokens = tokenize([tmp_path / "e.parquet"], made, 4096)
    head, tail = tokens.ids[: tokens.prompts[0]].tolist(), tokens.ids[tokens.prompts[0] :].tolist()
    assert head == asked.tokens
    assert tail[-1] in asked.params.stop_token_ids and asked.params.stop == list(dict.fromkeys(["\n\n", *prompt.stop]))
    # What was learnt is what is read: the model that repeats it has proved the same.
    assert read_proof(prompt, made.decode(tail[:-1])) == PROOF
