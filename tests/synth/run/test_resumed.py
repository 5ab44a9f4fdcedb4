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
from synth.cli import _goes_on, main
from synth.config import RunConfig
from synth.programs.decide import Decision
from synth.records import Pair, Problem, Statement
from synth.run.answering import Answered
from synth.run.answers import _contents
from synth.run.resumed import Kept, Resumed, checking, deciding
from synth.store.files import read_records, write_records
from synth.store.journal import Journal
from tests.synth.llm.fake_openai import FakeOpenAI, content
from tests.verify_workers.fake_lake import BUILT, FakeLake
from verify_workers.config import PoolConfig
from verify_workers.errors import UserError

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
    assert ("run the same command" in _goes_on(words)) is goes_on


class Row(BaseModel):
    text: str


def test_what_another_process_does_to_a_journal_answers_no_other_question(tmp_path: Path) -> None:
    """Two commands with one OUT: a place in the file may be that of the other's row, or of none."""
    one, other = (Resumed(tmp_path / "o.jsonl", Row, "same") for _ in range(2))
    journal = Journal(tmp_path / "o.jsonl", Kept).path
    one.keep(Row(text="rejected"), "a")
    other.keep(Row(text="accepted"), "b")
    lines = journal.read_bytes().split(b"\n")
    journal.write_bytes(lines[1])  # where the row of `a` was is that of `b`
    assert one.known("a") is None and one.tried("a") == ({}, {})
    journal.unlink()
    assert one.known("a") is None and other.known("b") is None, "taken away by the one that ended first"


def test_a_command_that_ends_leaves_what_another_has_written(tmp_path: Path) -> None:
    out = tmp_path / "o.jsonl"
    one, other = (Resumed(out, Row, "same") for _ in range(2))
    one.keep(Row(text="x"), "a")
    other.keep(Row(text="y"), "b")
    one.finish()
    assert Resumed(out, Row, "same").known("b") == Row(text="y")
    other.finish()  # which has seen that it was not alone
    last = Resumed(out, Row, "same")
    assert last.known("a") and last.known("b")
    last.finish()
    assert not Journal(out, Kept).path.exists()


@pytest.mark.parametrize("line", ['{"key": "not a hash", "row": {}}', '{"key": "abc", "row": {}}', "[]", "\x00", '{"key": 3}'])
def test_lines_of_others_are_passed_over(line: str, tmp_path: Path) -> None:
    out = tmp_path / "o.jsonl"
    Journal(out, Kept).path.write_text(f"{line}\n")
    resumed = Resumed(out, Row, "same")
    resumed.keep(Row(text="x"), "a")
    assert resumed.known("a") == Row(text="x") == Resumed(out, Row, "same").known("a")


def test_a_row_of_another_form_is_made_again(tmp_path: Path) -> None:
    out = tmp_path / "o.jsonl"
    Resumed(out, Kept, "same").keep(Kept(key="ab", row={}), "a")
    assert Resumed(out, Row, "same").known("a") is None


def test_a_journal_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    Journal(tmp_path / "o.jsonl", Kept).path.mkdir()
    with pytest.raises(UserError, match=r"\.o\.jsonl\.journal: cannot be read \(is a directory\); remove it to begin anew"):
        Resumed(tmp_path / "o.jsonl", Row, "same")


def test_a_project_that_was_rebuilt_is_another_lean(lake: FakeLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same path, and another library below it: what it accepted before is asked again."""
    monkeypatch.setenv("PATH", lake.path)
    pool = PoolConfig(project=lake.project)
    before = checking(pool)
    assert checking(pool) == before
    built = lake.project / BUILT / "Rebuilt.olean"
    built.parent.mkdir(parents=True, exist_ok=True)
    try:
        built.write_bytes(b"one")
        assert (after := checking(pool)) != before
        built.write_bytes(b"other")
        assert checking(pool) != after
    finally:
        built.unlink()
    away = PoolConfig(project=tmp_path / "nowhere")
    assert checking(away) != checking(away), "nobody knows what it is"


def test_a_kernel_that_was_replaced_is_another_one(tmp_path: Path) -> None:
    program = tmp_path / "kernel"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    pool = PoolConfig(kernels=[str(program), "builtin-python"])
    before = checking(pool)
    assert checking(pool) == before
    program.write_text("#!/bin/sh\nexit 0\n")
    assert checking(pool) != before


@pytest.mark.parametrize("other", [{"memory_mb": 8192}, {"timeout_last": 600.0}])
def test_what_ended_at_a_bound_is_asked_again_with_another(other: dict[str, float]) -> None:
    assert checking(PoolConfig.model_validate(other)) != checking(PoolConfig())
