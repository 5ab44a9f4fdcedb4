"""The caller's own work on a check before Lean sees it: reading it, the policy, and the pin.

    python docs/benchmarks/policy.py time [--size 6000]          processor milliseconds a check, by the parts of the work
    python docs/benchmarks/policy.py same --with ../other         tokens, refusals and pinned files of another checkout, on all texts here

The texts of `time` are tactic proofs of about `--size` characters, made of the bodies of real files.  `same` asks both checkouts
about the files in ../shared/data (published files of models among them), the adversarial suite, and 20,000 seeded mutations of these;
nothing may differ.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, os.environ.get("POLICY_TREE") or str(Path(__file__).resolve().parents[2]))

from verify_workers.policy import refusal, violations
from verify_workers.records import Check, Snippet
from verify_workers.text import pin
from verify_workers.text.lexer import tokens
from verify_workers.text.parsed import ParsedCheck
from verify_workers.text.statement import StatementError

HERE = Path(__file__).resolve().parents[2]
DATA = HERE.parent / "shared" / "data"
HEADER = "import Mathlib\nimport Aesop\nset_option maxHeartbeats 400000\nopen BigOperators Real Nat Topology Rat"
STATEMENT = "theorem goal (x : ℝ) (h : 0 < x) : x + 1 > 1"
NONCE = "0" * 32
MUTATIONS = 20_000
# What a mutation puts in: what lexers and rules stumble over.
SEEDS = [
    *"\"'«»/-!#{}()[]⟨⟩@.:=<>|;`\\ \n\t\r,λΣαℝ₁ᵢ×\u202e\u00a0\u0435\x0b", "/-", "-/", "--", "/--", "''", 'r#"', "«a b»",
    " sorry ", " _root_.", " Lean.", " IO ", "\naxiom ", "\n#eval ", " native_decide ", "\nimport Mathlib\n", "\nnamespace Nat\n",
    "\nend\n", " set_option ", "@[simp] ", "\ndef ", " in ", " := ",
]  # fmt: skip


def rows(name: str) -> Iterator[dict[str, Any]]:
    """The rows of a file of the shared data; nothing where it is absent."""
    if (DATA / name).exists():
        with (DATA / name).open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def questions() -> Iterator[dict[str, Any]]:
    """All texts as checks, without ids."""
    from tests.verify_workers.adversarial.test_suite import CASES

    for case in CASES:
        yield case.check().model_dump(exclude={"id"})
    for name in ("model_candidates.jsonl", "kimina_pairs.jsonl"):
        for row in rows(name):
            statement = f"theorem {row['name'].rpartition('/')[2].replace('-', '_') or 'x'} : True"
            yield {"statement": statement, "header": HEADER, "code": row["code"]}
            yield {"statement": statement, "header": "", "code": row["code"]}
            yield {"statement": statement, "header": HEADER, "proof": row["code"].partition(":=")[2]}
    for row in rows("minif2f_valid.jsonl"):
        for negated in (False, True):
            yield {"statement": row["formal_statement"], "header": row["header"], "proof": "by\n  simp", "negated": negated}
    for row in rows("repl_transcripts.jsonl"):
        yield {"statement": STATEMENT, "code": row["input_raw"]}


def mutated(given: list[dict[str, Any]], count: int) -> Iterator[dict[str, Any]]:
    """`count` of them with a few seeded insertions and cuts."""
    draw = random.Random(0)
    for _ in range(count):
        row = dict(draw.choice(given))
        field = draw.choice([name for name in ("proof", "code", "code", "proof", "header", "preamble", "statement") if row.get(name)])
        text = row[field]
        for _ in range(draw.randint(1, 3)):
            at = draw.randrange(len(text) + 1)
            text = text[:at] + draw.choice(SEEDS) + text[at + draw.choice((0, 0, 1, 3)) :]
        yield row | {field: text}


def answer(row: dict[str, Any]) -> list[str]:
    """What this checkout makes of a question: digests of tokens, violations and refusals of both tiers, and of the pinned file."""
    check = Check.model_construct(
        **{"id": "x", "header": "", "preamble": "", "proof": None, "code": None, "negated": False, "timeout": 10.0} | row
    )
    text = (check.proof if check.proof is not None else check.code) or ""
    said: list[object] = [tokens(text, comments=True), tokens(text), tokens(check.header + check.preamble + check.statement)]
    for tier in ("text", "kernel"):
        found = refusal(ParsedCheck(check), tier)  # type: ignore[arg-type]
        said += [violations(ParsedCheck(check), tier), found and (found.outcome.value, found.reason, found.messages)]  # type: ignore[arg-type]
    parsed = ParsedCheck(check)
    try:
        said += [pin.build(parsed, NONCE), parsed.before, parsed.above, parsed.without_comments]
    except StatementError as error:
        said += [str(error)]
    said.append(pin.unfit(Snippet(id="x", header=check.header, code=check.code)) if check.code is not None else None)
    return [hashlib.sha256(repr(one).encode("utf-8", "surrogatepass")).hexdigest()[:12] for one in said]


def same(other: Path) -> None:
    """Compare this checkout with another."""
    given = list(questions())
    asked = [*given, *mutated(given, MUTATIONS)]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "asked").write_text("".join(json.dumps(row) + "\n" for row in asked), encoding="utf-8")
        for name, tree in (("ours", HERE), ("theirs", other.resolve())):
            environment = os.environ | {"POLICY_TREE": str(tree), "PYTHONPATH": str(tree)}
            subprocess.run([sys.executable, __file__, "dump", "--with", folder, "--name", name], env=environment, check=True)
        ours, theirs = ((Path(folder) / name).read_text(encoding="utf-8").splitlines() for name in ("ours", "theirs"))
    differ = [place for place, (one, another) in enumerate(zip(ours, theirs, strict=True)) if one != another]
    for place in differ[:5]:
        print(json.dumps(asked[place])[:2000], ours[place], theirs[place], sep="\n")
    refused = sum(json.loads(line)[4] != json.loads(ours[0])[4] for line in ours)
    print(f"{len(given):,} texts and {MUTATIONS:,} mutations ({refused:,} not the first one's refusal): {len(differ)} differ")
    sys.exit(bool(differ))


def dump(folder: Path, name: str) -> None:
    """Write the answers of the checkout that POLICY_TREE names."""
    with (folder / "asked").open(encoding="utf-8") as lines, (folder / name).open("w", encoding="utf-8") as out:
        for line in lines:
            out.write(json.dumps(answer(json.loads(line))) + "\n")


def proofs(size: int) -> list[str]:
    """Tactic proofs of about `size` characters."""
    found, text = list[str](), ""
    for row in rows("model_candidates.jsonl"):
        body = row["code"].partition(":= by")[2]
        if body and "sorry" not in body:
            text += f"\n  have : True := by trivial{body.rstrip()}"
        if len(text) >= size:
            found.append("by" + text[:size].rpartition("\n")[0])
            text = ""
    return found


def timed(size: int) -> None:
    """The table of processor time."""
    bodies = proofs(size)
    if not bodies:
        sys.exit(f"no texts: {DATA}/model_candidates.jsonl is not there")
    forms: dict[str, list[Check]] = {
        "proof": [Check(id="x", statement=STATEMENT, header=HEADER, proof=body) for body in bodies],
        "whole file": [Check(id="x", statement=STATEMENT, header=HEADER, code=f"{HEADER}\n{STATEMENT} := {body}") for body in bodies],
    }
    count = sum(len(tokens(body)) for body in bodies) / len(bodies)
    characters = sum(map(len, bodies)) / len(bodies)
    print(f"{len(bodies)} proofs of {characters:,.0f} characters and {count:,.0f} tokens; median of best of 5, ms of CPU")
    for form, checks in forms.items():
        steps: dict[str, Callable[[Check], object]] = {
            "tokens": lambda check: tokens(check.proof or check.code or ""),
            "policy and pin, text tier": lambda check: _whole(check, "text"),
            "policy and parts, kernel tier": lambda check: _whole(check, "kernel"),
        }
        for step, work in steps.items():
            spent = sorted(min(_seconds(work, check) for _ in range(5)) for check in checks)
            print(f"  {form}, {step}: {1000 * spent[len(spent) // 2]:.2f} (90 %: {1000 * spent[len(spent) * 9 // 10]:.2f})")


def _whole(check: Check, tier: str) -> object:
    """What a backend does with a check before it asks Lean."""
    parsed = ParsedCheck(check)
    refused = refusal(parsed, tier)  # type: ignore[arg-type]
    if refused is not None:
        return refused
    return pin.build(parsed) if tier == "text" else f"{parsed.above}{parsed.before}{parsed.without_comments}"


def _seconds(work: Callable[[Check], object], check: Check) -> float:
    begun = time.process_time()
    work(check)
    return time.process_time() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("time", "same", "dump"))
    parser.add_argument("--size", type=int, default=6000, help="characters of a proof")
    parser.add_argument("--with", dest="other", type=Path, help="the other checkout")
    parser.add_argument("--name", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.what == "time":
        timed(options.size)
    elif options.what == "dump":
        dump(options.other, options.name)
    else:
        same(options.other)


if __name__ == "__main__":
    main()
