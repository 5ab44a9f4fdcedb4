"""The one exception that means "the user can mend this", and how what is wrong is said.

The command line prints such an error and exits 2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence


class UserError(Exception):
    """A mistake or a missing part on the user's side: one line that names the place and the remedy."""


def all_of(lines: Sequence[str]) -> UserError:
    """Several mistakes at once, a line each."""
    return UserError(lines[0] if len(lines) == 1 else "\n  ".join([f"{len(lines)} things are missing or wrong:", *lines]))


def in_our_words(message: str) -> str:
    """What a validation says, without what pydantic puts before words of ours, at the beginning or after the name of what is wrong."""
    return re.sub(r"(^|: )Value error, ", r"\1", message)
