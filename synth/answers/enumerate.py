"""Programs that list small cases: asked of a model, and run in the jail that candidates' Lean runs in.

A program has no network, no files to write, none to read but Python's own library, no other process, and bounds on time, memory
and output.  Where this machine cannot confine it (Landlock or the filter of system calls is missing), it is not run.
"""

from __future__ import annotations

import asyncio
import ctypes
import re
import sys
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from synth.config import AnswersConfig
from verify_workers.jail import landlock, seccomp
from verify_workers.jail.command import jailed

PROGRAM = Path(__file__).with_name("program.py")
SHOWN = 400  # characters of the error that are kept
_INTEGERS = re.compile(r"-?\d+")


class Ended(StrEnum):
    """How a program ended."""

    DONE = "done"
    EMPTY = "empty"  # it printed nothing
    FAILED = "failed"  # an error of its own
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT = "output"  # it printed more than it may: cut there
    NO_JAIL = "no_jail"  # not run


@dataclass(frozen=True)
class Ran:
    """What came of a program."""

    ended: Ended
    output: str = ""
    error: str = ""

    @property
    def usable(self) -> bool:
        """Whether what it printed may be looked at: of a program that ran out of time, too, whole lines are."""
        return bool(self.output.strip()) and self.ended in (Ended.DONE, Ended.TIMEOUT, Ended.OUTPUT)


@cache
def jail_holds() -> bool:
    """Whether programs can be confined on this machine."""
    return seccomp.supported() and landlock.version(ctypes.CDLL(None, use_errno=True)) > 0


def command(config: AnswersConfig) -> list[str]:
    """The confined child; this process is its parent."""
    readable: list[Path | str] = [PROGRAM, f"{sys.base_prefix}/lib"]
    return jailed([str(PROGRAM)], readable, int(config.seconds) + 1, config.memory_mb << 20, 16)


async def run_program(source: str, config: AnswersConfig) -> Ran:
    """Run a program in the jail."""
    if not jail_holds():
        return Ran(Ended.NO_JAIL, error="this machine lacks Landlock or the filter of system calls (`synth doctor`)")
    child = await asyncio.create_subprocess_exec(
        *command(config),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd="/",
        env={},
    )
    assert child.stdin and child.stdout and child.stderr
    errors = asyncio.create_task(child.stderr.read(SHOWN))
    output, ended = bytearray(), Ended.DONE
    try:
        child.stdin.write(source.encode("utf-8", "replace"))
        child.stdin.close()
        async with asyncio.timeout(config.seconds):
            while len(output) <= config.output:
                if not (part := await child.stdout.read(1 << 16)):
                    break
                output += part
            else:
                ended = Ended.OUTPUT
            if ended is Ended.DONE:
                await child.wait()
    except TimeoutError:
        ended = Ended.TIMEOUT
    except (BrokenPipeError, ConnectionResetError):
        pass  # it ended before it had read itself
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()
    error = (await errors).decode("utf-8", "replace")
    text = bytes(output[: config.output]).decode("utf-8", "replace")
    if ended is Ended.DONE and child.returncode:
        ended = Ended.MEMORY if child.returncode == 3 else Ended.TIMEOUT if child.returncode == -24 else Ended.FAILED  # 24: SIGXCPU
    if ended in (Ended.TIMEOUT, Ended.OUTPUT):
        text = text[: text.rfind("\n") + 1]  # the last line may be half of one
    return Ran(Ended.EMPTY if ended is Ended.DONE and not text.strip() else ended, text, error)


Case = tuple[tuple[int, ...], tuple[int, ...]]
"""The arguments and the value (one number, or a list of them) of a case."""


def cases(output: str, arity: int, is_list: bool) -> list[Case]:
    """The cases that a program printed, a line each: arguments, then the value.  Lines of another shape are none."""
    found: list[Case] = []
    for line in output.splitlines():
        numbers = tuple(int(one) for one in _INTEGERS.findall(line.replace("True", "1").replace("False", "0")) if len(one) < 400)
        if len(numbers) == arity + 1 or (is_list and len(numbers) >= arity and line.strip()):
            found.append((numbers[:arity], numbers[arity:]))
    return found
