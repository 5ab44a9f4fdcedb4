"""What `synth export` takes of a large corpus: seconds, processor time and peak memory, by form.

    python docs/benchmarks/export.py [--pairs 5000000] [--problems 10000000] [--forms parquet,hf,sft,prover] [--folder DIR]

The run directory is the generated one of `driver.py corpus`: two problems and statements a pair, over ten rounds.  Each form is
written by a process of its own and removed again.  Everything is in a temporary folder (TMPDIR), or in DIR, where a run that is there
already is taken: 2 GB for 5 M pairs, and up to 6 GB for a form.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

ROUNDS = 10


def one(run: Path, out: Path, form: str) -> None:
    """In a process of its own."""
    from synth.export.corpus import export

    began = time.monotonic()
    counts = export(run, out, form)
    seconds, used = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF)
    size = sum(file["bytes"] for file in json.loads((out / "_export.json").read_text())["files"])
    print(
        f"  {form}: {counts['pairs']:,} pairs in {seconds:.0f} s ({used.ru_utime + used.ru_stime:.0f} s of processor time), "
        f"peak {used.ru_maxrss >> 10:,} MiB, {size / 1e9:.2f} GB, load {os.getloadavg()[0]:.0f}",
        flush=True,
    )


def measure(folder: Path, pairs: int, problems: int, forms: list[str]) -> None:
    run = folder / "run"
    if not run.exists():
        import driver

        began = time.monotonic()
        driver.corpus(run, problems, pairs, ROUNDS)
        print(f"  a run of {problems:,} problems and {pairs:,} pairs made in {time.monotonic() - began:.0f} s", flush=True)
    for form in forms:
        out = folder / "out"
        subprocess.run([sys.executable, __file__, "--one", form, "--folder", str(folder)], check=True)
        subprocess.run(["rm", "-rf", str(out)], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5_000_000)
    parser.add_argument("--problems", type=int, default=10_000_000)
    parser.add_argument("--forms", default="parquet,hf,sft,prover")
    parser.add_argument("--folder", default="")
    parser.add_argument("--one", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    folder = Path(arguments.folder)
    if arguments.one:
        one(folder / "run", folder / "out", arguments.one)
    elif arguments.folder:
        measure(folder, arguments.pairs, arguments.problems, arguments.forms.split(","))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            measure(Path(temporary), arguments.pairs, arguments.problems, arguments.forms.split(","))


if __name__ == "__main__":
    main()
