"""How the command line ends: signals, and that nothing is left running."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
from types import FrameType

from synth.run.interrupt import heard

interrupted: list[int] = []  # the exit status then


def listen() -> None:
    """Have SIGINT and SIGTERM end the command, and be remembered: the exception that they raise may be lost on its way."""
    heard.clear()
    signal.signal(signal.SIGTERM, _end)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # a job in the background of a shell is not to hear Ctrl-C
        signal.signal(signal.SIGINT, _end)


def _end(number: int, frame: FrameType | None) -> None:
    """A batch system's SIGTERM ends a run as Ctrl-C does, once."""
    if number == signal.SIGTERM:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    heard.append(number)
    raise KeyboardInterrupt


def status_of(status: int) -> int:
    """The exit status of a command that would end with `status`: where it heard a signal, that of the first."""
    if heard:
        return 128 + heard[0]
    return status


def leave(number: int) -> None:
    """End at once, for a signal, with all that was started."""
    print("synth: interrupted", file=sys.stderr, flush=True)
    end_at_once(128 + number)


def exit_as_said() -> None:
    """The last thing at exit: after an interruption nothing is left running (a worker may just have been starting), and its status stands.

    Python ends by SIGINT itself where that reached code which C code had called, however it was dealt with further up.
    """
    if interrupted:
        end_at_once(interrupted[0])


def end_at_once(status: int) -> None:
    """End this process and all its descendants."""
    from verify_workers.processes import end_descendants

    logging.disable(logging.CRITICAL)  # what the others say of each other's death
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    end_descendants()
    os._exit(status)
