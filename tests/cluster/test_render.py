"""`synth cluster render`: every file parses, is valid where it is used, says what the configuration asks for, and holds no secret."""

from __future__ import annotations

import copy
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
import yaml

from synth.cli import app
from synth.config import load_config
from synth.run.cluster import demand
from synth.run.roles import answering, used_prompts
from tests.cluster.kuberay_schema import RAY_CLUSTER, RAY_JOB
from verify_workers.errors import UserError

GPU_NODE = Path(__file__).parents[2] / "cluster" / "configs" / "gpu_node.yaml"
AWS = ("--ami", "ami-0123456789abcdef0", "--nfs", "fs-1.efs.us-west-2.amazonaws.com:/", "--profile", "nodes")
TARGETS = {"kuberay": (), "slurm": (), "ray-up": AWS, "container": ()}
ENDPOINT = "models.judge={endpoint: 'https://host/v1', name: m, api_key_env: JUDGE_KEY}"


def render(out: Path, to: str, *options: str, config: Path = GPU_NODE) -> dict[str, str]:
    """The files, by name, as the command writes them."""
    words = ["cluster", "render", str(config), "--to", to, "--out", str(out), *TARGETS[to], *options]
    app(args=words, prog_name="synth", standalone_mode=False)
    return {str(path.relative_to(out)): path.read_text(encoding="utf-8") for path in sorted(out.rglob("*")) if path.is_file()}


def parsed(words: list[str]) -> dict[str, Any]:
    """The parameters that our own command line reads from `synth …`; it raises for words that it does not take."""
    assert words[0] == "synth"
    command: Any = typer.main.get_command(app)
    for index, word in enumerate(words[1:], 1):
        command = command.commands[word]
        if not hasattr(command, "commands"):
            context = command.make_context(word, words[index + 1 :])
            return dict(context.params)
    raise AssertionError(f"{words} names no command")


def run_words(command: str) -> list[str]:
    """`synth run …` of a rendered command, in which no shell finds anything to do."""
    words = shlex.split(command)
    assert " ".join(words) == command and not set(command) & set("'\"$`;&|<>()*?~\\")
    assert words[:2] == ["env", "-C"] and words[2].startswith("/")
    return words[3:]


def spec_of(files: dict[str, str], name: str = "rayjob.yaml") -> dict[str, Any]:
    spec: dict[str, Any] = yaml.safe_load(files[name])["spec"]
    return spec


def pods(cluster: dict[str, Any]) -> list[dict[str, Any]]:
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    return [group["template"]["spec"] for group in groups]


@pytest.mark.parametrize("to", TARGETS)
def test_every_file_says_where_it_has_run(to: str, tmp_path: Path) -> None:
    files = render(tmp_path, to)
    for name, text in files.items():
        if not name.endswith("run.yaml"):  # the user's own
            assert "Where it has run: nowhere yet" in "".join(text.splitlines(keepends=True)[:3]), name
            assert not any(line != line.rstrip() for line in text.splitlines()), name


@pytest.mark.parametrize("queue", ["", "team"])
def test_kuberay_manifests_are_valid(queue: str, tmp_path: Path) -> None:
    files = render(tmp_path, "kuberay", "--queue", queue, "--run-dir", "s3://bucket/first")
    job = yaml.safe_load(files["rayjob.yaml"])
    jsonschema.validate(job, RAY_JOB)
    jsonschema.validate(yaml.safe_load(files["raycluster.yaml"]), RAY_CLUSTER)
    spec = job["spec"]
    assert ("deletionStrategy" in spec) != ("shutdownAfterJobFinishes" in spec) == bool(queue)
    for name in ("rayjob.yaml", "raycluster.yaml"):
        labels = yaml.safe_load(files[name])["metadata"]["labels"]
        assert labels.get("kueue.x-k8s.io/queue-name", "") == queue
    wrong = copy.deepcopy(job)
    rule = {"policy": "DeleteSelf", "condition": {"jobStatus": "FAILED"}}
    wrong["spec"] |= {"shutdownAfterJobFinishes": True, "deletionStrategy": {"deletionRules": [rule]}}
    with pytest.raises(jsonschema.ValidationError):  # each may be there, both not
        jsonschema.validate(wrong, RAY_JOB)


def test_deletion_rules_free_the_workers_first(tmp_path: Path) -> None:
    rules = spec_of(render(tmp_path, "kuberay"))["deletionStrategy"]["deletionRules"]
    failed = {rule["policy"]: rule["condition"]["ttlSeconds"] for rule in rules if rule["condition"].get("jobStatus") == "FAILED"}
    assert failed["DeleteWorkers"] < failed["DeleteCluster"], "the operator refuses another order"
    keys = [(rule["policy"], *sorted(rule["condition"].items())[:1]) for rule in rules]
    assert len(set(keys)) == len(keys), "and the same rule twice"


@pytest.mark.parametrize("gpus", [8, 4, 2])
def test_kuberay_nodes_add_up_to_the_demand(gpus: int, tmp_path: Path) -> None:
    cluster = spec_of(render(tmp_path, "kuberay", "--gpus-per-node", str(gpus), "--cpus-per-node", "48"))["rayClusterSpec"]
    config = load_config(GPU_NODE)
    asked = demand(config, answering(used_prompts(config)))
    groups = {group["groupName"]: group for group in cluster["workerGroupSpecs"]}
    limits = {name: group["template"]["spec"]["containers"][0]["resources"]["limits"] for name, group in groups.items()}
    assert groups["work"]["replicas"] * int(limits["work"]["nvidia.com/gpu"]) == asked["GPU"] == 8
    assert groups["work"]["replicas"] * int(limits["work"]["cpu"]) >= asked["CPU"]
    assert groups["lean"]["replicas"] >= 1 and "nvidia.com/gpu" not in limits["lean"]
    for group in groups.values():
        assert group["minReplicas"] == group["replicas"] == group["maxReplicas"], "a pool's node passes for idle"
        container = group["template"]["spec"]["containers"][0]
        assert container["resources"]["requests"] == container["resources"]["limits"]
    assert cluster["headGroupSpec"]["resources"] == {"CPU": "0"}, "no work on the head"


def test_only_lean_goes_to_preemptible_nodes(tmp_path: Path) -> None:
    cluster = spec_of(render(tmp_path, "kuberay", "--spot", "cloud.google.com/gke-spot=true"))["rayClusterSpec"]
    head, work, lean = pods(cluster)
    assert lean["nodeSelector"] == {"cloud.google.com/gke-spot": "true"}
    assert lean["tolerations"][0]["key"] == "cloud.google.com/gke-spot"
    assert "nodeSelector" not in head and "nodeSelector" not in work
    assert work["tolerations"][0]["key"] == "nvidia.com/gpu"
    assert cluster["workerGroupSpecs"][1]["labels"]["ray.io/market-type"] == "spot"


def test_the_configuration_arrives_as_it_is(tmp_path: Path) -> None:
    text = yaml.safe_load(render(tmp_path, "kuberay")["configmap.yaml"])["data"]["run.yaml"]
    assert text == GPU_NODE.read_text(encoding="utf-8")
    assert render(tmp_path / "slurm", "slurm")["run.yaml"] == text


@pytest.mark.parametrize("given", [["--set", "rounds=2", "--set", ENDPOINT], ["--run-dir", "s3://bucket/first"]])
def test_the_configuration_arrives_with_its_overrides(given: list[str], tmp_path: Path) -> None:
    """`--set`, and the folder for weights that a bucket has none for, are in the file: the command stays plain."""
    (tmp_path / "arrived.yaml").write_text(render(tmp_path / "out", "slurm", *given)["run.yaml"])
    overrides = [word for word in given if "=" in word] or ["checkpoints=/shared/checkpoints/gpu-node"]
    arrived = load_config(tmp_path / "arrived.yaml")
    assert arrived.model_dump() == load_config(GPU_NODE, overrides).model_dump()


@pytest.mark.parametrize("to", TARGETS)
def test_secrets_are_named_and_never_written(to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("JUDGE_KEY", "WANDB_API_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    for name in names:
        monkeypatch.setenv(name, f"sesame-{name.lower()}")
    files = render(tmp_path, to, "--set", ENDPOINT, "--run-dir", "s3://bucket/first")
    assert not [name for name, text in files.items() if "sesame" in text]
    if to == "kuberay":
        for pod in pods(spec_of(files)["rayClusterSpec"]):
            found = {variable["name"]: variable.get("valueFrom") for variable in pod["containers"][0]["env"]}
            assert set(names) <= found.keys()
            for name in names:
                reference = found[name]["secretKeyRef"]
                assert (reference["key"], reference["optional"]) == (name, name != "JUDGE_KEY")


def test_a_password_in_an_address_is_refused(tmp_path: Path) -> None:
    address = "models.judge={endpoint: 'https://me:sesame@host/v1', name: m}"
    with pytest.raises(UserError, match="api_key_env") as error:
        render(tmp_path, "kuberay", "--set", address)
    assert "sesame" not in str(error.value)


def test_the_entrypoint_is_our_own_command(tmp_path: Path) -> None:
    spec = spec_of(render(tmp_path, "kuberay", "--run-dir", "s3://bucket/first"))
    given = parsed(run_words(spec["entrypoint"]))
    assert given["run_dir"] == "s3://bucket/first"
    head = pods(spec["rayClusterSpec"])[0]
    mounts = {mount["name"]: mount["mountPath"] for mount in head["containers"][0]["volumeMounts"]}
    assert str(given["config"]) == f"{mounts['job']}/run.yaml"
    assert {volume["name"] for volume in head["volumes"]} == mounts.keys()


def test_a_run_directory_of_its_own_is_in_the_shared_folder(tmp_path: Path) -> None:
    for option, place in (([], "/data/runs/gpu-node"), (["--run-dir", "mine"], "/data/mine"), (["--run-dir", "/mine"], "/mine")):
        spec = spec_of(render(tmp_path, "kuberay", "--shared", "/data/", *option))
        assert parsed(run_words(spec["entrypoint"]))["run_dir"] == place


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--run-dir", "s3://bucket/$(id)"], "--run-dir: 's3://bucket/$(id)' has characters that a shell reads"),
        (["--shared", "shared"], "--shared: give the absolute path"),
        (["--spot", "gke-spot"], "--spot: gke-spot is not LABEL=VALUE, such as"),
        (["--image", "a b"], "--image: 'a b' has characters"),
        (["--gpus-per-node", "1"], "lower sampler.gpus, or give --gpus-per-node 2"),
    ],
)
def test_what_cannot_be_is_one_line_and_no_file(options: list[str], says: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        render(tmp_path / "out", "kuberay", *options)
    assert says in str(error.value) and "\n" not in str(error.value) and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("missing", "says"), [("--ami", "needs --ami"), ("--nfs", "needs --nfs HOST:/PATH"), ("--profile", "needs --profile NAME")]
)
def test_what_aws_needs_is_asked_for(missing: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=says):
        render(tmp_path, "ray-up", missing, "")


@pytest.mark.parametrize("to", ["kuberay", "ray-up"])
def test_an_image_that_no_node_can_pull_is_told(to: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    render(tmp_path, to)
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("--image")]
    assert len(told) == 1 and "proof-synth-worker names no registry" in told[0] and "--image REGISTRY/NAME:TAG" in told[0]
    render(tmp_path / "pulled", to, "--image", "registry.example/team/worker:1")
    assert "--image" not in capsys.readouterr().err


def test_the_nodes_are_told_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    render(tmp_path, "slurm")
    first, second = capsys.readouterr().err.splitlines()[:2]
    assert first == "work: 1 node with 64 CPUs, 512 GiB, 8 GPUs"
    assert second.startswith("lean: ") and second.endswith(" with 32 CPUs, 128 GiB")


@pytest.mark.parametrize("to", ["kuberay", "slurm", "ray-up"])
def test_no_lean_nodes_are_none(to: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = render(tmp_path, to, "--lean-nodes", "0")
    assert "lean:" not in capsys.readouterr().err
    if to == "kuberay":
        assert [group["groupName"] for group in spec_of(files)["rayClusterSpec"]["workerGroupSpecs"]] == ["work"]
    elif to == "slurm":
        assert "hetjob" not in files["run.sbatch"]
    else:
        assert not [name for name in yaml.safe_load(files["cluster.yaml"])["available_node_types"] if "lean" in name]


@pytest.mark.parametrize(
    ("to", "options", "says"),
    [
        ("slurm", ["--claim", "data"], "--to slurm does not use --claim (for --to kuberay): leave it out"),
        ("slurm", ["--image", "r/worker:1"], "does not use --image (for --to kuberay or ray-up or container)"),
        ("kuberay", ["--time", "1-0", "--ami", "ami-1"], "does not use --time (for --to slurm), --ami (for --to ray-up): leave them out"),
        ("ray-up", ["--queue", "team"], "does not use --queue (for --to kuberay)"),
        ("container", ["--venv", "/venv"], "does not use --venv (for --to slurm)"),
        ("slurm", ["--time", "tomorrow"], "--time: 'tomorrow' is no limit of sbatch; give minutes, "),
        ("slurm", ["--time", "1h"], "--time: '1h' is no limit of sbatch"),
        ("slurm", ["--time", "1-2-3"], "--time: '1-2-3' is no limit of sbatch"),
    ],
)
def test_options_that_would_do_nothing_are_refused(to: str, options: list[str], says: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        render(tmp_path / "out", to, *options)
    assert says in str(error.value) and "\n" not in str(error.value) and not (tmp_path / "out").exists()


@pytest.mark.parametrize("limit", ["90", "90:30", "24:00:00", "2-12", "2-12:30", "2-12:30:15", "UNLIMITED"])
def test_the_limits_of_sbatch_are_taken(limit: str, tmp_path: Path) -> None:
    assert f"--time={limit}" in render(tmp_path, "slurm", "--time", limit)["run.sbatch"]
