"""`python -m verify_workers.second_kernel FILE`: exit status 0 accepted, 1 rejected, 2 not known (unsupported, or too long),
70 where it could not be read.

With `--serve LIBRARY` the lines of standard input are `{"file", "root"}`, files that build on the library's, and each is
answered by a judgement in one line.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import resource
import sys
import threading
from pathlib import Path

from verify_workers.second_kernel import VERSION
from verify_workers.second_kernel.judge import STEPS, Library, judge_file

STACK = 1 << 29  # bytes
MEMORY = 3 << 20  # KiB; what has grown larger is started anew
ADDRESSES = 6 << 30  # bytes that a server may have; a proof that wants more is not judged
FAILED = 70
STATUS = {"accepted": 0, "rejected": 1, "unsupported": 2, "budget": 2}


def main() -> int:
    parser = argparse.ArgumentParser("verify_workers.second_kernel", description="Judge an export file (lean4export's NDJSON, format 3).")
    parser.add_argument("file", type=Path, help="the file; with --serve, the library's")
    parser.add_argument("--root", default="", help="the theorem that it has to hold")
    parser.add_argument("--steps", type=int, default=STEPS, help="that one declaration may take")
    parser.add_argument("--serve", action="store_true", help="answer the files named on standard input, which build on FILE")
    parser.add_argument("--known", type=Path, help="with --serve: where it is kept which of the library's declarations have been checked")
    parser.add_argument("--version", action="version", version=VERSION)
    asked = parser.parse_args()
    status = [FAILED]

    def work() -> None:
        try:
            status[0] = _serve(asked.file, asked.known, asked.steps) if asked.serve else _judge(asked.file, asked.root, asked.steps)
        except OSError as error:
            print(f"{asked.file}: {error.strerror or error}", file=sys.stderr)

    threading.stack_size(STACK)  # terms are deep
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join()
    return status[0]


def _judge(path: Path, root: str, steps: int) -> int:
    judgement = judge_file(path, root, steps)
    print(json.dumps(dataclasses.asdict(judgement), ensure_ascii=False))
    return STATUS[judgement.outcome]


def _serve(path: Path, known: Path | None, steps: int) -> int:
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES if hard == resource.RLIM_INFINITY else min(ADDRESSES, hard), hard))
    data = path.read_bytes()
    key = hashlib.sha256(data)
    for source in sorted(Path(__file__).parent.glob("*.py")):
        key.update(source.read_bytes())
    name = key.hexdigest()

    def keep(library: Library) -> None:
        if known is not None and library.learned:
            _keep(known, name, library)

    library = Library(data.splitlines(), _known(known, name), steps, keep)
    del data
    print(json.dumps({"ready": VERSION}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        judgement = library.judge(Path(request["file"]).read_bytes().splitlines(), request["root"])
        keep(library)
        print(json.dumps(dataclasses.asdict(judgement)), flush=True)
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > MEMORY:
            break
    return 0


def _known(path: Path | None, name: str) -> list[str]:
    """What is known to be checked; nothing, if that was of another library or another code."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8")) if path is not None else {}
        return list(kept["checked"]) if kept.get("of") == name else []
    except (OSError, ValueError, LookupError, TypeError):
        return []


def _keep(path: Path, name: str, library: Library) -> None:
    """Add what was learned; others may have done so meanwhile."""
    checked = sorted({*_known(path, name), *library.trusted, *library.learned})
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps({"of": name, "checked": checked}), encoding="utf-8")
    part.replace(path)
    library.trusted |= library.learned
    library.learned = set()


if __name__ == "__main__":
    sys.exit(main())
