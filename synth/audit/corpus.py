"""`synth audit`: somebody's corpus, row by row, in bounded memory; the same command goes on where it was stopped.

Rows are read as a stream in pieces; two pieces are with the Lean workers while the one before is finished.  A piece is finished in
the order of the rows, since what counts as a duplicate depends on what came before.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from synth.audit import verdicts
from synth.audit.finish import finish, first_of_its_kind
from synth.audit.folder import Folder
from synth.audit.labels import SILENT, Audited, Label
from synth.audit.page import render
from synth.audit.repeats import Repeats
from synth.audit.rows import FIELDS, Candidate, candidate, column_names, recognized, without_header
from synth.audit.seen import Seen, read_seen
from synth.problems.columns import BadRow
from synth.problems.files import EVERY_SPLIT, Format, locate
from synth.problems.formats import Row, dataset_rows, rows
from synth.show.progress import Progress
from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.lean.advisories import advisory
from verify_workers.lean.build import LEAN_GITHASH, LEAN_VERSION
from verify_workers.lean.project import discover
from verify_workers.pool.local import LocalPool
from verify_workers.records import Check, Verdict

PIECE = 256  # rows
AHEAD = 2  # pieces that are with the workers
LOOKED_AT = 64  # rows by which the columns are told
NAMED = 12  # columns not looked at that are named


class AuditConfig(BaseModel):
    """How a corpus is read and what is looked for: `synth audit --set`."""

    model_config = ConfigDict(extra="forbid")

    fields: dict[str, str] = Field(
        {}, description=f"column of each of {', '.join(FIELDS)} (a.b: part b of a; '' = none); guessed otherwise"
    )
    format: Format = Field("auto", description="auto: by the ending of the file")
    split: str = Field(EVERY_SPLIT, description="split of a data set, or of a folder whose files' names say splits")
    subset: str = Field("", description="configuration of a hub data set")
    limit: int = Field(0, ge=0, description="rows to audit at most; 0 = all")
    header: Literal["keep", "drop"] = Field("keep", description="drop: imports, opens and options at the top are left out")
    timeout: float = Field(60.0, gt=0, description="seconds of Lean per row")
    similarity: float = Field(0.7, gt=0, le=1, description="likeness of words (Jaccard) from which a problem is a benchmark's")
    vacuous: bool = Field(True, description="also ask whether a statement's hypotheses contradict each other, by cheap tactics")


@dataclass
class Counts:
    """What came of the rows so far."""

    labels: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    found: Counter[str] = field(default_factory=Counter)  # rows with a finding of this label, whatever their own is
    rows: int = 0
    seconds: float = 0.0

    def add(self, row: Audited) -> None:
        self.rows += 1
        self.seconds += row.seconds
        self.labels[row.label] += 1
        self.reasons.setdefault(row.label, Counter())[row.reason] += 1
        self.found.update({text.partition(" ")[0].rstrip(":") for text in row.findings})


def audit(
    source: str,
    out: Path,
    benchmarks: Sequence[str],
    config: AuditConfig,
    pool: PoolConfig,
    progress: Progress,
    note: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Audit the rows of `source` into the folder `out` and return what `summary.json` says.  UserError for what cannot be read."""
    if unknown := sorted(set(config.fields) - set(FIELDS)):
        raise UserError(f"fields.{unknown[0]}: unknown field; the fields are {', '.join(FIELDS)}")
    lean_of(pool)  # a project that does not work is told before anything is looked for on the network
    with _own_words():
        files, others = _files(source, config), {path: _files(path, AuditConfig()) for path in benchmarks}
    asked = {
        "source": source,
        "files": files,
        "benchmarks": others,
        "settings": config.model_dump(),
        "lean": {"project": str(pool.project or ""), "backend": pool.backend, "audit": pool.audit},
    }
    folder = Folder(out, asked)
    with folder.held(), _own_words():
        if folder.complete:
            note(f"{out}: complete already; nothing is done again")
            folder.tidy()
            return folder.summary()
        # Kept verdicts make what was under way when an audit was stopped cost nothing the second time.
        pool = pool.model_copy(update={"cache": pool.cache.model_copy(update={"path": pool.cache.path or folder.cache})})
        with LocalPool(pool) as lean:
            return _audit(source, folder, benchmarks, config, lean, progress, note)


def _audit(
    source: str,
    folder: Folder,
    benchmarks: Sequence[str],
    config: AuditConfig,
    lean: LocalPool,
    progress: Progress,
    note: Callable[[str], None],
) -> dict[str, Any]:
    columns: dict[str, str] = {}
    read = _candidates(source, config, columns, note)
    read = chain(list(islice(read, 1)), read)  # a data set that is not there is told before Lean is asked about benchmarks
    seen = read_seen(benchmarks, config.similarity, lean, progress)
    counts, repeats = Counts(), Repeats()
    for done in _pieces(folder.rows()):  # of an earlier call
        for row in done:
            counts.add(row)
        repeats.take([row for row in done if first_of_its_kind(row)])
    if counts.rows:
        note(f"{counts.rows:,} rows were audited before; going on")
    stage, begun, before = progress.stage("audit"), time.monotonic(), counts.rows
    progress.advance(stage, before)
    stopped = False  # what is asked then comes back unanswered, and is not done
    with ThreadPoolExecutor(AHEAD) as threads:
        try:
            pieces = _pieces(islice(read, counts.rows, None))
            for piece, answers in _answered(pieces, lean, config, threads, lambda: progress.advance(stage, not stopped)):
                finished = finish(piece, answers, seen, repeats, lean, config.timeout)
                folder.put(finished)
                for row in finished:
                    counts.add(row)
                    if row.label not in SILENT:
                        progress.rejected(row.label, counts.labels[row.label])
                progress.advance(stage, sum(bool(one.problem) for one in piece))
        except BaseException:
            stopped = True
            lean.close(0.5)  # or the threads would wait for pieces that nobody will finish
            raise
    progress.finish(stage)
    if not counts.rows:
        raise UserError(f"{source}: no rows; give a file that holds some")
    summary = _summary(source, benchmarks, config, counts, columns, lean, seen)
    summary["run"] = {"rows": counts.rows - before, "seconds": round(time.monotonic() - begun, 1), "workers": lean.workers}
    folder.finish(summary, render(summary, folder.rows()))
    return summary


def _summary(
    source: str, benchmarks: Sequence[str], config: AuditConfig, counts: Counts, columns: Mapping[str, str], lean: LocalPool, seen: Seen
) -> dict[str, Any]:
    stats = lean.stats()
    version, commit = lean_of(lean.config)
    return {
        "source": source,
        "rows": counts.rows,
        "labels": {label.value: counts.labels[label] for label in Label},
        "reasons": {label: dict(reasons.most_common()) for label, reasons in sorted(counts.reasons.items())},
        "findings": {label.value: counts.found[label] for label in Label if counts.found[label]},
        "columns": dict(columns),
        "benchmarks": {path: seen.sizes.get(path, 0) for path in benchmarks},
        "settings": config.model_dump(),
        "lean": {
            "version": version,
            "commit": commit,
            "library": stats["library"],
            "backend": stats["backend"],
            "audit": lean.config.audit,
            "project": str(lean.config.project or ""),
            "advisory": advisory(version, commit),
        },
        "lean_seconds": round(counts.seconds, 1),
    }


def lean_of(config: PoolConfig) -> tuple[str, str]:
    """Version and commit of the Lean that a pool uses; the commit is '' where Lean does not say it."""
    if config.project is None:
        return LEAN_VERSION, LEAN_GITHASH
    project = discover(config.project, config.repl, need_repl=False)
    return project.version, project.githash


# ---- rows in


def _files(source: str, config: AuditConfig) -> list[list[Any]]:
    """The files of a source with their sizes and times, where they can be told."""
    found = locate(source, config.format, config.split)
    if found is None:
        return []
    told = [(name, found.fs.info(name)) for name in found.chosen]
    return [[name, about.get("size"), str(about.get("mtime", about.get("ETag", "")))] for name, about in told]


@contextlib.contextmanager
def _own_words() -> Iterator[None]:
    """What readers of problems say of their settings, as `synth audit` names them."""
    try:
        yield
    except UserError as error:
        said = re.sub(r"\bproblems\.(split|format|subset|fields)", r"--set \1", str(error))
        raise UserError(re.sub(r"\bhold(s?) (?:the )?problems", r"hold\1 rows", said)) from None


def _candidates(source: str, config: AuditConfig, columns: dict[str, str], note: Callable[[str], None]) -> Iterator[Candidate]:
    """Each row as a check; `columns` gets what was taken for what, `note` too.  UserError where no row holds a statement or a proof."""
    numbered = enumerate(_rows(source, config), 1)
    read = islice(numbered, config.limit) if config.limit else numbered
    head = list(islice(read, LOOKED_AT))
    plain = [row for _, (_, row) in head if not isinstance(row, BadRow)]
    columns.update(column_names(plain, config.fields))
    names = list(dict.fromkeys(name for row in plain for name in row))
    if head and not {"statement", "proof", "code"} & set(columns):
        there = ", ".join(names) or "none"
        raise UserError(
            f"{source}: no column is a statement or a proof by its name (there are {there}); give --set fields.statement=COLUMN, …"
        )
    if columns:
        note(_taken(source, columns, [name for name in names if name not in {column.partition(".")[0] for column in columns.values()}]))
    for number, (place, row) in chain(head, read):
        one = candidate(number, place, row, config.fields)
        yield without_header(one) if config.header == "drop" else one


def _taken(source: str, columns: Mapping[str, str], others: Sequence[str]) -> str:
    """Which column is what, and which ones are not looked at: a statement among these would be missed in silence."""
    told = ", ".join(f"{field} from `{column}`" for field, column in columns.items())
    more = f", and {len(others) - NAMED} more" if len(others) > NAMED else ""
    unused = f"; not looked at: {', '.join(others[:NAMED])}{more} (--set fields.FIELD=COLUMN)" if others else ""
    return f"{source}: {told}{unused}"


def _rows(source: str, config: AuditConfig) -> Iterator[Row]:
    files = None if config.format == "datasets" else locate(source, config.format, config.split)
    if files is None:
        return dataset_rows(source, config.subset, config.split)
    return rows(files, config.format, config.split, partial(recognized, fields=config.fields))


def _pieces(items: Iterator[Any]) -> Iterator[list[Any]]:
    while piece := list(islice(items, PIECE)):
        yield piece


# ---- through Lean


def _ask(lean: LocalPool, checks: Sequence[Check], done: Callable[[], None]) -> list[Verdict]:
    """A verdict for each check, in any order; `done` is called for each row."""
    found = list[Verdict]()
    for verdict in lean.as_completed(checks):
        found.append(verdict)
        if not verdicts.is_second(verdict):
            done()
    return found


def _answered(
    pieces: Iterator[list[Candidate]], lean: LocalPool, config: AuditConfig, threads: ThreadPoolExecutor, done: Callable[[], None]
) -> Iterator[tuple[list[Candidate], list[Verdict]]]:
    """Each piece with Lean's answers, in order; the next ones are being asked about meanwhile, `done` is called for each row."""
    waiting: deque[tuple[list[Candidate], Future[list[Verdict]]]] = deque()
    try:
        for piece in pieces:
            asked = [check for one in piece if not one.problem for check in verdicts.checks(one, config.timeout, config.vacuous)]
            waiting.append((piece, threads.submit(_ask, lean, asked, done)))
            if len(waiting) > AHEAD:
                yield waiting[0][0], waiting[0][1].result()
                waiting.popleft()
        while waiting:
            yield waiting[0][0], waiting[0][1].result()
            waiting.popleft()
    finally:
        for _, future in waiting:
            future.cancel()
