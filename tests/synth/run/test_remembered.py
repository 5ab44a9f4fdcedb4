"""What models and Lean have answered is kept question by question: commands whose rows hang together go on after SIGKILL."""

from __future__ import annotations

import asyncio
import io
import json
import re
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from synth.config import RunConfig
from synth.llm.config import ROLES
from synth.llm.types import Completion, Sampling
from synth.prompts import Prompt, load_prompts
from synth.records import Attempt, Pair, Statement
from synth.run import answers
from synth.run import remembered as remembered_module
from synth.run.answering import Answered, Trial
from synth.run.beside import beside
from synth.run.remembered import Told, memory, memory_of_checks, remembered, remembered_checks
from synth.run.resumed import Kept, Resumed
from synth.services import Services
from synth.show.progress import Progress
from synth.store.files import write_records
from synth.store.journal import Journal
from synth.store.rundir import RunDir
from tests.synth.llm.fake_openai import FakeOpenAI, content
from tests.synth.run.test_resumed import ONE_AT_A_TIME, ended, killed, rows, start
from tests.synth.stage_fakes import tools
from verify_workers.config import PoolConfig
from verify_workers.records import Check, Outcome, Verdict

PROMPTS = [Prompt("prove", text) for text in ("a", "b", "a")]


def told(out: Path) -> Resumed[Told]:
    return Resumed(out, Told, "these models")


def test_each_prompt_has_the_seed_that_it_has_in_its_list(tmp_path: Path) -> None:
    seeds: list[tuple[str, int]] = []

    async def sample(prompts: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
        seeds.extend(zip((prompt.text for prompt in prompts), (own.seed for own in sampling.each(len(prompts))), strict=True))
        return [[Completion(prompt.text, 1, True)] for prompt in prompts]

    sampling = Sampling(seed=7)
    asyncio.run(remembered(tools(sample), told(tmp_path / "o.jsonl")).prover.sample(PROMPTS, sampling))
    assert sorted(seeds) == sorted(zip("aba", (one.seed for one in sampling.each(3)), strict=True))
    assert [one.seed for one in sampling.each(3)] == [7, 7926, 15845], "as engines give them to prompts of one list"


def test_nothing_is_asked_twice_but_what_has_no_answer(tmp_path: Path) -> None:
    out = tmp_path / "o.jsonl"
    faulty, asked = {"b"}, list[str]()

    async def sample(prompts: list[Prompt], sampling: Sampling) -> list[list[Completion] | str]:
        asked.extend(prompt.text for prompt in prompts)
        return [
            "too long" if p.text == "c" else [Completion(f"{p.text} {len(asked)}", 3, True, fault="no answer" if p.text in faulty else "")]
            for p in prompts
        ]

    def ask() -> list[Any]:
        prompts = [*PROMPTS, Prompt("prove", "c")]
        return asyncio.run(remembered(tools(sample), told(out)).prover.sample(prompts, Sampling(n=1, seed=3)))

    first = ask()
    assert sorted(asked) == ["a", "a", "b", "c"] and first[3] == "too long"
    asked.clear()
    faulty.clear()
    second = ask()
    assert asked == ["b"], "the server gave no answer to it"
    assert (second[0], second[2], second[3]) == (first[0], first[2], first[3]) and first[0] != first[2]


def test_checks_are_kept_whatever_they_are_called(tmp_path: Path) -> None:
    asked: list[str] = []

    async def verify(checks: list[Check]) -> list[Verdict]:
        asked.extend(check.id for check in checks)
        ends = {"bad": Outcome.INFRA}
        return [Verdict(id=c.id, outcome=ends.get(c.proof or "", Outcome.REJECTED), reason=f"{c.proof} \ud835") for c in checks]

    def ask(*checks: tuple[str, str]) -> list[Verdict]:
        kept = memory_of_checks(tmp_path / "o.jsonl", PoolConfig(), lambda line: None)
        return asyncio.run(remembered_checks(verify, kept)([Check(id=id, statement="theorem X : True", proof=p) for id, p in checks]))

    ask(*((f"c{n}", f"by {n}") for n in range(40)), ("i", "bad"))
    assert len(asked) == 41
    asked.clear()
    found = ask(("x", "by 3"), ("y", "bad"), ("z", "by 40"))
    assert asked == ["y", "z"], "a failure of the checker is no answer"
    assert [verdict.id for verdict in found] == ["x", "y", "z"] and found[0].reason.startswith("by 3 "), "with half a character in it"


def test_a_call_says_what_it_goes_on_with(tmp_path: Path) -> None:
    lines: list[str] = []
    out, config = tmp_path / "o.jsonl", RunConfig()
    kept = memory(out, config, (), lines.append)
    kept.keep(Told(refused="too long"), "q")
    assert not lines
    memory(out, config, (), lines.append)
    assert lines == [f"{out}: going on; an interrupted call has left 1 results, none of which is made again"]
    other = config.model_copy(update={"verify": PoolConfig(audit="strict")})
    assert memory(out, other, (), lines.append).known("q") is None
    assert lines[1:] == [f"{out}: 1 results of an interrupted call with other models or settings, or another Lean, are not used"]


def test_all_tools_of_services_go_through_the_memory(tmp_path: Path) -> None:
    services = Services([], {})
    services.through = partial(remembered, kept=told(tmp_path / "o.jsonl"))
    own = services.tools(dict.fromkeys(ROLES, load_prompts("chat")), {}, 0, 0)
    assert {asked.__qualname__.partition(".")[0] for asked in (own.verify, *(model.sample for model in own.models.values()))} == {
        "remembered_checks",
        "_sample",
    }


# ---- the commands, killed


WORDS = "Prove that n + {k} = {k} + n for all n."
KS = (2, 3, 4, 5, 6)


def model(body: dict[str, Any]) -> list[str]:
    """A model in all roles, that reads the number off the prompt; its statement of 4 does not elaborate."""
    text, n = content(body), int(body.get("n", 1))
    k = (re.findall(r"\+ (\d)", text) or ["0"])[-1]
    if "new theorem" in text or "conjecture" in text.lower():
        return [f"```lean4\ntheorem X (m n : Nat) : m + n * {k} = n * {k} + m := by sorry\n```"] * n
    if "excellent" in text:
        return ["Good. The statement says it. excellent"] * n
    return [f"```lean4\ntheorem X (n : Nat) : n + {k} = {'k' if k == '4' else k} + n := by sorry\n```"] * n


def endpoints(server: FakeOpenAI, *roles: str) -> list[str]:
    keys = [f"models.{role}.{key}" for role in roles for key in (f"endpoint={server.url}", "name=fake", "preset=chat")]
    return [word for key in (*keys, "filters.trivial=keep", "formalize.samples=1") for word in ("--set", key)]


def cut(command: Callable[[Path], list[str]], folder: Path, answers: int, name: str = "out.jsonl") -> tuple[Path, Path, list[Kept], str]:
    """A command killed when it was told so many answers and called again, beside an undisturbed one: their outputs, what was kept,
    and what the second call said."""
    out, whole = folder / name, folder / f"undisturbed-{name}"
    before = killed(command(out), out, answers)
    said = ended(command(out))
    assert f"going on; an interrupted call has left {len(before)} results" in " ".join(said.split())
    assert not Journal(out, Kept).path.exists(), "nothing is left to go on with"
    ended(command(whole))
    return out, whole, before, said


@pytest.mark.slow
def test_formalizing_goes_on(tmp_path: Path) -> None:
    source = tmp_path / "problems.jsonl"
    source.write_text("".join(json.dumps({"text": WORDS.format(k=k)}) + "\n" for k in KS))
    with FakeOpenAI(model, latency=0.2) as server:
        keys = [*ONE_AT_A_TIME, *endpoints(server, "formalizer", "judge", "prover")]
        out, whole, before, _ = cut(lambda out: ["formalize", str(source), "--out", str(out), *keys], tmp_path, 3)
        asked = [json.dumps(body["messages"]) for body in server.requests]
    assert rows(out, Statement) == rows(whole, Statement) and len(rows(out, Statement)) >= len(KS)
    assert {row["reason"] for row in rows(out, Statement)} >= {"", "elaboration"}
    answered = sum(one.row["completions"] is not None for one in before)
    assert answered and len(asked) <= 2 * len(set(asked)) + 2, "once by the two calls, but for what was in flight, and once undisturbed"


@pytest.mark.slow
@pytest.mark.parametrize("variants", [True, False])
def test_conjecturing_goes_on(variants: bool, tmp_path: Path) -> None:
    source = tmp_path / "pairs.jsonl"
    pairs = [
        Pair(
            id=f"p{k}", attempt_id="a", statement_id=f"s{k}", problem_id="p",
            statement=f"theorem X (n : Nat) : n + {k} = {k} + n", proof=f"by rw [Nat.add_comm n {k}]",
        )
        for k in KS
    ]  # fmt: skip
    write_records(source, pairs, Pair)
    with FakeOpenAI(model, latency=0.2) as server:
        more = ["--variants", "generalise,specialise,negate"] if variants else ["--set", "conjectures.need_lemma=false"]
        keys = [*ONE_AT_A_TIME, *more, *([] if variants else endpoints(server, "conjecturer", "prover"))]
        out, whole, _, _ = cut(lambda out: ["conjecture", str(source), "--out", str(out), *keys], tmp_path, 3)
    assert rows(out, Statement) == rows(whole, Statement) and len(rows(out, Statement)) >= len(KS)


@pytest.mark.slow
def test_judging_goes_on(tmp_path: Path) -> None:
    source = tmp_path / "labels.jsonl"
    labelled = [{"text": WORDS.format(k=k), "statement": f"theorem X (n : Nat) : n + {k} = {k} + n", "faithful": k != 5} for k in KS]
    source.write_text("".join(json.dumps(row) + "\n" for row in labelled))
    with FakeOpenAI(model, latency=0.2) as server:
        keys = [*ONE_AT_A_TIME, *endpoints(server, "formalizer", "judge", "prover")]
        out, whole, _, _ = cut(lambda out: ["judge-error", str(source), "--out", str(out), *keys], tmp_path, 3, "judge.json")
    assert json.loads(out.read_text()) == json.loads(whole.read_text())


@pytest.mark.slow
def test_shortening_goes_on(tmp_path: Path) -> None:
    source = tmp_path / "pairs.jsonl"
    long = "by\n  have h : 1 + 1 = 2 := by decide\n  have g : n + 0 = n := by simp\n  show n + {k} = {k} + n\n  omega"
    ids = {"attempt_id": "a", "problem_id": "p"}
    pairs = [
        Pair(id=f"p{k}", statement_id=f"s{k}", statement=f"theorem X (n : Nat) : n + {k} = {k} + n", proof=long.format(k=k), **ids)
        for k in KS
    ]
    wrong = pairs[0].model_copy(update={"id": "wrong", "proof": "by rfl"})
    write_records(source, [*pairs, wrong], Pair)
    out, whole, _, _ = cut(lambda out: ["shorten", str(source), "--out", str(out), "--workers", "1"], tmp_path, 3)
    assert rows(out, Pair) == rows(whole, Pair) and all(len(row["proof"]) < len(row["original_proof"]) for row in rows(out, Pair))
    assert out.with_name("out.refused.jsonl").read_text() == whole.with_name("undisturbed-out.refused.jsonl").read_text()


@pytest.mark.slow
def test_decontaminating_goes_on(tmp_path: Path) -> None:
    source, bench = tmp_path / "in.jsonl", tmp_path / "bench.jsonl"
    texts = [{"statement": f"theorem t{k} (n : Nat) : n + {k} = {k} + n"} for k in range(200)]
    source.write_text("".join(json.dumps(row) + "\n" for row in texts))
    bench.write_text(json.dumps({"statement": "theorem b (m : Nat) : m + 7 = 7 + m"}) + "\n")
    out, whole, _, _ = cut(lambda out: ["decontaminate", str(source), "--against", str(bench), "--out", str(out)], tmp_path, 20)
    assert out.read_text() == whole.read_text() and len(out.read_text().splitlines()) == 199
    reports = [json.loads(path.with_suffix(".contamination.json").read_text()) for path in (out, whole)]
    assert reports[0] == reports[1] and reports[0]["counts"] == {"statement": 1}


@pytest.mark.slow
def test_proving_goes_on_in_the_middle_of_a_search(tmp_path: Path) -> None:
    """One statement, whose sixth proof is right: what was sampled and checked before a kill is not sampled again."""
    source, out, whole = tmp_path / "in.jsonl", tmp_path / "out.jsonl", tmp_path / "undisturbed.jsonl"
    source.write_text(json.dumps({"statement": "theorem X (n : Nat) : n + 2 = 2 + n"}) + "\n")
    seeds: list[int] = []

    def prove(body: dict[str, Any]) -> list[str]:
        if body["seed"] not in seeds:
            seeds.append(body["seed"])
        number = seeds.index(body["seed"])
        return [f"```lean4\ntheorem X (n : Nat) : n + 2 = 2 + n := by {'omega' if number == 5 else f'exact foo{number}'}\n```"]

    def words(server: FakeOpenAI, to: Path) -> list[str]:
        keys = [f"models.prover.{key}" for key in (f"endpoint={server.url}", "name=fake", "preset=chat")]
        keys += ["search.strategies=[whole_proof]", "search.attempts=6", "search.wave=1", "search.negation=false"]
        return ["prove", str(source), "--out", str(to), *ONE_AT_A_TIME, *(word for key in keys for word in ("--set", key))]

    folder = out.with_name(".out.jsonl.begun")

    def told() -> int:
        return sum(len(file.read_text().splitlines()) for file in folder.glob(".*.journal")) if folder.exists() else 0

    with FakeOpenAI(prove, latency=0.2) as server:
        process = start(words(server, out))
        try:
            while told() < 4:  # two proofs, each sampled and checked
                assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
                time.sleep(0.01)
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        before = len(server.requests)
        ended(words(server, out))
        assert 2 <= before < 6 and len(server.requests) <= 7, "all six once, and at most the one that was in flight again"
        ended(words(server, whole))
    assert rows(out, Pair) == rows(whole, Pair) and len(rows(out, Pair)) == 1
    assert not folder.exists() and not Journal(out, Kept).path.exists()
    attempts = [list(RunDir.existing(beside(to)).read("attempts", Attempt)) for to in (out, whole)]
    assert attempts[0] == attempts[1] and len(attempts[0]) == 6


@pytest.mark.parametrize("outcome, asked_again", [(Outcome.INFRA, True), (Outcome.REJECTED, False)])
def test_an_answer_at_which_the_checker_failed_is_asked_again(
    outcome: Outcome, asked_again: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it failed: in a filter, in the search, or when the answer was compared."""
    source, out = tmp_path / "problems.jsonl", tmp_path / "out.jsonl"
    source.write_text(json.dumps({"text": "Find n."}) + "\n")
    begun: list[str] = []

    async def verify(checks: list[Check]) -> list[Verdict]:
        return [Verdict(id=check.id, outcome=outcome) for check in checks]

    @asynccontextmanager
    async def stage_tools(*_: Any) -> AsyncIterator[Any]:
        yield tools(verify=verify)

    async def answer_problem(problem: Any, config: Any, own: Any, *_: Any) -> Any:
        begun.append(problem.id)
        await own.verify([Check(id="f", statement="theorem X : True", proof="by simp")])
        return Answered(problem_id=problem.id, problem=problem.text), None, Trial([], [])

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    for name, fake in {
        "stage_tools": stage_tools, "answer_problem": answer_problem, "run_stage": lambda work, resumable: asyncio.run(work),
        "write_records": killed, "require_models": lambda *_: None, "deciding": lambda *_: "same",
    }.items():  # fmt: skip
        monkeypatch.setattr(answers, name, fake)
    monkeypatch.setattr(remembered_module, "weights", lambda *_: {})
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            answers.answer_file(RunConfig(), str(source), None, str(out), Progress(Console(file=io.StringIO()), plain=True))
    assert len(begun) == 1 + asked_again
