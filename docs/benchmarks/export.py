"""What `synth export` takes of a large corpus: seconds, processor time and peak memory, by form.

    python docs/benchmarks/export.py [--pairs 5000000] [--problems 10000000] [--forms parquet,hf,sft,prover] [--folder DIR]
    python docs/benchmarks/export.py --attempts 500000 [--forms rejects,preference,steps,stepwise] [--folder DIR]

The run directory is the generated one of `driver.py corpus`: two problems and statements a pair, over ten rounds.  With `--attempts`
it is one of that many attempts, eight of each statement; half of the statements are proved, by the first; the other attempts are proofs
of six lines that Lean refuses at one of them.  Each form is written by a process of its own and removed again.  Everything is in a
temporary folder (TMPDIR), or in DIR, where a run that is there already is taken: 2 GB for 5 M pairs, and up to 6 GB for a form.
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
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

ROUNDS = 10
TRIES = 8  # attempts of a statement
FORMS = ("parquet", "hf", "sft", "prover")
FAILING = ("rejects", "preference", "steps", "stepwise")
PROOF = "by\n  have h : m + 0 = m := by simp\n  induction m with\n  | zero => simp\n  | succ k ih => omega\n  exact (h.trans {n}).symm"
MESSAGE = "omega could not prove the goal:\na possible counterexample may satisfy the constraints\n  a ≥ 0\nwhere\n a := ↑k"


def one(run: Path, out: Path, form: str) -> None:
    """In a process of its own."""
    from synth.export.corpus import export

    began = time.monotonic()
    counts = export(run, out, form)
    seconds, used = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF)
    size = sum(file["bytes"] for file in json.loads((out / "_export.json").read_text())["files"])
    print(
        f"  {form}: {_counted(counts)} in {seconds:.0f} s "
        f"({used.ru_utime + used.ru_stime:.0f} s of processor time), "
        f"peak {used.ru_maxrss >> 10:,} MiB, {size / 1e9:.2f} GB, load {os.getloadavg()[0]:.0f}",
        flush=True,
    )


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{counts[name]:,} {name}" for name in ("pairs", "failed", "attempts") if name in counts)


def tried(folder: Path, attempts: int) -> None:
    """A run of one round with that many attempts."""
    import driver

    from synth.store.rundir import RunDir

    store = RunDir(folder)
    writer = driver.Writer(store)
    for start in range(0, attempts, driver.CHUNK):
        count = min(driver.CHUNK, attempts - start)
        stated = count // TRIES
        numbers = range(start // TRIES, start // TRIES + stated)
        sids, pids, aids = driver.ids("statement", start, stated), driver.ids("problem", start, stated), driver.ids("attempt", start, count)
        texts = [f"theorem X (m : Nat) : {n} + m = m + {n}" for n in numbers]
        of = [at // TRIES for at in range(count)]
        proved = [at % TRIES == 0 and at // TRIES % 2 == 0 for at in range(count)]
        proofs = [PROOF.format(n=start + at) for at in range(count)]
        places = [json.dumps([{"severity": "error", "line": line, "column": 2, "text": MESSAGE}]) for line in range(2, 7)]
        errors = ["[]" if good else places[at % 5] for at, good in enumerate(proved)]
        first = [at for at, good in enumerate(proved) if good]
        common = {"round": 1, "strategy": "whole_proof", "model": "null"}
        told = {
            "outcome": ["accepted" if good else "rejected" for good in proved],
            "reason": ["" if good else "unsolved" for good in proved],
        }
        kinds = {
            "problems": driver.table("problems", stated, id=pids, text=[f"Show that {n} plus m is m plus {n}." for n in numbers]),
            "statements": driver.table(
                "statements", stated, id=sids, problem_id=pids, text=texts, form=driver.ids("form", start, stated), round=1,
                origin="autoformalized", kept=True, votes=1,
            ),
            "attempts": driver.table("attempts", count, id=aids, statement_id=[sids[at] for at in of], proof=proofs, **common),
            "verdicts": driver.table(
                "verdicts", count, id=aids, statement_id=[sids[at] for at in of], message=["" if good else MESSAGE for good in proved],
                errors=errors, **told,
            ),
            "pairs": driver.table(
                "pairs", len(first), id=driver.ids("pair", start, len(first)), attempt_id=[aids[at] for at in first],
                statement_id=[sids[of[at]] for at in first], problem_id=[pids[of[at]] for at in first],
                statement=[texts[of[at]] for at in first], proof=[proofs[at] for at in first], problem="Show it.", **common,
            ),
        }  # fmt: skip
        writer.units("r001-s", kinds, {"searched": driver.UNIT})
    store.write_json("rounds/001/metrics.json", {"round": 1, "pass@1": 10.0, "seconds": 1.0})


def measure(folder: Path, make: Callable[[Path], None], forms: list[str]) -> None:
    run = folder / "run"
    if not run.exists():
        began = time.monotonic()
        make(run)
        print(f"  the run made in {time.monotonic() - began:.0f} s", flush=True)
    for form in forms:
        out = folder / "out"
        subprocess.run([sys.executable, __file__, "--one", form, "--folder", str(folder)], check=True)
        subprocess.run(["rm", "-rf", str(out)], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5_000_000)
    parser.add_argument("--problems", type=int, default=10_000_000)
    parser.add_argument("--attempts", type=int, default=0)
    parser.add_argument("--forms", default="")
    parser.add_argument("--folder", default="")
    parser.add_argument("--one", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    folder = Path(arguments.folder)
    if arguments.one:
        one(folder / "run", folder / "out", arguments.one)
        return
    import driver

    attempts, forms = arguments.attempts, (arguments.forms or ",".join(FAILING if arguments.attempts else FORMS)).split(",")

    def make(run: Path) -> None:
        if attempts:
            tried(run, attempts)
        else:
            driver.corpus(run, arguments.problems, arguments.pairs, ROUNDS)

    if arguments.folder:
        measure(folder, make, forms)
    else:
        with tempfile.TemporaryDirectory() as temporary:
            measure(Path(temporary), make, forms)


if __name__ == "__main__":
    main()
