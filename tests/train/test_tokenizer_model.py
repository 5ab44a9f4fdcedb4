from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.train.conftest import make_examples
from train.config import ModelConfig
from train.model import checkpoint_hash, create_checkpoint
from train.tokenizer import SPECIAL_TOKENS, train_tokenizer
from verify_workers.errors import UserError

TEXTS = [e.prompt + e.completion for e in make_examples(60)]
TOKENIZER = train_tokenizer(TEXTS, vocab_size=300)


@settings(deadline=None, max_examples=300)
@given(st.text())
def test_any_text_round_trips(text: str) -> None:
    assert TOKENIZER.decode(TOKENIZER(text)["input_ids"]) == text


def test_digits_are_single_and_roles_are_one_token() -> None:
    assert TOKENIZER.tokenize("12345")[-5:] == list("12345")
    digits = train_tokenizer(["3 * n + 17 = 419", "n % 4 = 2", "(5 * n + 6) % 7 = 1"] * 9, 400)
    assert digits.tokenize(" + 17 = (5") == ["Ġ+", "Ġ1", "7", "Ġ=", "Ġ", "(", "5"]  # never "Ġ17", never "Ġ", "1"
    for token in SPECIAL_TOKENS:
        assert len(TOKENIZER(token)["input_ids"]) == 1
        assert token not in TOKENIZER.decode(TOKENIZER(f"a{token}b")["input_ids"], skip_special_tokens=True)
    assert TOKENIZER.tokenize(": ∀ n : Nat")[0] == ":"
    assert len(TOKENIZER) <= 300


def test_special_tokens_in_the_texts_are_not_learned_from() -> None:
    assert not [token for token in TOKENIZER.get_vocab() if "|" in token and len(token) > 1 and token not in SPECIAL_TOKENS]


def test_checkpoint_is_deterministic_untied_and_loads(tmp_path: Path) -> None:
    shape = ModelConfig(vocab_size=300, d_model=32, layers=1, heads=2, ffn=64, max_length=64)
    first = create_checkpoint(tmp_path / "a", shape, TOKENIZER, seed=3)
    assert first == create_checkpoint(tmp_path / "b", shape, TOKENIZER, seed=3)
    assert first != create_checkpoint(tmp_path / "c", shape, TOKENIZER, seed=4)
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "a")
    assert model.get_input_embeddings().weight.data_ptr() != model.get_output_embeddings().weight.data_ptr()
    assert model.config.eos_token_id == TOKENIZER.eos_token_id and model.config.pad_token_id == TOKENIZER.pad_token_id
    loaded = AutoTokenizer.from_pretrained(tmp_path / "a")
    assert loaded(TEXTS)["input_ids"] == TOKENIZER(TEXTS)["input_ids"]


def test_hash_sees_one_changed_byte(tmp_path: Path, tiny: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in tiny.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    assert checkpoint_hash(copy) == checkpoint_hash(tiny)
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    assert checkpoint_hash(copy) != checkpoint_hash(tiny)


def test_no_checkpoint_is_a_user_error(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(UserError, match="not a model checkpoint"):
            checkpoint_hash(folder)


def test_heads_must_divide() -> None:
    with pytest.raises(ValueError, match=r"model\.heads"):
        ModelConfig(d_model=100, heads=3)
