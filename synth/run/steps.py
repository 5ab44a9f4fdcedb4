"""What is done one after the other before a run starts, each of which may find something that a user has to mend."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from verify_workers.errors import UserError

T = TypeVar("T")


class Steps:
    """Steps that end where one finds something wrong; or, in a `rehearsal`, go on, so that all of it is told at once."""

    def __init__(self, rehearsal: bool = False) -> None:
        self.rehearsal = rehearsal
        self.wrong: list[str] = []  # each thing once
        self.notes: list[str] = []  # for the user, whatever is wrong

    def take(self, step: Callable[[], T]) -> T | None:
        """What the step returns; in a rehearsal None where it raises UserError."""
        try:
            return step()
        except UserError as error:
            if not self.rehearsal:
                raise
            if str(error) not in self.wrong:
                self.wrong.append(str(error))
            return None
