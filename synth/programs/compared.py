"""Whether Lean and Python compute the same: a program is run in the jail on small inputs, and Lean asked about its translation.

Lean has to confirm each value that a function gives, and each input on which the program's requirement fails; on no input on which
it holds may the statement be refuted.  What Lean cannot compute, and a program that does not run here, is not compared.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from synth.answers.enumerate import run_program
from synth.config import AnswersConfig
from synth.programs.signatures import signature
from synth.programs.wanted import PYTHON, Wanted
from synth.prompts.declarations import Declaration, declarations
from synth.records import Drop, Statement
from synth.search.binders import leading
from synth.search.counterexample import TOGETHER, Counterexample, instances, refutation
from synth.services import Verify
from synth.statements.filters.elaborates import UNDECIDED
from verify_workers.records import Outcome

DRIVER = Path(__file__).with_name("driver.py")
SECONDS, OUTPUT = 10.0, 100_000
MORE = 16 * TOGETHER  # inputs on which a requirement that is proved may not fail
FAILING = 3  # inputs on which the requirement fails that Lean has to confirm
Input = dict[str, str]


@dataclass(frozen=True)
class Compared:
    """On how many inputs Lean confirmed what Python computes; where they differ, or why that is not known, `reason` and `detail`."""

    inputs: int = 0
    reason: Drop | None = None
    detail: str = ""


@dataclass(frozen=True)
class Called:
    """A function called on an input, and what Python said: a Lean literal; '' = nothing (an error, or another type)."""

    name: str
    input: Input
    value: str = ""

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.input.values())})"


async def compare(statement: Statement, wanted: Wanted, config: AnswersConfig, verify: Verify, timeout: float) -> Compared:
    """A translation against its program."""
    if wanted.language != PYTHON:
        return Compared()
    parameters = _parameters(wanted)
    if why := _narrower(statement, parameters):
        return Compared(0, Drop.DIFFERS, why)
    functions = [d for d in declarations(statement.preamble) if d.name in wanted.functions and d.keyword in ("def", "abbrev")]
    calls = [Called(d.name, one) for d in functions for one in _inputs(statement, d)]
    asked = _asked(wanted, instances(statement)[:TOGETHER])
    values = await _run(wanted.program, [*calls, *asked], config)
    count = 0
    for function in functions:
        known = [one for one in values if one.name == function.name and one.value]
        found = await _same(statement, function, known, verify, timeout)
        if found.reason:
            return found
        count += found.inputs
    found = await _requirement(statement, [one for one in values if one.name == wanted.name and one.value], verify, timeout)
    return found if found.reason else Compared(count + found.inputs)


async def contradicted(statement: Statement, wanted: Wanted, counterexample: Input, config: AnswersConfig) -> str:
    """What of the program's requirement speaks against a decision; '' = nothing was found.

    `counterexample`: where it is refuted, {} where it is proved: then it may fail on none of many more inputs than were compared.
    """
    if wanted.language != PYTHON or not wanted.name:
        return ""
    inputs = (counterexample,) if counterexample else instances(statement)[:MORE]
    told = "true" if counterexample else "false"
    wrong = next((one for one in await _run(wanted.program, _asked(wanted, inputs), config) if one.value == told), None)
    return f"{wrong} is {told.capitalize()} in Python, so it is not what the program requires that was decided" if wrong else ""


def _asked(wanted: Wanted, inputs: Sequence[Input]) -> list[Called]:
    """The program's requirement called on inputs of the statement, by the names of its variables."""
    names = _parameters(wanted)
    return [Called(wanted.name, {name: one[name] for name in names}) for one in inputs if names and one.keys() >= names.keys()]


def _parameters(wanted: Wanted) -> dict[str, str]:
    """The parameters of the function that is the requirement, with their types as written; none where words are it."""
    tree = ast.parse(wanted.program)
    node = next((one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == wanted.name), None)
    given = node.args.args if node else []
    return {one.arg: ast.unparse(one.annotation) if one.annotation else "" for one in given}


def _narrower(statement: Statement, parameters: dict[str, str]) -> str:
    """Where the statement is not about all inputs of the program's requirement; '' = nowhere."""
    variables = {b.name: b.type for b in leading(statement.text)}
    for name, written in parameters.items():
        if name not in variables:
            return f"the theorem does not begin with a variable {name}, as the requirement does"
        if re.search(r"\b[iI]nt\b", written) and ("Nat" in variables[name] or "ℕ" in variables[name]):
            return f"{name} is of type {written}, and in the theorem of type {variables[name]}: that leaves numbers out"
    return ""


def _inputs(statement: Statement, function: Declaration) -> Sequence[Input]:
    """Small inputs of a function; none where it has a type that we know no values of."""
    types, _ = signature(statement.preamble, function)
    binders = " ".join(f"(x{n} : {kind})" for n, kind in enumerate(types))
    return instances(statement.model_copy(update={"text": f"theorem X {binders} : True"}))[:TOGETHER] if types else ()


async def _run(program: str, calls: Sequence[Called], config: AnswersConfig) -> list[Called]:
    """The calls with what Python says; nothing where the program cannot be run here."""
    asked = json.dumps([[one.name, list(one.input.values())] for one in calls])
    source = DRIVER.read_text(encoding="utf-8") + f"\nrun({program!r}, {asked!r})\n"
    bounds = config.model_copy(update={"seconds": min(SECONDS, config.seconds), "output": OUTPUT})
    ran = await run_program(source, bounds)
    said = {}
    for line in ran.output.splitlines():
        mark, _, rest = line.partition(" ")
        number, _, value = rest.partition(" ")
        if mark == "@value" and number.isdecimal():
            said[int(number)] = value
    return [Called(one.name, one.input, said.get(n, "")) for n, one in enumerate(calls)]


async def _same(statement: Statement, function: Declaration, known: Sequence[Called], verify: Verify, timeout: float) -> Compared:
    """Whether a function of the translation has these values."""
    types, result = signature(statement.preamble, function)
    for one in known:
        if one.value.startswith("-") and result in ("Nat", "ℕ"):
            return Compared(0, Drop.DIFFERS, f"{one} is {one.value} in Python, and no {result}")
    equations = [f"{one.name} {_applied(one.input, types)} = ({one.value} : {result})" for one in known]

    async def holds(some: Sequence[str], negated: bool) -> Outcome:
        claim = " ∧ ".join(f"({one})" for one in some)
        text = f"theorem X : ¬({claim})" if negated else f"theorem X : {claim}"
        simp = f"(simp [{', '.join(d.name for d in declarations(statement.preamble) if d.keyword == 'def' and d.name)}]; done)"
        asked = statement.model_copy(update={"text": text})
        check = asked.check(f"{statement.id}:computes", timeout, proof=f"by first | decide +kernel | {simp}")
        return (await verify([check]))[0].outcome

    if not equations:
        return Compared()
    outcome = await holds(equations, False)
    if outcome is Outcome.ACCEPTED:
        return Compared(len(equations))
    if outcome is Outcome.INFRA:
        return Compared(0, Drop.UNDECIDED, "the checker failed as Lean and Python were compared")
    for one, equation in zip(known, equations, strict=True):
        if await holds([equation], True) is Outcome.ACCEPTED:
            return Compared(0, Drop.DIFFERS, f"{one} is {one.value} in Python, and not in Lean")
    return Compared()


def _applied(input: Input, types: Sequence[str]) -> str:
    return " ".join(f"({value} : {kind})" for value, kind in zip(input.values(), types, strict=True))


async def _requirement(statement: Statement, known: Sequence[Called], verify: Verify, timeout: float) -> Compared:
    """Whether the statement holds and fails where the program's requirement does."""
    failing = [one for one in known if one.value == "false"][:FAILING]
    checks = [
        statement.check(f"{statement.id}:fails:{n}", timeout, negated=True, proof=refutation(statement, one.input))
        for n, one in enumerate(failing)
    ]
    for one, verdict in zip(failing, await verify(checks) if checks else [], strict=True):
        if verdict.outcome in UNDECIDED:
            return Compared(0, Drop.UNDECIDED, f"{one}: {verdict.outcome.value} as Lean and Python were compared")
        if not verdict.accepted:
            return Compared(0, Drop.DIFFERS, f"{one} is False in Python, and Lean does not find the statement false there")
    holding = [one.input for one in known if one.value == "true"]
    wrong = await Counterexample(statement, holding, verify, timeout).first(holding) if holding else None
    if wrong:
        return Compared(0, Drop.DIFFERS, f"{Called(known[0].name, wrong)} is True in Python, and the statement is false there")
    return Compared(len(failing))
