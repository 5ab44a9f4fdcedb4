"""Functions of the small language as Lean definitions, and requirements as propositions.

    def total(xs: list[Int]) -> Int:        def total (xs : List Int) : Int :=
        match xs:                             match xs with
            case []:                          | [] => 0
                return 0                      | x :: rest => x + total rest
            case [x, *rest]:
                return x + total(rest)

    def requirement(xs: list[Int]) -> bool:  theorem requirement : ∀ xs : List Int, …

Every function is total: it calls itself on `n - 1` of a Nat or on the rest of a list, or not at all.  Numbers are Lean's: a Nat
stops at 0 (2 - 3 is 0), n // 0 is 0 and n % 0 is n.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from synth.programs.expressions import Recursion, Scope, Signature, branches, condition, fitting, value
from synth.programs.types import ARROW, ATOM, BOOL, CONS, NAT, PLUS, PROP, TAKEN, Term, Type, Untranslatable, read_type, refuse

REQUIREMENT = "requirement"  # what the names of requirements begin with
FRESH = "mkijpqrt"
Statements = Sequence[ast.stmt]


@dataclass(frozen=True)
class Program:
    """Lean definitions, and propositions about them by name."""

    definitions: str
    requirements: dict[str, str]


def translate(source: str) -> Program:
    """The Lean definitions and requirements of a program.  Raises Untranslatable."""
    try:
        tree = ast.parse(source)
        with warnings.catch_warnings(action="ignore"):
            compile(source, "program.py", "exec", dont_inherit=True)  # what Python refuses only then: a pattern that binds a name twice
    except (SyntaxError, ValueError) as error:
        raise Untranslatable(f"line {getattr(error, 'lineno', 0)}: {getattr(error, 'msg', error)}") from None
    except (RecursionError, MemoryError):
        raise Untranslatable("it is nested too deep") from None
    try:
        return _program(tree)
    except RecursionError:
        raise Untranslatable("it is nested too deep") from None


def requirement_of(source: str, name: str, known: Mapping[str, Signature]) -> str:
    """What the requirement `name` of a program claims, of functions `known` that were translated otherwise.  Raises Untranslatable."""
    try:
        node = next(one for one in ast.parse(source).body if isinstance(one, ast.FunctionDef) and one.name == name)
        _check_header(node, known)
        return _requirement(node, {one.arg: read_type(one.annotation, one) for one in node.args.args}, known)
    except (StopIteration, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Untranslatable(f"{name}: {error}") from None


def _program(tree: ast.Module) -> Program:
    known: dict[str, Signature] = {}
    definitions, requirements = [], dict[str, str]()
    for node in tree.body:
        if _is_words(node):
            continue
        if not isinstance(node, ast.FunctionDef):
            refuse(node, "a program holds functions (def) and nothing else")
        _check_header(node, known)
        if node.name in requirements:
            refuse(node, f"{node.name} is defined twice")
        parameters = {one.arg: read_type(one.annotation, one) for one in node.args.args}
        if node.name.startswith(REQUIREMENT):
            requirements[node.name] = _requirement(node, parameters, known)
        else:
            result = read_type(node.returns, node)
            signature = Signature(tuple(parameters.values()), result)
            definitions.append(_definition(node, parameters, signature, known))
            known[node.name] = signature
    return Program("\n\n".join(definitions), requirements)


def _check_header(node: ast.FunctionDef, known: Mapping[str, Signature]) -> None:
    arguments = node.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.defaults or arguments.posonlyargs or node.decorator_list:
        refuse(node, f"{node.name}: plain parameters only, without defaults, * or decorators")
    if getattr(node, "type_params", None):
        refuse(node, f"{node.name}: no type parameters")
    if node.name in [one.arg for one in arguments.args]:
        refuse(node, f"{node.name} is a function and its own parameter")
    for name in (node.name, *(one.arg for one in arguments.args)):
        _check_name(name, node)
        if name in known:
            refuse(node, f"{name} is defined twice")


def _check_name(name: str, node: ast.AST) -> None:
    if not name.isascii():
        refuse(node, f"`{name}`: names are made of the letters a to z here, of digits and `_`: choose another one")
    if name in TAKEN or name.startswith("_"):
        refuse(node, f"`{name}` means something else in Lean: choose another name")


def _check_new(name: str, scope: Scope, node: ast.AST) -> None:
    """A pattern binds names in the Lean text too, where what they meant before would be lost."""
    _check_name(name, node)
    if name in scope.names or name in scope.functions:
        refuse(node, f"the pattern binds `{name}`, which means something here already: choose another name")


def _is_words(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _scope(parameters: Mapping[str, Type], known: Mapping[str, Signature]) -> Scope:
    return Scope({name: Term(name, kind) for name, kind in parameters.items()}, known)


# ---- requirements


def _requirement(node: ast.FunctionDef, parameters: Mapping[str, Type], known: Mapping[str, Signature]) -> str:
    if read_type(node.returns, node) != BOOL:
        refuse(node, f"{node.name} is a requirement, so it returns bool")
    body = _block(node.body, _scope(parameters, known), lambda one, scope: condition(one, scope), _forked)
    return _quantified(parameters) + body.text


def _forked(node: ast.AST, test: Term, then: Term, other: Term) -> Term:
    """An `if` whose branches are claims: what is simply True there claims nothing."""
    claims = []
    if then.text != "True":
        claims.append(Term(f"{test.within(ARROW + 1)} → {then.within(ARROW)}", PROP, ARROW))
    if other.text != "True":
        claims.append(Term(f"¬{test.within(ATOM)} → {other.within(ARROW)}", PROP, ARROW))
    if len(claims) == 2:
        return Term(f"({claims[0].text}) ∧ ({claims[1].text})", PROP, ARROW)
    return claims[0] if claims else Term("True", PROP)


def _quantified(parameters: Mapping[str, Type]) -> str:
    """`∀ a b : Nat, `, or with brackets where types differ; '' without parameters."""
    kinds = set(parameters.values())
    if len(kinds) > 1:
        return "∀ " + " ".join(f"({name} : {kind})" for name, kind in parameters.items()) + ", "
    return f"∀ {' '.join(parameters)} : {kinds.pop()}, " if kinds else ""


# ---- definitions


def _definition(node: ast.FunctionDef, parameters: Mapping[str, Type], signature: Signature, known: Mapping[str, Signature]) -> str:
    recursive = any(isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == node.name for one in ast.walk(node))
    scope = _scope(parameters, {**known, node.name: signature} if recursive else known)
    body = [one for one in node.body if not _is_words(one)]
    cases = _cases(body, parameters, scope)
    if recursive and cases is None:
        refuse(
            node,
            f"{node.name} calls itself: its body must begin with `match` on a parameter, or with `if n == 0: return …` (`if xs == []:`)",
        )
    head = " ".join([f"def {node.name}", *(f"({name} : {kind})" for name, kind in parameters.items()), f": {signature.result} :="])
    if cases is None:
        return f"{head}\n  {_result(body, scope, signature, node)}"
    name, arms = cases
    lines = []
    for pattern, smaller, statements, inner in arms:
        if recursive:
            less = " or ".join(_as_written(inner, smaller)) or "and here it cannot be"
            advice = f"{node.name} may call itself only with {name} made smaller: {less}"
            inner = replace(inner, recursion=Recursion(node.name, list(parameters).index(name), frozenset(smaller), advice))
        lines.append(f"  | {pattern} => {_result(statements, inner, signature, node)}")
    return "\n".join([head, f"  match {name} with", *lines])


def _result(statements: Statements, scope: Scope, signature: Signature, node: ast.AST) -> str:
    """What a body computes."""
    leaf: Leaf = lambda one, inner: fitting(value(one, inner), signature.result, one)  # noqa: E731
    return _block(statements, scope, leaf, branches, node).text


def _as_written(scope: Scope, smaller: set[str]) -> list[str]:
    """What the program calls the terms `smaller`."""
    return [f"`{written}`" for written, term in scope.names.items() if term.text in smaller]


Arm = tuple[str, set[str], Statements, Scope]
"""Pattern, the terms on which the function may call itself, body, and what names mean there."""


def _cases(body: Statements, parameters: Mapping[str, Type], scope: Scope) -> tuple[str, list[Arm]] | None:
    """The parameter that the body tells cases of at its start, and the cases; None where it does not."""
    if body and isinstance(body[0], ast.Match):
        if len(body) > 1:
            refuse(body[1], "nothing may follow a match: return in its cases")
        return _matched(body[0], parameters, scope)
    bases: list[Statements] = []
    about = ""
    for one in body:
        found = _base(one, parameters)
        if found is None or (about and found[0] != about) or found[1] != len(bases):
            break
        about = found[0]
        bases.append([*found[2], *body[len(bases) + 1 :]])  # what follows an `if` that does not return belongs to it too
        if isinstance(one, ast.If) and one.orelse:  # the last base case, with the rest in its else
            body = [*body[: len(bases)], *one.orelse, *body[len(bases) :]]
            break
    if not bases:
        return None
    rest = body[len(bases) :]
    if parameters[about].of:
        return about, [
            ("[]", set(), bases[0], scope.having({about: Term("[]", parameters[about])})),
            _rest_of_list(about, "", "", rest, scope),
        ]
    return about, _of_number(about, bases, "", rest, scope)


def _base(node: ast.stmt, parameters: Mapping[str, Type]) -> tuple[str, int, Statements] | None:
    """(parameter, its value, body) of `if n == 0:`, `if xs == []:`, `if not xs:` or `if len(xs) == 0:`; None for anything else."""
    if not isinstance(node, ast.If):
        return None
    said = ast.unparse(node.test)
    for name, kind in parameters.items():
        if kind.of and said in (f"{name} == []", f"not {name}", f"len({name}) == 0"):
            return name, 0, node.body
        if kind == NAT and (number := said.removeprefix(f"{name} == ")) != said and number.isdecimal():
            return name, int(number), node.body
    return None


def _matched(node: ast.Match, parameters: Mapping[str, Type], scope: Scope) -> tuple[str, list[Arm]]:
    if not isinstance(node.subject, ast.Name) or node.subject.id not in parameters:
        refuse(node, "match on a parameter")
    name = node.subject.id
    for case in node.cases:
        if case.guard:
            refuse(case.guard, f"`case … if {ast.unparse(case.guard)}`: a case has no condition here; use `if` in it")
        for part in ast.walk(case.pattern):
            if isinstance(part, ast.MatchAs | ast.MatchStar) and part.name:
                _check_new(part.name, scope, part)
    match [(case.pattern, case.body) for case in node.cases]:
        case [
            (ast.MatchSequence(patterns=[]), empty),
            (ast.MatchSequence(patterns=[ast.MatchAs(pattern=None, name=x), ast.MatchStar(name=rest)]), more),
        ] if parameters[name].of:
            bare = scope.having({name: Term("[]", parameters[name])})
            return name, [("[]", set(), empty, bare), _rest_of_list(name, x or "", rest or "", more, scope)]
        case [*bases, (ast.MatchAs(pattern=None, name=last), more)] if parameters[name] == NAT and all(
            isinstance(pattern, ast.MatchValue) and ast.unparse(pattern) == str(number) for number, (pattern, _) in enumerate(bases)
        ):
            return name, _of_number(name, [statements for _, statements in bases], last or "", more, scope)
    refuse(node, f"match {name}: the cases are `case []` and `case [x, *rest]` of a list, or `case 0` (`case 1`, …) and `case _` of a Nat")


def _of_number(name: str, bases: Sequence[Statements], called: str, more: Statements, scope: Scope) -> list[Arm]:
    """Cases 0, 1, … and the rest, in which the number is `k + how many these are`."""
    arms: list[Arm] = []
    for number, statements in enumerate(bases):
        arms.append((str(number), set(), statements, scope.having({name: Term(str(number), NAT)})))
    fresh = _fresh(scope)
    below = [Term(f"{fresh} + {left}", NAT, PLUS) if left else Term(fresh, NAT) for left in range(len(bases) + 1)]
    names = {name: below[-1]} | ({called: below[-1]} if called else {})
    inner = scope.having(names)
    smaller = {f"{one} - {less}": below[len(bases) - less] for one in names for less in range(1, len(bases) + 1)}
    inner = replace(inner, names={**inner.names, **smaller})
    return [*arms, (below[-1].text, {term.text for term in below[:-1]}, more, inner)]


def _rest_of_list(name: str, x: str, rest: str, more: Statements, scope: Scope) -> Arm:
    """The case of a list that begins with `x`."""
    kind = scope.names[name].type
    assert kind.of
    x = x or _fresh(scope)
    rest = rest or _fresh(scope.having({x: scope.names[name]}))
    inner = scope.having({name: Term(f"{x} :: {rest}", kind, CONS), x: Term(x, kind.of), rest: Term(rest, kind)})
    parts = {f"{name}[0]": Term(x, kind.of), f"{name}[1:]": Term(rest, kind)}
    return f"{x} :: {rest}", {rest}, more, replace(inner, names={**inner.names, **parts})


def _fresh(scope: Scope) -> str:
    """A letter, with a number where all are taken, that names nothing here."""
    letters = (f"{letter}{number or ''}" for number in count() for letter in FRESH)
    return next(name for name in letters if name not in scope.names and name not in scope.functions)


# ---- bodies

Leaf = Callable[[ast.expr, Scope], Term]
Fork = Callable[[ast.AST, Term, Term, Term], Term]


def _block(statements: Iterable[ast.stmt], scope: Scope, leaf: Leaf, fork: Fork, where: ast.AST | None = None) -> Term:
    """What statements return: names are replaced by what they stand for, and what follows an `if` belongs to both its branches."""
    left = [one for one in statements if not _is_words(one)]
    if not left:
        refuse(where or ast.Pass(), "a branch ends without `return`")
    first, rest = left[0], left[1:]
    match first:
        case ast.Return(value=ast.expr() as returned):
            return leaf(returned, scope)
        case ast.Assign(targets=[ast.Name(id=name)], value=given):
            _check_name(name, first)
            if name in scope.functions:
                refuse(first, f"`{name}` is a function: choose another name")
            return _block(rest, scope.having({name: value(given, scope)}), leaf, fork, first)
        case ast.If():
            test = condition(first.test, scope)
            then, other = (_block([*part, *rest], scope, leaf, fork, first) for part in (first.body, first.orelse))
            return fork(first, test, then, other)
    said = ast.unparse(first).split("\n")[0]
    refuse(first, f"`{said}`: use name = …, if, match (first of all) and return; for loops, a function that calls itself")
