"""What the term of a statement shows to be without content: variables that do not occur, and things that exist whatever is meant.

One-point rule: there is an x that is equal to t, whatever t is, and `∃ x, x = t ∧ p` says p of t and no more (that one is
`spellings.Table.exists`).  Unbounded comparisons: there is a number that is at least t, whatever t is, and one that is above, below
or unlike each of several terms, where its type goes on in that direction; a multiple and a divisor of t, too.

A remark is made only of what is certain.  Nothing here decides about proofs.  Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from verify_workers.kernel.abi import Key
from verify_workers.kernel.spellings import PROP, Table

LOGIC = frozenset({"not", "and", "or", "iff", "eq", "exists"})
ENDLESS_ABOVE = frozenset({("Nat",), ("Int",), ("Rat",), ("Real",)})
ENDLESS_BELOW = ENDLESS_ABOVE - {("Nat",)}
LESS, AT_MOST, DIVIDES = ("LT", "lt"), ("LE", "le"), ("Dvd", "dvd")
Remarks = list[str]


def remarks(table: Table, statement: int, type_arity: Callable[[Key], int]) -> Remarks:
    """`unused x`, `equal x` and `loose x` of a statement, once each (`Verdict.remarks`).

    `type_arity` tells of a constant of the header with how many arguments it is a type, of things that are no proofs.
    """
    content, conclusion = Content(table, type_arity), statement
    while table.nodes[conclusion][0] == "pi" and conclusion not in table.filled_in:
        conclusion = table.nodes[conclusion][2]
    return list(dict.fromkeys([*content.unused(statement), *(content.settled(conclusion) or [])]))


class Content:
    """Remarks on the nodes of one table."""

    def __init__(self, table: Table, type_arity: Callable[[Key], int]) -> None:
        self.table, self._type_arity = table, type_arity

    # ---- variables that do not occur

    def unused(self, node: int) -> Iterator[str]:
        """`unused x` for the variables that quantifiers of a proposition bind and that occur nowhere."""
        kind, *parts = self.table.nodes[node]
        if kind in ("pi", "exists"):
            type_, body = parts
            name, idle = self._name(node), not self.table.free[body] & 1
            if idle and name and node not in self.table.instances and self._of_things(type_):
                yield f"unused {name}"
            if self._is_logic(type_):
                yield from self.unused(type_)
            yield from self.unused(body)
        elif kind in ("not", "and", "or", "iff"):
            for part in parts:
                yield from self.unused(part)

    def _name(self, node: int) -> str:
        """What the user calls the variable that a node binds; '' where he gave it no name, or one that says that it does not matter."""
        return self._plain(self.table.called.get(node, ()))

    @staticmethod
    def _plain(name: Key) -> str:
        return name[0] if len(name) == 1 and isinstance(name[0], str) and not name[0].startswith("_") else ""

    def _of_things(self, type_: int) -> bool:
        """Whether what has this type certainly is no proof."""
        while self.table.nodes[type_][0] == "pi":
            type_ = self.table.nodes[type_][2]
        name, arguments = self.table.head(type_)
        return self.table.nodes[type_] == ("leaf", PROP) or (bool(name) and self._type_arity(name) == len(arguments))

    def _is_logic(self, type_: int) -> bool:
        """Whether a type is a proposition by its connectives or quantifiers."""
        while self.table.nodes[type_][0] == "pi":
            type_ = self.table.nodes[type_][2]
        return self.table.nodes[type_][0] in LOGIC

    # ---- what is true whatever it is about

    def settled(self, node: int) -> Remarks | None:
        """Remarks on a proposition that is true whatever its terms are; None where it may say something."""
        found = self._settled(node)
        if found is not None and node in self.table.filled_in:
            return [*found, f"equal {self._plain(self.table.filled_in[node])}".rstrip()]
        return found

    def _settled(self, node: int) -> Remarks | None:
        table = self.table
        kind, *parts = table.nodes[node]
        name, arguments = table.head(node)
        if kind == "and":
            each = [self.settled(part) for part in table.joined(node, "and")]
            return None if None in each else [remark for some in each if some for remark in some]
        if kind == "exists":
            return self._there_is(node)
        if kind == "pi":
            return [] if self._given(node) else None
        if name == ("ExistsUnique",) and len(arguments) == 2 and table.nodes[arguments[1]][0] == "lam":
            body = table.nodes[arguments[1]][2]
            return [f"equal {self._name(arguments[1])}".rstrip()] if table.equal_to(body, 0) is not None else None
        return [] if name == ("True",) or (kind == "eq" and parts[2] == parts[3]) else None

    def _given(self, node: int) -> bool:
        """Whether the conclusion of a `∀ …, … →` is one of its hypotheses, or an equation that holds by itself."""
        table, types = self.table, list[int]()
        while table.nodes[node][0] == "pi":
            _, type_, node = table.nodes[node]
            types.append(type_)
        kind, *parts = table.nodes[node]
        same = {node} | ({table.add("eq", parts[0], parts[1], parts[3], parts[2])} if kind == "eq" else set())
        if kind == "eq" and parts[2] == parts[3]:
            return True
        return any(table.lifted(type_, len(types) - at) in same for at, type_ in enumerate(types))

    def _there_is(self, node: int) -> Remarks | None:
        """`settled` of `∃ …, …`: a variable after another is taken away with all that is asked of it."""
        table, names, types = self.table, list[str](), list[int]()
        while table.nodes[node][0] == "exists":
            names.insert(0, self._name(node))
            types.insert(0, table.nodes[node][1])
            node = table.nodes[node][2]
        parts, found, left = table.joined(node, "and"), Remarks(), set(range(len(names)))
        while True:
            open_ = list[int]()
            for part in parts:
                some = self.settled(part)
                found += some or []
                open_ += [part] if some is None else []
            parts = open_
            asked = {v: [part for part in parts if table.free[part] >> v & 1] for v in left}
            step = next((step for v in sorted(left) if asked[v] and (step := self._taken(v, types[v], asked[v], parts)) is not None), None)
            if step is None:
                break
            variable, how, parts = step
            left.remove(variable)
            found.append(f"{how} {names[variable]}".rstrip())
        return found if not parts and all(table.head(types[v])[0] in ENDLESS_ABOVE for v in left) else None

    def _taken(self, variable: int, type_: int, asked: Sequence[int], parts: Sequence[int]) -> tuple[int, str, list[int]] | None:
        """What is left to be asked where a variable can be chosen so that all that is `asked` of it holds; and why it can."""
        table = self.table
        others = [part for part in parts if part not in asked]
        for part in asked:
            value = table.equal_to(part, variable)
            if value is not None:
                return variable, "equal", [table.replaced(p, variable, value) for p in parts if p != part]
        if len(asked) == 1 and self._pointwise(asked[0], variable):
            return variable, "equal", others
        return (variable, "loose", others) if self._loose(variable, table.head(type_)[0], asked) else None

    def _pointwise(self, node: int, variable: int) -> bool:
        """Whether a node is `∀ a b, f a b = t`, f the variable, which t does not speak of."""
        table, count = self.table, 0
        while table.nodes[node][0] == "pi":
            if table.free[table.nodes[node][1]] >> (variable + count) & 1:
                return False
            node, count = table.nodes[node][2], count + 1
        kind, *parts = table.nodes[node]
        applied = ("app", *(table.add("var", place) for place in (variable + count, *range(count - 1, -1, -1))))
        return kind == "eq" and any(
            table.nodes[this] == applied and not table.free[that] >> (variable + count) & 1
            for this, that in ((parts[2], parts[3]), (parts[3], parts[2]))
        )

    def _loose(self, variable: int, type_: Key, asked: Sequence[int]) -> bool:
        """Whether there always is a thing of the type that is so large, so small, or unlike all that is `asked`."""
        compared = [self._compared(node, variable) for node in asked]
        ways = {way for way, _ in compared}
        if ways <= {"above", "unlike"} and type_ in ENDLESS_ABOVE:
            return True
        if ways <= {"below", "unlike"} and type_ in ENDLESS_BELOW:
            return True
        if ways == {"below"} and type_ in ENDLESS_ABOVE:
            return not any(strictly for _, strictly in compared)  # zero, of natural numbers
        return ways == {"divides"} and len(asked) == 1 and type_ in (("Nat",), ("Int",))

    def _compared(self, node: int, variable: int) -> tuple[str, bool]:
        """How a node compares the variable with a term that does not speak of it, and whether strictly; '' where it does something else."""
        table = self.table
        if table.nodes[node][0] == "not" and table.equal_to(table.nodes[node][1], variable) is not None:
            return "unlike", True
        name, arguments = table.head(node)
        if name not in (LESS, AT_MOST, DIVIDES) or len(arguments) != 4 or table.free[arguments[1]]:
            return "", False
        itself, (left, right) = table.add("var", variable), arguments[2:]
        other = right if left == itself else left
        if itself not in (left, right) or table.free[other] >> variable & 1:
            return "", False
        return ("divides", False) if name == DIVIDES else ("below" if left == itself else "above", name == LESS)
