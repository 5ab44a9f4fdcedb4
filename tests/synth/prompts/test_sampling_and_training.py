"""The tokens that the engine is given and those that the trainer learns from are the same, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.examples import example
from synth.llm.config import SamplerConfig
from synth.llm.engine import request
from synth.llm.types import Sampling
from synth.prompts import BUILT_IN, Proof, load_prompts, read_proof, write_proof
from tests.synth.prompts.test_format import CHATML, tokenizer
from train.data import write_examples
from train.tokens import tokenize

STATEMENT = "theorem foo (n : Nat) : n + 0 = n"
PROOF = Proof("proof", "by\n  induction n with\n  | zero => rfl\n  | succ n _ =>\n    rfl")
PROVERS = [name for name in BUILT_IN if (load_prompts(name).folder / "prove.jinja").exists()]


@pytest.mark.parametrize("template", [None, CHATML], ids=["base", "chat"])
@pytest.mark.parametrize("name", PROVERS)
def test_sampled_and_trained_tokens_are_the_same(name: str, template: str | None, tmp_path: Path) -> None:
    made = tokenizer(template)
    prompt = load_prompts(name).prove(STATEMENT, "open Nat", "", "Show it.")
    target = write_proof(prompt, PROOF)
    assert target is not None
    asked, parameters = request(SamplerConfig(), made, prompt, Sampling(stop=("\n\n",)), 4096)  # what engines hand to vLLM
    write_examples([example(prompt, target)], tmp_path / "e.parquet")
    tokens = tokenize([tmp_path / "e.parquet"], made, 4096)
    head, tail = tokens.ids[: tokens.prompts[0]].tolist(), tokens.ids[tokens.prompts[0] :].tolist()
    assert head == asked["prompt_token_ids"]
    assert tail[-1] in parameters.stop_token_ids and parameters.stop == list(dict.fromkeys(["\n\n", *prompt.stop]))
    # What was learnt is what is read: the model that repeats it has proved the same.
    assert read_proof(prompt, made.decode(tail[:-1])) == PROOF
