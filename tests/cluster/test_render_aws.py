"""The files for `ray up`: Ray's own validator takes them, and the nodes are those of the plan."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config

from tests.cluster.test_render import parsed, render, run_words


def test_ray_takes_the_cluster_file(tmp_path: Path) -> None:
    config = yaml.safe_load(render(tmp_path, "ray-up", "--profile", "nodes")["cluster.yaml"])
    validate_config(prepare_config(config))
    with pytest.raises(jsonschema.ValidationError):
        validate_config(prepare_config(config | {"nodes": 3}))


def test_its_nodes_are_those_asked_for(tmp_path: Path) -> None:
    config = yaml.safe_load(
        render(tmp_path, "ray-up", "--gpus-per-node", "4", "--cpus-per-node", "48", "--memory-per-node", "192")["cluster.yaml"]
    )
    types: dict[str, Any] = config["available_node_types"]
    work, lean = types["work"], types["lean"]
    assert (work["min_workers"] * work["resources"]["GPU"], work["node_config"]["InstanceType"]) == (8, "g6.12xlarge")
    assert types[config["head_node_type"]]["resources"] == {"CPU": 0}
    assert all(kind["min_workers"] == kind["max_workers"] for kind in types.values()), "a pool's node passes for idle"
    assert config["max_workers"] == work["min_workers"] + lean["min_workers"]
    assert "GPU" not in lean["resources"] and lean["node_config"]["InstanceMarketOptions"] == {"MarketType": "spot"}
    assert "InstanceMarketOptions" not in work["node_config"]


def test_its_script_starts_the_run_when_all_nodes_are_there(tmp_path: Path) -> None:
    files = render(tmp_path, "ray-up")
    subprocess.run(["bash", "-n", tmp_path / "run.sh"], check=True)
    config = yaml.safe_load(files["cluster.yaml"])
    remote = [line.split("'")[1] for line in files["run.sh"].splitlines() if line.startswith("ray exec")]
    assert remote[0] == f"python -m cluster.wait --nodes {config['max_workers'] + 1}"
    given = parsed(run_words(remote[1].removeprefix("ray job submit --no-wait -- ")))
    ((mounted, local),) = config["file_mounts"].items()
    assert str(given["config"]) == f"{mounted}/run.yaml" and (tmp_path / local / "run.yaml").is_file()


def test_the_secret_is_read_on_the_node(tmp_path: Path) -> None:
    with_secret = yaml.safe_load(render(tmp_path / "a", "ray-up", "--secret", "mine")["cluster.yaml"])
    assert any("--secret-id mine " in command for command in with_secret["initialization_commands"])
    assert any(option.startswith("--env-file") for option in with_secret["docker"]["run_options"])
    without = yaml.safe_load(render(tmp_path / "b", "ray-up", "--secret", "")["cluster.yaml"])
    assert not any("secret" in command for command in without["initialization_commands"])
    assert not any(option.startswith("--env-file") for option in without["docker"]["run_options"])
