"""Kimina's client, as it is on PyPI.

On Python 3.11 pydantic wants the TypedDict of typing_extensions, and the client takes that of `typing`: it cannot be
imported there at all.  So `typing.TypedDict` is the other one while it is imported; the client itself is unchanged.
"""

from __future__ import annotations

import sys
import typing

import typing_extensions

if sys.version_info < (3, 12):
    before = typing.TypedDict
    typing.TypedDict = typing_extensions.TypedDict  # type: ignore[assignment]
    try:
        import kimina_client  # noqa: F401
    finally:
        typing.TypedDict = before  # type: ignore[assignment]
