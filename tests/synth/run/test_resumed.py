"""`synth answer`, `check-programs` and `prove` after SIGKILL: the same command goes on; nothing is lost, asked twice or written twice."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pydantic import BaseModel

from synth.answers.enumerate import jail_holds
from synth.cli import _continues, main
from synth.config import RunConfig
from synth.programs.decide import Decision
from synth.records import Pair, Problem, Statement
from synth.run.answering import Answered
from synth.run.answers import _contents
from synth.run.resumed import Kept, Resumed, deciding
from synth.store.files import read_records, write_records
from synth.store.journal import Journal
from tests.synth.llm.fake_openai import FakeOpenAI, content
from verify_workers.config import PoolConfig

ROOT = Path(__file__).parents[3]
# The command with endpoints and Lean in its own process: the actors around them are those of every stage.
SCRIPT = """
import sys
from contextlib import nullcontext
from synth.cli import main
from synth.run import answers, judge, stages
from tests.synth.run.test_informalize import in_process
answers.stage_tools = judge.stage_tools = stages.stage_tools = in_process
stages.ray_session = nullcontext
main(sys.argv[1:])
"""
R = TypeVar("R", bound=BaseModel)


def kept(out: Path) -> list[Kept]:
    return list(Journal(out, Kept).read())


def start(words: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", SCRIPT, *words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def killed(words: list[str], out: Path, rows: int) -> list[Kept]:
    """What the journal holds after SIGKILL, which comes when it has so many rows."""
    process = start(words)
    try:
        while len(kept(out)) < rows:
            assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert not out.exists(), "the command was over before it was killed"
    return kept(out)


def ended(words: list[str]) -> str:
    process = start(words)
    said = process.communicate()[1].decode()
    assert process.returncode == 0, said
    return said


def rows(out: Path, model: type[R], *apart: str) -> list[dict[str, Any]]:
    """The rows of a file without what depends on the machine."""
    return [row.model_dump(mode="json", exclude=set(apart)) for row in read_records(out, model)]


@pytest.mark.slow
def test_programs_go_on(tmp_path: Path) -> None:
    def words(name: str) -> list[str]:
        return ["check-programs", "generated", "--count", "6", "--seed", "2", "--out", str(tmp_path / name), *ONE_AT_A_TIME]

    out = tmp_path / "out.jsonl"
    before = killed(words("out.jsonl"), out, 2)
    with Journal(out, Kept).path.open("ab") as journal:
        journal.write(b'\n{"key": "torn')
    ended(words("out.jsonl"))
    ended(words("undisturbed.jsonl"))
    assert rows(out, Decision, "core_seconds") == rows(tmp_path / "undisturbed.jsonl", Decision, "core_seconds")
    assert all(one.row in rows(out, Decision) for one in before), "what was decided is not decided again"
    assert not Journal(out, Kept).path.exists()


ONE_AT_A_TIME = [word for key in ("verify.workers=1", "search.in_flight=1") for word in ("--set", key)]
STEPS = (2, 3, 4, 5, 6)
PROBLEM = "Let s 0 = 0 and s (n + 1) = s n + {k}. Find s n in closed form."
POSED = "theorem X (answer : Nat → Nat) : ∀ s : Nat → Nat, s 0 = 0 → (∀ n, s (n + 1) = s n + {k}) → ∀ n, s n = answer n"
PROGRAM = "for n in range(5):\n    print(n, {k} * n)"


def answer(body: dict[str, Any]) -> list[str]:
    """A model that reads the step off the prompt, and proves nothing."""
    text, n = content(body), int(body.get("n", 1))
    k = re.findall(r"s n \+ (\d)", text)[-1]
    if "Python 3 program" in text:
        return [f"```python\n{PROGRAM.format(k=k)}\n```"] * n
    if "leave a place for it" in text:
        return [f"```lean4\n{POSED.format(k=k)} := by sorry\n```"] * n
    return [f"```lean4\nabbrev answer : Nat → Nat := fun n => {k} * n\n```" if "Give a term" in text else "by rfl"] * n


def problems(file: Path, steps: tuple[int, ...] = STEPS) -> Path:
    file.write_text("".join(json.dumps({"text": PROBLEM.format(k=k)}) + "\n" for k in steps), encoding="utf-8")
    return file


def answering(server: FakeOpenAI, source: Path, out: Path, *more: str) -> list[str]:
    models = [f"models.{role}.{key}" for role in ("formalizer", "conjecturer", "prover") for key in (f"endpoint={server.url}", "name=fake")]
    keys = [*models, "filters.grade=false", "search.attempts=2", "search.wave=2", "answers.programs=1", "formalize.samples=1", *more]
    return ["answer", str(source), "--out", str(out), *ONE_AT_A_TIME, *(word for key in keys for word in ("--set", key))]


@pytest.mark.slow
@pytest.mark.skipif(not jail_holds(), reason="this machine lacks Landlock or the filter of system calls")
def test_answers_go_on(tmp_path: Path) -> None:
    source, out, whole = problems(tmp_path / "problems.jsonl"), tmp_path / "out.jsonl", tmp_path / "undisturbed.jsonl"
    with FakeOpenAI(answer, latency=0.05) as server:
        before = killed(answering(server, source, out), out, 2)
        server.requests.clear()
        ended(answering(server, source, out))
        posed = [content(body) for body in server.requests if "leave a place" in content(body)]
        assert len(posed) == len(STEPS) - len(before), "what was answered is not asked again"
        server.requests.clear()
        ended(answering(server, source, whole))
    assert rows(out, Answered, "lean_seconds") == rows(whole, Answered, "lean_seconds")
    assert [row["answer"] for row in rows(out, Answered)] == [f"fun n => {k} * n" for k in STEPS]
    assert all(one.row in rows(out, Answered) for one in before) and not Journal(out, Kept).path.exists()


@pytest.mark.slow
@pytest.mark.skipif(not jail_holds(), reason="this machine lacks Landlock or the filter of system calls")
def test_what_was_answered_otherwise_is_asked_again(tmp_path: Path) -> None:
    """Other settings, another text or another reference make another row."""
    source, out = problems(tmp_path / "problems.jsonl", (2, 3)), tmp_path / "out.jsonl"
    with FakeOpenAI(answer) as server:
        words = answering(server, source, out)
        killed(words, out, 1)
        server.requests.clear()
        ended([*words, "--set", "search.attempts=3"])
        assert sum("leave a place" in content(body) for body in server.requests) == 2


def test_the_journal_tells_questions_apart(tmp_path: Path) -> None:
    out = str(tmp_path / "out.jsonl")
    made = Answered(problem_id="p", problem="t")
    Resumed(out, Answered, "these settings").keep(made, "p", "reference")
    again = Resumed(out, Answered, "these settings")
    assert again.known("p", "reference") == made
    assert again.known("p", "other") is None and Resumed(out, Answered, "others").known("p", "reference") is None
    again.keep(made, "q", made={"statements": [statement := Statement(id="s", problem_id="p", text="theorem X : True")]}, settled=False)
    assert again.known("q") == made and again.tried("q")[0] == {"statements": [statement]}
    later = Resumed(out, Answered, "these settings")
    assert later.known("p", "reference") == made and later.known("q") is None, "what failed is asked again, the others are not"
    later.finish()
    assert not Journal(Path(out), Kept).path.exists()


@pytest.mark.parametrize("more", [{"audit": "strict"}, {"kernels": ["builtin-python"]}, {"project": "elsewhere"}, {"backend": "process"}])
def test_what_a_weaker_checker_accepted_is_asked_again(more: dict[str, Any]) -> None:
    config = RunConfig()
    other = config.model_copy(update={"verify": PoolConfig.model_validate(more)})
    assert deciding(config, ()) != deciding(other, ())
    assert deciding(config, ()) == deciding(config.model_copy(update={"verify": PoolConfig(workers=3)}), ())


def test_what_was_answered_before_a_benchmark_grew_is_asked_again() -> None:
    before, more = [Problem(id="1", text="a")], [Problem(id="1", text="a"), Problem(id="2", text="b")]
    assert _contents(None) != _contents([]) and _contents(before) != _contents(more) == _contents(more[::-1])


@pytest.mark.slow
def test_proofs_go_on(tmp_path: Path) -> None:
    """Statements whose proofs the model finds, does not find, and of which one stands there twice."""
    source, out, whole = tmp_path / "statements.jsonl", tmp_path / "out.jsonl", tmp_path / "undisturbed.jsonl"
    statements = [Statement(id=f"s{k}", problem_id="p", text=f"theorem X (n : Nat) : n + {k} = {k} + n", negation="") for k in STEPS]
    write_records(source, [*statements, statements[0]], Statement)

    def prove(body: dict[str, Any]) -> list[str]:
        k = re.findall(r"n \+ (\d)", content(body))[-1]
        return [f"```lean4\ntheorem X (n : Nat) : n + {k} = {k} + n := by {'rfl' if k == '4' else 'omega'}\n```"] * int(body.get("n", 1))

    def words(server: FakeOpenAI, to: Path) -> list[str]:
        keys = [f"models.prover.{key}" for key in (f"endpoint={server.url}", "name=fake", "preset=chat")]
        keys += ["search.strategies=[whole_proof]", "search.attempts=2", "search.wave=2"]
        return ["prove", str(source), "--out", str(to), *ONE_AT_A_TIME, *(word for key in keys for word in ("--set", key))]

    with FakeOpenAI(prove, latency=0.1) as server:
        before = killed(words(server, out), out, 2)
        server.requests.clear()
        ended(words(server, out))
        assert len({content(body) for body in server.requests}) == len(STEPS) - len(before), "what was searched is not searched again"
        ended(words(server, whole))
    pairs = [row["statement"] for row in rows(out, Pair)]
    assert pairs == [s.text for s in statements if "4" not in s.text] and not Journal(out, Kept).path.exists()
    assert rows(out, Pair, "lean_seconds", "seconds") == rows(whole, Pair, "lean_seconds", "seconds")
    assert all(pair in rows(out, Pair) for one in before for pair in one.row["pairs"])


@pytest.mark.parametrize("command", ["formalize", "judge-error", "prove", "conjecture", "answer", "check-programs", "train", "eval"])
def test_an_interruption_says_that_the_command_goes_on(command: str, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("synth.stage_config.stage_config", interrupted)
    with pytest.raises(SystemExit) as done:
        main([command, *([] if command == "eval" else ["generated"]), "--out", "x.jsonl"])
    assert done.value.code == 130 and "run the same command to continue" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "goes_on"),
    [
        (["verify", "in.jsonl", "--out", "out.jsonl"], False),
        (["verify", "in.jsonl", "--out", "out.jsonl", "--cache", "verdicts.sqlite"], True),
        (["verify", "in.jsonl", "--cache=verdicts.sqlite", "--out", "out.jsonl"], True),
        (["eval", "--model", "runs/mine"], False),
        (["compare", "sketch"], False),
        (["shorten", "pairs.jsonl", "--out", "short.jsonl"], True),
        (["decontaminate", "in.jsonl", "--against", "b.jsonl", "--out", "clean.jsonl"], True),
    ],
)
def test_what_goes_on_says_so_and_nothing_else_does(words: list[str], goes_on: bool) -> None:
    assert _continues(words) is goes_on
