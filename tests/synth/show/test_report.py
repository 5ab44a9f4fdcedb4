"""report.html: complete, self-contained, and safe against what a model wrote."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from synth.records import Attempt, Pair, Statement, VerdictRow
from synth.show.report import funnel, write_report
from synth.show.samples import sample_pairs
from synth.store.rundir import RunDir
from verify_workers.errors import UserError

VOID = {"meta", "br", "link", "img", "input"}


class Page(HTMLParser):
    """Checks that tags nest, and collects names and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        self.text += data


def figures(page: str) -> dict[str, Any]:
    """Plotly's figures in a page."""
    found = re.search(r'<script type="application/json" id="figures">(.*?)</script>', page, re.S)
    assert found
    return dict(json.loads(found[1]))


def metrics(number: int, **more: Any) -> dict[str, Any]:
    return {
        "round": number, "problems": 100, "statements": 390, "statements_kept": 80, "attempts": 640, "pairs": 30, "proved": 28,
        "pass@1": 17.0 + 10 * number, "pass@8": 36.5 + 6 * number, "beyond_pass@8": 11.4 + 9 * number, "baseline": 30.0, "seconds": 120.0,
        "statements_rejected": {"elaboration": 12, "trivial": 5}, "verdicts": {"accepted": 30, "rejected: unsolved": 400},
        "families": {"parity": {"pass@8": 50.0}, "gcd": {"pass@8": 20.0 + number}}, "stages": {"search": 61.0},
        "tokens_per_pair": 1500.0, "core_seconds_per_pair": 8.0, "proved_by": {"portfolio": 12, "whole_proof": 16},
        "model_compared": 16, "model_only": 9, "heldout_rows": 150, "heldout_unsupported": 20, "heldout_infra": 1,
        "heldout_infra_samples": 11, "heldout_prompt_too_long": 2, "heldout_proved_by_tactics": 40, "heldout_proved_by_model": 70,
        "heldout_proved_by_model_only": 33, **more,
    }  # fmt: skip


def pair(n: int, **more: Any) -> Pair:
    fields = {
        "id": f"{n:020x}",
        "attempt_id": f"a{n}",
        "statement_id": f"s{n}",
        "problem_id": f"p{n}",
        "statement": f"theorem X : {n} = {n}",
    }
    return Pair.model_validate(
        {**fields, "proof": "by rfl", "problem": f"Show that {n} is {n}.", "model": "abc123", "lean": "4.35.0", **more}
    )


def finished(folder: Path) -> RunDir:
    with RunDir.open(folder, {"name": "the <demo>", "seed": 3}) as run:
        for number in range(4):
            run.write_json(f"rounds/{number:03d}/metrics.json", metrics(number))
        evil = pair(1, problem="<script>alert(1)</script>", proof='by exact </pre><img src="http://x/y">', round=3, axioms=["propext"])
        run.write("pairs", [pair(2, round=1, negated=True)], "r001-a")
        run.write("pairs", [evil], "r003-a")
    return run


def test_the_page_is_complete_and_self_contained(tmp_path: Path) -> None:
    run = finished(tmp_path)
    path = write_report(tmp_path)
    assert path == str(tmp_path / "report.html")
    text = Path(path).read_text()
    page = Page(text)
    assert len(text) < 6_000_000 and text.count("plotly.js v") == 1, "Plotly's script stands there once"
    assert not {tag for tag, _ in page.tags} & {"link", "img", "iframe", "object"}
    assert not [attrs for _, attrs in page.tags if {"src", "href", "onload", "onclick"} & attrs.keys()]
    assert "url(" not in text.split("<body>")[0] and "@import" not in text
    drawn = figures(text)
    shown = {"pass_rates", "families", "funnel", "proved_by", "statements_rejected", "verdicts", "costs", "lengths", "tactics", "staleness"}
    assert drawn.keys() == shown, "stale: the pair of round 3 is of the first weights"
    assert drawn["verdicts"]["data"][0]["y"] == ["accepted", "rejected: unsolved"], "the longest bar on top"
    for piece in (
        "the <demo>", "17.0 → 47.0 %", "36.5 → 54.5 %", "11.4 → 38.4 %", "8.0 core-s · 1,500 tokens",
        "search 61", "<script>alert(1)</script>", "by exact </pre>",
        "refuted: the negation is proved",
        "whole_proof", "Of 64 statements that the model proved, 36 are proved by none of the cheap tactics",
        "150 statements, 20 of which this Lean cannot", "tactics prove 40, the model proves 70, and only the model\n33",
        "failed on 11 samples", "2 prompts were too long",
        "abc123", "4.35.0", "axioms: propext", "seed: 3", "statements kept", "320",
    ):  # fmt: skip
        assert piece in page.text, piece
    assert write_report(run) == path, "written anew as often as wanted"


def test_the_page_shows_the_k_that_were_measured(tmp_path: Path) -> None:
    with RunDir.open(tmp_path, {"name": "x"}) as run:
        for number in range(2):
            ks = {f"pass@{k}": float(k + number) for k in (1, 4, 32)}
            more = {"beyond_pass@32": 20.0 + number, "families": {"gcd": {"pass@1": 1.0, "pass@32": 77.0}}}
            run.write_json(f"rounds/{number:03d}/metrics.json", {"round": number, **ks, **more})
    page = Path(write_report(tmp_path)).read_text()
    text = Page(page).text
    assert figures(page)["families"]["data"][0]["z"] == [[77.0, 77.0]], "with the largest k"
    for piece in ("1.0 → 2.0 %", "32.0 → 33.0 %", "20.0 → 21.0 %", "pass@4", "beyond@32"):
        assert piece in text, piece
    assert "pass@8" not in json.dumps(figures(page))


def test_a_run_that_only_began(tmp_path: Path) -> None:
    with RunDir.open(tmp_path, {"name": "x"}):
        pass
    page = Page(Path(write_report(tmp_path)).read_text())
    assert "No round is finished yet. So far: 0 problems" in page.text
    with pytest.raises(UserError, match="not a run directory"):
        write_report(tmp_path / "nothing")


def test_round_zero_alone_without_optional_figures(tmp_path: Path) -> None:
    with RunDir.open(tmp_path, {"name": "x"}) as run:
        run.write_json("rounds/000/metrics.json", {"round": 0, "pass@1": 5.0, "pass@8": None, "faithful": None})
    assert "5.0 → 5.0 %" in Page(Path(write_report(tmp_path)).read_text()).text


def test_idle_shares_of_rounds_and_of_the_run(tmp_path: Path) -> None:
    with RunDir.open(tmp_path, {"name": "x"}) as run:
        run.write_json("rounds/000/metrics.json", {"round": 0})
        last = {"round": 1, "idle": {"samplers": 0.25, "pools": 1.0}, "idle_of_run": {"samplers": 0.404, "pools": 0.9, "trainer": 0.5}}
        run.write_json("rounds/001/metrics.json", last)
    table = Path(write_report(tmp_path)).read_text().split("Idle shares, percent")[1].split("</table>")[0]
    cells = re.findall(r"<t[hd][^>]*>([^<]*)<", table)
    assert cells == ["round", "samplers", "pools", "trainer", "1", "25", "100", "–", "whole run", "40", "90", "50"]


def test_sampled_pairs_come_from_every_round_and_both_sides() -> None:
    pairs = [pair(n, round=n % 3, negated=n % 5 == 0) for n in range(300)]
    chosen = sample_pairs(iter(pairs), 12)
    assert len(chosen) == 12 and chosen == sample_pairs(reversed(pairs), 12), "the sample does not depend on the order"
    assert {(p.round, p.negated) for p in chosen} == {(r, side) for r in range(3) for side in (False, True)}
    assert sample_pairs(pairs[:2], 12) == sorted(pairs[:2], key=lambda p: (-p.round, p.negated, p.id))


def test_samples_say_what_is_known_of_them(tmp_path: Path) -> None:
    """A pair whose statement is not its problem's is marked; what was dropped and refused is there with its reason."""
    said = Statement(id="s1", problem_id="p1", text="theorem X (n : Nat) : n = n", form="right", round=1)
    other = Statement(id="s2", problem_id="p2", text="theorem X : 2 = 2", round=1)
    weak = Statement(id="s3", problem_id="p2", text="theorem X : True", kept=False, reason="trivial", detail="by <decide>", round=1)
    tried = Attempt(id="a9", statement_id="s1", proof="by omega", strategy="whole_proof", round=1)
    verdict = VerdictRow(id="a9", statement_id="s1", outcome="rejected", reason="elaboration", message="omega could not prove it")
    with RunDir.open(tmp_path, {"name": "x"}) as run:
        run.write_json("rounds/001/metrics.json", metrics(1))
        run.write_json("references.json", {"p1": "theorem X (m : Nat) : m = m", "p2": "theorem X : 3 = 3"})
        run.write_json("rounds/001/references.json", {"p1": "right"})
        run.write("statements", [said, other, weak], "r001-a")
        run.write("attempts", [tried], "r001-a")
        run.write("verdicts", [verdict], "r001-a")
        run.write("pairs", [pair(1, round=1), pair(2, round=1)], "r001-a")
    text = Path(write_report(tmp_path)).read_text()
    articles = [Page(one).text for one in re.findall("<article>.*?</article>", text, re.S)]
    assert ["not what the problem says" in one for one in articles] == [False, True, False, False]
    assert "trivial" in articles[2] and "by <decide>" in articles[2]
    assert "elaboration" in articles[3] and ":= by omega" in articles[3] and "could not prove it" in articles[3]


def test_funnel() -> None:
    assert funnel([metrics(0), metrics(1)]) == {"problems": 200, "statements formalized": 780, "statements kept": 160, "proved": 56}
    assert funnel([]) == {}
