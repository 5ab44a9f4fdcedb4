"""Reading Lean's messages on a snippet: positions, the end that must be reached, and a line of ours that shows nowhere."""

from __future__ import annotations

import json

import pytest

from verify_workers.records import Message, Outcome
from verify_workers.text import snippet
from verify_workers.text.pin import MalformedOutput


def line(row: int, text: str, severity: str = "information", end: int | None = None) -> str:
    place = {"pos": {"line": row, "column": 0}, "endPos": None if end is None else {"line": end, "column": 3}}
    return json.dumps({"severity": severity, "data": text} | place) + "\n"


FILE = snippet.build("import Init\nopen Nat\n", "theorem x : 1 = 1 := rfl\n-- the end")
DONE = line(FILE.last, f"{FILE.nonce}\n")


def test_the_file_is_the_users_and_one_line() -> None:
    lines = FILE.text.split("\n")
    assert lines[:4] == ["import Init", "open Nat", "theorem x : 1 = 1 := rfl", "-- the end"]
    assert lines[FILE.last - 1] == f'#print "{FILE.nonce}"' and FILE.above == 2
    assert snippet.build("", "").nonce != FILE.nonce


@pytest.mark.parametrize(
    ("output", "status", "outcome"),
    [
        (DONE, 0, Outcome.ELABORATED),
        (line(3, "x : 1 = 1") + DONE, 0, Outcome.ELABORATED),
        (line(4, "using 'exit' to interrupt Lean", "warning"), 0, Outcome.ELABORATED),
        ("", 0, Outcome.REJECTED),
        ("", 1, Outcome.REJECTED),
        (DONE, 1, Outcome.REJECTED),
        (line(3, "x : 1 = 1"), 0, Outcome.REJECTED),
        (line(3, "Type mismatch", "error") + DONE, 1, Outcome.REJECTED),
        (line(FILE.last - 1, FILE.nonce), 0, Outcome.REJECTED),  # said elsewhere
        (line(FILE.last, "0" * 32), 0, Outcome.REJECTED),  # something else said there
    ],
)
def test_elaborated_only_at_the_end(output: str, status: int, outcome: Outcome) -> None:
    reading = snippet.read(FILE, output, status)
    assert reading.outcome is outcome and not [m for m in reading.messages if FILE.nonce in m.text]


def test_a_file_that_is_cut_off_says_so_as_without_our_line() -> None:
    (message,) = snippet.read(FILE, line(3, "unexpected token '#print'; expected term", "error", FILE.last), 1).messages
    assert (message.line, message.column, message.text) == (FILE.last - FILE.above, 0, "unexpected end of input")


def test_an_own_print_in_the_wrong_place_is_the_users() -> None:
    (message,) = snippet.read(FILE, line(3, "unexpected token '#print'; expected term", "error", 3), 1).messages
    assert (message.line, message.text) == (1, "unexpected token '#print'; expected term")


def test_what_stands_above_goes_to_the_first_line() -> None:
    (message,) = snippet.decide(FILE, [Message(severity="error", line=1, column=2, text="unknown module")]).messages
    assert message.line == 1


@pytest.mark.parametrize(
    ("output", "status"), [("Segmentation fault\n", 0), (DONE, 3), (DONE[: len(DONE) // 2], 0)], ids=["a crash", "a status", "cut off"]
)
def test_what_is_no_output_of_lean_is_no_reading(output: str, status: int) -> None:
    with pytest.raises(MalformedOutput):
        snippet.read(FILE, output, status)
