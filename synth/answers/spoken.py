"""Arithmetic in other words: `Nat.succ n`, `n.pow 2`, `HAdd.hAdd n 1`, `id n`, `2 • n` are `n + 1`, `n ^ 2`, `n + 1`, `n`, `2 * n`."""

from __future__ import annotations

from synth.answers.terms import Node

_ONE = Node("number", "1")
_TWO = {
    **dict.fromkeys(("add", "hAdd"), "+"),
    **dict.fromkeys(("sub", "hSub"), "-"),
    **dict.fromkeys(("mul", "hMul", "smul", "hSMul"), "*"),
    **dict.fromkeys(("div", "hDiv", "ediv"), "/"),
    **dict.fromkeys(("mod", "hMod", "emod"), "%"),
    **dict.fromkeys(("pow", "hPow", "npow"), "^"),
    **{name: name for name in ("min", "max")},
}
"""Operations of two numbers by the last part of their names."""
_SPACES = frozenset(
    {"Nat", "Int", "Add", "HAdd", "Sub", "HSub", "Mul", "HMul", "Div", "HDiv", "Mod", "HMod", "Pow", "HPow", "Monoid", "Min", "Max"}
)
_SPACES |= {"SMul", "HSMul", "Function", "Rat"}
_SAME = frozenset({"id", "Nat.cast", "Int.cast", "Int.ofNat", "Nat.toNat", "Function.id", "Int.toNat", "Rat.ofInt"})


def plainly(node: Node) -> Node:
    """The term with signs in place of the functions that they stand for, at any depth."""
    node = Node(node.kind, node.text, tuple(map(plainly, node.parts)))
    if node.kind not in ("name", "call"):
        return node
    space, dot, last = node.text.rpartition(".")
    if node.text in _SAME and len(node.parts) == 1:
        return node.parts[0]
    if not dot:
        return node
    if space in _SPACES:
        return _operation(last, node.parts) or node
    if last[:1].islower() and not space[:1].isupper() and space.count(".") == 0:  # `n.succ` is `Nat.succ n`
        return _operation(last, (Node("name", space), *node.parts)) or node
    return node


def _operation(name: str, parts: tuple[Node, ...]) -> Node | None:
    """What a function of this name gives for these arguments; None where that is nothing an answer may say."""
    match name, len(parts):
        case "succ", 1:
            return Node("+", parts=(parts[0], _ONE))
        case "pred", 1:
            return Node("-", parts=(parts[0], _ONE))
        case "neg", 1:
            return Node("negative", parts=parts)
        case (("toNat" | "cast"), 1):
            return parts[0]
        case _, 2 if name in _TWO:
            return Node(_TWO[name], parts=parts)
    return None
