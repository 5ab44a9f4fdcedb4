"""Shortening: what real Lean still accepts for the same statement, and nothing else."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from synth.cli import main
from synth.config import SearchConfig
from synth.records import Pair, Problem
from synth.run.shortening import Refused, Shortened, distinct_pairs, summary
from synth.search.loop import search, strategies
from synth.search.shorten import MOST_CHECKS, change, is_long, length, shortened
from synth.search.shorter import candidates
from synth.statements.text import given
from synth.store.files import read_records, write_records
from tests.synth.stage_fakes import checked_by, scripted, tools
from verify_workers.backends.base import Backend
from verify_workers.errors import UserError
from verify_workers.records import Check, Outcome, Verdict

SQUARE = "theorem X : ∀ n : Nat, n * n % 4 ≠ 2"
RIGHT = """by
  intro n
  have h_true : True := trivial
  rw [Nat.mul_mod]
  have h : n % 4 < 4 := Nat.mod_lt _ (by decide)
  have g : 1 + 1 = 2 := by
    norm_num
  revert h; skip
  generalize n % 4 = k
  revert k
  decide"""


def pair(statement: str, text: str, form: str = "proof", **fields: str) -> Pair:
    ids = dict.fromkeys(("id", "attempt_id", "statement_id", "problem_id"), "x")
    return Pair.model_validate({**ids, "statement": statement, "proof": text, "form": form, **fields})


def shorten(backend: Backend, subject: Pair) -> Pair:
    return asyncio.run(shortened(subject, checked_by(backend), 5.0))


def accepted(backend: Backend, subject: Pair) -> bool:
    return backend.check(Check.model_validate({"id": "x", "statement": subject.statement, subject.form: subject.proof})).accepted


def test_what_does_nothing_is_dropped_and_both_proofs_are_kept(backend: Backend) -> None:
    found = shorten(backend, pair(SQUARE, RIGHT))
    assert found.shortened and found.original_proof == RIGHT and accepted(backend, found)
    assert not any(word in found.proof for word in ("h_true", "norm_num", "skip")) and "generalize" in found.proof
    assert length(found.proof) < 0.75 * length(RIGHT) and found.audit == "kernel" and found.lean


def test_one_closing_tactic_takes_the_place_of_all(backend: Backend) -> None:
    long = "by\n  intro n h\n  have g : n + 1 = 1 + n := by\n    rw [Nat.add_comm]\n  omega"
    found = shorten(backend, pair("theorem X : ∀ n : Nat, n % 2 = 0 → (n + 1) % 2 = 1", long))
    assert found.proof == "by omega" and accepted(backend, found)


def test_arguments_of_simp_are_dropped_one_by_one(backend: Backend) -> None:
    long = "by\n  intro f h\n  simp [Nat.add_comm, h, Nat.mul_comm]"
    found = shorten(backend, pair("theorem X : ∀ f : Nat → Nat, (∀ x, f x = 3) → f (f 1) + 1 = 4", long))
    assert accepted(backend, found) and "Nat." not in found.proof


def test_a_whole_file_loses_lemmas_that_it_does_not_need(backend: Backend) -> None:
    code = f"theorem helper (a : Nat) : a + 0 = a := by\n  simp\n\n{SQUARE} := {RIGHT}"
    found = shorten(backend, pair(SQUARE, code, "code"))
    assert "helper" not in found.proof and accepted(backend, found) and found.original_proof == code


def test_a_proof_that_cannot_be_shorter_is_left_alone(backend: Backend) -> None:
    subject = pair("theorem X : ∀ a b : Nat, a + b = b + a", "Nat.add_comm")
    assert shorten(backend, subject) is subject


def test_a_failing_checker_shortens_nothing() -> None:
    async def failing(checks: list[Check]) -> list[Verdict]:
        return [Verdict(id=check.id, outcome=Outcome.INFRA) for check in checks]

    subject = pair(SQUARE, RIGHT)
    assert asyncio.run(shortened(subject, failing, 5.0)) is subject


def test_checks_are_bounded() -> None:
    asked = 0

    async def refusing(checks: list[Check]) -> list[Verdict]:
        nonlocal asked
        asked += len(checks)
        return [Verdict(id=check.id, outcome=Outcome.REJECTED) for check in checks]

    asyncio.run(shortened(pair(SQUARE, "by\n" + "\n".join(f"  have h{n} : True := trivial" for n in range(200))), refusing, 5.0))
    assert 0 < asked <= MOST_CHECKS


@pytest.mark.parametrize(
    "text", ["by simp", "by intro n; simp [a, b]; omega", "by\n  constructor\n  · simp; omega\n  · rfl", "foo [", "", "by ;"]
)
def test_candidates_are_texts_of_the_same_kind(text: str) -> None:
    found = list(candidates(text))
    assert all(isinstance(candidate, str) for candidate in found) and len(set(found)) > 3
    wanted = {
        "by intro n; simp [a, b]; omega": {
            "by intro n; simp [a, b]",
            "by intro n; omega",
            "by simp [a, b]; omega",
            "by intro n; simp [b]; omega",
        }
    }
    assert wanted.get(text, set()) <= set(found)


@pytest.mark.parametrize(
    ("text", "shorter"),
    [
        ("by\n  intro a\n  intro b\n  omega", "by\n  intro a b\n  omega"),
        ("by\n  rw [f]\n  rw [g]", "by\n  rw [f, g]"),
        ("by\n  intro a\n  exact h a", "by\n  exact fun a => h a"),
        ("by\n  funext a\n  exact h a", "by\n  exact funext fun a => h a"),
        ("by\n  rw [f]\n  exact h", "by\n  rwa [f]"),
        ("by\n  constructor\n  · exact a\n  · exact b", "by\n  exact ⟨a, b⟩"),
        ("by\n  have h : 1 = 1 := foo\n  exact h", "by\n  have h := foo\n  exact h"),
        ("by exact foo", "foo"),
        ("⟨by exact a, b⟩", "⟨a, b⟩"),
        ("⟨by rfl, b⟩", "⟨rfl, b⟩"),
        ("by\n  simp only [a, b]", "by\n  simp"),
        ("by\n  have h : a = b := by rw [c]; exact d\n  exact h", "by\n  have h : a = b := by omega\n  exact h"),
        (
            "by\n  cases n with\n  | zero => rw [a]; exact b\n  | succ n => simp",
            "by\n  cases n with\n  | zero => omega\n  | succ n => simp",
        ),
        ("by\n  constructor\n  · intro h\n    exact a h\n  · exact b", "by\n  constructor\n  · simp\n  · exact b"),
    ],
)
def test_what_comes_down_to_less_is_written_so(text: str, shorter: str) -> None:
    assert shorter in set(candidates(text))


def test_a_files_theorem_is_tried_alone_and_its_statement_is_left_alone() -> None:
    code = "import Init\nopen Nat\n\ntheorem helper : 1 = 1 := rfl\n\ntheorem X (a : Nat)\n    (h : a = 1) : a + 1 = 2 := by\n  rw [h]\n"
    found = set(candidates(code, whole_file=True))
    assert "import Init\nopen Nat\ntheorem X (a : Nat)\n    (h : a = 1) : a + 1 = 2 := by omega" in found
    assert "theorem X (a : Nat)\n    (h : a = 1) : a + 1 = 2 := by omega" in found
    assert code.replace(" := by\n  rw [h]", " := by omega") in found
    assert all("(h : a = 1)" in one or "theorem X" not in one or "omega" not in one for one in found)


def test_what_was_refused_is_not_asked_again() -> None:
    asked: list[list[str]] = []

    async def dropping_skip(checks: list[Check]) -> list[Verdict]:
        asked.append([check.proof or "" for check in checks])
        wanted = RIGHT.replace("; skip", "")
        return [Verdict(id=c.id, outcome=Outcome.ACCEPTED if c.proof == wanted else Outcome.REJECTED) for c in checks]

    found = asyncio.run(shortened(pair(SQUARE, RIGHT), dropping_skip, 5.0)).proof
    (accepted_in,) = [at for at, batch in enumerate(asked) if found in batch]
    before = [one for batch in asked[: accepted_in + 1] for one in batch[: batch.index(found) if found in batch else None]]
    after = [one for batch in asked[accepted_in + 1 :] for one in batch]
    assert before and after and not set(before) & set(after)
    assert not {change(RIGHT, one) for one in before} & {change(found, one) for one in after}


def test_a_change_is_what_is_cut_out_and_what_is_put_in() -> None:
    assert change("by a; b; c", "by a; d") == ("b; c", "d") and change("abc", "ac") == ("b", "") and change("aaa", "aa") == ("a", "")


def test_a_search_shortens_long_proofs_if_asked(backend: Backend) -> None:
    sample, _ = scripted(lambda prompt, n: [RIGHT.removeprefix("by")] * n)
    statement = given(Problem(id="p", statement=SQUARE), 1)
    config = SearchConfig(attempts=1, wave=1, negation=False, strategies=("whole_proof",), shorten=True)
    own = tools(sample, checked_by(backend), round=1)
    found = asyncio.run(search(statement, None, strategies(statement, None, config, own), config, own))
    (short,) = found.pairs
    assert short.shortened and short.original_proof == found.attempts[0].proof and accepted(backend, short)
    assert is_long(RIGHT) and not is_long("by omega")


def test_the_command_writes_both_proofs_and_says_what_it_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subjects = [pair(SQUARE, RIGHT), pair(SQUARE, "by exact wrong").model_copy(update={"id": "bad"})]
    write_records(tmp_path / "pairs.jsonl", subjects, Pair)
    with pytest.raises(SystemExit) as ended:
        main(["shorten", str(tmp_path / "pairs.jsonl"), "--out", str(tmp_path / "out.jsonl"), "--workers", "1", "--json"])
    assert not ended.value.code
    said = json.loads(capsys.readouterr().out)
    (good,) = read_records(tmp_path / "out.jsonl", Pair)
    assert good.shortened and good.original_proof == RIGHT
    assert (said["pairs"], said["shortened"], said["refused"], said["long"]) == (2, 1, 1, 1) and said["cut_percent"] >= 25
    (bad,) = read_records(tmp_path / "out.refused.jsonl", Refused)
    assert (bad.id, bad.proof, bad.outcome) == ("bad", "by exact wrong", "rejected") and "wrong" in bad.reason
    with pytest.raises(UserError):
        list(read_records(tmp_path / "out.refused.jsonl", Pair))


def test_axioms_that_a_shorter_proof_adds_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = "by\n  intro n\n  exact Nat.lt_irrefl n"
    write_records(
        tmp_path / "pairs.jsonl", [pair("theorem X : ∀ n : Nat, ¬ n < n", plain), pair("theorem X : 1 + 1 = 2", "rfl", id="y")], Pair
    )
    with pytest.raises(SystemExit) as ended:
        main(["shorten", str(tmp_path / "pairs.jsonl"), "--out", str(tmp_path / "out.jsonl"), "--workers", "1"])
    said = capsys.readouterr().err
    short, _ = read_records(tmp_path / "out.jsonl", Pair)
    assert not ended.value.code and (short.original_axioms, bool(short.axioms)) == ([], True), short
    assert "1 rest on axioms now that they did without before: " in said and "propext" in said


def test_the_figures_say_nothing_of_long_proofs_where_there_are_none() -> None:
    accepted = Verdict(id="x", outcome=Outcome.ACCEPTED)
    assert summary([Shortened(pair("theorem X : 1 = 1", "rfl"), accepted)]).lines() == [
        "0 of 1 proofs shortened; none has more than two lines"
    ]


def test_pairs_that_a_file_has_several_times_count_once() -> None:
    pair = Pair(id="a", attempt_id="a", statement_id="s", problem_id="p", statement="theorem X : 1 = 1", proof="by rfl")
    other = pair.model_copy(update={"id": "b"})
    assert distinct_pairs([pair, other, pair], "pairs.jsonl") == [pair, other]
    with pytest.raises(UserError, match=r"^pairs\.jsonl: row 2: another pair before it has the id a; give each an id of its own$"):
        distinct_pairs([pair, pair.model_copy(update={"proof": "by decide"})], "pairs.jsonl")
