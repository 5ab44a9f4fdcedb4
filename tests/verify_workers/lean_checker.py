"""What `leanchecker MODULE` does, with the embedded Lean: the functions of its library that LeanChecker.lean calls, through ctypes.

    LEANSHARED=… LEAN_PATH=… python -I -S lean_checker.py FOLDER-OF-verify_workers MODULE

Imports what the module imports, reads its compiled file and has `Lean.Kernel.Environment.replay` replay all that it declares.
Standard library only.
"""

import ctypes
import os
import sys
from typing import Any


def replay(module: str) -> None:
    from verify_workers.kernel import abi

    lean: Any = abi.load([os.environ["LEANSHARED"]])
    lean.io(lean.init_search_path())
    lean.mark_end_initialization()
    places = [f"{folder}/{module}.olean" for folder in os.environ["LEAN_PATH"].split(":")]
    path = next(filter(os.path.isfile, places), "")
    if not path:
        sys.exit(f"uncaught exception: object file of module {module} does not exist")
    read = lean._function("l_Lean_readModuleData", 1)
    data = abi.field(abi.immortal(lean.io(read(lean.string(os.fsencode(path))))), 0)
    imports, constants = abi.field(data, 0), abi.array(abi.field(data, 2))
    plugins = lean.make_array(abi.box(0), abi.box(0))
    options = lean.empty_options(abi.box(0))
    environment = lean.io(lean.import_modules(imports, options, 0, plugins, 1, 0, 2, abi.box(1)))
    bucket = abi.box(0)
    for info in constants:
        bucket = abi.make(1, [abi.constant(info)[0], info, bucket])
    buckets = abi.immortal(lean.make_array(abi.box(1), bucket))
    new = abi.make(0, [abi.box(len(constants)), buckets])  # a hash map of one bucket
    run = lean._function("l_Lean_Kernel_Environment_replay", 2)
    try:
        lean.io(run(new, lean.kernel_environment(environment)))
    except abi.LeanError as error:
        print(f"leanchecker found a problem in {module}\nuncaught exception: {error}", file=sys.stderr, flush=True)
        os._exit(1)


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    replay(sys.argv[2])
    ctypes.CDLL(None).fflush(None)
    os._exit(0)
