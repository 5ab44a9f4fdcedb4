"""Constants, as they are once they have been checked."""

from __future__ import annotations

from dataclasses import dataclass, field

from verify_workers.second_kernel.terms import Expr, Level, level_instances


class Rejected(Exception):
    """The file does not follow the rules."""


class Unsupported(Exception):
    """This kernel does not know; nothing is said about the file."""


class OutOfBudget(Exception):
    """More steps than were allowed; nothing is said about the file."""


@dataclass
class Constant:
    name: str
    params: tuple[str, ...]
    type: Expr

    def type_at(self, levels: tuple[Level, ...]) -> Expr:
        if len(levels) != len(self.params):
            raise Rejected(f"{self.name} has {len(self.params)} universe parameters, not {len(levels)}")
        return level_instances(self.type, self.params, levels)


@dataclass
class Axiom(Constant):
    pass


@dataclass
class Definition(Constant):
    """`height`: which of two definitions is unfolded first (the higher one); -1 for theorems, which come last."""

    value: Expr
    height: float


@dataclass
class Theorem(Definition):
    pass


@dataclass
class Opaque(Constant):
    value: Expr


@dataclass
class Quotient(Constant):
    pass


@dataclass
class Inductive(Constant):
    """`recursive`: some constructor has a field whose type speaks of the family."""

    parameters: int
    indices: int
    constructors: tuple[str, ...]
    family: tuple[str, ...]
    recursive: bool

    @property
    def is_structure(self) -> bool:
        """Whether its terms are determined by their fields."""
        return len(self.constructors) == 1 and not self.indices and not self.recursive


@dataclass
class Constructor(Constant):
    inductive: str
    place: int
    parameters: int
    fields: int


@dataclass
class Rule:
    fields: int
    value: Expr


@dataclass
class Recursor(Constant):
    inductive: str
    parameters: int
    indices: int
    motives: int
    minors: int
    rules: dict[str, Rule]
    k: bool

    @property
    def major(self) -> int:
        return self.parameters + self.motives + self.minors + self.indices


@dataclass
class Environment:
    """Checked constants; `computed` are functions on numbers whose literals may be computed."""

    constants: dict[str, Constant] = field(default_factory=dict)
    computed: set[str] = field(default_factory=set)

    def get(self, name: str) -> Constant:
        found = self.constants.get(name)
        if found is None:
            raise Rejected(f"no constant {name}")
        return found

    def add(self, constant: Constant) -> None:
        if constant.name in self.constants:
            raise Rejected(f"{constant.name} is declared twice")
        self.constants[constant.name] = constant

    def copy(self) -> Environment:
        return Environment(dict(self.constants), set(self.computed))
