"""The working directory of a process that goes on while others put a new one in its place."""

from __future__ import annotations

import os
import time

from verify_workers.errors import UserError

GONE = " (deleted)"  # what Linux adds to the name of a directory that somebody is in and nobody can enter any more
SECONDS = 10.0  # that the new one may take to be there


def enter_again() -> None:
    """Enter the working directory by its name once more, where the one that this process is in has been deleted and made anew.

    Ray unpacks the package of a job (`--working-dir`) over itself for each node that begins to serve the job, and the nodes of one
    machine share their folder.  A process that was in it before has no working directory then: nothing is found by a relative path,
    and oneMKL, which asks for the directory when PyTorch is loaded, ends the process.  Raises UserError where there is no new one.
    """
    try:
        os.getcwd()
        return
    except FileNotFoundError:
        name = os.readlink("/proc/self/cwd").removesuffix(GONE)
    until = time.monotonic() + SECONDS
    while True:
        try:
            os.chdir(name)
            return
        except FileNotFoundError:
            if time.monotonic() > until:
                raise UserError(f"the working directory {name} was deleted after this process had started; start in another") from None
        time.sleep(0.05)
