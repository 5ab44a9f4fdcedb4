"""The rows of the adversarial suite as they come with the package: cheats, and honest texts.

`cases.jsonl.xz` is written by `python -m tests.verify_workers.adversarial.ship` from the tests' tables, which a test compares.
"""

from __future__ import annotations

import json
import lzma
from dataclasses import dataclass
from pathlib import Path

from verify_workers.records import Check

FILE = Path(__file__).with_name("cases.jsonl.xz")


@dataclass(frozen=True)
class Shipped:
    """`false` marks what must never be accepted, `honest` what proves its statement; neither, what claims the truth and breaks a rule.

    `limited` is set where a limit of time, memory or depth may decide, so that two backends may answer differently.
    """

    check: Check
    false: bool = False
    honest: bool = False
    limited: bool = False


def shipped() -> list[Shipped]:
    """All rows, in the suite's order."""
    lines = lzma.decompress(FILE.read_bytes()).decode().splitlines()
    return [Shipped(Check.model_validate(row.pop("check")), **row) for row in map(json.loads, lines)]
