"""Programs that list small cases, in the jail: what they may do, what they may not, and how they end."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

import pytest

from synth.answers import enumerate as programs
from synth.answers.enumerate import Ended, cases, jail_holds, run_program
from synth.config import AnswersConfig
from verify_workers.jail import escapes

CONFIG = AnswersConfig(seconds=10, memory_mb=512, output=1000)
confined = pytest.mark.skipif(not jail_holds(), reason="this machine lacks Landlock or the filter of system calls")


def run(source: str, **settings: float) -> programs.Ran:
    return asyncio.run(run_program(source, CONFIG.model_copy(update=settings)))


@confined
def test_a_program_prints_cases() -> None:
    ran = run("import math, itertools\nfor n in range(4):\n    print(n, math.comb(2 * n, n))\n")
    assert (ran.ended, ran.output, ran.usable) == (Ended.DONE, "0 1\n1 2\n2 6\n3 20\n", True)


@confined
@pytest.mark.parametrize(
    ("source", "ended", "says"),
    [
        ("1 / 0", Ended.FAILED, "ZeroDivisionError: division by zero (line 1)"),
        ("x = 1\nprint(y)", Ended.FAILED, "NameError: name 'y' is not defined (line 2)"),
        ("x = (", Ended.FAILED, "SyntaxError"),
        ("", Ended.EMPTY, ""),
        ("import os\nos._exit(0)", Ended.EMPTY, ""),
        ("import sys\nsys.exit(2)", Ended.EMPTY, ""),
        ("x = [0] * 10 ** 9", Ended.MEMORY, ""),
        ("import requests", Ended.FAILED, "ModuleNotFoundError"),
        ("open('/etc/passwd')", Ended.FAILED, "PermissionError"),
        (f"open({str(Path(tempfile.gettempdir(), 'made'))!r}, 'w')", Ended.FAILED, "PermissionError"),
        ("import socket\nsocket.socket()", Ended.FAILED, "PermissionError"),
        ("import subprocess\nsubprocess.run(['true'])", Ended.FAILED, "PermissionError"),
    ],
)
def test_how_programs_end(source: str, ended: Ended, says: str) -> None:
    ran = run(source)
    assert ran.ended is ended and says in ran.error and not ran.usable


@confined
@pytest.mark.parametrize("source", ["print(1, 1)\nwhile True:\n    pass", "print(1, 1, flush=True)\nimport time\ntime.sleep(60)"])
def test_a_program_that_does_not_end_is_ended(source: str) -> None:
    ran = run(source.replace("print(1, 1)\n", "print(1, 1, flush=True)\n"), seconds=1.0)
    assert ran.ended is Ended.TIMEOUT and ran.output == "1 1\n" and ran.usable


@confined
def test_too_much_output_is_cut_at_a_line() -> None:
    ran = run("for n in range(10 ** 9):\n    print(n)")
    assert ran.ended is Ended.OUTPUT and ran.usable and ran.output.endswith("\n") and 900 < len(ran.output) <= 1000


@confined
def test_no_escape_gets_through(tmp_path: Path) -> None:
    """The list that every jail of Lean is tested with, as the program."""
    (tmp_path / "user").mkdir()
    secret = tmp_path / "user" / "secret"
    secret.write_text("kept", encoding="utf-8")
    source = Path(escapes.__file__).read_text(encoding="utf-8")
    arguments = f"import sys\nsys.argv = ['escapes', {str(secret)!r}, '/', '{os.getpid()}']\n"
    ran = run(arguments + source, output=20_000, memory_mb=1024)
    assert (ran.output, ran.error) == ("done\n", "")
    assert secret.read_text(encoding="utf-8") == "kept" and not (tmp_path / "user" / "made").exists()


@confined
def test_its_environment_is_empty() -> None:
    assert run("import os\nprint({*os.environ} - {'LC_CTYPE'})").output == "set()\n"  # that one Python sets itself


def test_without_a_jail_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "jail_holds", lambda: False)
    ran = run("print(1)")
    assert ran.ended is Ended.NO_JAIL and not ran.output and "synth doctor" in ran.error


@pytest.mark.parametrize(
    ("output", "arity", "is_list", "found"),
    [
        ("0 3\n1 7\n", 1, False, [((0,), (3,)), ((1,), (7,))]),
        ("n=2: f(n) = -5\nhello\n", 1, False, [((2,), (-5,))]),
        ("14\n", 0, False, [((), (14,))]),
        ("[7, 22]\n", 0, True, [((), (7, 22))]),
        ("[]\n", 0, True, [((), ())]),
        ("True\n", 0, False, [((), (1,))]),
        ("1 2 3\n", 1, False, []),
        ("", 0, False, []),
        ("9" * 500, 0, False, []),
    ],
)
def test_cases(output: str, arity: int, is_list: bool, found: list[programs.Case]) -> None:
    assert cases(output, arity, is_list) == found
