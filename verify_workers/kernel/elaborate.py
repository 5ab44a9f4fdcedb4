"""Import a header once; elaborate a text on top of it.

Commands are elaborated one after the other (`Lean.Elab.Frontend`), not incrementally: without the snapshots that an editor
needs, a proof of many steps takes a fifth less.  No task pool may exist in a process that
forks: the pool's threads would be copied as a count, not as threads, and the child would wait for them for ever.
Importing needs none; a child starts its own before it elaborates.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from verify_workers.kernel import abi
from verify_workers.kernel.abi import LeanLibrary, array, box, field, immortal, share, string

TRUST = 1025  # LeanLibrary's default trust level for imported modules
MESSAGES, SCOPES = 1, 2  # their places in Command.State, behind the environment


@dataclass(frozen=True)
class World:
    """An imported header: never changed, shared by all children."""

    lean: LeanLibrary
    environment: int
    kernel: int  # kernel environment of the same
    options: int
    lazy: int  # options under which the elaborator leaves the kernel check to child B
    threads: int = 0  # that importing has started and that are there


@dataclass(frozen=True)
class Elaborated:
    kernel: int  # kernel environment after all commands
    before: int  # that before the last of them
    last: int  # byte of the source where the last of them begins
    messages: list[bytes]  # one JSON object each, as `lean --json` prints them


def boot(libraries: Sequence[str], imports: str, accepted: Sequence[str] = tuple(abi.GITHASHES)) -> World:
    """Load LeanLibrary and import the modules that `imports` names ('' for `Init`); LeanError with LeanLibrary's text if that fails."""
    lean = abi.load(libraries, accepted)
    lean.io(lean.init_search_path())
    lean.enable_initializer_execution()
    lean.mark_end_initialization()
    options = lean.empty_options(box(0))
    for name in ("autoImplicit", "relaxedAutoImplicit"):  # an unknown name is an error, not one more variable; a header may say otherwise
        options = lean.set_option(options, lean.name((name,)), 0)
    lean.mark_persistent(options)
    modules = field(lean.io(lean.parse_imports(lean.string(imports.encode()), box(0))), 0)
    plugins = lean.make_array(box(0), box(0))
    before = threads()  # Lean's loop of events has one, which sleeps
    environment = lean.io(lean.import_modules(modules, options, TRUST, plugins, 1, 1, 2, box(1)))
    environment = lean.set_main_module(environment, lean.name(("_stdin",)))
    lean.mark_persistent(environment)
    kernel = lean.kernel_environment(share(environment))
    lean.mark_persistent(kernel)
    lazy = lean.set_option(options, lean.name(("debug", "skipKernelTC")), 1)
    lean.mark_persistent(lazy)
    return World(lean, environment, kernel, options, lazy, threads() - before)


def threads() -> int:
    """Threads of this process."""
    return len(os.listdir("/proc/self/task"))


def elaborate(world: World, source: bytes, *, lazy: bool = False) -> Elaborated:
    """Elaborate all commands of `source` (valid UTF-8); returns when every asynchronous body is finished.

    With `lazy` the kernel does not look at the declarations: for a child whose word is not taken.
    """
    lean = world.lean
    text = lean.string(source.replace(b"\r\n", b"\n"))
    context = immortal(lean.input_context(text, lean.string(b"check.lean"), 1, box(abi.word(text + 8) - 1)))
    parsed = field(lean.io(lean.parse_header(context)), 1)
    parser, empty = field(parsed, 0), immortal(field(parsed, 1))
    messages = _json(lean, empty)
    state = immortal(lean.command_state(share(world.environment), empty, share(world.lazy if lazy else world.options)))
    before = current = field(state, 0)
    begun = begins = abi.natural(field(parser, 0))
    last = False
    while not last:
        before, current = current, field(state, 0)  # the last "command" is the file's end
        begun, begins = begins, abi.natural(field(parser, 0))
        _, options, namespace, opened = abi.fields(field(field(state, SCOPES), 0), 4)
        module = abi.make(0, [share(field(state, 0)), share(options), share(namespace), share(opened)])
        command, rest = abi.fields(immortal(lean.parse_command(context, module, share(parser), empty)), 2)
        start, (parser, log) = field(parser, 0), abi.fields(rest, 2)
        # Frontend.State: state of the elaborator, of the parser, place of the command, commands so far
        frontend = abi.make(0, [state, share(parser), share(start), lean.make_array(box(0), box(0))])
        run = immortal(lean.reference(frontend))
        lean.io(lean.elaborate_command(share(command), context, run))
        state = immortal(field(lean.dereference(run), 0))
        messages += _json(lean, log) + _json(lean, field(state, MESSAGES))  # each holds this command's alone
        last = bool(lean.is_last(share(command)))
    return Elaborated(lean.kernel_environment(share(field(state, 0))), lean.kernel_environment(share(before)), begun, messages)


def _json(lean: LeanLibrary, log: int) -> list[bytes]:
    return [string(lean.json_text(lean.message_json(share(m)))) for m in array(lean.message_array(share(log)))]
