"""`python -m verify_workers.lean build|path|check`: build the core library, say where it is, or try it."""

from __future__ import annotations

import argparse
import sys

from verify_workers.errors import UserError
from verify_workers.lean.build import diagnose, ensure


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m verify_workers.lean", description=__doc__)
    parser.add_argument("action", choices=("build", "path", "check"))
    action = parser.parse_args().action
    try:
        if action == "build":
            print(f"Lean core library {ensure().revision} is built")
        elif action == "path":
            print(ensure().path)
        else:
            ensure()
            rows = diagnose()
            for what, works, detail, remedy in rows:
                print(f"{'ok  ' if works else 'FAIL'} {what}: {detail}{f' -> {remedy}' if remedy else ''}")
            return 0 if all(works for _, works, _, _ in rows) else 1
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
