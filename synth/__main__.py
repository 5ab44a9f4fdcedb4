"""`python -m synth` is `synth`, from its first import on."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """The command line; Ctrl-C is one line also while it is read."""
    try:
        from synth.cli import main as run
    except KeyboardInterrupt:
        print("synth: interrupted", file=sys.stderr, flush=True)
        os._exit(130)
    run()


if __name__ == "__main__":
    main()
