"""Becomes the given program after giving up what a checker of proofs does not need.

    python -I -S confined.py 'PARENT CPU MEMORY FILES' WRITABLE READABLE PROGRAM ARGS...

The first are four numbers, READABLE is one path a line (see `confine`).  PROGRAM is a Python script, which runs in this
interpreter, or a binary, which replaces it.

Elaborating a proof runs code, so before any of it is read this process: dies with its parent, keeps no descriptor but the
three streams, has a network and a user namespace of its own (where the kernel permits), can read nothing but what is
`readable` and system libraries, nor create, write or remove any file outside `writable` ('' = none), nor signal other
processes (Landlock, where the kernel has it), cannot start or trace processes, open sockets, queue asynchronous I/O or leave
its process group (seccomp, on x86-64), and has limits on processor time, address space, files and dumps.  (A binary keeps
the right to become another program, which is how it was started; everything above then holds for that one.)
A protection that this kernel lacks is skipped, and `backends.selftest` says so: the verdict does not rest on it.
Standard library only; every import is paid for by every check.
"""

import ctypes
import os
import resource
import sys

if __name__ == "__main__":  # run as a script, in an interpreter that knows no packages
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from verify_workers.jail import landlock, seccomp

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
NOT_STARTED = 126  # exit status, as shells have it
SIGKILL = 9  # the module `signal` takes longer to import than all that is done here
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
CLOSE_RANGE = 436  # the same number on every architecture; Linux 5.9
WRITABLE_BYTES = 1 << 30  # of one file
STACK = 8 << 20  # bytes: where the user has set no bound, a deep recursion would eat the memory
# What programs of any kind read: libraries, interpreters of scripts, and what the C library and Lean's allocator ask of the kernel.
SYSTEM = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/bin", "/usr/bin", "/nix/store", "/gnu/store", "/etc/ld.so.cache",
    "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/proc/self", "/proc/meminfo", "/proc/cpuinfo",
    "/proc/sys/vm/overcommit_memory", "/sys/kernel/mm/transparent_hugepage", "/sys/devices/system/cpu",
)  # fmt: skip


def confine(parent: int, cpu: int, memory: int, files: int, writable: str, readable: tuple[str, ...], replaceable: bool) -> None:
    """Apply every protection to this process; `cpu` in seconds, `memory` (address space) in bytes.

    `files` may be open at a time, those below what is `readable` be read, those below the folder `writable` ('' = none) be written.
    A `replaceable` process may still become another program.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)
    if libc.syscall(CLOSE_RANGE, 3, -1, 0):
        os.closerange(3, 4096)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET):
        libc.unshare(CLONE_NEWNET)
    rules = landlock.ruleset(libc, (*SYSTEM, *readable), writable)
    if rules >= 0:
        landlock.enter(libc, rules)
        os.close(rules)
    for limit, value in (
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, WRITABLE_BYTES if writable else 0),
        (resource.RLIMIT_STACK, STACK),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, files),
    ):
        hard = resource.getrlimit(limit)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (value, value))
    if seccomp.supported():
        refused = tuple(seccomp.REFUSED.values())
        seccomp.install(libc, seccomp.refusing(refused if replaceable else (*refused, seccomp.EXECVE), os.getpid()))


def main() -> None:
    """Confine this process, then run PROGRAM in it: a script as `__main__`."""
    del sys.path[0]
    _, numbers, writable, readable, program, *_ = sys.argv
    parent, cpu, memory, files = map(int, numbers.split())
    is_script = program.endswith(".py")
    try:
        confine(parent, cpu, memory, files, writable, tuple(readable.split("\n")), replaceable=not is_script)
        if not is_script:
            os.execv(program, sys.argv[4:])
    except Exception as error:  # a limit that this machine refuses, too: told apart from whatever a program ends with
        os.write(2, f"{program}: not started: {getattr(error, 'strerror', '') or error}\n".encode("utf-8", "backslashreplace"))
        os._exit(NOT_STARTED)
    script, sys.argv = program, sys.argv[4:]
    with open(script, encoding="utf-8") as file:
        code = compile(file.read(), script, "exec")
    exec(code, {"__name__": "__main__", "__file__": script})


if __name__ == "__main__":
    main()
