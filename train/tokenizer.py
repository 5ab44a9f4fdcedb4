"""The small model's tokenizer: byte-level BPE with single digits and one token per role.

Byte-level, so that any text round-trips; digits apart, so that numbers are copied digit by digit.  Saved in
Hugging Face format, which transformers and vLLM load.
"""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

PAD, EOS = "<|pad|>", "<|eos|>"
SPECIAL_TOKENS: tuple[str, ...] = (PAD, EOS, "<|formalize|>", "<|grade|>", "<|prove|>", "<|statement|>", "<|answer|>")


def train_tokenizer(
    texts: Iterable[str], vocab_size: int = 640, max_length: int = 512, further: Iterable[str] = ()
) -> PreTrainedTokenizerFast:
    """A BPE tokenizer of at most `vocab_size` tokens learned from `texts` (special tokens in them are not learned from).

    `further`: special tokens beside SPECIAL_TOKENS, such as those of further roles.

    Deterministic: equal texts in equal order give an equal tokenizer.  Fewer tokens come out when the texts are
    too few; the model's vocabulary then is `len(tokenizer)`.
    """
    special = tuple(dict.fromkeys((*SPECIAL_TOKENS, *further)))
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        # A digit is a token of its own, with the blank before it: what stands before a number then tells numbers apart, and
        # a small model learns to copy them by their neighbours.
        [pre_tokenizers.Split(Regex(" ?[0-9]"), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=list(special),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        min_frequency=2,
        show_progress=False,
    )
    tokenizer.train_from_iterator((_without(special, text) for text in texts), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=EOS,
        additional_special_tokens=list(special[2:]),
        model_max_length=max_length,
        clean_up_tokenization_spaces=False,
    )


def _without(special: tuple[str, ...], text: str) -> str:
    for token in special:
        text = text.replace(token, " ")
    return text
