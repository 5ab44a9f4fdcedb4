"""What must hold of the whole chain of formats: a proof that is trained on is said again, read back, and verifies."""

from __future__ import annotations

from pathlib import Path

import pytest
import ray

from synth.examples import example
from synth.llm.config import SamplerConfig
from synth.llm.sampler import sampler_actor
from synth.llm.types import Sampling, Weights
from synth.prompts import Proof, load_prompts, read_proof, write_proof
from train.config import ModelConfig, TrainConfig
from train.model import create_checkpoint
from train.rounds import train_round
from train.tokenizer import train_tokenizer
from verify_workers.backends.choose import make_backend
from verify_workers.records import Check

STATEMENT = "theorem evens (f : Nat → Nat) (h : ∀ n, f (n + 1) = f n + 2) (h0 : f 0 = 0) : ∀ n, f n = 2 * n ∧ f n ≤ 2 * n"
PROOF = """\
by
  have key : ∀ n, f n = 2 * n := by
    intro n
    induction n with
    | zero => exact h0
    | succ n ih =>
      rw [h, ih]
      omega
  intro n
  constructor
  · exact key n
  · simp [key n]"""


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["embedded", "chat"])
def test_after_200_steps_on_one_proof_the_model_says_it_and_it_verifies(ray_local: None, tmp_path: Path, preset: str) -> None:
    assert len(PROOF.splitlines()) == 12
    prompt = load_prompts(preset).prove(STATEMENT)
    target = write_proof(prompt, Proof("proof", PROOF))
    assert target is not None
    shape = ModelConfig(vocab_size=400, d_model=64, layers=2, heads=2, ffn=128, max_length=1024)
    tokenizer = train_tokenizer([prompt.text + target] * 2, shape.vocab_size, shape.max_length)
    if preset == "chat":
        tokenizer.chat_template = (
            "{% for m in messages %}<|statement|>{{ m.content }}{{ eos_token }}{% endfor %}"
            "{% if add_generation_prompt %}<|answer|>{% endif %}"
        )
    create_checkpoint(tmp_path / "initial", shape, tokenizer, seed=0)
    config = TrainConfig(max_steps=200, epochs=200, batch_tokens=1024, max_length=1024, lr=3e-3, threads=1, log_steps=50)
    trained = train_round(tmp_path / "initial", [example(prompt, target)], tmp_path / "training", config, 0)
    assert trained.steps == 200 and trained.skipped == 0

    sampler = sampler_actor(Weights(str(trained.dir), 1, trained.hash), SamplerConfig(max_model_len=1024, max_num_seqs=4))
    try:
        greedy = Sampling(temperature=0.0, max_tokens=400, stop=prompt.stop)
        ((answer,),) = ray.get(sampler.sample.remote([prompt], greedy, Weights()))
    finally:
        ray.kill(sampler)
    assert answer.text == target and answer.finished
    read = read_proof(prompt, answer.text, answer.finished)
    assert read == Proof("proof", PROOF)
    backend = make_backend("fork", "strict")
    try:
        assert backend.check(Check(id="learnt", statement=STATEMENT, proof=read.text)).accepted
    finally:
        backend.close()
