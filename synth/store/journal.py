"""Records that are appended as they are made, beside the file that they will be in: what an interrupted command has is not asked again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Generic

from pydantic import ValidationError

from synth.store.arrow import R
from verify_workers.errors import UserError


class Journal(Generic[R]):
    """The journal of the file `target`: `.NAME.journal`, a JSON record a line.  Each is in the kernel's hands when `write` returns."""

    def __init__(self, target: Path, model: type[R]) -> None:
        self.path, self.model = target.with_name(f".{target.name}.journal"), model

    def read(self) -> Iterator[R]:
        """The records so far; a line that a kill tore in two is passed over."""
        if not self.path.exists():
            return
        with self.path.open("rb") as lines:
            for line in lines:
                try:
                    yield self.model.model_validate_json(line)
                except ValidationError:
                    continue

    def write(self, record: R) -> None:
        """Append one record."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                # A torn last line must not swallow this one.
                file.write(("\n" if file.tell() else "").encode() + record.model_dump_json().encode("utf-8", "replace"))
        except OSError as error:
            raise UserError(f"{self.path}: cannot be written ({os.strerror(error.errno or 0).lower()})") from error

    def remove(self) -> None:
        """When the file itself holds everything."""
        self.path.unlink(missing_ok=True)
