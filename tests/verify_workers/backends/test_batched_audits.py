"""One replay for many audits: each verdict is the one that the candidate gets by itself, whoever stands beside it.

`leanchecker` is a stand-in that calls the functions of Lean's library which the real one calls (tests/verify_workers/lean_checker.py).
"""

from __future__ import annotations

import dataclasses
import random
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verify_workers.fake_lake import FakeLake
from verify_workers.backends import leanchecker
from verify_workers.backends.leanchecker import Compiled, LeanCheckerBackend, halved
from verify_workers.lean import LeanInstall, merge
from verify_workers.lean.olean import Constant, Unreadable, constants_of
from verify_workers.lean.project import LakeProject, discover
from verify_workers.records import Check, Outcome, Reason, Verdict

SKIP = "set_option debug.skipKernelTC true\n"
HELPED = "theorem helper{0} (n : Nat) : n + 0 = n := by simp\n{1}theorem goal (n : Nat) : n + 0 = n := helper{0} n\n"
TYPES = """inductive T | a | b (t : T)
structure S where
  x : T
  y : x = .a
mutual
inductive P | p (q : Q)
inductive Q | q | r (p : P)
end
"""
GOOD = {
    "proof": ("theorem goal (n : Nat) : n + 0 = n", None),
    "helper": ("theorem mine (n : Nat) : n + 0 = n", HELPED.format("", "").replace("goal", "mine")),
    "the same helper": ("theorem other (n : Nat) : n + 0 = n", HELPED.format("", "").replace("goal", "other")),
    "the same name": ("theorem goal (p q : Prop) (h : p ∧ q) : q ∧ p", "theorem goal (p q : Prop) (h : p ∧ q) : q ∧ p := ⟨h.2, h.1⟩"),
    "notation": ("theorem noted : 2 = 2", 'notation "two" => 2\ntheorem noted : two = 2 := rfl\n'),
    "a meaning for another": (
        "theorem told : 2 = 2",
        'infixl:65 " + " => Nat.sub\nattribute [simp] Nat.add_comm\ntheorem told : 2 = 2 := rfl',
    ),
    "an instance": (
        "theorem added : (1 : Nat) + 1 = 2",
        "instance odd : Add Nat := ⟨fun _ _ => 7⟩\ntheorem added : (Nat.add 1 1) = 2 := rfl",
    ),
    "types": (
        "theorem typed : True",
        f"{TYPES}theorem same (t : T) : t = t := by cases t <;> rfl\ntheorem typed : True := trivial",
    ),
    "large": ("theorem large : 123456789012345678901234567890 = 123456789012345678901234567890", None),
    "choice": ("theorem chosen (p : Prop) : p ∨ ¬p", "theorem chosen (p : Prop) : p ∨ ¬p := Classical.em p"),
}
BAD = {
    "false": ("theorem wrong : 1 = 2", f"{SKIP}theorem wrong : 1 = 2 := by decide +kernel"),
    "false, of a good one's name": ("theorem goal : 2 = 3", f"{SKIP}theorem goal : 2 = 3 := by decide +kernel"),
    "a false helper": (
        "theorem third : 3 = 4",
        f"{SKIP}theorem helper (n : Nat) : 3 = 4 := by decide +kernel\ntheorem third : 3 = 4 := helper 0",
    ),
}


def asked(name: str) -> Check:
    statement, code = (GOOD | BAD)[name]
    return Check.model_validate(
        {"id": name, "statement": statement, "timeout": 30, **({"code": code} if code else {"proof": "by first | rfl | simp"})}
    )


@pytest.fixture(scope="module")
def project(lean: LeanInstall, tmp_path_factory: pytest.TempPathFactory) -> LakeProject:
    fake = FakeLake(tmp_path_factory.mktemp("batched"), lean)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", fake.path)
        found = discover(fake.project)
    return dataclasses.replace(found, variables=found.variables | {"LEAN_FAKE_CHECKER": "real"})


@pytest.fixture(scope="module")
def backend(project: LakeProject, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LeanCheckerBackend]:
    """Without a policy, so that a candidate can have its own elaborator pass over what is false."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("verify_workers.policy.refusal", lambda parsed: None)
        made = LeanCheckerBackend(project, snapshots=tmp_path_factory.mktemp("snapshots"))
        yield made
        made.close()


@pytest.fixture(scope="module")
def compiled(backend: LeanCheckerBackend) -> dict[str, Compiled]:
    """All of them, as Lean's messages accept them."""
    found = {name: backend.compile(asked(name)) for name in GOOD | BAD}
    assert {name: one for name, one in found.items() if isinstance(one, Verdict)} == {}
    return {name: one for name, one in found.items() if isinstance(one, Compiled)}


@pytest.fixture(scope="module")
def alone(backend: LeanCheckerBackend, compiled: dict[str, Compiled]) -> dict[str, Verdict]:
    return {name: backend._alone(one) for name, one in compiled.items()}


def plain(verdict: Verdict) -> dict[str, object]:
    return verdict.model_dump(exclude={"seconds", "audit_seconds"})


def audited(backend: LeanCheckerBackend, some: Sequence[Compiled], folder: Path) -> dict[str, Verdict]:
    """What a batch of copies comes to."""
    copies = []
    for place, one in enumerate(some):
        there = folder / str(place)
        shutil.copytree(one.folder, there)
        assert one.content
        content = dataclasses.replace(one.content, path=there / one.content.path.name)
        copies.append(dataclasses.replace(one, folder=there, content=content))
    verdicts = backend.audit(copies)
    assert not any(one.folder.exists() for one in copies)
    return {verdict.id: verdict for verdict in verdicts}


def test_the_kernel_sees_what_lean_was_kept_from_looking_at(alone: dict[str, Verdict]) -> None:
    assert {name for name, verdict in alone.items() if verdict.accepted} == set(GOOD)
    assert {alone[name].reason for name in BAD} == {Reason.KERNEL}


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3, 4))])
def test_in_company_as_alone(
    backend: LeanCheckerBackend, compiled: dict[str, Compiled], alone: dict[str, Verdict], tmp_path: Path, seed: int
) -> None:
    """Good and bad ones at random places."""
    names = sorted(compiled)
    random.Random(seed).shuffle(names)
    found = audited(backend, [compiled[name] for name in names[:9]], tmp_path)
    assert {name: plain(verdict) for name, verdict in found.items()} == {name: plain(alone[name]) for name in names[:9]}
    assert all(verdict.seconds == verdict.audit_seconds > compiled[name].seconds for name, verdict in found.items())


def test_one_import_for_all_that_is_right(
    backend: LeanCheckerBackend, compiled: dict[str, Compiled], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two, since there are two of one name; names of helpers that are alike keep apart too."""
    runs = []
    replay = LeanCheckerBackend._replay
    monkeypatch.setattr(LeanCheckerBackend, "_replay", lambda self, *rest: (runs.append(rest), replay(self, *rest))[1])
    found = audited(backend, [compiled[name] for name in GOOD], tmp_path)
    assert all(verdict.accepted and verdict.audit == "leanchecker" for verdict in found.values()) and len(runs) == 2


def test_where_nothing_joined_passes_each_goes_by_itself(
    backend: LeanCheckerBackend,
    compiled: dict[str, Compiled],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(some: Sequence[merge.Candidate], target: Path) -> None:
        target.write_bytes(b"no module")

    monkeypatch.setattr(leanchecker.merge, "merge", broken)
    monkeypatch.setattr(backend, "_merges", True)
    found = audited(backend, [compiled["proof"], compiled["notation"]], tmp_path)
    assert all(verdict.accepted for verdict in found.values())
    assert not backend._merges and "reads no joined files" in caplog.text


def test_a_joined_file_that_lacks_something_is_noticed(
    compiled: dict[str, Compiled], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [one.content for one in compiled.values() if one.content][:2]
    elements = merge._Part.elements
    monkeypatch.setattr(merge._Part, "elements", lambda self, pointer: elements(self, pointer)[1:])
    with pytest.raises(Unreadable):
        merge.merge(some, tmp_path / "M.olean")


def test_an_axiom_that_lean_did_not_list(lean: LeanInstall, compiled: dict[str, Compiled], tmp_path: Path) -> None:
    """As if the candidate had forged the list."""
    fake = FakeLake(tmp_path, lean)
    name = "_proved_" + 32 * "0"
    fake.build("Axiom", f"axiom ax : 1 = 2\ntheorem goal : 1 = 2 := ax\ntheorem {name} : 1 = 2 := goal\n")
    fake.build("Pinless", "theorem goal : 1 = 1 := rfl")
    built = fake.project / ".lake/build/lib/lean"
    forged = dataclasses.replace(compiled["proof"], content=merge.read(built / "Axiom.olean"))
    verdict = leanchecker._unpinned(forged)
    assert verdict and (verdict.outcome, verdict.reason) == (Outcome.REJECTED, Reason.AXIOM) and "ax," in verdict.messages[0].text
    missing = leanchecker._unpinned(dataclasses.replace(forged, content=merge.read(built / "Pinless.olean")))
    assert missing and missing.outcome is Outcome.INFRA


def test_a_damaged_file_is_not_joined(compiled: dict[str, Compiled], tmp_path: Path) -> None:
    """Each byte may be another: what is read is refused, or has the same names as before or others, and never points out of itself."""
    content = compiled["large"].content
    assert content
    data, path, draw = content.path.read_bytes(), tmp_path / "D.olean", random.Random(5)
    for _ in range(30):
        changed = bytearray(data)
        changed[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path.write_bytes(changed)
        try:
            merge.merge([merge.read(path), content], tmp_path / "M.olean")
        except (Unreadable, OSError):
            continue
        constants_of(tmp_path / "M.olean")


@given(st.sets(st.integers(0, 40)), st.integers(0, 41))
def test_halving_leaves_out_the_bad_and_those_that_are_alone_with_them(bad: set[int], count: int) -> None:
    places, runs = range(count), list[Sequence[int]]()

    def passes(some: Sequence[int]) -> bool:
        runs.append(some)
        return bad.isdisjoint(some)

    found = halved(places, passes)
    assert bad.isdisjoint(found) and len(set(found)) == len(found)
    if not bad & set(places) and count > 1:
        assert found == list(places) and len(runs) == 1


NAMES = st.frozensets(st.sampled_from("abcdefgh"), max_size=3)


@given(st.lists(st.tuples(NAMES, NAMES, st.sampled_from([("Init",), ("Other",)])), max_size=12))
def test_in_a_group_no_one_declares_what_another_declares_or_names(
    rows: list[tuple[frozenset[str], frozenset[str], tuple[str, ...]]],
) -> None:
    nothing = frozenset[str]()
    candidates = {
        key: merge.Candidate(Path("x"), imports, {name: Constant("theorem", nothing, nothing) for name in own}, named)
        for key, (own, named, imports) in enumerate(rows)
    }
    found = merge.groups(candidates)
    assert sorted(key for group in found for key in group) == sorted(candidates)
    for group in found:
        for one in group:
            for other in group:
                if one != other:
                    assert rows[one][0].isdisjoint(rows[other][0] | rows[other][1]) and rows[one][2] == rows[other][2]
