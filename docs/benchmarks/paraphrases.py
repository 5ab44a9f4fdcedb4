"""A benchmark's problems in other words, given to the formalizer: what of them is kept, and says what the benchmark says?

    python docs/benchmarks/paraphrases.py --model RUN/rounds/000/training/model [--count 200] [--config FILE] [--set KEY=VALUE]
    python docs/benchmarks/paraphrases.py --model MODEL --reworded 8 [--unrelated 1000]

The generator's problems, in another wording of their family; the benchmark has the first wording and the statement that was meant.
Words alone find few of them (tests/synth/statements/test_planted.py).  Here each goes through `synth formalize` with that
benchmark; what is kept is compared with the benchmark's statement by normal form, and by equivalence (BEq).  `--reworded N` asks the
judge alone, by words, about the N nearest rows (`filters.reworded`): of the reworded problems, and of others of the same families.
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
from synth.records import Drop, Problem, Statement
from synth.run.stages import formalize_file, read_problems_of, run_stage, stage_tools
from synth.services import Tools
from synth.show.progress import Progress
from synth.stage_config import stage_config
from synth.statements.against import faithful_by
from synth.statements.benchmarks import Benchmarks
from synth.statements.filters.base import Context
from synth.statements.filters.reworded import reworded
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
    parser.add_argument("--reworded", type=int, default=0)
    parser.add_argument("--unrelated", type=int, default=1000)
    options = parser.parse_args()
    if options.reworded:
        by_words(options)
        return
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


def by_words(options: argparse.Namespace) -> None:
    """How many of the reworded problems, and of others, the judge finds to be the benchmark's; of the families that it was taught."""
    words = [*options.set, f"filters.reworded={options.reworded}"]
    config = stage_config(options.config, options.model, words, "judge", "prover", generated=True)
    choice, draw = config.generator.choice(), Random(1)
    held = generate(options.seed, options.count, choice=choice)
    texts = [text for item in held if (text := ENGLISH["another wording"](item, draw)) and text != item.text]
    others = generate(options.seed + 1, options.unrelated, exclude={item.reference for item in held}, choice=choice)
    benchmarks = Benchmarks()
    benchmarks.add([Problem(id=f"b{n}", name=f"b{n}", text=item.text) for n, item in enumerate(held)], Drop.CONTAMINATED, {})

    async def found(asked: list[str], tools: Tools) -> Counter[str]:
        problems = {f"p{n}": Problem(id=f"p{n}", text=text) for n, text in enumerate(asked)}
        rows = [Statement(id=id, problem_id=id, text="theorem X : True") for id in problems]
        context = Context(tools, config.filters, problems=problems, benchmarks=benchmarks)
        return Counter(s.reason or "kept" for s in await reworded(rows, context))

    async def work() -> None:
        async with stage_tools(config, "repeats") as tools:
            for name, asked in (("reworded", texts), ("others", [item.text for item in others])):
                print(f"{len(asked)} {name}: {dict(await found(asked, tools))}", flush=True)

    run_stage(work())


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
