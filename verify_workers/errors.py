"""The one exception that means "the user can mend this"; the command line prints it as one line and exits 2."""

from __future__ import annotations


class UserError(Exception):
    """A mistake or a missing part on the user's side: one line that names the place and the remedy."""
