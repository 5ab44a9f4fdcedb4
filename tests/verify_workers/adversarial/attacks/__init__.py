"""Cheats that no checker may accept, by kind, each with what it tries and why it must fail.

Nearly all claim FALSE or another false theorem.  The few that claim what is true break a rule on the way (`rule_only`).
"""

from __future__ import annotations

from tests.verify_workers.adversarial.attacks import (
    auxiliaries,
    binders,
    characters,
    environment,
    escape,
    forgery,
    gaps,
    headers,
    imports,
    inductives,
    kernel_names,
    lexer,
    negation,
    notation,
    options,
    preamble,
    resources,
    statement,
    tail,
    wrong,
)

_KINDS = (
    *(gaps, escape, tail, characters, lexer, wrong, statement, binders, auxiliaries, preamble, negation, notation, environment),
    *(headers, imports, options, kernel_names, inductives, forgery, resources),
)
ATTACKS = [case for kind in _KINDS for case in kind.TABLE.cases]
