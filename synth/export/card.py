"""The dataset card of an export: README.md with a header in YAML that `datasets` and the Hub read, and what a reader wants to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from synth.export.schema import columns_table
from synth.export.select import Selection
from synth.export.snapshot import Snapshot
from synth.export.write import Written
from synth.show.recorded import recorded_config

TAGS = ("lean4", "theorem-proving", "formal-mathematics", "autoformalization", "synthetic", "proof-synth")
SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M"), (10**8, "10M<n<100M"))
LARGEST = "100M<n<1B"
FUNNEL = {
    "problems": "problems",
    "statements": "statements",
    "statements_kept": "kept",
    "searched": "searched",
    "attempts": "attempts",
    "proved": "proved",
    "pairs": "pairs",
    "pass@1": "pass@1",
    "beyond_pass@8": "beyond pass@8",
}
"""Figures of a round that the card shows, with their headings."""


def header(name: str, licence: str, rows: int, files: Mapping[str, Sequence[Written]], schema: pa.Schema | None) -> str:
    """The card's YAML.  `files` by series, in their order: the folder's own are the default configuration, a subfolder's are one of
    its name."""
    configs: dict[str, list[dict[str, str]]] = {}
    for series, some in files.items():
        folder, _, split = series.rpartition("/")
        ending = some[0].name.rpartition(".")[2]
        configs.setdefault(folder or "default", []).append({"split": split, "path": f"{series}-*.{ending}"})
    about: dict[str, Any] = {
        "pretty_name": name,
        "license": licence or "other",
        **({} if licence else {"license_name": "not-stated"}),
        "language": ["en"],
        "annotations_creators": ["machine-generated"],
        "task_categories": ["text-generation"],
        "size_categories": [next((words for least, words in SIZES if rows < least), LARGEST)],
        "tags": list(TAGS),
        "configs": [{"config_name": config, "data_files": found} for config, found in configs.items()],
    }
    if schema is not None:
        about["dataset_info"] = {
            "features": _features(schema),
            "splits": [
                {"name": split, "num_bytes": sum(file.bytes for file in some), "num_examples": sum(file.rows for file in some)}
                for split, some in files.items()
            ],
        }
    return yaml.safe_dump(about, sort_keys=False, allow_unicode=True, width=120)


def _features(schema: pa.Schema) -> list[dict[str, Any]]:
    """The columns' types as `datasets` writes them."""
    names = {"string": "string", "bool": "bool", "int64": "int64", "double": "float64"}
    found = []
    for field in schema:
        several = pa.types.is_list(field.type)
        kind = names[str(field.type.value_type if several else field.type)]
        found.append({"name": field.name, "list" if several else "dtype": kind})
    return found


def card(
    selection: Selection,
    about: Mapping[str, Any],
    files: Mapping[str, Sequence[Written]],
    schema: pa.Schema | None,
    *,
    name: str,
    licence: str,
    holds: str,
) -> str:
    """README.md of an export; `about` is what its `_export.json` says, `holds` what its rows are."""
    environment = Environment(loader=PackageLoader("synth.export", ""), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["number"] = lambda value: f"{value:,}" if isinstance(value, int) else str(value)
    environment.filters["interval"] = lambda pair: f"{pair[0]:g} to {pair[1]:g}" if pair else "not known"
    rows = sum(file.rows for some in files.values() for file in some)
    return environment.get_template("card.md.jinja").render(
        header=header(name, licence, rows, files, schema),
        name=name,
        licence=licence,
        about=about,
        holds=holds,
        counts={key.replace("_", " "): value for key, value in selection.counts.items()},
        splits={series: sum(file.rows for file in some) for series, some in files.items()},
        folders=list(dict.fromkeys(series.rpartition("/")[0] for series in files if "/" in series)),
        tallies={key: tally for key, tally in selection.tallies.items() if tally},
        runs=[_run(run) for run in selection.runs],
        funnel=FUNNEL,
        columns=columns_table() if schema is not None else "",
    )


def _run(run: Snapshot) -> dict[str, Any]:
    """What the card says of a run."""
    config = recorded_config(run)
    prover = config.models.prover if config else None
    return {
        "path": run.path.rstrip("/").rpartition("/")[2],
        "id": run.id or "unknown",
        "running": run.running,
        "config": config,
        "problems": (config.problems.path or "the built-in generator") if config else "unknown",
        "prover": (prover.name or prover.path or "a small model of its own") if prover else "unknown",
        "preset": prover.preset if prover else "unknown",
        "rounds": [figures for figures in run.figures if figures.get("statements") is not None],
        "contamination": run.contamination,
    }
