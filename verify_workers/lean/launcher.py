"""Run Lean's command line without a C compiler: call `lean_main` of libleanshared.so through ctypes.

    LEANSHARED=/path/to/libleanshared.so python -I -S launcher.py ARGS...

takes the arguments of the `lean` program.  Standard library only, and as little of it as possible: this file is the
start-up cost of every Lean process.  The process becomes Lean, so nothing of Python runs after `lean_main` returns.
"""

import ctypes
import os
import sys


def main(arguments: list[str]) -> None:
    """Become `lean ARGUMENTS`; never returns."""
    library = os.environ.get("LEANSHARED")
    if not library:
        sys.exit("launcher: LEANSHARED must name libleanshared.so")
    argv = [b"lean"] + [os.fsencode(argument) for argument in arguments]
    array = (ctypes.c_char_p * (len(argv) + 1))(*argv, None)
    code = ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL).lean_main(len(argv), array)
    ctypes.CDLL(None).fflush(None)  # the C streams; Python wrote nothing
    os._exit(code & 0xFF)  # the runtime has threads: leave without unloading it


if __name__ == "__main__":
    main(sys.argv[1:])
