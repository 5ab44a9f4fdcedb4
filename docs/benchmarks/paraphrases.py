"""A benchmark's problems in other words, given to the formalizer: what of them is kept, and says what the benchmark says?

    python docs/benchmarks/paraphrases.py --model RUN/rounds/000/training/model [--count 200] [--config FILE] [--set KEY=VALUE]

The generator's problems, in another wording of their family; the benchmark has the first wording and the statement that was meant.
Words alone find few of them (tests/synth/statements/test_planted.py).  Here each goes through `synth formalize` with that
benchmark; what is kept is compared with the benchmark's statement by normal form, and by equivalence (BEq).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))

from synth.problems.generate import generate
from synth.records import Statement
from synth.run.stages import formalize_file, read_problems_of
from synth.show.progress import Progress
from synth.stage_config import stage_config
from synth.statements.against import faithful_by
from tests.synth.statements.planted import ENGLISH
from verify_workers.backends.choose import make_backend
from verify_workers.records import Check, Verdict


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--set", action="append", default=[])
    options = parser.parse_args()
    held, draw = generate(options.seed, options.count), Random(1)
    with tempfile.TemporaryDirectory(prefix="paraphrases-") as name:
        folder = Path(name)
        bench, asked = folder / "benchmark.jsonl", folder / "problems.jsonl"
        bench.write_text("".join(json.dumps({"text": item.text, "statement": item.reference}) + "\n" for item in held), encoding="utf-8")
        texts = {text: item.reference for item in held if (text := ENGLISH["another wording"](item, draw)) and text != item.text}
        asked.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
        for benchmarks in ([], [str(bench)]):
            words = [*options.set, f"filters.benchmarks={json.dumps(benchmarks)}"]
            config = stage_config(options.config, options.model, words, "formalizer", "judge", "informalizer", "prover", generated=True)
            with Progress() as progress:
                statements = formalize_file(config, str(asked), str(folder / "out.jsonl"), progress)
                meant = {problem.id: texts[problem.text] for problem in read_problems_of(config, str(asked), progress)}
            kept = [s for s in statements if s.kept]
            how = asyncio.run(alike(kept, meant))
            dropped = {s.problem_id for s in statements if s.reason == "contaminated"}
            which, problems = "with" if benchmarks else "without", len({s.problem_id for s in kept})
            print(
                f"{which} the benchmark: {len(dropped)} of {len(texts)} reworded problems dropped as contaminated; {len(kept)} statements"
            )
            print(f"of {problems} problems kept, against the benchmark's: {dict(how)}", flush=True)


async def alike(kept: list[Statement], meant: dict[str, str]) -> Counter[str]:
    """How many of the `kept` statements are the benchmark's, by which comparison."""
    backend = make_backend("auto", "strict")

    async def verify(checks: list[Check]) -> list[Verdict]:
        return [backend.check(check) for check in checks]

    try:
        found = await faithful_by(kept, meant, verify, 5.0, beq=True)
    finally:
        backend.close()
    return Counter(str(found[s.id]) for s in kept if s.id in found)


if __name__ == "__main__":
    main()
