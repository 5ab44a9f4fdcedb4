"""A lake project without lake: an installation of Lean as `synth` finds it at its users', with the embedded Lean inside.

`lake` and `lean` are shell scripts.  `repl` speaks the community REPL's protocol; what it says comes from real Lean, which it
has inside (it is confined and cannot start one), and it can be told to misbehave.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import verify_workers
from verify_workers.backends.base import Backend
from verify_workers.backends.choose import make_backend
from verify_workers.lean import LeanInstall

TOOLCHAIN = "leanprover/lean4:v4.35.0"
BUILT = ".lake/build/lib/lean"  # in the project, what it compiled itself

# Runs confined, so all it has is the standard library, what lies in the toolchain's folder, and its environment:
# LEAN_FAKE_FAULTS a file of faults, one taken per reply, LEAN_FAKE_SCRIPT replies to repeat.
REPL = r"""#!{python}
import json, os, sys, time
sys.path.insert(0, os.environ["LEAN_SYSROOT"])

def commands():
    text = ""
    for line in sys.stdin:
        if line.strip():
            text += line
        elif text.strip():
            yield json.loads(text)
            text = ""
    if text.strip():
        yield json.loads(text)

world = None

def lean(text):
    global world
    from verify_workers.kernel import abi, elaborate

    if world is None:
        imports = "".join(line + "\n" for line in text.split("\n") if line.startswith("import "))
        try:
            world = elaborate.boot([os.environ["LEANSHARED"]], imports)
        except abi.LeanError as error:
            return [{{"severity": "error", "pos": {{"line": 1, "column": 0}}, "endPos": None, "data": str(error)}}]
        world.lean.start_tasks(1)
    done = elaborate.elaborate(world, text.encode("utf-8", "surrogatepass"))
    rows = [json.loads(message) for message in done.messages]
    return sorted(rows, key=lambda row: (row["pos"]["line"], row["pos"]["column"]))

environments = []

def answer(command):
    if "cmd" not in command:
        return {{"message": "Could not parse JSON"}}
    if "env" not in command:
        before = ""
    elif command["env"] < len(environments):
        before = environments[command["env"]] + "\n"
    else:
        return {{"message": "Unknown environment."}}
    above = before.count("\n")
    messages = []
    for row in lean(before + command["cmd"]):
        if row["pos"]["line"] > above or not above:
            for place in (row["pos"], row.get("endPos") or {{}}):
                if place:
                    place["line"] -= above
            row["severity"] = {{"information": "info"}}.get(row["severity"], row["severity"])
            messages.append({{key: row[key] for key in ("severity", "pos", "endPos", "data")}})
    environments.append(before + command["cmd"])
    return ({{"messages": messages}} if messages else {{}}) | {{"env": len(environments) - 1}}

def say(text):
    sys.stdout.write(text)
    sys.stdout.flush()

script = json.load(open(os.environ["LEAN_FAKE_SCRIPT"])) if "LEAN_FAKE_SCRIPT" in os.environ else None
faults = json.load(open(os.environ["LEAN_FAKE_FAULTS"])) if "LEAN_FAKE_FAULTS" in os.environ else []
last = ""
for number, command in enumerate(commands()):
    if script is not None:
        expected, reply = script.pop(0)
        reply = reply if command == expected else json.dumps({{"message": f"not {{expected}}"}})
    else:
        reply = json.dumps(answer(command), indent=1, ensure_ascii=False)
    fault = faults[number] if number < len(faults) else ""
    if fault == "drop":
        continue
    if fault == "duplicate":
        reply += "\n\n" + reply
    if fault == "late duplicate":
        say(reply + "\n\n")
        time.sleep(0.3)
    if fault == "delay":
        time.sleep(0.5)
    if fault == "truncate":
        reply = reply[: len(reply) // 2]
    if fault == "exit mid-reply":
        say(reply[: len(reply) // 2])
        sys.exit(0)
    if fault == "exit":
        sys.stderr.write("uncaught exception: out of luck\n")
        sys.exit(1)
    if fault == "killed":
        os.kill(os.getpid(), 9)
    if fault == "crash":
        sys.stderr.write("Stack overflow detected. Aborting.\n")
        sys.stderr.flush()
        os.abort()
    if fault == "reorder":
        reply, last = last or '{{"env": 0}}', reply
    if fault == "stderr flood":
        for _ in range(160):
            sys.stderr.write("x" * 65535 + "\n")
    if fault == "long line":
        whole = json.loads(reply)
        row = {{"severity": "info", "pos": {{"line": 1, "column": 0}}, "endPos": None, "data": "x" * (10 << 20)}}
        reply = json.dumps(whole | {{"messages": [row, *whole.get("messages", [])]}})
    if fault == "too long":
        say('{{"messages": "')
        while True:
            say("x" * (1 << 20))
    if fault == "no json":
        reply = "Segmentation fault"
    if fault == "no object":
        reply = "[1, 2]"
    if fault == "strange message":
        reply = json.dumps(json.loads(reply) | {{"messages": [{{"severity": "error"}}]}})
    if fault == "hang":
        time.sleep(600)
    last = reply
    say(reply + "\n\n")
"""


# LEAN_FAKE_CHECKER says what it finds, `real` has Lean's own code replay the module.  Confined like the rest: it can start nothing.
LEANCHECKER = """#!/bin/sh
[ -s "${{LEAN_PATH%%:*}}/$1.olean" ] || {{ echo "uncaught exception: object file of module $1 does not exist" >&2; exit 1; }}
case "$LEAN_FAKE_CHECKER" in
real) exec {python} -I -S {root}/lean_checker.py {root} "$1" ;;
problem)
    echo "leanchecker found a problem in $1" >&2
    echo "uncaught exception: (kernel) declaration type mismatch, 'false' has type" >&2
    exit 1 ;;
broken) echo "uncaught exception: out of luck" >&2; exit 1 ;;
killed) kill -9 $$ ;;
crash) kill -11 $$ ;;
hang) exec sleep 600 ;;
esac
exit 0
"""


@dataclass
class FakeLake:
    """A project folder, and the `bin` folder that belongs on PATH."""

    root: Path
    lean: LeanInstall
    packages: tuple[str, ...] = ()  # that it depends on, in `.lake/packages`
    project: Path = field(init=False)
    bin: Path = field(init=False)
    repl: Path = field(init=False)

    def __post_init__(self) -> None:
        self.project, self.bin = self.root / "project", self.root / "bin"
        self.repl = self.project / "repl" / ".lake" / "build" / "bin" / "repl"
        for part in ("__init__.py", "processes.py", "kernel", "jail", "lean"):  # what the REPL's Lean is spoken to with
            there, here = self.root / "verify_workers" / part, Path(verify_workers.__path__[0]) / part
            there.parent.mkdir(exist_ok=True)
            shutil.copytree(here, there, dirs_exist_ok=True) if here.is_dir() else shutil.copy(here, there)
        self.write(self.project / "lean-toolchain", f"{TOOLCHAIN}\n")
        self.write(self.project / "lakefile.toml", 'name = "project"\n')
        self.write(self.project / "lake-manifest.json", '{"packages": []}')
        self.write(self.project / "repl" / "lean-toolchain", f"{TOOLCHAIN}\n")
        variables = self.lean.environment() | {"PATH": self.path, "LEAN_SYSROOT": str(self.root)}
        variables["LEAN_PATH"] = self.search_path
        variables["LEAN_SRC_PATH"] = str(self.lean.sources[0])
        settings = " ".join(f"{name}='{value}'" for name, value in variables.items())
        self.executable(self.bin / "lake", f'#!/bin/sh\n[ "$1" = env ] || exit 1\nshift\nexec /usr/bin/env {settings} "$@"\n')
        self.executable(self.bin / "lean", f'#!/bin/sh\nexec {sys.executable} -I -S {self.root}/verify_workers/lean/launcher.py "$@"\n')
        shutil.copy(Path(__file__).with_name("lean_checker.py"), self.root)
        self.executable(self.bin / "leanchecker", LEANCHECKER.format(python=sys.executable, root=self.root))
        for library in sorted(self.lean.library.parent.glob("lib*shared*.so")):  # where a toolchain has them
            link = self.root / "lib" / "lean" / library.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(library)
        self.executable(self.repl, REPL.format(python=sys.executable))

    def backend(self, name: str) -> Backend:
        """A backend as a user of this project has it; only `repl` works in the project, the others on the embedded Lean."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", self.path)
            return make_backend(name, project=self.project if name == "repl" else None)

    @property
    def path(self) -> str:
        """PATH where lake is found."""
        return f"{self.bin}:/usr/bin:/bin"

    @property
    def search_path(self) -> str:
        """Where compiled modules are, as LEAN_PATH has it."""
        folders = [self.lean.path, *(self.project / ".lake" / "packages" / name / BUILT for name in self.packages), self.project / BUILT]
        return ":".join(map(str, folders))

    def build(self, module: str, text: str) -> None:
        """Write and compile a module of the project's own, as `lake build` does."""
        source, target = self.project / f"{module}.lean", self.project / BUILT / f"{module}.olean"
        self.write(source, text)
        target.parent.mkdir(parents=True, exist_ok=True)
        new = target.with_suffix(".new")
        environment = self.lean.environment() | {"LEAN_PATH": self.search_path}
        done = subprocess.run(
            [*self.lean.command(), f"--root={self.project}", str(source), "-o", str(new)], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        new.replace(target)

    @staticmethod
    def write(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    @classmethod
    def executable(cls, path: Path, text: str) -> None:
        cls.write(path, text)
        path.chmod(0o755)


def script(pairs: list[tuple[dict[str, object], str]], path: Path) -> Path:
    """A file of (command, reply as it was said) for LEAN_FAKE_SCRIPT."""
    path.write_text(json.dumps(pairs), encoding="utf-8")
    return path
