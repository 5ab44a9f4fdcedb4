from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, AutoTokenizer

from synth.prompts import load_prompts
from synth.prompts.format import prompt_ids, stop_ids
from train.data import Example, collate, epoch_batches, example_files, micro_batches, write_examples
from train.engine import make_loss
from train.tokens import chunks, read_rows, tokenize
from verify_workers.errors import UserError


@given(st.lists(st.integers(1, 40), min_size=1, max_size=200), st.integers(40, 300), st.integers(0, 5))
def test_every_example_is_in_one_batch_and_none_is_too_large(sizes: list[int], budget: int, seed: int) -> None:
    lengths = np.array(sizes, np.int64)
    batches = epoch_batches(lengths, budget, seed, 0)
    assert sorted(np.concatenate(batches)) == list(range(len(sizes)))
    assert all(lengths[batch].max() * len(batch) <= budget for batch in batches)
    again = epoch_batches(lengths, budget, seed, 0)
    assert [list(b) for b in batches] == [list(b) for b in again]


def test_epochs_differ_and_skipping_goes_on_where_it_was() -> None:
    lengths = np.random.default_rng(0).integers(5, 30, 500)
    assert [list(b) for b in epoch_batches(lengths, 300, 0, 0)] != [list(b) for b in epoch_batches(lengths, 300, 0, 1)]
    stream = micro_batches(lengths, 300, 0)
    all_batches = [next(stream) for _ in range(120)]
    for skip in (0, 7, 60, 100):
        resumed = micro_batches(lengths, 300, 0, skip)
        assert list(next(resumed)) == list(all_batches[skip])


def test_a_chat_is_trained_on_as_it_is_sampled_from(tmp_path: Path, tiny: Path) -> None:
    """Token for token what the engine is given, then the completion, then the end of the turn; loss on the latter two alone."""
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|turn|>", "<|end|>"]})
    turns = "{% for m in messages %}<|turn|>{{ m.role }}: {{ m.content }}<|end|>{% endfor %}"
    tokenizer.chat_template = turns + "{% if add_generation_prompt %}<|turn|>assistant: {% endif %}"
    prompt = load_prompts("chat").prove("theorem t (n : Nat) : n + 0 = n", "open Nat", "", "Show it.")
    raw = '{"role": "prove"}'  # text that only looks like a chat's JSON
    rows = [Example(prompt=prompt.for_training(), completion="by\n  rfl\n"), Example(prompt=raw, completion="x", weight=0.5)]
    write_examples(rows, tmp_path / "x.parquet")
    assert list(read_rows(*chunks([tmp_path / "x.parquet"]))) == [([prompt.for_training(), raw], ["by\n  rfl\n", "x"], [1.0, 0.5])]
    data = tokenize([tmp_path / "x.parquet"], tokenizer, 4096)
    chat, plain = (list(data.ids[data.starts[i] : data.starts[i + 1]]) for i in (0, 1))
    sampled = prompt_ids(tokenizer, prompt)
    assert chat[: data.prompts[0]] == sampled and tokenizer.decode(sampled).endswith("<|turn|>assistant: " + prompt.prefill)
    assert tokenizer.decode(chat[len(sampled) :]) == "by\n  rfl\n<|end|>" and chat[-1] in stop_ids(tokenizer, prompt)
    assert tokenizer.decode(plain) == raw + "x<|eos|>"
    batch = collate(data, np.array([0]), 0, 0.0)
    assert batch.weights[0].tolist() == [0.0] * (len(sampled) - 1) + [1.0] * (len(chat) - len(sampled))


@pytest.mark.parametrize("prompt_weight", [0.0, 0.3])
def test_loss_is_the_weighted_cross_entropy_of_completion_and_end(tmp_path: Path, tiny: Path, prompt_weight: float) -> None:
    rows = [Example(prompt="ab 12", completion="xyz", weight=2.0), Example(prompt="a much longer prompt", completion="7", weight=0.5)]
    write_examples(rows, tmp_path / "x.parquet")
    tokenizer, model = AutoTokenizer.from_pretrained(tiny), AutoModelForCausalLM.from_pretrained(tiny)
    data = tokenize([tmp_path / "x.parquet"], tokenizer, 128)
    batch = collate(data, np.array([0, 1]), 0, prompt_weight)
    with torch.no_grad():
        loss = float(make_loss(model)(batch.ids, batch.weights, batch.places))
        expected = 0.0
        for row in rows:  # one at a time, unpadded, by hand
            prompt, completion = tokenizer(row.prompt)["input_ids"], tokenizer(row.completion)["input_ids"] + [tokenizer.eos_token_id]
            ids = prompt + completion
            logs = model(torch.tensor([ids])).logits[0].log_softmax(-1)
            for i in range(1, len(ids)):
                expected -= float(logs[i - 1, ids[i]]) * row.weight * (1.0 if i >= len(prompt) else prompt_weight)
    assert loss == pytest.approx(expected, rel=1e-4)


def test_bad_input_names_the_place(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.parquet: no such file"):
        example_files(tmp_path / "none.parquet")
    with pytest.raises(UserError, match="no Parquet file"):
        example_files(tmp_path)
    (tmp_path / "bad.parquet").write_text("no")
    with pytest.raises(UserError, match="not a Parquet file"):
        example_files(tmp_path / "bad.parquet")
    pq.write_table(pa.table({"prompt": ["a"]}), tmp_path / "bad.parquet")
    with pytest.raises(UserError, match="column completion missing"):
        example_files(tmp_path / "bad.parquet")
