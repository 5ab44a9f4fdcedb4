"""The folder of an audit: what is asked, the finished parts, and the result.

asked.json       what is audited, against what, with what: another audit does not go on here
parts/           one Parquet file for each finished piece of rows, put in place whole and in order
verdicts.sqlite  verdicts, those of pieces that are not finished too
audit.parquet, summary.json, audit.html    the result; the parts go when it is there
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synth.audit.labels import Audited
from synth.store.files import read_records, write_records
from verify_workers.errors import UserError

TABLE, SUMMARY, PAGE, ASKED, CACHE = "audit.parquet", "summary.json", "audit.html", "asked.json", "verdicts.sqlite"


class Folder:
    """UserError where the folder holds another audit, or another process writes it."""

    def __init__(self, path: Path, asked: dict[str, Any]) -> None:
        self.path, self._asked = path, asked
        self._parts = path / "parts"

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """The folder, made if need be, for this process alone."""
        with contextlib.ExitStack() as stack:
            with self._writable():
                if self.path.exists() and not (self.path / ASKED).exists() and any(file.name != ".lock" for file in self.path.iterdir()):
                    raise UserError(f"{self.path}: holds other files; give --out a folder that is new or empty")
                self.path.mkdir(parents=True, exist_ok=True)
                lock = stack.enter_context((self.path / ".lock").open("w"))
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise UserError(f"{self.path}: another `synth audit` writes here; wait for it, or choose another --out") from None
                self._same_audit()
            yield

    @contextlib.contextmanager
    def _writable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UserError(f"{self.path}: cannot be written ({error.strerror or error})") from error

    def _same_audit(self) -> None:
        file = self.path / ASKED
        text = json.dumps(self._asked, indent=1, sort_keys=True, default=str) + "\n"
        if not file.exists() or not (self.complete or any(self._parts.glob("*.parquet"))):  # of what is begun nothing is lost
            _write(file, text)
            return
        before, now = json.loads(file.read_text(encoding="utf-8")), json.loads(text)
        if changed := _changed(before, now):
            differs = ", ".join(changed)
            raise UserError(f"{self.path}: holds another audit (other {differs}); choose another --out, or remove the folder")

    @property
    def cache(self) -> Path:
        return self.path / CACHE

    @property
    def complete(self) -> bool:
        return (self.path / SUMMARY).exists()

    def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.path / SUMMARY).read_text(encoding="utf-8"))
        return found

    def put(self, rows: list[Audited]) -> None:
        """One more part: it appears whole or not at all."""
        write_records(self._parts / f"{rows[0].row:010d}.parquet", rows, Audited)

    def rows(self) -> Iterator[Audited]:
        """The rows of all finished parts, in order."""
        for part in sorted(self._parts.glob("*.parquet")):
            yield from read_records(part, Audited)

    def finish(self, summary: dict[str, Any], page: str) -> None:
        """The result, the summary last: where that is, the audit is complete."""
        write_records(self.path / TABLE, self.rows(), Audited)
        with self._writable():
            _write(self.path / PAGE, page)
            _write(self.path / SUMMARY, json.dumps(summary, indent=1, ensure_ascii=False) + "\n")
        self.tidy()

    def tidy(self) -> None:
        """Remove what only an unfinished audit needs."""
        shutil.rmtree(self._parts, ignore_errors=True)
        for file in self.path.glob(f"{CACHE}*"):
            file.unlink(missing_ok=True)


def _changed(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What differs, by the names that options and settings have: `fields`, not `settings`."""
    changed = list[str]()
    for name in {**before, **now}:
        old, new = before.get(name), now.get(name)
        if isinstance(old, dict) and isinstance(new, dict) and name in ("settings", "lean"):
            changed += [key for key in {**old, **new} if old.get(key) != new.get(key)]
        elif old != new:
            changed.append(name)
    return changed


def _write(file: Path, text: str) -> None:
    part = file.with_name(f".{file.name}.{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    part.replace(file)
