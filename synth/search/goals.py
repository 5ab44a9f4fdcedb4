"""A goal as Lean prints it, and as a closed theorem whose binders are its local context."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from verify_workers.text.statement import StatementError, parse_theorem

NAME = "subgoal"  # of every closed goal: equal goals are one statement
_DEAD = re.compile(r"[\w'.!?]+✝[¹²³⁰⁴-⁹]*")
_LOCAL = re.compile(r"(?P<names>\S+(?: \S+)*?) : (?P<rest>.*)", re.S)


@dataclass(frozen=True)
class Local:
    """A variable or hypothesis of a goal; `value` is that of a `let` or `set` variable."""

    name: str
    type: str
    value: str = ""
    instance: bool = False

    @property
    def binder(self) -> str:
        """As a binder: a `let` variable is any one that has its value."""
        if self.instance:
            return f"[{self.name} : {self.type}]"
        return f"({self.name} : {self.type})" + (f" ({self.name}_def : {self.name} = {self.value})" if self.value else "")

    @property
    def argument(self) -> str:
        """What a theorem with that binder is given for it."""
        return "" if self.instance else f"{self.name} rfl" if self.value else self.name


@dataclass(frozen=True)
class Goal:
    """What is to be proved at one place.  `dead` are the variables whose names are hidden there, under the names that they get."""

    locals: tuple[Local, ...]
    target: str
    dead: tuple[str, ...] = ()
    universes: str = ""
    """Those that the statement around it declares."""

    def without(self, names: Collection[str]) -> Goal:
        """The goal without these hypotheses."""
        return replace(self, locals=tuple(local for local in self.locals if local.name not in names))

    @property
    def binders(self) -> str:
        """The context as binders, neighbours of one type in one."""
        parts: list[str] = []
        for _, same in groupby(self.locals, key=lambda local: local if local.instance or local.value else local.type):
            first, *others = same
            parts.append(replace(first, name=" ".join(local.name for local in (first, *others))).binder)
        return " ".join(parts)

    @property
    def statement(self) -> str:
        """The goal as a theorem."""
        head = f"theorem {NAME}.{{{self.universes}}}" if self.universes else f"theorem {NAME}"
        return f"{head} {self.binders}{' ' if self.locals else ''}: {self.target}"

    @property
    def proposition(self) -> str:
        """What that theorem says, as one proposition."""
        return f"∀ {self.binders}, {self.target}" if self.locals else self.target

    @property
    def renaming(self) -> str:
        """The tactic that gives hidden variables their names; '' where there are none."""
        return f"rename_i {' '.join(self.dead)}" if self.dead else ""

    def closed_by(self, lemma: str) -> str:
        """The tactics, on one line, that close the goal by a theorem of that statement under the name `lemma`."""
        exact = " ".join(["exact", lemma, *filter(None, (local.argument for local in self.locals))])
        return f"{self.renaming}; {exact}" if self.dead else exact


def read_goal(printed: str) -> Goal | None:
    """The first goal of what `trace_state` prints, each part on a line of its own or indented below it; None where it shows none."""
    entries: list[str] = []
    for line in printed.split("\n\n")[0].split("\n"):
        if line.startswith((" ", "\t")) and entries:
            entries[-1] += f" {line.strip()}"
        elif line.strip() and (entries or not line.startswith("case ")):
            entries.append(line)
    if not entries or not entries[-1].startswith("⊢ "):
        return None
    names = _revived(entries)
    found: list[Local] = []
    for entry in entries[:-1]:
        match = _LOCAL.fullmatch(entry)
        if match is None:
            return None
        type_, _, value = match["rest"].partition(" := ")
        kept = (_alive(type_, names), _alive(value, names))
        found += [Local(names.get(name, name), *kept, name.startswith("inst✝")) for name in match["names"].split(" ")]
    # Instances keep hidden names too, and `rename_i` counts them.
    dead = [names[name] for entry in entries[:-1] for name in entry.split(" : ")[0].split(" ") if name in names]
    goal = Goal(tuple(found), _alive(entries[-1][2:], names), tuple(dead))
    try:
        parse_theorem(goal.statement)
    except StatementError:
        return None
    return goal


def _revived(entries: Sequence[str]) -> dict[str, str]:
    """A name of their own for the variables whose names are hidden (`n✝`)."""
    text = " ".join(entries)
    taken = set(re.findall(r"[\w'.!?]+", text))
    names: dict[str, str] = {}
    for dead in dict.fromkeys(_DEAD.findall(text)):
        stem = re.sub(r"\W", "", dead.split("✝")[0].split(".")[-1]) or "x"
        fresh = next(name for i in range(1, len(taken) + 2) if (name := f"{stem}_{i}") not in taken)
        taken.add(fresh)
        names[dead] = fresh
    return names


def _alive(text: str, names: Mapping[str, str]) -> str:
    """`text` under those names, its universes left for Lean to find."""
    return re.sub(r"\b(Type|Sort) u_\d+", r"\1 _", _DEAD.sub(lambda found: names.get(found[0], found[0]), text))
