"""Single stages on endpoints, through the command line: no --model, and nothing started but what is asked."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from synth.cli import main
from synth.records import Pair, Statement
from synth.store.files import read_records
from tests.scripted_models import Solved, formalizer, prover
from tests.synth.llm.fake_openai import FakeOpenAI

THEOREMS = {k: f"theorem add{k} (n : Nat) : n + {k} = {k} + n" for k in (6, 7)}
KNOWN = {f"add{k}": Solved(f"add{k}", f"Show that n + {k} is {k} + n.", theorem, "omega") for k, theorem in THEOREMS.items()}

SOMEWHERE = SimpleNamespace(url="http://h/v1")


def synth(*words: str) -> int:
    with pytest.raises(SystemExit) as done:
        main(list(words))
    return int(done.value.code or 0)


def role(name: str, server: Any, **more: str) -> list[str]:
    keys = {"endpoint": server.url, "name": "fake", **more}
    return [word for key, value in keys.items() for word in ("--set", f"models.{name}.{key}={value}")]


def test_formalize_and_prove_on_endpoints(ray_local: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    problems, statements, pairs = (str(tmp_path / name) for name in ("problems.jsonl", "statements.jsonl", "pairs.jsonl"))
    Path(problems).write_text("".join(json.dumps({"problem": known.text}) + "\n" for known in KNOWN.values()))
    fast = ["--set", "verify.workers=1", "--set", "filters.grade=false"]
    with FakeOpenAI(formalizer("kimina-autoformalizer", KNOWN)) as server:
        keys = role("formalizer", server, preset="kimina-autoformalizer")
        assert synth("formalize", problems, "--out", statements, *keys, *fast) == 0, capfd.readouterr().err
    made = list(read_records(statements, Statement))
    assert len(made) == 2 and all(s.kept and s.model for s in made)
    by_goal = {s.text: Solved("my_favorite_theorem", "", s.text, "omega") for s in made}
    with FakeOpenAI(prover("chat", by_goal)) as server:
        only = ["--set", "search.portfolio=never"]
        assert synth("prove", statements, "--out", pairs, *role("prover", server), *fast, *only) == 0, capfd.readouterr().err
        assert {body["max_tokens"] for body in server.requests} == {4096}, "what the preset `chat` says"
    found = list(read_records(pairs, Pair))
    assert len({p.statement_id for p in found}) == 2 and all(p.model and not p.negated for p in found)


def test_nobody_there_is_one_line(ray_local: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s.jsonl").write_text('{"statement": "theorem a : 1 = 1"}\n')
    with socket.socket() as held:  # bound, so that nobody else gets the port, and deaf
        held.bind(("127.0.0.1", 0))
        server = SimpleNamespace(url=f"http://127.0.0.1:{held.getsockname()[1]}/v1")
        assert synth("prove", str(tmp_path / "s.jsonl"), "--out", str(tmp_path / "p.jsonl"), *role("prover", server)) == 2
    (line,) = [line for line in capfd.readouterr().err.splitlines() if line.startswith("synth:")]
    assert server.url in line and line.endswith("start the server there, or correct the address")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("prove", "s.jsonl", "--out", "p.jsonl"), "this stage needs a model: give --model FOLDER"),
        (
            ("prove", "s.jsonl", "--out", "p.jsonl", "--model", "x", "--set", "models.prover.endpoint=http://h/v1"),
            "an endpoint needs `name`",
        ),
        (
            ("prove", "s.jsonl", "--out", "p.jsonl", "--model", "x", *role("prover", SOMEWHERE)),
            "--model and models.prover.endpoint: give one of them",
        ),
        (("train", "p.jsonl", "--out", "t", *role("prover", SOMEWHERE)), "whose weights are not ours to train"),
        (("demo", "--dry-run", *role("prover", SOMEWHERE)), "models.train: the prover is an endpoint"),
        (
            ("demo", "--dry-run", *role("judge", SOMEWHERE, api_key_env="SYNTH_NO_SUCH_KEY")),
            "the environment variable SYNTH_NO_SUCH_KEY (api_key_env) is not set",
        ),
    ],
)
def test_what_is_missing_is_one_line(
    words: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.jsonl").write_text('{"statement": "theorem a : 1 = 1"}\n')
    assert synth(*words) == 2
    assert says in capfd.readouterr().err.splitlines()[-1]
