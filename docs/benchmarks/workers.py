"""How far a round on other numbers of workers, or killed and continued on others, is from the undisturbed one on one worker.

    python docs/benchmarks/workers.py FOLDER

The rounds of tests/train/test_workers.py (a Llama of 40,000 parameters, 12 steps of 512 tokens) in FOLDER, which is made:
undisturbed on 1 and on 2 workers; killed after step 7 on 2 workers and continued on 1 and on 4, from the checkpoint of step 5;
killed on 1 and continued on 2.  Printed: the largest relative difference of a step's loss from the undisturbed round on one.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.train.conftest import make_examples
from tests.train.ranks import WAYS, everywhere, history, off
from tests.train.test_workers import ROUNDS, SETTINGS, rows
from train.config import ModelConfig
from train.model import create_checkpoint
from train.tokenizer import train_tokenizer


def main(folder: Path) -> None:
    folder.mkdir(parents=True)
    texts = [str(e.prompt) + e.completion for e in make_examples(120)]
    model, tokenizer = folder / "model", train_tokenizer(texts, vocab_size=320, max_length=128)
    create_checkpoint(model, ModelConfig(vocab_size=320, d_model=32, layers=2, heads=2, ffn=64, max_length=128), tokenizer, seed=1)
    everywhere(model, rows(folder), folder, {name: SETTINGS | settings for name, settings in ROUNDS.items()}, 7)
    print("| round | loss, first and last step | " + " | ".join(WAYS) + " |")
    print("|---" * (2 + len(WAYS)) + "|")
    for name in ROUNDS:
        plain = folder / name / "plain"
        losses = [row["loss"] for row in history(plain)]
        differences = [f"{off(folder / name / way, plain):.1e}" for way in WAYS]
        print(f"| {name} | {losses[0]:.3f}, {losses[-1]:.3f} | " + " | ".join(differences) + " |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
