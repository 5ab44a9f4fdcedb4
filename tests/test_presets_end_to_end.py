"""Every preset for real but for the model: a scripted server answers in the family's shape, and `synth run` makes a corpus of it.

Every right proof is accepted and no wrong one, under the problems' own names; the corpus is exported and checked again by
the reference backend; a small model trained on it writes texts that read as the proofs that it was trained on.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from synth.config import RunConfig
from synth.export.corpus import export
from synth.prompts import Proof, load_prompts, read_proof
from synth.prompts.format import prompt_ids, stop_ids
from synth.records import Attempt, Pair, Statement, VerdictRow
from synth.run.driver import run
from synth.run.train_stage import train_file
from synth.show.progress import Progress
from synth.store.rundir import RunDir
from tests.scripted_models import FORMALIZERS, PROVERS, Solved, formalizer, judge, prover
from tests.synth.llm.fake_openai import FakeOpenAI
from verify_workers.backends.choose import make_backend
from verify_workers.records import Check
from verify_workers.text.statement import parse_theorem, source

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

MINIF2F = Path(__file__).parents[2] / "shared" / "data" / "minif2f_valid.jsonl"
TACTICS = {  # what proves twenty statements of miniF2F's validation split over Lean's core library
    "amc12_2001_p2": "interval_cases a <;> omega",
    "induction_divisibility_3div2tooddnp1": "induction ‹ℕ› <;> nlinarith",
    "induction_divisibility_3divnto3m2n": "induction ‹ℕ› <;> nlinarith",
    "induction_divisibility_9div10tonm1": "clear h₀\ninduction ‹ℕ› <;> nlinarith",
    "mathd_algebra_123": "omega",
    "mathd_algebra_144": "omega",
    "mathd_algebra_15": "norm_num",
    "mathd_numbertheory_101": "decide",
    "mathd_numbertheory_102": "decide",
    "mathd_numbertheory_110": "omega",
    "mathd_numbertheory_132": "decide",
    "mathd_numbertheory_136": "omega",
    "mathd_numbertheory_188": "decide",
    "mathd_numbertheory_198": "omega",
    "mathd_numbertheory_200": "decide",
    "mathd_numbertheory_202": "decide",
    "mathd_numbertheory_22": "interval_cases ‹ℕ› <;> revert h₁ <;> decide",
    "mathd_numbertheory_236": "omega",
    "mathd_numbertheory_269": "decide",
    "mathd_numbertheory_284": "omega",
}
OURS = [  # of our own, where the data set is not there
    Solved("half_of_even", "", "theorem half_of_even (n : Nat) (h : n % 2 = 0) : 2 * (n / 2) = n", "omega"),
    Solved("split_and", "", "theorem split_and (p q : Prop) (h : p ∧ q) :\n    q ∧ p", "constructor\n· exact h.2\n· exact h.1"),
    Solved("sum_to", "", "theorem sum_to (a b : Int) (h₀ : a + b = 10) (h₁ : a - b = 2) : a = 6", "omega"),
    Solved("no_root", "", "theorem no_root : ¬ ∃ n : Nat, n < 5 ∧ n * n = 7", "decide"),
]
WORDS = [Solved(f"X{k}", f"Show that n + {k} is {k} + n.", f"theorem X{k} (n : Nat) : n + {k} = {k} + n", "omega") for k in (6, 7, 8)]


def given() -> list[Solved]:
    """Problems with a statement: miniF2F's if it is there."""
    if not MINIF2F.exists():
        return OURS
    rows = {row["name"]: row for row in map(json.loads, MINIF2F.read_text(encoding="utf-8").splitlines())}
    return [Solved(name, "", source(parse_theorem(rows[name]["formal_statement"])), tactics) for name, tactics in TACTICS.items()]


def write_problems(path: Path) -> dict[str, Solved]:
    rows: list[dict[str, str]] = [{"name": known.name, "formal_statement": f"{known.statement} := by sorry"} for known in given()]
    rows += [{"name": known.name, "problem": known.text} for known in WORDS]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return {known.name: known for known in (*given(), *WORDS)}


def quiet() -> Progress:
    return Progress(Console(file=io.StringIO()), plain=True)


def config(problems: Path, endpoints: dict[str, tuple[FakeOpenAI, str]]) -> RunConfig:
    roles = {role: {"endpoint": server.url, "name": "fake", "preset": preset} for role, (server, preset) in endpoints.items()}
    settings: dict[str, Any] = {
        "rounds": 1,
        "header": "",
        "problems": {"path": str(problems)},
        "heldout": {"count": 2},
        "models": {"train": [], **roles},
        "formalize": {"samples": 2},
        "search": {"attempts": 4, "wave": 4, "portfolio": "never", "timeout": 30},
        "shards": {"actors": 1},
        "verify": {"workers": 2, "audit": "strict", "timeout_last": 60},
        "eval": {"ks": [1], "samples": 1},
        "tracking": {"mode": "disabled"},
    }
    return RunConfig.model_validate(settings)


# Every preset, in the role that it is good for.
FAMILIES = [
    ("embedded", "embedded"),
    ("base", "base"),
    ("chat", "chat"),
    ("kimina-autoformalizer", "kimina-prover"),
    ("herald-translator", "goedel-prover-v2"),
    ("stepfun-formalizer", "deepseek-prover-v2"),
    ("chat", "deepseek-prover-v1.5"),
]


def test_all_presets_are_here() -> None:
    from synth.prompts import BUILT_IN

    assert {preset for family in FAMILIES for preset in family} == set(BUILT_IN) == set(PROVERS) | set(FORMALIZERS)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("presets")


@pytest.mark.parametrize(("states", "proves"), FAMILIES, ids=[f"{states}+{proves}" for states, proves in FAMILIES])
def test_every_right_proof_is_accepted(ray_local: None, runs: Path, states: str, proves: str) -> None:
    folder = runs / proves
    folder.mkdir()
    known = write_problems(folder / "problems.jsonl")
    with FakeOpenAI(formalizer(states, known)) as one, FakeOpenAI(judge) as two, FakeOpenAI(prover(proves, known)) as three:
        settings = config(folder / "problems.jsonl", {"formalizer": (one, states), "judge": (two, "chat"), "prover": (three, proves)})
        run(settings, str(folder / "run"), quiet())
    store = RunDir(folder / "run")
    statements = {s.id: s for s in store.read("statements", Statement)}
    dropped = [(s.reason, s.detail, s.text) for s in statements.values() if not s.kept]
    assert not dropped and len(statements) == len(known)
    pairs = list(store.read("pairs", Pair))
    verdicts = {v.id: v for v in store.read("verdicts", VerdictRow)}
    unproved = [
        (a.proof, verdicts[a.id].outcome, verdicts[a.id].reason, verdicts[a.id].message)
        for a in store.read("attempts", Attempt)
        if a.statement_id not in {p.statement_id for p in pairs}
    ]
    assert not unproved
    assert Counter(p.statement_id for p in pairs) == Counter(dict.fromkeys(statements, 1)), "the right one of each, and no other"
    assert not any(p.negated for p in pairs) and {p.model for p in pairs} != {""}
    figures = json.loads((folder / "run/rounds/001/metrics.json").read_text())
    assert figures["pairs"] == len(known) and figures["tokens_prover"] > 0 and figures["tokens_formalizer"] > 0
    check_again(export_of(folder), len(known))


def export_of(folder: Path) -> Path:
    export(str(folder / "run"), folder / "corpus", "parquet")
    return folder / "corpus"


def check_again(corpus: Path, count: int) -> None:
    rows = [row for part in sorted(corpus.glob("*.parquet")) for row in pq.read_table(part).to_pylist()]
    assert len(rows) == count
    backend = make_backend("process", "strict")
    try:
        for row in rows:
            body = {row["form"]: row["proof"]}
            verdict = backend.check(Check(id=row["id"], statement=row["statement"], header=row["header"], timeout=60, **body))
            assert verdict.accepted, (row, verdict)
    finally:
        backend.close()


def test_a_model_trained_on_the_corpus_writes_what_reads_back(ray_local: None, runs: Path) -> None:
    from train.config import ModelConfig
    from train.model import create_checkpoint
    from train.tokenizer import train_tokenizer

    pairs = runs / "deepseek-prover-v1.5" / "corpus"
    if not pairs.exists():
        pytest.skip("the run of this preset is not there")
    rows = [row for part in sorted(pairs.glob("*.parquet")) for row in pq.read_table(part).to_pylist()]
    prompts = load_prompts("deepseek-prover-v1.5")
    asked = {row["id"]: prompts.prove(row["statement"], row["header"], problem=row["problem"]) for row in rows}
    shape = ModelConfig(vocab_size=700, d_model=64, layers=2, heads=2, ffn=128, max_length=512)
    tokenizer = train_tokenizer([asked[row["id"]].text + row["proof"] for row in rows], shape.vocab_size, shape.max_length)
    create_checkpoint(runs / "model", shape, tokenizer, 1)
    settings = RunConfig.model_validate(
        {
            "models": {"prover": {"path": str(runs / "model"), "preset": "deepseek-prover-v1.5"}},
            "train": {"max_steps": 150, "epochs": 100, "batch_tokens": 4096, "optimizer": "muon"},
        }
    )
    trained = train_file(settings, str(pairs), str(runs / "trained"), quiet())
    model, words = loaded(Path(trained.dir))
    right = 0
    for row in rows:
        prompt = asked[row["id"]]
        read = read_proof(prompt, sampled(model, words, prompt), True)
        right += isinstance(read, Proof) and read.form == row["form"] and read.text.split() == row["proof"].split()
    assert right >= 0.9 * len(rows)


def loaded(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoModelForCausalLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


def sampled(model: Any, tokenizer: Any, prompt: Any) -> str:
    """The likeliest answer, up to where the model ends it or one of the preset's stops comes."""
    import torch

    ids = prompt_ids(tokenizer, prompt)
    out = model.generate(torch.tensor([ids]), max_new_tokens=80, do_sample=False, eos_token_id=stop_ids(tokenizer, prompt), pad_token_id=0)
    text = str(tokenizer.decode(out[0, len(ids) :], skip_special_tokens=True))
    return min((text.split(stop)[0] for stop in prompt.stop), key=len, default=text)
