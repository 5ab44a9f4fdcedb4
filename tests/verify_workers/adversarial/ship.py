"""Write the suite's rows to the file that comes with the package: `python -m tests.verify_workers.adversarial.ship`."""

from __future__ import annotations

import json
import lzma

from tests.verify_workers.adversarial.attacks import ATTACKS, computation
from tests.verify_workers.adversarial.honest import HONEST
from verify_workers.qualify.cases import FILE


def text() -> str:
    """One row a line."""
    rows = []
    for case in (*ATTACKS, *HONEST, *computation.TABLE.cases):
        marks = {"false": bool(case.by) and not case.rule_only, "honest": case.honest and case.kind != "computation"}
        marks["limited"] = case.kind in ("resources", "computation")
        check = case.check().model_dump(mode="json", exclude_defaults=True)
        rows.append(json.dumps({"check": check} | {name: True for name, on in marks.items() if on}, sort_keys=True))
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    FILE.write_bytes(lzma.compress(text().encode(), preset=9))
    print(f"{FILE}: {FILE.stat().st_size:,} bytes")
