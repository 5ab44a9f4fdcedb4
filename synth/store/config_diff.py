"""In which keys two configurations differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synth.llm.config import ROLES
from train.config import DIVISION

MOST = frozenset({"sampler.most", *(f"models.{role}.sampler.most" for role in ROLES)})
MAY_CHANGE = frozenset(f"{part}.{name}" for part in ("train", "models.bootstrap.train") for name in DIVISION) | MOST | {"shards.index"}
"""Keys with which a run may go on although they were others when it began."""


def _flatten(value: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(value, Mapping) and value:
        flat: dict[str, Any] = {}
        for key, item in value.items():
            flat.update(_flatten(item, f"{prefix}.{key}" if prefix else str(key)))
        return flat
    return {prefix: value}


def config_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """The dotted keys in which two configs differ, with both values (None where there is none), in `new`'s order."""
    a, b = _flatten(old), _flatten(new)
    keys = [*b, *(key for key in a if key not in b)]
    return [(key, a.get(key), b.get(key)) for key in keys if a.get(key) != b.get(key)]
