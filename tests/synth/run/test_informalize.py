"""`synth informalize` through the command line, with endpoints: runs, files and a lake project in; pairs out; nothing is asked twice.

Endpoints and Lean work in this process (the actors around them are those of every stage: test_stage_endpoints.py).
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from synth.annotations import Annotation
from synth.cli import main
from synth.config import RunConfig
from synth.llm.endpoint import Endpoint
from synth.prompts import Role, load_prompts
from synth.prompts.annotate import formalize_back
from synth.records import Pair, Statement
from synth.run import informalize, stages, train_stage
from synth.run.roles import answering, role_prompts
from synth.services import RoleModel, Tools, asking
from synth.store.files import read_records, write_records
from synth.store.journal import Journal
from synth.store.rundir import RunDir
from tests.synth.llm.fake_openai import FakeOpenAI, content
from tests.verify_workers.fake_lake import FakeLake
from train.data import Example
from verify_workers.lean import LeanInstall
from verify_workers.pool.local import LocalPool

THEOREMS = {k: f"theorem add{k} (n : Nat) : n + {k} = {k} + n" for k in (6, 7)}


def synth(*words: object) -> int:
    with pytest.raises(SystemExit) as done:
        main([str(word) for word in words])
    return int(done.value.code or 0)


def at(server: FakeOpenAI, *roles: str) -> list[str]:
    keys = [f"models.{role}.{key}" for role in roles for key in (f"endpoint={server.url}", "name=fake")]
    return [word for key in (*keys, "verify.workers=1", "informalize.back=2") for word in ("--set", key)]


def answer(body: dict[str, Any]) -> list[str]:
    """A model that explains sums, and comes back to them (but for 7, of which it says 8)."""
    text, n = content(body), int(body.get("n", 1))
    k = next(number for number in "678" if number in text)
    if text.startswith("Say in plain"):
        return [f"Adding {k} on the right is adding {k} on the left."]
    if text.startswith("Explain"):
        return ["1. Linear arithmetic."]
    if text.startswith("Write"):
        return [f"```lean4\ntheorem X (n : Nat) : n + {k} = {k} + n := by omega\n```"] * n
    k = "8" if k == "7" else k
    return [f"```lean4\ntheorem X (m : ℕ) : m + {k} = {k} + m := by sorry\n```"] * n


@asynccontextmanager
async def in_process(config: RunConfig, *asked: Role) -> AsyncIterator[Tools]:
    prompts = role_prompts(config)
    endpoints = {role: Endpoint(config.models.of(role), SecretStr("")) for role in answering(asked)}
    try:
        with LocalPool(config.verify) as pool:
            models = {role: RoleModel(prompts[role], endpoint.sample) for role, endpoint in endpoints.items()}
            yield Tools(models, asking(pool), 0, config.seed)
    finally:
        for endpoint in endpoints.values():
            await endpoint.client.close()


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stages in this process."""
    monkeypatch.setattr(informalize, "stage_tools", in_process)
    monkeypatch.setattr(stages, "ray_session", nullcontext)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    store = RunDir(tmp_path / "run")
    statements = [Statement(id=f"s{k}", problem_id="p", text=text) for k, text in THEOREMS.items()]
    pair = Pair(id="p6", attempt_id="a", statement_id="s6", problem_id="p", statement=THEOREMS[6], proof="by omega")
    store.commit("r001", {"statements": statements, "pairs": [pair]})
    store.save_manifest()
    return tmp_path / "run"


def test_a_run_is_annotated_and_goes_on_where_it_was(here: None, run: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "pairs.parquet"
    with FakeOpenAI(answer) as server:
        words = ("informalize", run, "--out", out, *at(server, "informalizer", "formalizer"))
        assert synth(*words) == 0, capfd.readouterr().err
        rows = list(read_records(out, Annotation))
        said = capfd.readouterr()
        assert {(row.source, row.kind): row.reason for row in rows} == {
            ("pair p6", "statement"): "",
            ("pair p6", "proof"): "",
            ("statement s7", "statement"): "not_recovered",
        }
        assert "3 annotations (3 asked now): 1 pairs of statements, 1 of proofs; not kept: 1 not_recovered" in said.err
        assert said.out.splitlines()[-1] == str(out)
        asked = len(server.requests)
        out.unlink()
        journal = Journal(out, Annotation)  # as if the first call had been killed before it ended
        for row in rows:
            journal.write(row)
        with journal.path.open("ab") as file:
            file.write(b'\n{"id": "tor')
        assert synth(*words) == 0 and "(0 asked now)" in capfd.readouterr().err
        assert len(server.requests) == asked and list(read_records(out, Annotation)) == rows and not journal.path.exists()
        assert synth(*words, "--set", "informalize.share=1.0", "--no-proofs") == 0
        assert len(server.requests) > asked and len(list(read_records(out, Annotation))) == 5, "other settings add rows"


def test_a_project_through_the_command_line(
    here: None, lean: LeanInstall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fake").mkdir()
    fake = FakeLake(tmp_path / "fake", lean)
    fake.build("Sums", "/-- Six. -/\ntheorem add6 (n : Nat) : n + 6 = 6 + n := by omega\n")
    monkeypatch.setenv("PATH", f"{fake.bin}{os.pathsep}{os.environ['PATH']}")
    out = tmp_path / "pairs.jsonl"
    with FakeOpenAI(answer) as server:
        keys = (*at(server, "informalizer", "formalizer", "judge"), "--set", "verify.backend=worker")
        assert synth("informalize", "Sums", "--project", fake.project, "--out", out, *keys) == 0, capfd.readouterr().err
        assert synth("informalize", "Sumz", "--project", fake.project, "--out", out, *keys) == 2
    assert capfd.readouterr().err.splitlines()[-1].startswith("synth: Sumz: neither a module of the project nor a name")
    rows = list(read_records(out, Annotation))
    assert [(row.source, row.module, row.kind, row.kept) for row in rows] == [
        ("declaration add6", "Sums", "statement", True),
        ("declaration add6", "Sums", "proof", True),
    ]
    assert rows[0].statement == "theorem X (n : ℕ) : n + 6 = 6 + n" and rows[0].checked == "text"


def test_train_takes_the_kept_pairs_of_statements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    made = {"kind": "statement", "source": "s", "statement": "theorem X : 1 = 1", "header": "import Basic"}
    rows = [Annotation(id="a", text="One is one.", **made), Annotation(id="b", text="Two.", kept=False, reason="not_recovered", **made)]
    write_records(tmp_path / "pairs.jsonl", rows, Annotation)
    write_records(tmp_path / "none.jsonl", rows[1:], Annotation)
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    seen: list[Example] = []

    def train_round(initial: Path, examples: list[Example], folder: Path, *_: object) -> SimpleNamespace:
        seen.extend(examples)
        return SimpleNamespace(examples=len(examples), tokens=0, seconds=0.0, dir=folder)

    monkeypatch.setattr(train_stage, "train_round", train_round)
    monkeypatch.setattr(train_stage, "ray_session", nullcontext)
    words = ("--role", "formalizer", "--model", model, "--out", tmp_path / "new")
    assert synth("train", tmp_path / "pairs.jsonl", *words) == 0, capfd.readouterr().err
    assert [(one.prompt, one.completion) for one in seen] == [
        (formalize_back(load_prompts("base"), "One is one.", "import Basic").for_training(), ": 1 = 1")
    ]
    assert synth("train", tmp_path / "none.jsonl", *words) == 2
    assert "none.jsonl: no kept pairs of statements; nothing to train on" in capfd.readouterr().err


KEYS = [f"models.{role}.{key}" for role in ("informalizer", "formalizer") for key in ("endpoint=http://h/v1", "name=n")]
NOBODY = [word for key in KEYS for word in ("--set", key)]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("s.jsonl",), "no model for the informalizer: give --model FOLDER"),
        (("s.jsonl", *NOBODY[:4]), "no model for the formalizer: give --model FOLDER"),
        ((), "informalize: give one run directory or file, or --project DIR"),
        (("s.jsonl", "t.jsonl", *NOBODY), "informalize: give one run directory or file, or --project DIR"),
        (("nowhere.jsonl", *NOBODY), "nowhere.jsonl"),
        (("none.jsonl", *NOBODY), "none.jsonl: no accepted statement; nothing to annotate"),
        (("words.jsonl", *NOBODY), "words.jsonl: holds no pairs and no statements"),
        (("--project", "nowhere", *NOBODY), "nowhere: project: no such folder; check the path"),
        (("s.jsonl", "--out", "o.csv", *NOBODY), "o.csv: the ending must be .jsonl or .parquet"),
        (("s.jsonl", *NOBODY, "--set", "models.formalizer.preset=herald-translator"), "has no template follow.jinja"),
    ],
)
def test_what_is_missing_is_one_line(
    words: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    statement = Statement(id="s", problem_id="p", text="theorem a : 1 = 1")
    Path("s.jsonl").write_text(statement.model_dump_json() + "\n")
    Path("none.jsonl").write_text(statement.model_copy(update={"kept": False}).model_dump_json() + "\n")
    Path("words.jsonl").write_text(json.dumps({"problem": "Show it."}) + "\n")
    out = () if "--out" in words else ("--out", "o.jsonl")
    assert synth("informalize", *words, *out) == 2
    (line,) = [line for line in capfd.readouterr().err.splitlines() if line.startswith("synth:")]
    assert says in line
