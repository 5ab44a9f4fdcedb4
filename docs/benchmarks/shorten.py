"""How much `synth shorten` cuts: on honest files in the style of published provers, and on generated proofs padded as models pad.

    python docs/benchmarks/shorten.py

The first set is tests/verify_workers/adversarial/honest/*.lean (only what the embedded Lean proves as it stands).  The second takes the
generator's reference proofs, one tactic a line, and puts in what sampled proofs carry: restated hypotheses, repeated facts, tactics
that do nothing, `simp` arguments that are not needed.  Lengths are medians in tokens of Lean, of proofs with more than two lines.
"""

from __future__ import annotations

import argparse
import json
import time
from random import Random

from synth.problems.generate import draw, reference
from synth.records import Pair, content_id
from synth.run.shortening import shorten_pairs, summary
from tests.verify_workers.adversarial.honest import COLLECTIONS
from verify_workers.config import PoolConfig
from verify_workers.pool.local import LocalPool

PADDING = ("skip", "have h_true : True := trivial", "have h_two : 1 + 1 = 2 := by norm_num", "have h_eq : (0 : Nat) = 0 := rfl")


def pair(name: str, statement: str, text: str, form: str, header: str = "", preamble: str = "") -> Pair:
    ids = dict.fromkeys(("attempt_id", "statement_id", "problem_id"), name)
    fields = {"statement": statement, "proof": text, "form": form, "header": header, "preamble": preamble}
    return Pair.model_validate({"id": content_id("benchmark", name), **ids, **fields})


def honest(count: int, seed: int = 0) -> list[Pair]:
    """A seeded sample of whole files of more than two lines that prove their statement on the embedded Lean; 0 = all."""
    cases = [case for case in COLLECTIONS if not case.negated and (case.code or "").strip().count("\n") >= 2]
    cases = Random(seed).sample(cases, min(count, len(cases))) if count else cases
    return [pair(case.name, case.statement, case.code or "", "code", case.header, case.preamble) for case in cases]


def padded(count: int, seed: int = 0) -> list[Pair]:
    """Generated proofs of several tactics, one a line, with padding between them."""
    rng, made = Random(seed), dict[str, Pair]()
    while len(made) < count:
        _, _, draft = draw(rng)
        proof = rng.choice(draft.proofs)
        if draft.truth in ("contradictory", "trivial") or ";" not in proof or "<;>" in proof or "\n" in proof:
            continue
        goal = f"¬ ({draft.goal})" if draft.truth == "false" else draft.goal
        lines = [tactic.strip() for tactic in proof.split(";")]
        for _ in range(rng.randint(1, 3)):
            lines.insert(rng.randint(1, len(lines) - 1) if len(lines) > 1 else 1, rng.choice(PADDING))
        text = "by\n" + "\n".join(f"  {line}" for line in lines)
        made[goal] = pair(goal, reference(goal), text, "proof")
    return list(made.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--honest", type=int, default=0, help="honest files; 0: all")
    parser.add_argument("--count", type=int, default=100, help="generated proofs")
    parser.add_argument("--workers", type=int, default=0)
    given = parser.parse_args()
    with LocalPool(PoolConfig(audit="strict", workers=given.workers)) as pool:
        for name, pairs in (("padded proofs", padded(given.count)), ("honest files", honest(given.honest))):
            started = time.monotonic()
            found = summary(shorten_pairs(pairs, pool, 10.0))
            row = {"set": name, **vars(found), "cut_percent": round(found.cut, 1), "seconds": round(time.monotonic() - started)}
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
