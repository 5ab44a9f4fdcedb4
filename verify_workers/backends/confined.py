"""Becomes the given program after giving up what a checker of proofs does not need.

    python -I -S confined.py '{"parent": PID, "cpu": S, "memory": BYTES, "files": N, "writable": FOLDER}' PROGRAM ARGS...

PROGRAM is a Python script, which runs in this interpreter, or a binary, which replaces it.

Elaborating a proof runs code, so before any of it is read this process: dies with its parent, cannot reach the
network (its own network namespace, where the kernel permits), cannot create, write or remove any file outside FOLDER
('' = none) nor signal other processes (Landlock, where the kernel has it), cannot start processes or leave its process
group (seccomp, on x86-64), and has limits on processor time, address space, files and dumps.  (A binary keeps the right
to become another program, which is how it was started; everything above then holds for that one.)
A protection that this kernel lacks is skipped: the verdict does not rest on it.  Standard library only; every import
is paid for by every check.
"""

import ctypes
import json
import os
import resource
import signal
import struct
import sys

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
LANDLOCK_VERSION = 1  # flag: ask for the kernel's Landlock version
# Writing, truncating, removing, making and moving files and devices (bits 1, 4-14 by Landlock version), all denied; reading is free.
WRITES = {1: 0x1FF2, 2: 0x3FF2, 3: 0x7FF2}
TCP = 0x3  # bind and connect, Landlock version 4
BENEATH = 1  # a rule for all below a folder
WRITABLE_BYTES = 1 << 30  # of one file
STACK = 8 << 20  # bytes: where the user has set no bound, a deep recursion would eat the memory
SCOPES = 0x3  # abstract sockets and signals, Landlock version 6
# x86-64: fork, vfork, setpgid, setsid, ptrace, unshare, setns, process_vm_writev, execveat, io_uring_setup
REFUSED = (57, 58, 109, 112, 101, 272, 308, 311, 322, 425)
EXECVE = 59
CLONE, CLONE3, CLONE_THREAD = 56, 435, 0x10000
AUDIT_ARCH_X86_64 = 0xC000003E
KILL, ALLOW, EPERM, ENOSYS = 0x80000000, 0x7FFF0000, 0x00050001, 0x00050026
LOAD, EQUAL, AT_LEAST, BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF instructions


def forbid_processes(libc: ctypes.CDLL, replaceable: bool) -> None:
    """Threads may start, processes may not; nobody leaves the group that is killed at the end of the check."""
    if os.uname().machine != "x86_64":
        return
    refused = REFUSED if replaceable else (*REFUSED, EXECVE)
    filters = [
        (LOAD, 0, 0, 4),  # architecture
        (EQUAL, 1, 0, AUDIT_ARCH_X86_64),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, 0),  # number of the call
        (AT_LEAST, 0, 1, 0x40000000),  # the x32 numbers
        (RETURN, 0, 0, KILL),
        (EQUAL, 0, 1, CLONE3),  # its flags cannot be seen: the C library falls back to clone
        (RETURN, 0, 0, ENOSYS),
        (EQUAL, 0, 4, CLONE),
        (LOAD, 0, 0, 16),  # its flags
        (BITS, 0, 1, CLONE_THREAD),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, EPERM),
        *((EQUAL, len(refused) - index, 0, number) for index, number in enumerate(refused)),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, EPERM),
    ]
    program = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *row) for row in filters))
    header = ctypes.create_string_buffer(struct.pack("<HxxxxxxQ", len(filters), ctypes.addressof(program)))
    libc.prctl(PR_SET_SECCOMP, 2, ctypes.c_ulong(ctypes.addressof(header)), 0, 0)


def forbid_writing(libc: ctypes.CDLL, writable: str) -> None:
    """Deny every change to the file system but below `writable`, TCP, and signals to others, as far as the kernel's Landlock goes."""
    version = libc.syscall(LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), LANDLOCK_VERSION)
    if version < 1:
        return
    rules = (ctypes.c_uint64 * 3)(WRITES[min(version, 3)], TCP if version >= 4 else 0, SCOPES if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = libc.syscall(LANDLOCK_CREATE_RULESET, rules, ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return
    if writable:
        folder = os.open(writable, os.O_PATH | os.O_CLOEXEC)
        rule = ctypes.create_string_buffer(struct.pack("=Qi", WRITES[min(version, 3)], folder), 12)
        libc.syscall(LANDLOCK_ADD_RULE, ruleset, BENEATH, rule, 0)
        os.close(folder)
    libc.syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def confine(parent: int, cpu: int, memory: int, files: int, writable: str, replaceable: bool) -> None:
    """Apply every protection to this process; `cpu` in seconds, `memory` (address space) in bytes.

    `files` may be open at a time, and those below the folder `writable` ('' = none) be written.
    A `replaceable` process may still become another program.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET):
        libc.unshare(CLONE_NEWNET)
    forbid_writing(libc, writable)
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
    forbid_processes(libc, replaceable)


def main() -> None:
    """Confine this process, then run PROGRAM in it: a script as `__main__`."""
    program, is_script = sys.argv[2], sys.argv[2].endswith(".py")
    confine(**json.loads(sys.argv[1]), replaceable=not is_script)
    if not is_script:
        os.execv(program, sys.argv[2:])
    script, sys.argv = program, sys.argv[2:]
    with open(script, encoding="utf-8") as file:
        code = compile(file.read(), script, "exec")
    exec(code, {"__name__": "__main__", "__file__": script})


if __name__ == "__main__":
    main()
