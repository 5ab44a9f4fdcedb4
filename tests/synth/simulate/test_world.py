"""A simulated run is the real driver at work: its rounds, its stream, its shards and its clients, among actors that only take time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synth.records import Attempt, Pair, SearchRow
from synth.simulate.measured import changeable_config, measured
from synth.simulate.outlook import outlook
from synth.simulate.predict import predict
from synth.simulate.setting import EngineSetting, PoolSetting, Setting, TrainerSetting, read_setting
from synth.store.rundir import RunDir
from tests.synth.simulate.recorded import LEAN, START, recorded_run
from train.lora import adapter_hash
from verify_workers.errors import UserError

APART = Setting(
    engine=EngineSetting(tokens_per_second=1000, swap_seconds=1, start_seconds=0),
    trainer=TrainerSetting(tokens_per_second=100, tokens_per_example=100, aside_seconds=20),
    pools=PoolSetting(nodes=2, cores=2),
    problems=16,
)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    return recorded_run(tmp_path_factory.mktemp("recorded") / "run")


def _predicted(recorded: RunDir, out: Path, setting: Setting = APART, *overrides: str, seed: int = 0) -> dict[str, Any]:
    return predict(recorded.path, None, overrides, setting, out, seed, 2, "", lambda line: None)


def test_service_times_are_those_of_the_records(recorded: RunDir) -> None:
    found = measured(recorded, changeable_config(recorded))
    assert {(d.tokens, d.seconds) for d in found.attempts} == {(20, LEAN)}
    assert sum(d.outcome == "accepted" for d in found.attempts) == 2
    assert found.filter_checks == 1.0
    assert found.lean["filters"] == [pytest.approx(LEAN)]
    assert found.pool_seconds == pytest.approx(0.1)
    assert found.curve.peak == pytest.approx(1000)
    assert found.shard_start == START


def test_proofs_that_are_found_again_are_as_short_as_they_were(tmp_path: Path) -> None:
    """They are in no record, but their tokens are in the searches'."""
    recorded = recorded_run(tmp_path / "run", repeats=True)
    assert measured(recorded, changeable_config(recorded)).again == pytest.approx(0.25)
    _predicted(recorded, tmp_path / "out")
    rows = list(RunDir.existing(tmp_path / "out").read("searches", SearchRow))
    proved = [row for row in rows if row.accepted]
    assert len(rows) == 16 and len(proved) == 4
    assert {row.tokens for row in rows if not row.accepted} == {6 * 20 + 2 * 5}


def test_what_is_searched_inside_others_says_nothing_of_proofs_that_are_found_again(tmp_path: Path) -> None:
    """A skeleton's search counts those of its holes, with their cheap tactics, which take no tokens."""
    store = recorded_run(tmp_path / "run", repeats=True)
    made = {"round": 1, "statement_id": "hole", "tokens": 100}
    attempts = [
        Attempt(id="skeleton", proof="sorry", strategy="sketch", unread="open_holes", **{**made, "statement_id": "s0"}),
        Attempt(id="inside", proof="by simp", strategy="whole_proof", **made),
    ]
    spent = {"sketch": {"samples": 30.0, "tokens": 200.0}}
    searches = [
        SearchRow(id="again", statement_id="s0", round=1, ended="exhausted", strategies=spent),
        SearchRow(id="hole", statement_id="hole", round=1, ended="exhausted", inside=True, strategies={"whole_proof": {"samples": 1.0}}),
    ]
    with RunDir.open(tmp_path / "run", changeable_config(store)) as store:
        store.commit("r001-s0001-b0000-c0000", {"attempts": attempts, "searches": searches})
    assert measured(store, changeable_config(store)).again == pytest.approx(0.25)


def test_evaluations_and_cheap_tactics_take_their_own_time(recorded: RunDir, tmp_path: Path) -> None:
    """A simulated run records what a real one does, so that it is itself a run to predict from."""
    setting = Setting(pools=PoolSetting(cores=2), engine=EngineSetting(swap_seconds=0, start_seconds=0))
    _predicted(recorded, tmp_path / "first", setting)
    store = RunDir.existing(tmp_path / "first")
    found = measured(store, changeable_config(store))
    assert [len(samples) for samples in found.held[1]] == [1, 1], "two held-out statements, of each one sample"
    assert found.lean["filters"] == [pytest.approx(LEAN, rel=0.15)] * 8  # on shared cores, and less what they took from each other
    assert found.seconds.keys() >= {"search", "evaluate", "filters", "baseline"}
    slow = measured(store, changeable_config(store)).scaled({"search": 1.0, "evaluate": 10.0, "filters": 3.0})
    assert [d.seconds for d in slow.held[1][0]] == [10 * d.seconds for d in found.held[1][0]]
    assert slow.lean["filters"] == [3 * s for s in found.lean["filters"]] and slow.lean["baseline first"] == found.lean["baseline first"]


def test_the_real_search_makes_the_recorded_attempts_and_proves_as_many(recorded: RunDir, tmp_path: Path) -> None:
    figures = _predicted(recorded, tmp_path / "run", Setting(problems=16, pools=PoolSetting(cores=2)))
    assert figures["proved"] == 4
    store = RunDir.existing(tmp_path / "run")
    assert store.rounds()[1]["ended"] == {"exhausted": 12, "proved": 4}  # 12 x 8 attempts, and what a wave of both sides has
    assert figures["attempts"] == 16 * 8
    assert 0 < figures["idle"]["pools"] < 1


def test_the_same_seed_gives_the_same_run(recorded: RunDir, tmp_path: Path) -> None:
    first, again = (_predicted(recorded, tmp_path / name, APART, "mode=async", "rounds=2") for name in ("a", "b"))
    assert first == again


def test_rounds_overlap_in_the_stream_and_not_in_turn(recorded: RunDir, tmp_path: Path) -> None:
    seconds = {}
    for mode in ("sync", "async"):
        figures = _predicted(recorded, tmp_path / mode, APART, f"mode={mode}", "rounds=3", "stream.staleness=1")
        store = RunDir.existing(tmp_path / mode)
        assert [r["round"] for r in store.rounds()] == [0, 1, 2, 3]
        assert store.count("attempts") == len(set(_ids(store)))  # nothing twice
        seconds[mode] = figures["seconds"]
    assert RunDir.existing(tmp_path / "async").exists("rounds/002/searched.json")
    assert seconds["async"] < 0.8 * seconds["sync"]  # the trainer's 20 s beside its steps hide behind a search


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_shards_answer_once_their_processes_have_started(recorded: RunDir, tmp_path: Path, mode: str) -> None:
    """In turn the first evaluation waits for them, and no search; in the stream the first search does too."""
    stages: dict[float, list[dict[str, float]]] = {}
    for start in (0.0, 40.0):
        setting = APART.model_copy(update={"shard_start_seconds": start})
        _predicted(recorded, tmp_path / f"{mode}-{start}", setting, f"mode={mode}", "rounds=2")
        stages[start] = [figures["stages"] for figures in RunDir.existing(tmp_path / f"{mode}-{start}").rounds()]
    assert stages[40.0][0]["start shards"] == pytest.approx(40, abs=1)
    later = [stages[40.0][number][name] - stages[0.0][number][name] for number, name in ((0, "evaluate"), (1, "search"), (2, "search"))]
    assert later == pytest.approx([40, 40 if mode == "async" else 0, 0], abs=3)


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_the_driver_hands_on_one_adapter_where_adapters_are_served(recorded: RunDir, tmp_path: Path, mode: str) -> None:
    served = ("train.lora={serve: true}", f"mode={mode}", "rounds=3")
    _predicted(recorded, tmp_path / "run", APART, *served)
    store = RunDir.existing(tmp_path / "run")
    left = [next((tmp_path / "run" / "checkpoints").glob(f"*/{number:03d}/training")) for number in (1, 2, 3)]
    assert all((folder / "adapter").is_dir() for folder in left)
    assert not any((folder / "model").exists() for folder in left), "models are made for whoever asks"
    models = [metrics["model"] for metrics in store.rounds()]
    assert models[1:] == [adapter_hash(models[0], folder / "adapter") for folder in left]
    pairs = list(store.read("pairs", Pair))
    assert pairs and all(pair.model in ("", models[pair.version]) for pair in pairs)


def _ids(store: RunDir) -> list[str]:
    from synth.records import Attempt

    return [attempt.id for attempt in store.read("attempts", Attempt)]


def test_checks_of_nodes_that_go_are_done_by_others(recorded: RunDir, tmp_path: Path) -> None:
    pools = PoolSetting(nodes=3, cores=2, preempted_per_hour=120, back_after=20)
    figures = _predicted(recorded, tmp_path / "run", APART.model_copy(update={"pools": pools, "problems": 24}))
    assert figures["nodes_lost"] > 0
    assert figures["proved"] == 6
    assert any("pool of Lean workers" in what for what in RunDir.existing(tmp_path / "run").rounds()[1]["failures"])


@pytest.mark.slow
def test_several_attempts_simulated_as_one_take_as_long(recorded: RunDir, tmp_path: Path) -> None:
    one, two = (_predicted(recorded, tmp_path / f"{grain}", APART.model_copy(update={"grain": grain, "problems": 64})) for grain in (1, 2))
    assert two["attempts"] == one["attempts"]
    assert two["stages"]["search"] == pytest.approx(one["stages"]["search"], rel=0.1)


def test_a_prediction_says_how_far_off_it_was(recorded: RunDir, tmp_path: Path) -> None:
    setting = Setting(pools=PoolSetting(cores=2), engine=EngineSetting(swap_seconds=0, start_seconds=0))
    figures = predict(recorded.path, None, (), setting, tmp_path / "run", 0, 2, recorded.path, lambda line: None)
    # 8 checks of the filters and 64 of attempts, 0.6 s each, on two workers; the real one of the record took 24 s.
    assert figures["against"]["search seconds"]["predicted"] == pytest.approx(72 * 0.6 / 2, rel=0.15)  # less what is called off
    assert figures["against"]["search seconds"]["real"] == 24.0


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "not a run directory"),
        ({"config.yaml": "name: x\nmodels: {prover: {path: given}}\n"}, "no complete round with attempts of a model"),
        ({"config.yaml": "nmae: x\n"}, "unknown key `nmae`"),
    ],
)
def test_what_is_no_record_is_said_in_one_line(tmp_path: Path, files: dict[str, str], message: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=message) as error:
        predict(str(tmp_path), None, (), None, None, 0, 2, "", lambda line: None)
    assert "\n" not in str(error.value)


def test_a_cluster_file_names_the_key_that_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "cluster.yaml"
    file.write_text("pools: {nodes: none}\n")
    with pytest.raises(UserError, match=r"cluster.yaml: pools.nodes: "):
        read_setting(file)
    with pytest.raises(UserError, match=r"cannot be read \(No such file or directory\); those that come with us are in cluster/capacity/"):
        read_setting(tmp_path / "nothing.yaml")


@pytest.mark.parametrize("name", ["gpus_32", "cores_10k", "cores_100k"])
def test_the_clusters_that_come_along_load(name: str) -> None:
    setting = read_setting(Path(__file__).parents[3] / "cluster" / "capacity" / f"{name}.yaml")
    assert setting.sources


def test_an_outlook_of_a_real_run_reads_its_timeline(recorded: RunDir) -> None:
    found = outlook(recorded)
    assert (found.search_seconds, found.pairs, found.checks) == (24.0, 2, 72)
    assert found.idle["pools"] == pytest.approx(1 - 72 * 0.6 / 48, abs=1e-3)


def test_cores_that_others_had_are_not_taken_for_lean_s(recorded: RunDir, tmp_path: Path) -> None:
    """Two workers on two cores, of which the driver and the like have 0.8: one worker alone then has a core to itself."""
    machine = Setting(one_machine=True, cores_beside=0.8, pools=PoolSetting(cores=2), engine=EngineSetting(swap_seconds=0, start_seconds=0))
    both = _predicted(recorded, tmp_path / "two", machine)
    one = _predicted(recorded, tmp_path / "one", machine, "verify.workers=1")
    assert both["seconds"] > 0.75 * one["seconds"], "two are hardly faster"
    store = RunDir.existing(tmp_path / "two")
    assert measured(store, changeable_config(store)).beside == pytest.approx(0.8, abs=0.05)
    said = predict(store.path, None, ("verify.workers=1",), None, None, 0, 2, str(tmp_path / "one"), lambda line: None)
    assert abs(said["against"]["search seconds"]["error_percent"]) < 5
