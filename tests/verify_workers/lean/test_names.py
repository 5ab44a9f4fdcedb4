"""Names that a library declares, read from its compiled modules."""

from __future__ import annotations

from pathlib import Path

from verify_workers.lean import LeanInstall
from verify_workers.lean.names import Names, declared, library_names, unknown_names
from verify_workers.lean.olean import constants_of, imports_of, names_of


def test_the_embedded_librarys_names_are_read(lean: LeanInstall) -> None:
    names = declared((lean.path,))
    assert names.near("Nat.add_com")[0] == "Nat.add_comm" and "Nat.mod_lt" in names.near("Nat.mod_le")
    assert names.near("Nat.add_comm") and "Nat.add_comm" not in names.near("Nat.add_comm")
    assert not any("._" in name or "match_" in name for name in names.near("Nat.add_co", 50))
    assert library_names(None) is names


def test_a_file_that_is_no_module_has_none(tmp_path: Path, lean: LeanInstall) -> None:
    (tmp_path / "a.olean").write_bytes(b"nothing")
    (tmp_path / "b.olean").write_bytes(b"")
    assert declared((tmp_path,)).near("Nat.add_comm") == []
    assert library_names(tmp_path / "no project").near("Nat.add_comm") == []
    one = next(file for file in sorted(lean.path.rglob("*.olean")) if file.stat().st_size > 10_000)
    assert len(names_of(one)) > 10 and imports_of(one)


def test_unknown_names_are_found_in_messages() -> None:
    said = [
        "Unknown constant `Nat.add_com`",
        "unknown identifier 'foo'",
        "no",
        "Unknown identifier `foo`",
        "The identifier `x.y` is unknown",
    ]
    assert unknown_names(said) == ["Nat.add_com", "foo", "x.y"]


def test_names_of_the_same_namespace_come_first_among_equals() -> None:
    names = Names(["Int.mul_comm", "Nat.mul_comm", "Nat.mul_comm_rec", "Nat.mul_comm._proof_1"])
    assert names.near("Nat.mul_com")[0] == "Nat.mul_comm" and "Nat.mul_comm._proof_1" not in names.near("Nat.mul_com")
    assert names.near("zzz") == []


def test_what_a_constant_is_made_of_is_read(lean: LeanInstall) -> None:
    file = lean.path / "Init" / "Logic.olean"
    constants = constants_of(file)
    assert set(names_of(file)) <= constants.keys()
    symm = constants["Eq.symm"]
    assert (symm.kind, symm.type) == ("theorem", {"Eq"}) and "Eq" in symm.value
