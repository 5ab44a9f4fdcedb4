"""Whether the memory of a loaded Lean is laid out as `abi` has it: each assumption is tried on objects whose contents are known.

Nothing is adapted: where one does not hold, this Lean is not for the kernel audit.  An odd layout may also crash the process that asks,
which is then no answer either.
"""

from __future__ import annotations

from collections.abc import Callable

from verify_workers.kernel import abi
from verify_workers.kernel.abi import Key, box, field, immortal, key, tag
from verify_workers.kernel.elaborate import World

NAT: Key = ("Nat",)
KINDS = (
    (("propext",), abi.AXIOM),
    (("Nat", "add"), abi.DEFINITION),
    (("Nat", "add_comm"), abi.THEOREM),
    (("Quot",), abi.QUOT),
    (NAT, abi.INDUCTIVE),
    (("Nat", "succ"), abi.CONSTRUCTOR),
    (("Nat", "rec"), abi.RECURSOR),
)
LARGE = 2**200 + 12345


def differs(world: World) -> str:
    """The first assumption that does not hold here, in a word or two; '' if all do."""
    for what, holds in PROBES.items():
        try:
            right = holds(world)
        except (ValueError, TypeError, LookupError, OverflowError, UnicodeError, abi.LeanError, MemoryError):
            right = False
        if not right:
            return what
    return ""


def _info(world: World, k: Key) -> int:
    info = world.lean.find(world.kernel, k)
    if info is None:
        raise LookupError(abi.show(k))
    return info


def _numbers(world: World) -> bool:
    lean = world.lean
    return all(abi.natural(lean.natural(n)) == n for n in (0, 7, 2**61, 2**63, LARGE)) and abi.text(lean.string("a∀".encode())) == "a∀"


def _names(world: World) -> bool:
    k = ("a", 3, "b.c", "∀")
    return key(world.lean.name(k)) == k and key(world.lean.name(())) == ()


def _levels(world: World) -> bool:
    lean, zero = world.lean, box(0)
    p = immortal(lean.level_param(lean.name(("u",))))
    one = immortal(lean.level_succ(zero))
    larger, imax = immortal(lean.level_max(one, p)), immortal(lean.level_imax(one, p))
    shapes = ((one, abi.L_SUCC, (zero,)), (larger, abi.L_MAX, (one, p)), (imax, abi.L_IMAX, (one, p)))
    return tag(p) == abi.L_PARAM and all(tag(o) == kind and abi.fields(o, len(parts)) == parts for o, kind, parts in shapes)


def _expressions(world: World) -> bool:
    lean = world.lean
    n, x = lean.name(NAT), lean.name(("x",))
    nat = immortal(lean.const(n, abi.make_list(())))
    b = immortal(lean.bvar(box(0)))
    sort = immortal(lean.sort(box(0)))
    literal = immortal(lean.literal(abi.make(0, [box(5)])))
    app = immortal(lean.app(nat, b))
    lambda_, forall = immortal(lean.lambda_(x, nat, b, 1)), immortal(lean.forall(x, nat, b, 2))
    let, proj = immortal(lean.let(x, nat, literal, b, 1)), immortal(lean.proj(n, box(0), b))
    return (
        [tag(o) for o in (b, sort, nat, app, lambda_, forall, let, literal, proj)]
        == [abi.BVAR, abi.SORT, abi.CONST, abi.APP, abi.LAMBDA, abi.FORALL, abi.LET, abi.LITERAL, abi.PROJ]
        and (abi.fields(app, 2), abi.fields(lambda_, 3), abi.fields(forall, 3)) == ((nat, b), (x, nat, b), (x, nat, b))
        and (abi.byte(lambda_ + 40), abi.byte(forall + 40), abi.byte(let + 48)) == (1, 2, 1)
        and (abi.fields(let, 4), abi.fields(proj, 3)) == ((x, nat, literal, b), (n, box(0), b))
        and (field(field(literal, 0), 0), tag(field(literal, 0)), field(nat, 0)) == (box(5), 0, n)
        and [key(k) for k in lean.used(lambda_)] == [NAT]
        and bool(lean.alpha_equal(lambda_, lean.lambda_(lean.name(("y",)), nat, b, 1)))
        and not lean.alpha_equal(lambda_, forall)
    )


def _constants(world: World) -> bool:
    if any(tag(_info(world, k)) != kind or key(abi.constant(_info(world, k))[0]) != k for k, kind in KINDS):
        return False
    nat, list_ = _info(world, NAT), _info(world, ("List",))
    families = [[key(o) for o in abi.family(nat)], [key(o) for o in abi.constructors(nat)]]
    member = [key(field(abi.value(_info(world, ("Nat", "succ"))), 1)), key(abi.items(field(abi.value(_info(world, ("Nat", "rec"))), 1))[0])]
    rules = abi.items(field(abi.value(_info(world, ("Nat", "rec"))), 6))
    comm = _info(world, ("Nat", "add_comm"))
    return (
        families == [[NAT], [("Nat", "zero"), ("Nat", "succ")]]
        and member == [NAT, NAT]
        and (abi.parameters(nat), abi.parameters(list_), len(abi.constant(list_)[1])) == (0, 1, 1)
        and len(rules) == 2
        and key(field(rules[0], 0)) == ("Nat", "zero")
        and tag(abi.constant(comm)[2]) == abi.FORALL
        and tag(abi.body(comm)) in range(12)
        and not any(abi.is_unsafe(_info(world, k)) for k, _ in KINDS)
    )


def _declarations(world: World) -> bool:
    """What is added is there, exactly it, as it was given; what is wrong is refused for the right reason."""
    lean, kernel = world.lean, world.kernel
    prefix: Key = ("_verify_workers_probe",)

    def name(word: str) -> int:
        return lean.name((*prefix, word))

    def const(k: Key) -> int:
        return immortal(lean.const(lean.name(k), abi.make_list(())))

    nat, zero, prop = const(NAT), const(("Nat", "zero")), immortal(lean.sort(box(0)))
    type_ = immortal(lean.sort(immortal(lean.level_succ(box(0)))))
    one, never, proof = name("one"), const(("False",)), const(("True", "intro"))
    after = lean.add(kernel, abi.definition(abi.make_constant(one, (), nat), zero, 3, one))
    added = lean.find_object(after, one)
    pair = name("Pair")
    own = immortal(lean.const(pair, abi.make_list(())))
    family = lean.add(after, abi.inductive((), box(0), [(pair, type_, [(name("mk"), immortal(lean.forall(name("n"), nat, own, 0)))])]))
    inductive = lean.find_object(family, pair)
    wrong = {
        "type mismatch in declaration": abi.theorem(abi.make_constant(name("no"), (), never), proof, name("no")),
        "already declared": abi.definition(abi.make_constant(one, (), nat), zero, 0, one),
        "unknown constant": abi.definition(abi.make_constant(name("x"), (), nat), const((*prefix, "nowhere")), 0, name("x")),
        "type of the theorem is not a proposition": abi.theorem(abi.make_constant(name("t"), (), nat), zero, name("t")),
    }
    return (
        added is not None
        and lean.find_object(kernel, one) is None
        and (tag(added), abi.hint(added), abi.body(added), abi.is_unsafe(added)) == (abi.DEFINITION, 3, zero, False)
        and {key(n) for n in lean.new_constants(after)} == {(*prefix, "one")}
        and inductive is not None
        and [key(n) for n in abi.constructors(inductive)] == [(*prefix, "mk")]
        and {(*prefix, "Pair"), (*prefix, "mk"), (*prefix, "Pair", "rec")} <= {key(n) for n in lean.new_constants(family)}
        and prop != type_
        and all(_refused(world, after, declaration) == why for why, declaration in wrong.items())
    )


def _refused(world: World, kernel: int, declaration: int) -> str:
    try:
        world.lean.add(kernel, declaration)
    except abi.LeanError as error:
        return str(error)
    return ""


PROBES: dict[str, Callable[[World], bool]] = {
    "numbers and strings": _numbers,
    "names": _names,
    "universe levels": _levels,
    "expressions": _expressions,
    "constants": _constants,
    "declarations": _declarations,
}
