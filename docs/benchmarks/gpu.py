"""What a GPU did while a command ran: its busy share, by the stages of a run, and the memory that each process held.

    python docs/benchmarks/gpu.py watch FILE.csv -- synth run cluster/configs/gpu_small.yaml --run-dir runs/gpu
    python docs/benchmarks/gpu.py table FILE.csv [--run runs/gpu]

`watch` runs the command and writes a line five times a second: seconds since 1970, busy share, MiB in use, MiB by process.
Busy is what NVIDIA's driver calls so: the share of time in which some kernel ran, however little of the GPU it filled.
`table` prints the busy share and the largest memory by stage of the run's timeline; without --run, of the whole.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import threading
import time
from bisect import bisect_left
from collections import defaultdict
from pathlib import Path

EVERY = 0.2  # seconds


def watch(path: Path, command: list[str]) -> int:
    """Run `command`; its exit status."""
    import pynvml

    pynvml.nvmlInit()
    gpu = pynvml.nvmlDeviceGetHandleByIndex(0)
    ended = threading.Event()

    def look() -> None:
        with path.open("w", newline="") as file:
            out = csv.writer(file)
            out.writerow(["time", "busy", "used", "processes"])
            while not ended.wait(EVERY):
                held = {one.pid: (one.usedGpuMemory or 0) >> 20 for one in pynvml.nvmlDeviceGetComputeRunningProcesses(gpu)}
                used = pynvml.nvmlDeviceGetMemoryInfo(gpu).used >> 20
                busy = pynvml.nvmlDeviceGetUtilizationRates(gpu).gpu / 100
                out.writerow([round(time.time(), 2), busy, used, json.dumps(held)])

    thread = threading.Thread(target=look)
    thread.start()
    try:
        return subprocess.run(command, check=False).returncode
    finally:
        ended.set()
        thread.join()


def table(path: Path, run: Path | None) -> None:
    with path.open(newline="") as file:
        looks = [(float(row["time"]), float(row["busy"]), int(row["used"])) for row in csv.DictReader(file)]
    lasted, share = looks[-1][0] - looks[0][0], sum(look[1] for look in looks) / len(looks)
    print(f"whole: {lasted:.0f} s, busy {share:.1%}, {max(look[2] for look in looks)} MiB")
    if run is None:
        return
    times = [look[0] for look in looks]
    seconds: dict[str, float] = defaultdict(float)
    busy: dict[str, float] = defaultdict(float)
    most: dict[str, int] = defaultdict(int)
    for part in sorted((run / "timeline").glob("*.jsonl")):
        rows = [json.loads(line) for line in part.read_text().splitlines()]
        begin = part.stat().st_mtime - rows[-1]["time"]  # a row is written when it ends
        for row in rows:
            end = begin + row["time"]
            seen = looks[bisect_left(times, end - row["span"]) : bisect_left(times, end)]
            for stage, spent in row.get("stages", {}).items():
                if seen:
                    name = f"round {'/'.join(map(str, row['rounds']))} {stage}"
                    seconds[name] += spent
                    busy[name] += spent * sum(look[1] for look in seen) / len(seen)
                    most[name] = max(most[name], *(look[2] for look in seen))
    for name, spent in seconds.items():
        print(f"{name}: {spent:.0f} s, busy {busy[name] / max(spent, 1e-9):.1%}, {most[name]} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="what", required=True)
    watching = commands.add_parser("watch")
    watching.add_argument("file", type=Path)
    watching.add_argument("command", nargs=argparse.REMAINDER)
    printing = commands.add_parser("table")
    printing.add_argument("file", type=Path)
    printing.add_argument("--run", type=Path)
    arguments = parser.parse_args()
    if arguments.what == "table":
        table(arguments.file, arguments.run)
    else:
        sys.exit(watch(arguments.file, [word for word in arguments.command if word != "--"]))


if __name__ == "__main__":
    main()
