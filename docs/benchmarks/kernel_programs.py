"""What the jail costs a kernel that is a program: processor time of one answer, confined and not.

    python docs/benchmarks/kernel_programs.py [--times 30]

The kernel is a shell script that becomes `grep`, so that hardly anything but starting it is measured.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from verify_workers.kernels.programs import ProgramKernel


def milliseconds(work: Callable[[], object], times: int) -> float:
    """Processor time of this process and its children for each call; the first is not counted."""
    work()

    def spent() -> float:
        each = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in each)

    begun = spent()
    for _ in range(times):
        work()
    return 1000 * (spent() - begun) / times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=30, help="answers that are asked for")
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as folder:
        program, closure = Path(folder) / "kernel", Path(folder) / "closure.ndjson"
        program.write_text('#!/bin/sh\nexec grep -q meta "$IN"\n')
        program.chmod(0o755)
        closure.write_text('{"meta":{}}\n')
        kernel = ProgramKernel(str(program))
        assert kernel.judge(closure, closure, 60.0).opinion == "accepted"
        confined = milliseconds(lambda: kernel.judge(closure, closure, 60.0), times)
        bare = milliseconds(lambda: subprocess.run([program], env={"IN": str(closure)}, check=True), times)
    print(f"{confined:.1f} ms of processor time an answer; {bare:.1f} ms without the jail")


if __name__ == "__main__":
    main()
