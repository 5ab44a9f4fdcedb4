"""`synth audit` on real Lean: every planted fault found, no right row accused, killed and continued, and what nobody is accused of."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from synth.audit import corpus
from synth.audit.corpus import AuditConfig, audit
from synth.audit.finish import finish
from synth.audit.folder import Folder
from synth.audit.labels import MEANING, SILENT, Audited, Finding, Label, ordered
from synth.audit.planted import FAULTS, planted_corpus, right_rows
from synth.audit.repeats import Repeats
from synth.audit.rows import candidate, without_header
from synth.audit.seen import Seen
from synth.cli import main
from synth.show.progress import Progress
from tests.verify_workers.fake_lake import FakeLake
from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.lean import LeanInstall
from verify_workers.records import Check, Message, Outcome, Verdict

POOL = PoolConfig(workers=1)
QUIET = Progress(plain=True, interval=1e9)


def write(path: Path, rows: Sequence[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def table(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / "audit.parquet").to_pylist()
    return found


def named(result: dict[str, Any]) -> set[str]:
    return {found.partition(" ")[0].rstrip(":") for found in result["findings"]}


@pytest.fixture(scope="module")
def planted() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A corpus of sixty rows with one fault of each kind, and a benchmark."""
    drawn, shapes = list[dict[str, Any]](), set[str]()
    for row in right_rows(5, 400):
        goal = row["formal_statement"].partition(" : ")[2]
        shape = re.sub(r"\b[a-z]\b", "v", goal)  # what differs in its variables alone may say the same
        if shape not in shapes and "+ 1) =" not in goal:  # of sequences some have values that none of them has
            shapes.add(shape)
            drawn.append(row)
    benchmark = drawn[:4]
    return planted_corpus(5, drawn[4:64], 0.0, benchmark), benchmark


def test_every_planted_fault_is_found_and_no_right_row_accused(
    planted: tuple[list[dict[str, Any]], list[dict[str, Any]]], tmp_path: Path, lean: LeanInstall
) -> None:
    rows, benchmark = planted
    data, other = write(tmp_path / "corpus.jsonl", rows), write(tmp_path / "benchmark.jsonl", benchmark)
    summary = audit(data, tmp_path / "out", [other], AuditConfig(timeout=30), POOL, QUIET)
    results = table(tmp_path / "out")
    assert [result["row"] for result in results] == list(range(1, len(rows) + 1)) and len(rows) == 60
    assert {row["planted"] for row in rows} == {"", *FAULTS}
    silent = {label.value for label in SILENT}
    for row, result in zip(rows, results, strict=True):
        if kind := row["planted"]:
            assert named(result) & {label.value for label in FAULTS[kind].labels}, (kind, result)
            assert result["label"] != "accepted"
        else:
            assert result["label"] in silent, (row, result)
    copies = [result for row, result in zip(rows, results, strict=True) if row["planted"].startswith("duplicate")]
    assert all(result["duplicate_of"] and result["duplicate_of"] < result["row"] for result in copies)
    leaks = [result for row, result in zip(rows, results, strict=True) if row["planted"].startswith("benchmark")]
    assert all(other in result["benchmark"] for result in leaks)
    assert summary["rows"] == 60 and sum(summary["labels"].values()) == 60
    assert json.loads((tmp_path / "out" / "summary.json").read_text()) == summary
    page = (tmp_path / "out" / "audit.html").read_text(encoding="utf-8")
    assert "duplicate" in page and not re.search(r"<(script|link|img)[^>]* (src|href)=", page)
    assert not (tmp_path / "out" / "parts").exists()


ROWS = [
    {"id": f"r{n}", "statement": f"theorem t{n} (n : Nat) : n + {n % 7} = {n % 7} + n", "proof": "by omega" if n % 3 else "by sorry"}
    for n in range(20)
]


def test_killed_in_the_middle_it_goes_on_to_the_same_end(tmp_path: Path, lean: LeanInstall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "PIECE", 4)
    data = write(tmp_path / "corpus.jsonl", ROWS)
    audit(data, tmp_path / "whole", [], AuditConfig(), POOL, QUIET)
    put, parts = Folder.put, list[int]()

    def killed(self: Folder, rows: list[Audited]) -> None:
        if len(parts) == 2:
            raise KeyboardInterrupt
        parts.append(rows[0].row)
        put(self, rows)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Folder, "put", killed)
        audit(data, tmp_path / "killed", [], AuditConfig(), POOL, QUIET)
    assert parts == [1, 5] and not (tmp_path / "killed" / "summary.json").exists()
    told = list[str]()
    summary = audit(data, tmp_path / "killed", [], AuditConfig(), POOL, QUIET, told.append)
    taken = f"{data}: statement from `statement`, proof from `proof`, id from `id`"
    assert told == [taken, "8 rows were audited before; going on"] and summary["run"]["rows"] == 12

    def bare(folder: Path) -> list[dict[str, Any]]:
        return [{**row, "seconds": 0} for row in table(folder)]

    assert bare(tmp_path / "killed") == bare(tmp_path / "whole")
    assert [row["label"] for row in bare(tmp_path / "whole")][:8] == [
        "rejected",
        *["accepted"] * 2,
        "rejected",
        *["accepted"] * 2,
        "rejected",
        "accepted",
    ]
    again = audit(data, tmp_path / "killed", [], AuditConfig(), POOL, QUIET, told.append)  # nothing is done again
    assert again == summary and "complete already" in told[-1]
    with pytest.raises(UserError, match=r"holds another audit \(other timeout\); choose another --out"):
        audit(data, tmp_path / "killed", [], AuditConfig(timeout=3), POOL, QUIET)


def test_what_is_taken_for_what_is_said(tmp_path: Path, lean: LeanInstall) -> None:
    told = list[str]()
    rows = [{"goal": "theorem t : 1 = 1", "solution": "r", "lean_solution": "theorem t : 1 = 1 := rfl", "uid": n} for n in range(2)]
    data = write(tmp_path / "corpus.jsonl", rows)
    audit(data, tmp_path / "out", [], AuditConfig(), POOL, QUIET, told.append)
    assert told == [f"{data}: proof from `lean_solution`; not looked at: goal, solution, uid (--set fields.FIELD=COLUMN)"]


def test_interrupted_rows_do_not_count_as_done(tmp_path: Path, lean: LeanInstall, monkeypatch: pytest.MonkeyPatch) -> None:
    progress = Progress(plain=True, interval=1e9)
    monkeypatch.setattr(corpus, "PIECE", 2)
    slow = "by\n  sleep 200\n  rfl"
    data = write(tmp_path / "corpus.jsonl", [{"statement": f"theorem t{n} : {n} = {n}", "proof": slow} for n in range(6)])
    monkeypatch.setattr(corpus, "finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        audit(data, tmp_path / "out", [], AuditConfig(vacuous=False), POOL, progress)
    assert progress.stage("audit").done < 6


class _Broken:
    """Lean workers that fail, as often as they are asked."""

    def __init__(self) -> None:
        self.asked = 0

    def verify(self, checks: Sequence[Check]) -> list[Verdict]:
        self.asked += 1
        return [Verdict(id=check.id, outcome=Outcome.INFRA, reason="no worker") for check in checks]


@pytest.mark.parametrize("outcome", [Outcome.INFRA, Outcome.TIMEOUT, Outcome.RESOURCE])
def test_what_the_checker_could_not_do_accuses_nobody(outcome: Outcome) -> None:
    one = candidate(1, "f:1", ROWS[1], {})
    broken = _Broken()
    (row,) = finish([one], [Verdict(id="1", outcome=outcome, reason="no worker")], Seen(), Repeats(), broken, 9.0)  # type: ignore[arg-type]
    assert row.label == "unchecked" and broken.asked == (outcome is Outcome.INFRA)


def test_without_its_header_a_proof_that_fails_accuses_nobody() -> None:
    one = without_header(candidate(1, "f:1", {**ROWS[1], "header": "import Mathlib"}, {}))
    said = Message(severity="error", line=1, column=0, text="unknown tactic")
    for reason, label in (("elaboration", "unsupported"), ("unsolved", "unsupported"), ("sorry", "rejected")):
        verdict = Verdict(id="1", outcome=Outcome.REJECTED, reason=reason, messages=[said])
        (row,) = finish([one], [verdict], Seen(), Repeats(), _Broken(), 9.0)  # type: ignore[arg-type]
        assert row.label == label


def test_the_first_of_equal_rows_is_one_that_is_right() -> None:
    rows = [
        candidate(n, f"f:{n}", {**ROWS[1], "proof": proof}, {}) for n, proof in enumerate(("by sorry", "by omega", "by omega", "rfl"), 1)
    ]
    outcomes = (Outcome.REJECTED, *[Outcome.ACCEPTED] * 3)
    verdicts = [Verdict(id=str(n), outcome=outcome, reason="sorry") for n, outcome in enumerate(outcomes, 1)]
    done = finish(rows, verdicts, Seen(), Repeats(), _Broken(), 9.0)  # type: ignore[arg-type]
    assert [(row.label, row.reason, row.duplicate_of) for row in done] == [
        ("rejected", "sorry", None),
        ("accepted", "", None),
        ("duplicate", "same proof", 2),
        ("duplicate", "another proof", 2),
    ]


def test_the_label_is_the_finding_that_counts_first() -> None:
    found = ordered([Finding(Label.DUPLICATE), Finding(Label.REJECTED), Finding(Label.AXIOM, "own", "cheat"), Finding(Label.REJECTED)])
    assert [one.label for one in found] == [Label.AXIOM, Label.REJECTED, Label.DUPLICATE]
    assert set(MEANING) == set(Label) and str(found[0]) == "axiom (own): cheat"


def test_mistakes_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write(tmp_path / "corpus.jsonl", [{"question": "How many?", "solution": "Three."}])
    for arguments, said in (
        ([data, "--out", str(tmp_path / "o")], "no column is a statement or a proof by its name (there are question, solution)"),
        ([data, "--out", str(tmp_path)], "holds other files; give --out a folder that is new or empty"),
        ([str(tmp_path / "none.jsonl"), "--out", str(tmp_path / "p")], "no such file"),
        ([data, "--out", str(tmp_path / "q"), "--set", "fields.prof=solution"], "unknown field"),
    ):
        with pytest.raises(SystemExit) as end:
            main(["audit", *arguments])
        told = capsys.readouterr().err.strip().splitlines()
        assert end.value.code == 2 and said in told[-1] and told[-1].startswith("synth: "), told


def test_a_known_bad_lean_is_named(lean: LeanInstall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeLake(tmp_path, lean)
    says = '[ "$1" = --version ] && { echo "Lean (version 4.28.0, x86_64, commit 7e01a1bf5c70, Release)"; exit 0; }'
    first, _, rest = (fake.bin / "lean").read_text(encoding="utf-8").partition("\n")
    FakeLake.executable(fake.bin / "lean", f"{first}\n{says}\n{rest}")
    monkeypatch.setenv("PATH", fake.path)
    pool = PoolConfig(project=fake.project, backend="process", workers=1)
    summary = audit(write(tmp_path / "corpus.jsonl", ROWS[:2]), tmp_path / "out", [], AuditConfig(vacuous=False), pool, QUIET)
    assert [row["label"] for row in table(tmp_path / "out")] == ["rejected", "accepted"]
    assert (summary["lean"]["version"], summary["lean"]["commit"]) == ("4.28.0", "7e01a1bf5c70")
    assert "known to be unsound" in summary["lean"]["advisory"]
    assert "known to be unsound" in (tmp_path / "out" / "audit.html").read_text(encoding="utf-8")


def test_a_benchmark_file_that_cannot_be_read_is_named_with_a_remedy(tmp_path: Path, lean: LeanInstall) -> None:
    data = write(tmp_path / "corpus.jsonl", [{"statement": "theorem t : True", "proof": "trivial"}])
    other = write(tmp_path / "b.jsonl", [{"a": 1}])
    with pytest.raises(UserError, match=r"^--benchmark: .*b\.jsonl:1: .*columns are a; give the columns the names text or statement$"):
        audit(data, tmp_path / "out", [other], AuditConfig(), POOL, QUIET)


LE, NE = "theorem t (a b : Nat) (h : {0}) : b ≤ a", "theorem u (a : Nat) : {0}"
SAME = "theorem v : same 2 2"
PAIR = "mutual\ntheorem one (n : Nat) : n + 0 = n := rfl\ntheorem two (n : Nat) : n = n * 1 := by omega\nend\n"
WORDS: list[tuple[dict[str, str], str, str]] = [
    ({"statement": LE.format("a > b"), "code": f"{LE.format('b < a')} := by omega"}, "accepted", "notation"),
    ({"statement": NE.format("¬(a = a + 1)"), "code": f"{NE.format('a ≠ a + 1')} := by omega"}, "accepted", "notation"),
    # the definitions that count are the row's
    (
        {"statement": f"def same (a b : Nat) : Prop := a = b\n{SAME}", "code": f"def same (a b : Nat) : Prop := True\n{SAME} := trivial"},
        "rejected",
        "",
    ),
    ({"statement": "theorem w : 2 + 2 = 4", "code": "theorem w : 4 = 4 := rfl"}, "altered", "file"),
    ({"statement": LE.format("a > b"), "code": f"axiom ax : False\n{LE.format('b < a')} := ax.elim"}, "axiom", ""),
    ({"code": PAIR}, "accepted", ""),
    ({"statement": "theorem two (n : Nat) : n = n * 1", "code": PAIR}, "duplicate", ""),
]


def test_other_notation_is_no_other_statement_and_a_mutual_block_of_theorems_is_read(tmp_path: Path, lean: LeanInstall) -> None:
    data = write(tmp_path / "corpus.jsonl", [row for row, _, _ in WORDS])
    audit(data, tmp_path / "out", [], AuditConfig(timeout=30), POOL, QUIET)
    results = table(tmp_path / "out")
    for (row, label, reason), result in zip(WORDS, results, strict=True):
        assert result["label"] == label and reason in ("", result["reason"]), (row, result)
    assert results[0]["axioms"] == ["propext"]


def test_of_two_theorems_of_a_file_the_other_proves_nothing(tmp_path: Path, lean: LeanInstall, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row's theorem, in other notation, rests on a `sorry` of the project's; the file's last one says the same, and does not."""
    fake, own = FakeLake(tmp_path, lean), LE.format("b < a")
    fake.build("Own", f"{own.replace(' t ', ' gap ')} := sorry\n")
    monkeypatch.setenv("PATH", fake.path)
    two = f"import Own\n{own} := gap a b h\n{own.replace(' t ', ' other ')} := by omega\n"
    one = f"import Own\n{own} := by omega\n"
    data = write(tmp_path / "corpus.jsonl", [{"statement": LE.format("a > b"), "code": code} for code in (two, one)])
    audit(data, tmp_path / "out", [], AuditConfig(vacuous=False), PoolConfig(project=fake.project, backend="fork", workers=1), QUIET)
    assert [(row["label"], row["reason"]) for row in table(tmp_path / "out")] == [("altered", "file"), ("accepted", "notation")]


def test_a_project_that_does_not_work_is_told_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "locate", lambda *_: pytest.fail("looked for"))
    with pytest.raises(UserError, match="lake"):
        audit("nobody/nothing", tmp_path / "out", [], AuditConfig(), PoolConfig(project=tmp_path), QUIET)
