"""The funnel of a run, round by round: how many came how far, why the others did not, and what all of it cost.

From what is on disk, so that it can be asked at any time; a round at work counts with the units that it has finished.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict
from rich.table import Table

from synth.budget import PriceConfig, costs
from synth.keys import Keys, hashes
from synth.llm.config import ROLES
from synth.overrides import apply_overrides
from synth.show.progress import percent_text
from synth.show.recorded import recorded_config
from synth.store.rundir import RunDir
from synth.store.timeline import KINDS, idle, idle_of_round, read_timeline

FUNNEL = ("problems", "statements", "kept", "searched", "proved", "pairs")


class Priced(BaseModel):
    """What `synth stats --set` can change."""

    model_config = ConfigDict(extra="forbid")

    prices: PriceConfig = PriceConfig()


def prices(store: RunDir, overrides: list[str]) -> PriceConfig:
    """The price table of the run's configuration, with `overrides` over it.  UserError for another key."""
    config = recorded_config(store)
    given = config.prices.model_dump(mode="json") if config else {}
    return apply_overrides(Priced, {"prices": given}, overrides, where=f"{store.path}: config.yaml").prices


def stats(store: RunDir, prices: PriceConfig) -> dict[str, Any]:
    """Rounds and their total, in plain data."""
    config = recorded_config(store)
    gpus = config.models.gpus() if config else 0.0
    numbers = sorted({int(match[1]) for entry in store.entries() if (match := re.match(r"r(\d+)-", entry["key"]))})
    rounds, rows = [_round(store, number, prices, gpus) for number in numbers], read_timeline(store)
    total = _total(rounds)
    for figures in rounds:
        figures["idle"] = idle_of_round(rows, figures["round"])
    return {"currency": prices.currency, "rounds": rounds, "total": total | {"idle": idle(rows)}}


def _round(store: RunDir, number: int, prices: PriceConfig, gpus: float) -> dict[str, Any]:
    prefix = f"r{number:03d}-"
    units: Counter[str] = Counter()
    for entry in store.entries(prefix):
        units.update({name: value for name, value in entry["info"].items() if isinstance(value, int)})
    searches = _Searches(store, prefix)
    kept, before, after = _statements(store, prefix, searches.statements)
    clock = store.read_json(f"rounds/{number:03d}/clock.json", {})
    return {
        "round": number,
        "problems": units["problems"],
        "statements": kept + before.total() + after.total(),
        "kept": kept,
        "searched": units["searched"],
        "proved": units["proved"],
        "pairs": store.count("pairs", prefix),
        "dropped": dict(before.most_common()),
        "dropped_after_search": dict(after.most_common()),
        "conjectures": store.read_json(f"rounds/{number:03d}/conjectures.json", {}).get("counts", {}),
        "ended": dict(searches.ended.most_common()),
        "strategies": _strategies(store, prefix, searches.spent, prices),
        "cost": _cost(units, searches.lean_seconds, clock, prices, gpus),
    }


def _statements(store: RunDir, prefix: str, searched: Keys) -> tuple[int, Counter[str], Counter[str]]:
    """How many statements of a round are kept, and why others were dropped: before any search, and after theirs, as repeats are."""
    kept, before, after = 0, Counter[str](), Counter[str]()
    for table in store.tables("statements", ["kept", "reason"], prefix):
        dropped = table.filter(pc.invert(table["kept"]))
        kept += table.num_rows - dropped.num_rows
        late = searched.find(hashes(dropped["id"].to_pylist())) >= 0
        for reason, was_searched in zip(dropped["reason"].to_pylist(), late, strict=True):
            (after if was_searched else before)[reason] += 1
    return kept, before, after


class _Searches:
    """What the searches of a round came to, those of pieces left aside."""

    def __init__(self, store: RunDir, prefix: str) -> None:
        self.ended: Counter[str] = Counter()
        self.lean_seconds = 0.0
        self.statements = Keys()
        self.spent: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))  # by strategy
        columns = ("ended", "limit", "lean_seconds", "strategies")
        for table in store.tables("searches", ["inside", "statement_id", *columns], prefix):
            self.statements.add(hashes(table["statement_id"].to_pylist()))
            own = table.filter(pc.invert(table["inside"]))
            for how, limit, seconds, strategies in zip(*(own[name].to_pylist() for name in columns), strict=True):
                self.ended[f"{how}: {limit}" if limit else how] += 1
                self.lean_seconds += seconds
                for strategy, figures in json.loads(strategies).items():
                    for name, value in figures.items():
                        self.spent[strategy][name] += value


def _cost(units: Mapping[str, int], lean_seconds: float, clock: Mapping[str, Any], prices: PriceConfig, gpus: float) -> dict[str, Any]:
    """What a round has cost, with what interruptions threw away where that is known; Lean only counts the cores that it used."""
    kept = clock.get("spent", {})
    spent: dict[str, float] = {f"tokens_{role}": max(units[f"tokens_{role}"], kept.get(f"tokens_{role}", 0)) for role in ROLES}
    spent["samples"] = max(units["samples"], kept.get("samples", 0))
    spent["lean_ms"] = max(lean_seconds * 1000, kept.get("lean_ms", 0))
    spent["gpu_ms"] = 1000 * gpus * clock.get("stages", {}).get("search", 0.0) + kept.get("gpu_ms", 0)  # of engines that joined
    figures = costs(spent, prices)
    by_role = {role: int(spent[f"tokens_{role}"]) for role in ROLES if spent[f"tokens_{role}"]}
    return {"tokens_by_role": by_role, **{name: round(value, 4) for name, value in figures.items()}}


def _strategies(store: RunDir, prefix: str, spent: Mapping[str, Mapping[str, float]], prices: PriceConfig) -> dict[str, dict[str, Any]]:
    """What each strategy tried, spent and proved, and what became of its attempts."""
    rows: dict[str, dict[str, Any]] = defaultdict(lambda: {"attempts": 0, "outcomes": Counter(), "proved": 0, "pairs": 0})
    for (strategy, outcome), count in _outcomes(store, prefix).items():
        rows[strategy]["attempts"] += count
        rows[strategy]["outcomes"][outcome] += count
    proved: dict[str, Keys] = defaultdict(Keys)
    for table in store.tables("pairs", ["strategy", "statement_id"], prefix):
        for strategy in table["strategy"].unique().to_pylist():
            own = table.filter(pc.equal(table["strategy"], strategy))
            rows[strategy]["pairs"] += own.num_rows
            proved[strategy].add(hashes(own["statement_id"].to_pylist()))
    for strategy in {*rows, *spent}:
        row, figures = rows[strategy], defaultdict(float, spent.get(strategy, {}))
        money = prices.money({**figures, "lean_ms": 1000 * figures["lean_seconds"]})
        row["proved"] = len(proved[strategy])
        row["outcomes"] = dict(row["outcomes"].most_common())
        row |= {name: int(figures[name]) for name in ("samples", "tokens", "checks")}
        row |= {"core_seconds": round(figures["lean_seconds"], 3), "money": round(money, 4)}
    return dict(rows)


def _outcomes(store: RunDir, prefix: str) -> Counter[tuple[str, str]]:
    """How many attempts of a round each strategy made, by what became of them: 14 bytes an attempt."""
    keys, names, codes = Keys(), ["unknown"], [np.zeros(0, np.uint16)]
    for table in store.tables("verdicts", ["outcome", "reason"], prefix):
        said = pc.if_else(pc.equal(table["reason"], ""), table["outcome"], table["reason"]).to_pylist()
        names += sorted(set(said) - set(names))
        codes.append(np.array([names.index(one) for one in said], np.uint16))
        keys.add(hashes(table["id"].to_pylist()))
    by_number, counts = np.concatenate(codes), Counter[tuple[str, str]]()
    for table in store.tables("attempts", ["strategy"], prefix):
        numbers = keys.find(hashes(table["id"].to_pylist()))
        found = np.where(numbers >= 0, by_number[np.maximum(numbers, 0)], 0) if len(by_number) else np.zeros(len(numbers), np.int64)
        counts.update(zip(table["strategy"].to_pylist(), (names[code] for code in found), strict=True))
    return counts


def _total(rounds: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """All rounds together: numbers added, whatever holds numbers by name as well."""
    total: dict[str, Any] = {}
    for figures in rounds:
        _add(total, {name: value for name, value in figures.items() if name != "round"})
    return total


def _add(total: dict[str, Any], figures: Mapping[str, Any]) -> None:
    for name, value in figures.items():
        if isinstance(value, Mapping):
            _add(total.setdefault(name, {}), value)
        else:
            total[name] = round(total.get(name, 0) + value, 4)


# ---- as tables -------------------------------------------------------------------------------------------------------


def tables(found: dict[str, Any]) -> list[Table]:
    """The funnel, the reasons, the strategies, the costs and the idle shares, for a console."""
    rounds, currency = [*found["rounds"], {**found["total"], "round": "all"}], found["currency"]
    funnel = _table("funnel", "round", *FUNNEL)
    cost = _table("cost", "round", "samples", "tokens", "by role", "core-seconds", "GPU-seconds", currency)
    for row in rounds:
        if "cost" not in row:
            continue
        funnel.add_row(str(row["round"]), *(f"{row[name]:,}" for name in FUNNEL))
        spent = row["cost"]
        roles = ", ".join(f"{role} {count:,}" for role, count in spent["tokens_by_role"].items())
        figures = (f"{spent['core_seconds']:,.1f}", f"{spent['gpu_seconds']:,.0f}", f"{spent['money']:,.4f}")
        cost.add_row(str(row["round"]), f"{spent['attempts']:,.0f}", f"{spent['tokens']:,.0f}", roles, *figures)
    shares = _table("idle, percent", "round", *KINDS)
    for row in rounds:
        if row.get("idle"):
            shares.add_row(str(row["round"]), *(percent_text(row["idle"].get(kind)) for kind in KINDS))
    reasons = _table("why not", "round", "what", "reason", "count")
    counted = ("samples", "attempts", "proved", "pairs")
    by = _table("strategies", "round", "strategy", *counted, "tokens", "core-seconds", currency, "refused as")
    for row in rounds:
        number = str(row["round"])
        for what, key in (
            ("statements dropped", "dropped"),
            ("dropped after search", "dropped_after_search"),
            ("conjectures searched", "conjectures"),
            ("searches ended", "ended"),
        ):
            counts = row.get(key, {})
            for reason, count in counts.items():
                reasons.add_row(number, what, reason, f"{count:,}")
        for strategy, s in row.get("strategies", {}).items():
            refused = ", ".join(f"{reason} {count:,}" for reason, count in s["outcomes"].items() if reason != "accepted")
            figures = (f"{s['tokens']:,.0f}", f"{s['core_seconds']:,.1f}", f"{s['money']:,.4f}")
            counts = (f"{s[name]:,}" for name in counted)
            by.add_row(number, strategy, *counts, *figures, refused)
    return [funnel, reasons, by, cost, *([shares] if shares.row_count else [])]


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for heading in headings:
        words = heading in ("round", "what", "reason", "strategy", "refused as", "by role")
        table.add_column(heading, justify="left" if words else "right", overflow="fold")
    return table
