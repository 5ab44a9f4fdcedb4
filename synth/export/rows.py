"""Rows of the forms for training, one for each pair: what each asks for beside what re-verifies it and says where it is from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from synth.prompts import PromptSet
from synth.prompts.format import messages
from synth.prompts.prover import Proof, write_proof
from synth.records import above
from synth.store.lineage import LINEAGE, as_comment, lineage, opening_of

Row = Mapping[str, Any]
CHECKED = ("id", "header", "preamble", "statement", "form", "proof")
"""What `synth verify` takes."""
NEEDED = tuple(dict.fromkeys([*CHECKED, "problem", "split", *LINEAGE]))
"""Columns of a corpus that these rows are made from."""


def checkable(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in CHECKED}


def prompt_of(row: Row) -> str:
    """The text up to the proof."""
    return opening_of(row["statement"], row["header"], row["preamble"], row["problem"])


def asked(row: Row) -> str:
    """The prompt as text: for a proof of the statement, or a whole file."""
    task = "Give a whole Lean 4 file that proves the theorem" if row["form"] == "code" else "Complete the following Lean 4 code"
    return f"{task}:\n\n```lean4\n{prompt_of(row)}"


def answered(form: str, proof: str) -> str:
    """What should follow it."""
    return f"{proof if form == 'code' else f' {proof}'}\n```"


def sft_row(row: Row) -> dict[str, Any]:
    """TRL's prompt–completion form: the prompt asks for a proof of the statement, the completion is the proof (or the whole file)."""
    return {"prompt": asked(row), "completion": answered(row["form"], row["proof"]), **checkable(row), **lineage(row)}


def chat_rows(prompts: PromptSet) -> Callable[[Row], dict[str, Any] | None]:
    """TRL's conversational form, as `prompts` asks a prover and as it should answer; None where such an answer has no place for it."""

    def chat_row(row: Row) -> dict[str, Any] | None:
        prompt = prompts.prove(row["statement"], row["header"], row["preamble"], row["problem"])
        answer = write_proof(prompt, Proof(row["form"], row["proof"]))
        if answer is None:
            return None
        turns = {"prompt": messages(prompt), "completion": [{"role": "assistant", "content": prompt.prefill + answer}]}
        return {**turns, **checkable(row), **lineage(row)}

    return chat_row


def prover_row(row: Row) -> dict[str, Any]:
    """The columns of published prover corpora (DeepSeek-Prover, arXiv 2405.14333, and miniF2F's); `formal_proof` is what follows `:=`,
    or a whole file where `form` is code."""
    return {
        "name": f"proof_synth_{row['id']}",
        "split": row["split"],
        "informal_prefix": as_comment(row["problem"]),
        "informal_statement": row["problem"],
        "formal_statement": f"{row['statement'].strip()} :=",
        "header": above(row["header"], row["preamble"]) if row["preamble"].strip() else row["header"],
        "form": row["form"],
        "formal_proof": row["proof"],
        "id": row["id"],
        **lineage(row),
    }


def of_split(rows: Iterable[Row], make: Callable[[Row], dict[str, Any] | None]) -> dict[str, list[dict[str, Any]]]:
    """The made rows by their splits."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if (made := make(row)) is not None:
            found.setdefault(row["split"], []).append(made)
    return found
