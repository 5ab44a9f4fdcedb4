"""The forms of a corpus: how each is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from synth.export.preference import write_preference
from synth.export.rejects import write_rejects
from synth.export.rows import NEEDED, Row, chat_rows, of_split, prover_row, sft_row
from synth.export.select import Selection
from synth.export.splits import SPLITS
from synth.export.steps import write_steps, write_stepwise
from synth.export.write import Out
from synth.prompts import load_prompts
from verify_workers.errors import UserError


@dataclass(frozen=True)
class Form:
    """`about` is one line for readers; `write` puts the rows into series of files that are named after their splits."""

    about: str
    write: Callable[[Selection, Out], None]
    card: bool = True
    """Whether README.md is written: Parquet readers that take a folder take every file in it."""


def write_parquet(selection: Selection, out: Out) -> None:
    for table in selection.tables():
        out.table("pairs", table)


def write_hf(selection: Selection, out: Out) -> None:
    for table in selection.tables():
        for split in SPLITS:
            if (own := table.filter(pc.equal(table["split"], split))).num_rows:
                out.table(split, own)


def _each(make: Callable[[Row], dict[str, Any] | None]) -> Callable[[Selection, Out], None]:
    """A JSONL row for each pair."""

    def write(selection: Selection, out: Out) -> None:
        for table in selection.tables():
            found = of_split(table.select(NEEDED).to_pylist(), make)
            for split, rows in found.items():
                out.rows(split, rows)
            if left := table.num_rows - sum(map(len, found.values())):
                selection.counts["without_a_row: no place in the preset's answers"] += left

    return write


def write_chat(selection: Selection, out: Out) -> None:
    prompts = load_prompts(selection.preset)
    if not prompts.preset.chat:
        raise UserError(f"--preset {selection.preset}: asks without a chat; name a preset for chat models, or take --format sft")
    _each(chat_rows(prompts))(selection, out)


FORMS = {
    "parquet": Form("every column (docs/corpora.md), in Parquet", write_parquet, card=False),
    "hf": Form("every column (docs/corpora.md), as a Hugging Face data set with splits, card and Croissant metadata", write_hf),
    "sft": Form("prompt and completion as text, for TRL's SFTTrainer", _each(sft_row)),
    "sft-chat": Form("prompt and completion as a conversation, as a preset asks, for TRL's SFTTrainer", write_chat),
    "preference": Form("a verified proof beside an attempt that Lean refused, for TRL's DPOTrainer", write_preference),
    "stepwise": Form("proofs in steps up to the first wrong one, TRL's stepwise supervision", write_stepwise),
    "steps": Form("proofs in steps, verified and failed ones, each step right, wrong or not known", write_steps),
    "prover": Form("the columns of published prover corpora", _each(prover_row)),
    "rejects": Form("dropped statements and refused proofs, with reasons", write_rejects),
}
