"""Polynomials in names and in what is none (`%`, `if`, `min` …): the normal form of terms, as `ring_nf` has one.

It is to compare what terms say, not to compute: a difference of natural numbers does not stop at 0, and a quotient of polynomials is
what it is for all large values.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import reduce
from math import gcd

from synth.answers.values import LARGE, primes

Atom = tuple[object, ...]
"""What is no polynomial: a sign, and the forms of its parts; or a name; or a power with a name in its exponent."""
Monomial = frozenset[tuple[Atom, int]]
"""Atoms with their exponents."""
Polynomial = dict[Monomial, Fraction]
"""Coefficients of monomials, none of them 0."""
Form = frozenset[tuple[Monomial, Fraction]]
UNIT: Monomial = frozenset()
MOST_TERMS, MOST_POWER = 200, 12  # beyond which no product is multiplied out


def form(polynomial: Polynomial) -> Form:
    return frozenset(polynomial.items())


def inner(polynomial: Polynomial) -> Iterator[Polynomial]:
    """The normal forms that stand within atoms, at any depth."""
    for monomial in polynomial:
        for one, _ in monomial:
            for part in one:
                if isinstance(part, frozenset):
                    below: Polynomial = dict(part)
                    yield below
                    yield from inner(below)


def occurrences(polynomial: Polynomial) -> int:
    """How often it names something, as it is written: a power once."""
    atoms = [one for monomial in polynomial for one, _ in monomial]
    return sum(one[0] == "name" or sum(occurrences(dict(part)) for part in one if isinstance(part, frozenset)) for one in atoms)


def degree(polynomial: Polynomial) -> int:
    return max((sum(power for _, power in monomial) for monomial in polynomial), default=0)


def value_of(polynomial: Polynomial) -> Fraction | None:
    return polynomial.get(UNIT, Fraction(0)) if polynomial.keys() <= {UNIT} else None


def constant(value: Fraction | int) -> Polynomial:
    return {UNIT: Fraction(value)} if value else {}


def atom(*parts: object, power: int = 1) -> Polynomial:
    return {frozenset({(parts, power)}): Fraction(1)} if power else constant(1)


def scaled(one: Polynomial, factor: Fraction | int) -> Polynomial:
    return {monomial: value * factor for monomial, value in one.items()} if factor else {}


def added(one: Polynomial, other: Polynomial) -> Polynomial:
    total = dict(one)
    for monomial, value in other.items():
        total[monomial] = total.get(monomial, Fraction(0)) + value
    return {monomial: value for monomial, value in total.items() if value}


def _times(one: Monomial, other: Monomial, sign: int = 1) -> Monomial:
    powers = dict(one)
    for atom, power in other:
        powers[atom] = powers.get(atom, 0) + sign * power
    return frozenset((atom, power) for atom, power in powers.items() if power)


def product(one: Polynomial, other: Polynomial) -> Polynomial:
    if len(one) * len(other) > MOST_TERMS:
        return opaque("*", one, other)
    total: Polynomial = {}
    for mine, value in one.items():
        for theirs, factor in other.items():
            if (value * factor).numerator.bit_length() > LARGE:
                return opaque("*", one, other)
            monomial = _times(mine, theirs)
            total[monomial] = total.get(monomial, Fraction(0)) + value * factor
    return {monomial: value for monomial, value in total.items() if value}


def power(base: Polynomial, exponent: Polynomial) -> Polynomial:
    """`base ^ exponent`: sums in the exponent are products, and a number there is multiplied out."""
    fixed = exponent.get(UNIT, Fraction(0))
    moving = {monomial: value for monomial, value in exponent.items() if monomial}
    if fixed.denominator > 1 or any(value.denominator > 1 for value in moving.values()):
        return atom("^", form(base), form(exponent))
    number = value_of(base)
    if number == 1:
        return constant(1)
    if moving and number is not None and number > 1 and number.denominator == 1:
        bases: list[tuple[object, int]] = [(prime, count) for prime, count in primes(int(number))]
    else:
        bases = [(form(base), 1)]
    powers: dict[Atom, int] = {}
    for monomial, value in moving.items():
        for one, count in bases:
            powers["^", one, form({monomial: Fraction(1)})] = count * int(value)
    grown: Polynomial = {frozenset((atom, power) for atom, power in powers.items() if power): Fraction(1)}
    return product(grown, _fixed(base, int(fixed)))


def _fixed(base: Polynomial, exponent: int) -> Polynomial:
    if len(base) == 1:
        ((monomial, value),) = base.items()
        if value not in (1, -1) and max(value.numerator.bit_length(), value.denominator.bit_length()) * abs(exponent) > LARGE:
            return atom("base", form(base), power=exponent)
        return {frozenset((atom, power * exponent) for atom, power in monomial if exponent): value**exponent}
    if not base:
        return {} if exponent > 0 else constant(1)
    if not 0 <= exponent <= MOST_POWER:
        return atom("base", form(base), power=exponent)
    return reduce(product, [base] * exponent, constant(1))


def _key(monomial: Monomial) -> tuple[int, list[tuple[str, int]]]:
    return sum(power for _, power in monomial), sorted((repr(_sortable(atom)), power) for atom, power in monomial)


def _sortable(part: object) -> object:
    """Something with one `repr` for equal atoms."""
    if isinstance(part, frozenset | tuple):
        inside = [repr(_sortable(one)) for one in part]
        return sorted(inside) if isinstance(part, frozenset) else inside
    return part


def _divided(one: Polynomial, by: Polynomial) -> tuple[Polynomial, Polynomial]:
    """Quotient and remainder, as far as the leading term divides."""
    lead = max(by, key=_key)
    quotient: Polynomial = {}
    rest, left = dict(one), Polynomial()
    for _ in range(MOST_TERMS):
        if not rest:
            break
        first = max(rest, key=_key)
        over = _times(first, lead, -1)
        factor = rest[first] / by[lead]
        if any(power < 0 for _, power in over) or factor.denominator > 1:
            left[first] = rest.pop(first)
            continue
        step: Polynomial = {over: factor}
        quotient = added(quotient, step)
        rest = added(rest, scaled(product(step, by), -1))
    return quotient, added(left, rest)


def _below(rest: Polynomial, by: Polynomial) -> int | None:
    """The whole part of `rest / by` where both are of one name and `rest` is of lower degree; None where that is not known."""
    atoms = {atom for polynomial in (rest, by) for monomial in polynomial for atom, _ in monomial}
    if len(atoms) != 1 or next(iter(atoms))[0] != "name" or degree(rest) >= degree(by):
        return None
    return 0 if rest.get(max(rest, key=_key, default=UNIT), Fraction(0)) * by[max(by, key=_key)] >= 0 else -1


def never_negative(one: Polynomial) -> bool:
    """Whether it is 0 or more for all natural numbers, by its coefficients."""
    return all(value > 0 for value in one.values())


def positive(one: Polynomial) -> bool:
    return never_negative(one) and one.get(UNIT, 0) > 0


def quotient(one: Polynomial, by: Polynomial, natural: bool, field: bool) -> Polynomial:
    number = value_of(by)
    if number == 0:
        return {}
    if field:
        if len(by) == 1:
            ((monomial, value),) = by.items()
            return product(one, {frozenset((atom, -power) for atom, power in monomial): 1 / value})
        quotient, rest = _divided(one, by)
        return added(quotient, atom("/", form(rest), form(by))) if rest else quotient
    if number is not None and number > 0:
        whole = {monomial: Fraction(value // number) for monomial, value in one.items() if value // number}
        rest = added(one, scaled(whole, -number))
        if (left := value_of(rest)) is not None:
            return added(whole, constant(left // number))
        common = reduce(gcd, [int(value) for value in rest.values()], int(number))
        return added(whole, atom("/", form(scaled(rest, Fraction(1, common))), form(constant(number / common))))
    if natural and never_negative(one) and positive(added(by, scaled(one, -1))):
        return {}
    quotient, rest = _divided(one, by)
    if not rest:
        return quotient
    if (more := _below(rest, by)) is not None:
        return added(quotient, constant(more))
    return added(quotient, atom("/", form(rest), form(by)))


def remainder(one: Polynomial, by: Polynomial, natural: bool) -> Polynomial:
    number = value_of(by)
    if natural and never_negative(one) and positive(added(by, scaled(one, -1))):
        return one
    if number is not None and number > 0:
        one = _reduced(one, number)
        rest = {monomial: value % number for monomial, value in one.items() if value % number}
        return rest if value_of(rest) is not None else atom("%", form(rest), form(by))
    if not by:
        return one
    _, rest = _divided(one, by)
    if not rest or (whole := _below(rest, by)) == 0:
        return rest
    return added(rest, by) if whole else atom("%", form(rest), form(by))


def _reduced(one: Polynomial, number: Fraction) -> Polynomial:
    """It without remainders of multiples of `number`, which are the same modulo that."""
    total: Polynomial = {}
    for monomial, value in one.items():
        step = constant(value)
        for (kind, *parts), power in monomial:
            inside, by = (dict(part) if isinstance(part, frozenset) else {} for part in (*parts, None)[:2])
            modulus = value_of(by) if kind == "%" else None
            same = modulus is not None and modulus % number == 0
            step = product(step, _fixed(inside if same else atom(kind, *parts), power))
        total = added(total, step)
    return total


def opaque(sign: str, one: Polynomial, other: Polynomial) -> Polynomial:
    """An atom of two parts, in whatever order."""
    return atom(sign, *sorted((form(one), form(other)), key=text))


def text(form: Form) -> str:
    """The same text for the same form."""
    return repr(_sortable(form))
