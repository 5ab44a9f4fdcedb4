"""Where there is room for one more engine: beside what is owed, on the newest nodes, all of it or nothing."""

from __future__ import annotations

import pytest

from synth.run.room import Node, Piece, Room

GPU, TWO = Piece({"GPU": 1.0}), Piece({"GPU": 2.0})


def nodes(**gpus: float) -> list[Node]:
    return [Node(name, {"CPU": 4.0, "GPU": count}, {"side": name}) for name, count in gpus.items()]


def test_the_newest_node_with_room_is_taken_until_there_is_none() -> None:
    room = Room(nodes(old=1, new=2))
    assert [room.take([GPU]) for _ in range(4)] == [["new"], ["new"], ["old"], None]


def test_what_the_run_begins_with_is_set_aside_first_on_old_nodes_and_without_room_for_it_there_is_none() -> None:
    room = Room(nodes(old=2, new=2), [GPU, GPU])
    assert [room.take([GPU]) for _ in range(3)] == [["new"], ["new"], None]
    assert Room(nodes(small=1, large=2), [GPU, TWO]).take([GPU]) is None, "the larger has its place before the smaller"
    assert Room(nodes(old=1, new=1), [TWO]).take([GPU]) is None, "two halves on two nodes are no place for it"


def test_an_engine_over_several_nodes_gets_all_of_its_pieces_or_none() -> None:
    room = Room(nodes(old=1, new=2))
    assert room.take([GPU] * 4) is None
    assert room.take([GPU] * 3) == ["new", "new", "old"], "what did not fit has taken nothing"


@pytest.mark.parametrize(("piece", "found"), [(Piece({"GPU": 1.0}, {"side": "old"}), ["old"]), (Piece({"GPU": 1.0}, {"side": "x"}), None)])
def test_labels_say_where(piece: Piece, found: list[str] | None) -> None:
    assert Room(nodes(old=1, new=1)).take([piece]) == found


def test_a_barred_node_is_passed_over_and_parts_of_a_gpu_add_up() -> None:
    assert Room(nodes(old=1, new=1)).take([GPU], {"new"}) == ["old"]
    tenth, room = Piece({"GPU": 0.1}), Room(nodes(one=1))
    assert [room.take([tenth]) for _ in range(11)] == [["one"]] * 10 + [None], "rounding is no lack"
