"""How the command line ends: signals, and that nothing is left running."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
from types import FrameType

terminated: list[int] = []  # the signals that said so
interrupted: list[int] = []  # the exit status then


def terminate(number: int, frame: FrameType | None) -> None:
    """A batch system's SIGTERM ends a run as Ctrl-C does, once."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    terminated.append(number)
    raise KeyboardInterrupt


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
