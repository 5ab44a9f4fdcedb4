"""`synth trace` and `synth stats` on a run directory that a real shard wrote, with real Lean."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from synth.budget import PriceConfig
from synth.cli import main
from synth.config import FilterConfig, RunConfig
from synth.index.client import Index
from synth.index.shard import IndexShard
from synth.prompts import goal
from synth.records import Attempt, Drop, Ended, Pair, Problem, SearchRow
from synth.run.shard import Shard, ShardTask
from synth.show.stats import prices, stats, tables
from synth.show.trace import lean_file, text, trace
from synth.store.rundir import RunDir
from synth.store.timeline import Row, TimelineLog
from tests.synth.run.fakes import statement
from tests.synth.stage_fakes import BY_ROLE, FakeServices, checked_by, scripted
from verify_workers.backends.base import Backend
from verify_workers.errors import UserError
from verify_workers.records import Check, Snippet

PROBLEMS = (
    Problem(id="p1", text="Show that n + 1 is 1 + n.", source="a file"),
    Problem(id="p2", text="Show that n + 2 is 1 + n."),
    Problem(id="p3", text="Not a problem"),
)
CONFIG = RunConfig.model_validate(
    {
        "filters": {"grade": False},
        "formalize": {"samples": 2},
        "search": {"attempts": 4, "wave": 2, "portfolio": "never"},
        "prices": {"million_tokens": {"prover": 1000.0}, "core_hour": 3.6},
        "models": {role: {"path": "given", "preset": "embedded"} for role in ("prover", "formalizer")},
    }
)


def answer(prompt: str, n: int) -> list[str]:
    if prompt.startswith("<|formalize|>"):
        k = prompt.split("n + ")[1].split(" ")[0] if "n + " in prompt else ""
        return [f"(n : Nat) : n + {k} = 1 + n" if k else "no theorem here, sorry"] * n
    if "¬" in prompt:
        return ["intro h; exact absurd (h 0) (by decide)"] * n
    return ["rfl", "exact Nat.add_comm _ _"][:n]


@pytest.fixture
def run(tmp_path: Path, backend: Backend) -> RunDir:
    sample, _ = scripted(answer)
    with RunDir.open(tmp_path / "run", CONFIG) as store:
        store.write("problems", PROBLEMS, "all")
        services: Any = FakeServices(sample, checked_by(backend))
        asyncio.run(Shard(CONFIG, store, services, frozenset()).run(ShardTask(1, 0, PROBLEMS, (), BY_ROLE)))
        return store


def test_a_trace_goes_back_to_the_problem_and_forward_to_a_file_that_lean_accepts(run: RunDir, backend: Backend) -> None:
    pairs = list(run.read("pairs", Pair))
    assert {pair.negated for pair in pairs} == {True, False}
    for pair in pairs:
        found = trace(run, pair.id[:8])
        statement, attempt = found["statements"][0], found["attempts"][0]
        assert found["problem"]["text"] in [problem.text for problem in PROBLEMS]
        assert statement["asked"]["text"] == f"<|formalize|>{found['problem']['text']}<|answer|>"
        assert attempt["asked"]["text"] == f"<|prove|>{goal(pair.statement)}<|answer|>"
        assert attempt["asked"]["model_role"] == "prover" and attempt["model"] == "model" and attempt["version"] == 1
        assert (attempt["verdict"]["outcome"], attempt["verdict"]["audit"]) == ("accepted", "kernel")
        assert backend.check(Check.model_validate(found["check"] | {"id": "again"})).accepted, "the row re-verifies"
        assert backend.check(Snippet(id="file", code=found["lean_file"])).outcome == "elaborated", "the file is one"
        words = text(found)
        assert pair.statement in words and "audit kernel" in words and "<|prove|>" in words and found["lean_file"].splitlines()[0] in words
        json.dumps(found)


def test_templates_that_have_changed_are_not_passed_off_as_those_that_asked(run: RunDir) -> None:
    (pair, *_) = run.read("pairs", Pair)
    attempt = run.find("attempts", Attempt, [pair.attempt_id])[pair.attempt_id]
    other = attempt.model_copy(update={"id": "old", "prompt": "0123456789ab"})
    run.commit("r002-x", {"attempts": [other], "pairs": [pair.model_copy(update={"id": "old", "attempt_id": "old"})]})
    assert "none of the presets" in trace(run, "old")["attempts"][0]["asked"]["why"]


def test_a_pair_that_is_not_there_is_one_line(run: RunDir) -> None:
    with pytest.raises(UserError, match="no pair 'nothing'"):
        trace(run, "nothing")
    with pytest.raises(UserError, match="no pair ''"):
        trace(run, "")


def test_a_whole_file_is_shown_once() -> None:
    pair = Pair(id="x", attempt_id="a", statement_id="s", problem_id="p", statement="theorem X : True", form="code", header="open Nat",
                proof="theorem help : True := trivial\n\ntheorem X : True := help")  # fmt: skip
    assert lean_file(pair) == "open Nat\n\ntheorem help : True := trivial\n\ntheorem X : True := help\n"


def test_stats_count_the_funnel_with_reasons_and_costs(run: RunDir) -> None:
    found = stats(run, prices(run, []))
    (figures,) = found["rounds"]
    assert {name: figures[name] for name in ("problems", "kept", "searched", "proved")} == {
        "problems": 3, "kept": 2, "searched": 2, "proved": 2,
    }  # fmt: skip
    assert sum(figures["dropped"].values()) == figures["statements"] - 2 and figures["ended"] == {"proved": 2}
    whole = figures["strategies"]["whole_proof"]
    assert whole["proved"] == 2 and whole["pairs"] == 2 and whole["samples"] == 8 and whole["tokens"] > 0 and whole["core_seconds"] > 0
    assert sum(whole["outcomes"].values()) == whole["attempts"] and whole["outcomes"]["accepted"] == 2
    spent = figures["cost"]
    assert set(spent["tokens_by_role"]) == {"formalizer", "prover"}
    expected = spent["tokens_by_role"]["prover"] * 1000 / 1e6 + spent["core_seconds"] * 3.6 / 3600
    assert spent["money"] == pytest.approx(expected, abs=1e-3)
    free = stats(run, prices(run, ["prices.million_tokens={}", "prices.core_hour=0"]))
    assert free["total"]["cost"]["money"] == 0 and free["total"]["pairs"] == figures["pairs"]
    with pytest.raises(UserError, match="price"):
        prices(run, ["prizes.core_hour=0"])


def test_what_was_searched_is_not_told_as_dropped_before(tmp_path: Path) -> None:
    """A statement that a better one came after is dropped once it is searched; a statement may have two rows, one of them dropped."""
    store = RunDir(tmp_path)
    a, twice = statement("a", form="one"), statement("c", form="two")
    b = statement("b", form="one", origin="conjectured")
    minor = statement("d", kept=False, reason=Drop.MINORITY)
    early = twice.model_copy(update={"kept": False, "reason": str(Drop.NO_PLACE)})
    searches = [SearchRow(id=f"s{one.id}", statement_id=one.id, round=1, ended=Ended.EXHAUSTED) for one in (a, b, twice)]
    store.commit("r001-s0000-statements", {"statements": [a, minor, early]})
    store.commit("r001-s0001-statements", {"statements": [b, twice]})
    store.commit("r001-s0001-c0000", {"searches": searches}, {"searched": 3})
    index = Index([IndexShard(store, FilterConfig(), {})], FilterConfig())
    for number, one in enumerate((b, a)):
        asyncio.run(index.claim([one], f"r001-s000{1 - number}-statements"))
    assert asyncio.run(index.settle(1)) == 1
    figures = stats(store, PriceConfig())["rounds"][0]
    assert {name: figures[name] for name in ("statements", "kept", "searched", "dropped", "dropped_after_search")} == {
        "statements": 4, "kept": 1, "searched": 3, "dropped": {"minority": 1}, "dropped_after_search": {"duplicate": 1, "no_place": 1},
    }  # fmt: skip


def test_gpus_are_those_of_the_search_and_what_engines_held_that_joined(tmp_path: Path) -> None:
    store = RunDir(tmp_path)
    store.commit("r001-s0000-statements", {"statements": [statement("a", form="one")]})
    store.write_text("config.yaml", "models: {prover: {path: given}}\nsampler: {gpus: 2, replicas: 3}\n")
    store.write_json("rounds/001/clock.json", {"stages": {"search": 10.0}, "spent": {"gpu_ms": 5000}})
    assert stats(store, PriceConfig(gpu_hour=3600.0))["rounds"][0]["cost"] == {
        "tokens_by_role": {}, "attempts": 0, "tokens": 0, "core_seconds": 0.0, "gpu_seconds": 65.0, "money": 65.0,
    }  # fmt: skip


def test_the_commands_print_tables_and_json(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    (pair, *_) = run.read("pairs", Pair)
    for arguments, wanted in (
        (["stats", run.path], "whole_proof"),
        (["trace", run.path, pair.id], "<|prove|>"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert not ended.value.code and wanted in capsys.readouterr().out
        with pytest.raises(SystemExit):
            main([*arguments, "--json"])
        assert json.loads(capsys.readouterr().out)
    assert stats(run, PriceConfig())["total"]["cost"]["money"] == 0


def test_a_repaired_pair_shows_what_it_repairs_and_both_prompts_to_the_letter(tmp_path: Path, backend: Backend) -> None:
    changes = {"strategies": ["whole_proof", "repair"], "attempts": 1, "wave": 1, "negation": False, "portfolio": "never"}
    config = RunConfig.model_validate(CONFIG.model_dump(mode="json") | {"search": changes})
    sample, asked = scripted(
        lambda prompt, n: ["exact Nat.add_comm _ _" if prompt.startswith("<|repair|>") else "exact Nat.add_com _ _"] * n
    )
    problem = Problem(id="given", statement="theorem X (n : Nat) : n + 1 = 1 + n")
    with RunDir.open(tmp_path / "run", config) as store:
        services: Any = FakeServices(sample, checked_by(backend))
        asyncio.run(Shard(config, store, services, frozenset()).run(ShardTask(1, 0, (problem,), (), BY_ROLE)))
        (pair,) = store.read("pairs", Pair)
        repaired, first = trace(store, pair.id)["attempts"]
    assert (repaired["parent"], repaired["strategy"], first["strategy"]) == (first["id"], "repair", "whole_proof")
    assert [attempt["asked"]["text"] for attempt in (first, repaired)] == asked and repaired["asked"]["model_role"] == "corrector"
    assert first["verdict"]["outcome"] == "rejected" and "Nat.add_com" in first["verdict"]["errors"][0]["text"]
    assert "which repairs attempt" in text(trace(store, pair.id))


def test_a_refined_statement_shows_what_the_formalizer_saw_each_time(tmp_path: Path, backend: Backend) -> None:
    def refining(prompt: str, n: int) -> list[str]:
        if prompt.startswith("<|formalize|>"):
            return ["(n : Nat) : n + k = k + n"] * n  # k is nothing
        return ["(n : Nat) : n + 1 = 1 + n"] * n if prompt.startswith("<|refine|>") else answer(prompt, n)

    sample, asked = scripted(refining)
    config = CONFIG.model_copy(update={"formalize": CONFIG.formalize.model_copy(update={"refine": 1})})
    with RunDir.open(tmp_path / "run", config) as store:
        store.write("problems", PROBLEMS, "all")
        services: Any = FakeServices(sample, checked_by(backend))
        asyncio.run(Shard(config, store, services, frozenset()).run(ShardTask(1, 0, PROBLEMS[:1], (), BY_ROLE)))
        found = trace(store, next(store.read("pairs", Pair)).id)
    refined, first = found["statements"]
    assert (refined["origin"], refined["asked"]["role"], first["asked"]["role"]) == ("refined", "refine", "formalize")
    assert refined["asked"]["text"] in asked and "unknown identifier" in refined["asked"]["text"].lower()
    assert first["asked"]["text"] in asked and found["problem"]["text"] == PROBLEMS[0].text


def test_a_statement_with_an_answer_shows_who_was_asked_for_it(tmp_path: Path, backend: Backend) -> None:
    def answering(prompt: str, n: int) -> list[str]:
        if prompt.startswith("<|formalize|>"):  # the small model poses as it formalizes
            return ["(answer : Nat) : 3 + 4 = answer"] * n
        return ["7", "8"][:n] if prompt.startswith("<|guess|>") else ["rfl"] * n

    sample, asked = scripted(answering)
    answers = CONFIG.answers.model_copy(update={"enabled": True, "programs": 0, "guesses": 2})
    config = CONFIG.model_copy(update={"answers": answers, "filters": FilterConfig(grade=False, trivial="keep")})
    problem = Problem(id="p", text="What is 3 + 4?")
    with RunDir.open(tmp_path / "run", config) as store:
        store.write("problems", [problem], "all")
        services: Any = FakeServices(sample, checked_by(backend))
        asyncio.run(Shard(config, store, services, frozenset()).run(ShardTask(1, 0, (problem,), (), BY_ROLE)))
        found = trace(store, next(pair for pair in store.read("pairs", Pair) if "7" in pair.statement).id)
    said, posed = found["statements"]
    assert (said["origin"], said["asked"]["role"], posed["asked"]["role"]) == ("answered", "guess", "pose")
    assert said["asked"]["text"] in asked and posed["asked"]["text"] in asked
    assert said["seed"] and said["max_tokens"], "and how it was sampled"


def test_stats_say_who_was_idle(tmp_path: Path) -> None:
    store = RunDir(tmp_path)
    store.commit("r001-a", {"pairs": []}, {"searched": 1})
    log = TimelineLog(store)
    log.append(Row(time=10, span=10, rounds=[0], busy={"samplers": 8}, actors={"samplers": 1, "pools": 2}))
    log.append(Row(time=20, span=10, rounds=[1], busy={"samplers": 2, "pools": 5}, actors={"samplers": 1, "pools": 2}))
    found = stats(store, PriceConfig())
    assert found["rounds"][0]["idle"] == {"samplers": 0.8, "pools": 0.75} and found["total"]["idle"] == {"samplers": 0.5, "pools": 0.875}
    (cost,) = (table for table in tables(found) if table.title == "cost")
    assert cost.columns[1].header == "samples", "`attempts` are those that are left of them, as under `strategies`"
    (table,) = (table for table in tables(found) if table.title == "idle, percent")
    assert [list(column.cells) for column in table.columns] == [["1", "all"], ["80", "50"], ["75", "88"], ["–", "–"]]
