"""What a shard of a run's index takes (`synth/index`): memory, disk and seconds for statements and for problems.

    python docs/benchmarks/index.py statements [--count 1000000]
    python docs/benchmarks/index.py problems   [--count 200000]

`statements`: claims of statements, one in twenty of which says what an earlier one says, come from 200 shards at once, a problem's at a
time.  `problems`: texts of some forty words, one in ten of which is an earlier one with a few words changed that say nothing, come a
hundred at a time.  Then the same shard is started anew, in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from synth.config import FilterConfig
from synth.index import shard as index_shard
from synth.index.client import Index
from synth.index.shard import IndexShard
from synth.records import Problem, Statement
from synth.store.compact import compact
from synth.store.rundir import RunDir

AT_ONCE, A_PROBLEM, PIECE = 200, 4, 100
FILLER = ("let", "us", "prove", "that", "we", "have", "shown", "the", "given", "claim", "holds", "it", "is", "so", "then", "thus")


def rss() -> int:
    return int(psutil.Process().memory_info().rss)


def opened(folder: Path) -> Index:
    return Index([IndexShard(RunDir(folder), FilterConfig(), {})], FilterConfig())


async def statements(folder: Path, count: int) -> None:
    index, draw = opened(folder), random.Random(0)

    async def unit(first: int) -> int:
        some = [
            Statement(id=f"{n:020x}", problem_id="p", text="", form=f"form {n if draw.random() > 0.05 else draw.randrange(n + 1)}")
            for n in range(first, first + A_PROBLEM)
        ]
        answers = await index.claim(some, f"r001-s{first // 100:05d}-b{first // 25:07d}-statements")
        return sum(answer != s.id for answer, s in zip(answers, some, strict=True))

    lost = 0
    for start in range(0, count, AT_ONCE * A_PROBLEM):
        lost += sum(await asyncio.gather(*(unit(first) for first in range(start, start + AT_ONCE * A_PROBLEM, A_PROBLEM))))
    print(f"  {count:,} claims, {lost:,} of them lost", flush=True)


async def problems(folder: Path, count: int) -> None:
    index, draw = opened(folder), random.Random(0)
    words = ["".join(draw.choices("abcdefghijklmnoprstuvy", k=draw.randint(3, 9))) for _ in range(4000)]
    texts, passed = list[str](), 0
    for start in range(0, count, PIECE):
        for n in range(start, start + PIECE):
            if n and draw.random() < 0.1:
                old = texts[draw.randrange(len(texts))].split()
                texts.append(" ".join([*draw.choices(FILLER, k=3), *old]))
            else:
                texts.append(" ".join(draw.choice([*words, *FILLER * 20, str(draw.randrange(100))]) for _ in range(40)))
        piece = [(n, Problem(id=f"{n:020x}", text=texts[n])) for n in range(start, start + PIECE)]
        passed += len(await index.screen(f"r001-p{start // PIECE:05d}", piece))
    print(f"  {count:,} problems of {sum(map(len, texts)) / count:.0f} characters, {passed:,} of them repetitions", flush=True)


STEPS: dict[str, Callable[..., object]] = {"statements": statements, "problems": problems}


async def again(folder: Path, what: str) -> None:
    index = opened(folder)
    if what == "statements":
        await index.claim([Statement(id="x", problem_id="p", text="", form="form x")], "r002-s0000-b0000-statements")
    else:
        await index.screen("r002-p00000", [(10**9, Problem(id="x", text="Show it."))])
    print(f"  {await index.shards[0].stats()}", flush=True)


def measured(what: str, work: Callable[[], object], count: int) -> None:
    before, began = rss(), time.monotonic()
    work()
    seconds = time.monotonic() - began
    print(f"  {what}: {seconds:.0f} s, {count / seconds:,.0f}/s; {(rss() - before) / count:.0f} bytes of memory each", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=STEPS)
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--folder", default="")
    parser.add_argument("--again", action="store_true")
    arguments = parser.parse_args()
    count = arguments.count or {"statements": 1_000_000, "problems": 200_000}[arguments.what]
    index_shard.PAUSE = 0.0
    if arguments.folder:
        folder = Path(arguments.folder)
        if arguments.again:
            measured("started anew", lambda: asyncio.run(again(folder, arguments.what)), count)
            return
        measured("asked", lambda: asyncio.run(STEPS[arguments.what](folder, count)), count)
        entries = len(RunDir(folder).keys())
        compact(RunDir(folder), 1)
        size = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
        print(f"  {entries:,} units; put together {size / count:.0f} bytes of disk each", flush=True)
        return
    with tempfile.TemporaryDirectory(prefix="index-") as made:
        print(f"{arguments.what}: {count:,}, load {os.getloadavg()[0]:.1f}", flush=True)
        for last in ([], ["--again"]):
            command = [sys.executable, __file__, arguments.what, f"--count={count}", f"--folder={made}", *last]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
