"""The declarations of a user's lake project as units, what they use before them.

Names, kinds and uses come from the compiled modules, docstrings and proofs from the sources, statements from Lean: what it prints counts
only where it then accepts the declaration itself as a proof of that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path

from synth.informal.declared import Declared, declared
from synth.informal.printing import PRINTINGS, as_statement, quantified, signatures
from synth.informal.units import CUT, Unit
from synth.services import Verify
from verify_workers.errors import UserError
from verify_workers.lean.olean import Constant, Unreadable, constants_of, imports_of
from verify_workers.lean.project import LakeProject
from verify_workers.records import Check
from verify_workers.text.statement import parse_theorem

OWN = "annotated_statement"  # the name under which a printed statement is checked


@dataclass(frozen=True)
class Entry:
    """A declaration where it was found."""

    module: str
    place: int
    text: Declared


class Library:
    """The project's own modules: their declarations in an order in which each uses earlier ones only."""

    def __init__(self, project: LakeProject) -> None:
        files = project.own
        if not files:
            raise UserError(f"{project.folder}: no compiled module of its own; run `lake build` there first")
        self.without_source: list[str] = []
        self.constants: dict[str, Constant] = {}
        self.entries: dict[str, Entry] = {}
        self.files: dict[str, list[Declared]] = {}
        for module in _in_order(files):
            source = _source(project, module)
            if source is None:
                self.without_source.append(module)
                continue
            try:
                self.constants |= constants_of(files[module])
            except (OSError, Unreadable) as error:
                raise UserError(
                    f"{files[module]}: not a compiled module of a form that is known ({error}); run `lake build` with Lean 4"
                ) from None
            self.files[module] = declared(source)
            for place, text in enumerate(self.files[module]):
                self.entries.setdefault(text.name, Entry(module, place, text))

    def chosen(self, wanted: Sequence[str]) -> list[str]:
        """The declarations of the modules and names in `wanted` (all of them where that is empty), and what they use, in order."""
        found: set[str] = set()
        for word in wanted:
            names = [name for name, entry in self.entries.items() if name == word or f"{entry.module}.".startswith(f"{word}.")]
            if not names:
                near = get_close_matches(word, [*self.entries, *self.files], n=3, cutoff=0.5)
                hint = f"near it: {', '.join(near)}" if near else f"its modules: {', '.join([*self.files][:8])}"
                raise UserError(f"{word}: neither a module of the project nor a name that one declares; {hint}")
            found.update(names)
        waiting = [*(found or self.entries)]
        reached = set(waiting)
        while waiting:
            name = waiting.pop()
            new = {*self.uses(name).stated, *self.uses(name).used} - reached
            reached |= new
            waiting += new
        return [name for name in self.entries if name in reached]

    def uses(self, name: str) -> Uses:
        """What a declaration uses of those that stand before it; what Lean made beside it counts as its own."""
        if name not in self._uses:
            constant = self.constants.get(name)
            stated = self._named(name, constant.type) if constant else set()
            used = self._named(name, constant.value) - stated if constant else set()
            self._uses[name] = Uses(self._sorted(stated), self._sorted(used))
        return self._uses[name]

    @cached_property
    def _uses(self) -> dict[str, Uses]:
        return {}

    @cached_property
    def _rank(self) -> dict[str, int]:
        return {name: rank for rank, name in enumerate(self.entries)}

    def _named(self, name: str, constants: Iterable[str]) -> set[str]:
        found, seen, waiting = set[str](), {name}, [*constants]
        while waiting:
            constant = waiting.pop()
            if constant in seen:
                continue
            seen.add(constant)
            owner = self._owner(constant)
            if owner and owner != name:
                found.add(owner)
            elif constant in self.constants:
                waiting += self.constants[constant].type | self.constants[constant].value
        return {other for other in found if self._rank[other] < self._rank[name]}

    def _owner(self, constant: str) -> str:
        """The declaration that a constant is, or of which it is a field, constructor or recursor; '' where it is another's."""
        if constant in self.entries:
            return constant
        parent = constant.rpartition(".")[0]
        kind = self.constants[constant].kind if constant in self.constants else ""
        return parent if parent in self.entries and (kind in ("constructor", "recursor") or not self.entries[parent].text.theorem) else ""

    def _sorted(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(names, key=self._rank.__getitem__))


@dataclass(frozen=True)
class Uses:
    """Names of declarations: what a statement uses, and what its proof uses besides."""

    stated: tuple[str, ...] = ()
    used: tuple[str, ...] = ()


def project_units(project: LakeProject, wanted: Sequence[str], near: int) -> tuple[list[Unit], list[str]]:
    """The declarations asked for and what they use, as units in order, their statements still to come (`stated`); and remarks.

    `near`: how many before and after each are shown with it.  UserError where there are none.
    """
    library = Library(project)
    names = library.chosen(wanted)
    if not names:
        raise UserError(f"{project.folder}: its modules declare nothing that could be annotated")
    return [_unit(library, name, near) for name in names], [f"{m}: no source file found, left out" for m in library.without_source]


def _unit(library: Library, name: str, near: int) -> Unit:
    entry, uses = library.entries[name], library.uses(name)
    text, siblings = entry.text, library.files[entry.module]
    around = [other for i, other in enumerate(siblings) if i != entry.place and abs(i - entry.place) <= near]
    compiled = name in library.constants
    return Unit(
        f"declaration {name}",
        lean="" if text.theorem else text.text[:CUT],
        header=f"import {entry.module}",
        kind="statement" if text.theorem else "definition",
        proof=text.proof,
        name=name,
        module=entry.module,
        doc=text.doc,
        stated=uses.stated,
        used=uses.used,
        neighbours="\n".join(_heading(other) for other in around),
        unstated="" if compiled else "a private declaration" if text.private else "not in the compiled module: run `lake build`",
    )


def _heading(text: Declared) -> str:
    doc = f" -- {' '.join(text.doc.split())[:160]}" if text.doc else ""
    return f"- `{text.head[:240]}`{doc}"


async def stated(units: Sequence[Unit], verify: Verify) -> list[Unit]:
    """The units with the statements of their theorems and all signatures, as Lean prints and reads them; or why there is none."""
    made = {unit.name: unit for unit in units}
    for options in PRINTINGS:
        open_ones = [unit for unit in made.values() if not unit.unstated and not (unit.lean and unit.signature)]
        for module in dict.fromkeys(unit.module for unit in open_ones):
            mine = [unit for unit in open_ones if unit.module == module]
            said = await signatures([unit.name for unit in mine], module, options, verify)
            made |= {unit.name: unit for unit in await _read_back(mine, said, verify)}
    missing = "Lean prints nothing of it that it reads as the same theorem"
    return [unit if unit.lean else replace(unit, unstated=unit.unstated or missing) for unit in made.values()]


async def _read_back(units: Sequence[Unit], said: Mapping[str, str], verify: Verify) -> list[Unit]:
    """The units with what Lean said of them, theorems only where the declaration proves what was printed."""
    signed = [replace(unit, signature=said.get(unit.name, "")) for unit in units]
    theorems = {unit.name: text for unit in signed if unit.kind == "statement" and (text := as_statement(unit.signature))}
    checks = [
        Check(id=unit.name, statement=quantified(parse_theorem(theorems[unit.name]), OWN), header=unit.header, proof=f"@{unit.name}")
        for unit in signed
        if unit.name in theorems
    ]
    accepted = {verdict.id for verdict in await verify(checks) if verdict.accepted} if checks else set()
    return [unit if unit.kind == "definition" else _with(unit, theorems.get(unit.name, ""), unit.name in accepted) for unit in signed]


def _with(unit: Unit, lean: str, accepted: bool) -> Unit:
    return replace(unit, lean=lean) if accepted else replace(unit, signature="")


def _in_order(files: Mapping[str, Path]) -> list[str]:
    """The modules, each after those of them that it imports."""
    imports = {module: [one for one in _imports(file) if one in files] for module, file in sorted(files.items())}
    return list(TopologicalSorter(imports).static_order())


def _imports(file: Path) -> tuple[str, ...]:
    try:
        return imports_of(file)
    except (OSError, Unreadable):
        return ()


def _source(project: LakeProject, module: str) -> str | None:
    name = module.replace(".", "/") + ".lean"
    for folder in (project.folder, *project.sources):
        try:
            return (folder / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
    return None
