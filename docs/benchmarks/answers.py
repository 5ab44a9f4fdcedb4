"""How many of the whole files that prover models wrote for miniF2F are read as answers to their problems, and why others are not.

    python docs/benchmarks/answers.py ../shared/data/model_candidates.jsonl

Each row has a `code` (a whole file with one theorem).  The problem is that file's own theorem and header, shown as a
problem would give them; the answer is the file as it is, and wrapped as each family of models wraps its answers.
A file counts as read if the reading is a proof of that theorem, or a file that declares it, with every token of its proof.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from synth.prompts import Prompt, Proof, Unread, load_prompts, read_proof
from synth.prompts.declarations import THEOREMS, declarations, tokens
from verify_workers.text.statement import StatementError, parse_theorem, source

SHAPES: dict[str, tuple[str, Callable[[str, str], str]]] = {
    "bare file": ("chat", lambda file, proof: file),
    "chat": ("chat", lambda file, proof: f"Here is a proof:\n\n```lean4\n{file}\n```\n\nIt follows the hint."),
    "deepseek-prover-v1.5": ("deepseek-prover-v1.5", lambda file, proof: f"{proof.removeprefix('by').strip(chr(10))}\n```"),
    "deepseek-prover-v2": (
        "deepseek-prover-v2",
        lambda file, proof: (
            f"### Detailed Proof\n\nBy the theorem above.\n\n```lean4\n{file.replace(proof, 'by sorry')}\n```\n\n"
            f"### Complete Lean 4 Proof\n\n```lean4\n{file}\n```"
        ),
    ),
    "goedel-prover-v2": ("goedel-prover-v2", lambda file, proof: f"### Plan\n\n1. Compute.\n\n### Proof\n\n```lean4\n{file}```"),
    "kimina-prover": (
        "kimina-prover",
        lambda file, proof: f"<think>\nTry this:\n```lean4\n  nlinarith\n```\nNo.\n</think>\n\n```lean4\n{file}\n```",
    ),
}


def problem(code: str) -> tuple[str, str, str]:
    """Statement, header and proof of a file with one theorem."""
    (found,) = [d for d in declarations(code) if d.keyword in THEOREMS]
    statement = source(parse_theorem(f"theorem {found.name} {code[slice(*found.goal)]}"))
    header = code[: found.start].split("/--")[0].strip()
    return statement, header, code[found.body : found.end].strip() if found.body >= 0 else ""


def reading(prompt: Prompt, answer: str, finished: bool, code: str, statement: str, proof: str) -> str:
    """`proof`, `file`, or why the answer is not read as one."""
    read = read_proof(prompt, answer, finished)
    if isinstance(read, Unread):
        return f"unread: {read.reason} {read.detail}".strip()
    if isinstance(read, Proof) and read.form == "proof":
        return "proof" if _texts(read.text) == _texts(proof) and _texts(code)[-len(_texts(proof)) :] == _texts(proof) else "another proof"
    names = {d.name for d in declarations(read.text)}
    whole = _texts(proof) == _texts(read.text)[-len(_texts(proof)) :]
    return "file" if parse_theorem(statement).name in names and whole else "another file"


def _texts(code: str) -> list[str]:
    return [mark.text for mark in tokens(code)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("file", type=Path, help="JSONL with a `code` in each row")
    rows = [json.loads(line)["code"] for line in parser.parse_args().file.read_text(encoding="utf-8").splitlines()]
    presets = {preset: load_prompts(preset) for preset, _ in SHAPES.values()}
    tally: dict[str, Counter[str]] = {f"{shape}{cut}": Counter() for cut in ("", ", cut off") for shape in SHAPES}
    for code in rows:
        try:
            statement, header, proof = problem(code)
        except (StatementError, ValueError) as error:
            for counts in tally.values():
                counts[f"no problem: {error}"] += 1
            continue
        for shape, (preset, wrapped) in SHAPES.items():
            prompt = presets[preset].prove(statement, header)
            answer = wrapped(code, proof)
            tally[shape][reading(prompt, answer, True, code, statement, proof)] += 1
            cut = answer[: answer.rindex(proof) + len(proof) // 2] if proof in answer else answer[: len(answer) // 2]
            tally[f"{shape}, cut off"][reading(prompt, cut, False, code, statement, proof)] += 1
    for shape, counts in tally.items():
        print(f"{shape:32}", ", ".join(f"{count} {what}" for what, count in counts.most_common()))


if __name__ == "__main__":
    main()
