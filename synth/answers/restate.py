"""Whether an answer says the question again: what stands in the statement, or what it asks for in another dress.

A right answer is equal to the term that a statement equates with it (`asked`): `n * (n + 1)` answers `n * n + n`.  It restates the
question where nothing is gained: some part of it is the asked term by the rules of `ring_nf`, and is neither simpler, nor multiplied
out or factored where the asked one is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations

from synth.answers.asked import asked, parameter
from synth.answers.compared import repeats
from synth.answers.hole import Hole
from synth.answers.normal import normal
from synth.answers.polynomial import UNIT, Polynomial, degree, form, inner, occurrences
from synth.answers.said import said_in
from synth.answers.terms import Answer, Node, NotATerm
from synth.answers.values import evaluate, folded, primes, sorted_out

SMALL = 5  # nodes: `2 * n` stands in many a question, and there is nothing simpler than it
ARITHMETIC = frozenset({"+", "-", "*", "^", "negative", "number", "name"})
MOST_NAMES = 4  # that are tried in every order
POINTS = ((12, 24, 60), (13, 25, 61))  # arguments for which two terms are compared


def restates(answer: Answer, hole: Hole) -> bool:
    """Whether the body, if it computes anything, is the question in its own words or in other ones."""
    return _stands_there(answer, hole) or _asked_for(answer, hole) or repeats(answer, hole)


def _stands_there(answer: Answer, hole: Hole) -> bool:
    """Whether the body stands in the statement as a term, but for names and for what changes nothing."""
    plain = folded(answer.body, hole.natural, hole.field)
    if not answer.parameters:
        if not _computes(answer.body):
            return False
        plain = answer.body  # as it is written: `123 * 456` is what was asked, whatever its value
    elif plain.size < SMALL:
        return False
    if plain.kind == "list" and not plain.names():
        return False
    parts = {part for part in said_in(hole.goal) if part.parts}
    if not answer.parameters:
        return any(sorted_out(part) == sorted_out(plain) for part in parts)
    return any(_same(plain, folded(part, hole.natural, hole.field)) for part in parts)


def _computes(node: Node) -> bool:
    """Whether a value without parameters is one that Lean is to compute: no number, fraction, truth or list of such."""
    if node.kind == "negative":
        return _computes(node.parts[0])
    if node.kind == "/" and all(part.kind in ("number", "negative") for part in node.parts):
        return False
    return node.kind not in ("number", "truth", "list")


def _same(one: Node, other: Node) -> bool:
    """Whether two terms are equal but for their names and the order of operands."""
    mine, theirs = sorted(one.names()), sorted(other.names())
    if one.shape() == other.shape():
        return True
    if len(mine) != len(theirs) or len(mine) > MOST_NAMES or one.size != other.size:
        return False
    wanted = sorted_out(other)
    return any(sorted_out(one.renamed(dict(zip(mine, order, strict=True)))) == wanted for order in permutations(theirs))


# ---- what is asked for, in another dress


def _asked_for(answer: Answer, hole: Hole) -> bool:
    """Whether a part of the body, or of its normal form, is a term that is asked for, and in no form of its own."""
    if hole.result in ("Prop", "Bool"):
        return False
    body = answer.body.renamed({name: parameter(index) for index, name in enumerate(answer.parameters)})
    said = [part for part in (body.parts if body.kind == "list" else (body,)) if answer.parameters or _computes(part)]
    wanted = [part for one in asked(hole) for part in (one.parts if one.kind == "list" else (one,)) if part.parts]
    return any(_hides(one, other, hole.natural, hole.field) for one in said for other in wanted)


def _hides(body: Node, wanted: Node, natural: bool, field: bool) -> bool:
    if wanted.names():  # else it is as it is written: what it computes is known
        wanted, body = folded(wanted, natural, field), folded(body, natural, field)
    said, parts = normal(wanted, natural, field), [part for part in body.all() if part.parts]
    found = [normal(part, natural, field) for part in parts]
    least = occurrences(said)
    if any(_holds(one, said) and not _own(part, wanted, least, part == body) for part, one in zip(parts, found, strict=True)):
        return True
    rewrites = _is_made_of(found, wanted, natural, field) and _computes_it(body, wanted, natural, field)
    if body.names() and rewrites and not _own(body, wanted, least, True):
        return True
    if wanted.kind in ("/", "%") and wanted.parts[1].kind == "number":
        alike = [part.parts[0] for part in parts if part.kind == wanted.kind and part.parts[1] == wanted.parts[1]]
        if any(_hides(part, wanted.parts[0], natural, field) for part in alike if wanted.parts[0].size >= SMALL):
            return True
    forms = set(map(form, found))
    return degree(said) > 0 and any(_holds(one, said) and form(one) not in forms for part in found for one in inner(part))


def _computes_it(body: Node, wanted: Node, natural: bool, field: bool) -> bool:
    """Whether both compute the same for large arguments, or for those that small numbers divide, or that leave 1."""
    names = sorted(body.names() | wanted.names())
    for points in POINTS:
        try:
            cases = [{name: point + 12 * place for place, name in enumerate(names)} for point in points]
            if all(evaluate(body, case, natural, field) == evaluate(wanted, case, natural, field) for case in cases):
                return True
        except (OverflowError, NotATerm):
            continue
    return False


def _is_made_of(parts: Sequence[Polynomial], wanted: Node, natural: bool, field: bool) -> bool:
    """Whether what is asked for is a polynomial, of which any form of its own is one, or what it is made of is there."""
    if any(_holds(part, normal(_within(wanted), natural, field)) for part in parts):
        return True
    if all(part.kind in ARITHMETIC for part in wanted.all()):
        return True
    pieces = [part for part in wanted.all() if part.names() and part.parts and not any(each.parts for each in part.parts)]
    whole = sum(map(_count, pieces)) == _count(wanted)
    return whole and all(normal(piece, natural, field) in parts for piece in pieces)


def _holds(polynomial: Polynomial, wanted: Polynomial) -> bool:
    """Whether a polynomial is the one that is wanted, or has all of its terms, if it has several."""
    if len([monomial for monomial in wanted if monomial != UNIT]) < 2:
        return polynomial == wanted
    return all(polynomial.get(monomial) == value for monomial, value in wanted.items())


def _own(part: Node, wanted: Node, least: int, whole: bool) -> bool:
    """Whether a term says in a form of its own what another one says, too, which can be written with its parameters named `least` times."""
    mine, theirs = _count(part), _count(wanted)
    if any(each.kind not in ARITHMETIC and all(each.kind != other.kind for other in wanted.all()) for each in part.all()):
        theirs = min(theirs, least)  # it brings in an `if`, a `max` or the like: for less than that, arithmetic would do
    if mine < theirs or (mine == theirs and part.size < wanted.size):
        return True
    if whole and theirs and wanted.size < SMALL and part.size <= wanted.size and theirs == len(wanted.names()):
        return True  # there is nothing simpler
    one, other = _within(part), _within(wanted)
    if _is_sum(one) and (not _is_sum(other) or (_is_tidy(one) and not _is_tidy(other))):
        return True
    return _factors(one) > _factors(other) or (not theirs and _is_prime(one) and not _is_prime(other))


def _count(node: Node) -> int:
    """How often a term names its parameters."""
    return sum(part.kind == "name" for part in node.all())


def _within(node: Node) -> Node:
    """The term below a divisor or modulus that is a number."""
    return _within(node.parts[0]) if node.kind in ("/", "%", "negative") and node.parts[-1].kind == "number" else node


def _terms(node: Node) -> Iterator[Node]:
    """What is added and subtracted."""
    if node.kind in ("+", "-", "negative"):
        for part in node.parts:
            yield from _terms(part)
    else:
        yield node


def _bases(term: Node) -> Iterator[Node]:
    """What is multiplied, without exponents."""
    if term.kind == "*":
        for part in term.parts:
            yield from _bases(part)
    else:
        yield term.parts[0] if term.kind == "^" else term


def _is_sum(node: Node) -> bool:
    """Whether it is multiplied out: a sum of products of numbers, names and their powers, no two of them alike."""
    terms, seen = list(_terms(node)), set[object]()
    for term in terms:
        found = normal(term, natural=True)
        if len(found) != 1 or any(base.kind not in ("number", "name") for base in _bases(term)):
            return False
        seen |= found.keys()
    return len(seen) == len(terms)


def _is_tidy(node: Node) -> bool:
    """Whether equal factors are powers, too."""
    bases = [list(_bases(term)) for term in _terms(node)]
    return all(len(set(each)) == len(each) for each in bases)


def _factors(node: Node) -> int:
    """How many factors it has that are not numbers; 1 for a sum, 0 where one of them is not multiplied out."""
    count = 0
    for factor in _multiplied(node):
        base = factor.parts[0] if factor.kind == "^" else factor
        if not _is_sum(base):
            return 0
        if base.names():
            count += int(factor.parts[1].text) if factor.kind == "^" and factor.parts[1].kind == "number" else 1
    return count


def _is_prime(node: Node) -> bool:
    """Whether it is a product of powers of primes."""
    bases = list(_bases(node))
    return _is_tidy(node) and all(base.kind == "number" and len(list(primes(int(base.text)))) == 1 for base in bases)


def _multiplied(node: Node) -> Iterator[Node]:
    if node.kind == "*":
        for part in node.parts:
            yield from _multiplied(part)
    else:
        yield node
