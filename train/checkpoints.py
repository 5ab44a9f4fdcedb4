"""The checkpoints of a round on disk, and which of them is good.

`latest.json` names the newest complete one.  It is *good* once training has gone on from it to a finite loss: weights can be
finite and lead nowhere.  Until then the one before it is kept too, and a diverged round falls back to that.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from train.inbox import write_json


class Checkpoints:
    """What lies in `folder`.  One worker of a round writes there, the others only look."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def newest(self) -> dict[str, Any] | None:
        """`tag` (its folder's name) and `step` of the newest; `good`; `before`, the same of an older one that is good, or None."""
        path = self.folder / "latest.json"
        return json.loads(path.read_text()) if path.exists() else None

    def add(self, tag: str, step: int) -> None:
        """The checkpoint `tag` is complete."""
        last = self.newest()
        before = last if last is None or last.get("good", True) else last["before"]
        self._keep({"tag": tag, "step": step, "good": False, "before": before and {**before, "good": True, "before": None}})

    def confirm(self, step: int) -> None:
        """All losses up to `step` were finite."""
        last = self.newest()
        if last is not None and not last.get("good", True) and last["step"] < step:
            self._keep(last | {"good": True, "before": None})

    def fall_back(self) -> None:
        """What came after the last good checkpoint is worth nothing."""
        last = self.newest()
        if last is not None and not last.get("good", True):
            self._keep(last["before"])

    def _keep(self, newest: dict[str, Any] | None) -> None:
        """Let `newest` be the newest, and drop all that neither it nor what it names is."""
        if newest is None:
            (self.folder / "latest.json").unlink(missing_ok=True)
        else:
            write_json(self.folder / "latest.json", newest)
        named = {part["tag"] for part in (newest, newest and newest["before"]) if part}
        for old in self.folder.iterdir():
            if old.is_dir() and old.name not in named:
                shutil.rmtree(old, ignore_errors=True)
