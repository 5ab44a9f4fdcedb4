"""How what is wrong is said."""

from __future__ import annotations

import pytest

from verify_workers.errors import all_of, in_our_words


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Value error, give one of both", "give one of both"),
        ("Invalid value for '--format': Value error, 'hff' is not one of 'hf'", "Invalid value for '--format': 'hff' is not one of 'hf'"),
        ("Input should be a valid integer", "Input should be a valid integer"),
        ("the row says Value error, and no more", "the row says Value error, and no more"),
    ],
)
def test_pydantic_is_not_named_before_our_words(message: str, said: str) -> None:
    assert in_our_words(message) == said


def test_one_mistake_is_a_line_and_several_are_a_line_each() -> None:
    assert str(all_of(["a: gone"])) == "a: gone"
    assert str(all_of(["a: gone", "b: none"])) == "2 things are missing or wrong:\n  a: gone\n  b: none"
