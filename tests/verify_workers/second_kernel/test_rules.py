"""Single rules, on environments made by hand."""

from __future__ import annotations

import sys

import pytest

from verify_workers.second_kernel import terms as t
from verify_workers.second_kernel.checking import TypeChecker
from verify_workers.second_kernel.environment import Axiom, Constant, Definition, Environment, OutOfBudget, Rejected
from verify_workers.second_kernel.judge import judge
from verify_workers.second_kernel.reading import Malformed, component
from verify_workers.second_kernel.reduction import Budget

TYPE = t.sort(t.succ(t.zero))


def checker(*constants: Constant, steps: int = 10_000) -> TypeChecker:
    environment = Environment()
    for constant in constants:
        environment.add(constant)
    return TypeChecker(environment, Budget(steps))


def test_equal_terms_are_one_object() -> None:
    x = t.fvar(TYPE)
    assert t.lams([x], t.app(t.const("f"), x)) is t.lams([y := t.fvar(TYPE)], t.app(t.const("f"), y))
    assert t.instantiate(t.app(t.bvar(0), t.bvar(1)), (x, TYPE)) is t.app(x, TYPE)
    assert t.abstract(t.pi(x, t.app(x, t.bvar(0))), [x]).loose == 1


def test_beta_eta_and_proof_irrelevance() -> None:
    a, p, n = t.const("A"), t.const("P"), t.const("n")
    ground = (Axiom("A", (), TYPE), Axiom("P", (), t.prop), Axiom("n", (), a), Axiom("f", (), t.arrow(a, a)))
    with_proofs = checker(*ground, Axiom("p", (), p), Axiom("q", (), p), Axiom("m", (), a))
    identity = t.lam(a, t.bvar(0))
    assert with_proofs.equal(t.app(identity, n), n)
    assert with_proofs.equal(t.lam(a, t.app(t.const("f"), t.bvar(0))), t.const("f"))
    assert with_proofs.equal(t.const("p"), t.const("q"))  # proofs of one proposition
    assert not with_proofs.equal(n, t.const("m"))
    with pytest.raises(Rejected):
        with_proofs.check(t.app(t.const("f"), t.const("p")))
    with pytest.raises(Rejected):
        with_proofs.check(t.app(n, n))


def test_definitions_unfold_and_steps_are_counted() -> None:
    a = Axiom("A", (), TYPE)
    chain = [Definition(f"d{i}", (), TYPE, t.const(f"d{i - 1}") if i else t.const("A"), i) for i in range(50)]
    assert checker(a, *chain).equal(t.const("d49"), t.const("A"))
    with pytest.raises(OutOfBudget):
        checker(a, *chain, steps=20).equal(t.const("d49"), t.const("A"))


def test_only_the_quotient_itself_computes_as_one() -> None:
    """Definitions that go by the names of the quotient's constants are just that."""
    fakes = [Axiom(name, (), TYPE) for name in ("Quot", "Quot.mk", "Quot.lift", "Quot.ind")]
    it = checker(*fakes)
    made = t.apply(t.const("Quot.mk"), [TYPE, TYPE, t.const("Quot")])
    lifted = t.apply(t.const("Quot.lift"), [TYPE, TYPE, TYPE, t.lam(TYPE, t.bvar(0)), TYPE, made])
    assert it.whnf(lifted) is lifted


def test_names_are_equal_only_if_their_components_are() -> None:
    names = ["a.b", "a", 1, "1", "", "«a»", "a»", "«1»"]
    assert len({component(name) for name in names}) == len(names)
    with pytest.raises(Malformed):
        component(None)


@pytest.mark.parametrize(
    "line",
    [b"[]", b"5", b"null", b'{"ie":0}', b'{"ie":0,"bvar":-1}', b'{"ie":0,"natVal":"-1"}', b'{"ie":0,"natVal":5}', b"{",
     b'{"il":1,"max":[0]}',
     b'{"in":1,"num":{"pre":0,"i":null}}', b'{"thm":{}}', b'{"inductive":{"types":[],"ctors":[],"recs":[]}}', b'{"a":1,"b":2}', b"\xff"],
)  # fmt: skip
def test_what_is_no_export_is_rejected_in_words(line: bytes) -> None:
    judgement = judge([line])
    assert judgement.outcome == "rejected" and "malformed" in judgement.why


def test_a_judgement_gives_the_interpreters_limits_back() -> None:
    before = sys.getrecursionlimit(), sys.get_int_max_str_digits()
    assert judge([b"nonsense"]).outcome == "rejected"
    assert (sys.getrecursionlimit(), sys.get_int_max_str_digits()) == before
