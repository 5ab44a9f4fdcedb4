"""What code in a jail could try, each by itself: the same list for every jail.

    python escapes.py SECRET FOLDER PARENT [exec]      inside a jail

prints the names of those that got through, one a line, and `done`.  SECRET is a file with a folder of its own that the jail must
hide, FOLDER the one that it works in, PARENT the id of the process that started it; `exec` if the jail lets that pass.
Standard library only.
"""

import _socket as socket  # the module `socket` takes longer to import than all attempts
import _thread
import ctypes as C
import errno
import os
import sys
from collections.abc import Callable, Iterator

REFUSALS = frozenset({errno.EPERM, errno.EACCES, errno.ENOSYS})
DESCRIPTORS = 1024  # looked at
_libc = C.CDLL(None, use_errno=True)


def call(number: int, *arguments: int) -> Callable[[], int]:
    """The system call with this number; OSError if it fails."""

    def attempt() -> int:
        result: int = _libc.syscall(C.c_long(number), *(C.c_long(argument) for argument in arguments))
        if result < 0:
            raise OSError(C.get_errno(), os.strerror(C.get_errno()))
        return result

    return attempt


def _aside(attempt: Callable[[], int]) -> Callable[[], int]:
    """`attempt` in a thread that ends at once, and its tracing with it: whoever is traced stops at any signal, for its tracer to see."""

    def run() -> int:
        done, ended = list[int | OSError](), _thread.allocate_lock()

        def work() -> None:
            try:
                done.append(attempt())
            except OSError as error:
                done.append(error)
            finally:
                ended.release()

        ended.acquire()
        try:
            _thread.start_new_thread(work, ())
        except RuntimeError:  # no threads here
            return attempt()
        ended.acquire()
        if isinstance(done[0], OSError):
            raise done[0]
        return done[0]

    return run


def attempts(secret: str, folder: str, parent: int) -> dict[str, Callable[[], object]]:
    """By name; each raises OSError with one of REFUSALS where the jail holds.  Harmless where it does not, but for the files named."""
    buffer = C.addressof(_buffer)
    beside = os.path.join(os.path.dirname(secret), "made")
    return {
        # reading
        "read a file of the user": lambda: os.open(secret, os.O_RDONLY),
        "list a folder of the user": lambda: os.listdir(os.path.dirname(secret)),
        "read the machine's settings": lambda: os.open("/etc/passwd", os.O_RDONLY),
        "list the processes": lambda: os.listdir("/proc"),
        "read the environment of the parent": lambda: os.open(f"/proc/{parent}/environ", os.O_RDONLY),
        "read the memory of the parent": lambda: os.open(f"/proc/{parent}/mem", os.O_RDONLY),
        "read the mappings of the parent": lambda: os.open(f"/proc/{parent}/maps", os.O_RDONLY),
        "read the state of the parent": lambda: os.open(f"/proc/{parent}/stat", os.O_RDONLY),
        "read the first process": lambda: os.open("/proc/1/status", os.O_RDONLY),
        # writing
        "write a file of the user": lambda: os.open(secret, os.O_WRONLY | os.O_APPEND),
        "make a file": lambda: os.open(beside, os.O_WRONLY | os.O_CREAT, 0o600),
        "make a file where it works": lambda: os.open(os.path.join(folder, "made"), os.O_WRONLY | os.O_CREAT, 0o600),
        "make a folder": lambda: os.mkdir(beside),
        "make a pipe": lambda: os.mkfifo(beside),
        "make a symbolic link": lambda: os.symlink(secret, beside),
        "make a link": lambda: os.link(secret, beside),
        "rename a file": lambda: os.rename(secret, beside),
        "remove a file": lambda: os.unlink(secret),
        "cut a file": lambda: os.truncate(secret, 0),
        "change who may read a file": lambda: os.chmod(secret, 0o600),
        "change the time of a file": lambda: os.utime(secret),
        "watch a file": call(294, 0),  # inotify_init1
        # the network
        "open a TCP socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        "open a UDP socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "open a TCP socket of version 6": lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM),
        "open a Unix socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        "open an abstract socket": lambda: _bound("\0proof-synth-escape"),
        "open a netlink socket": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
        "open a pair of sockets": socket.socketpair,
        # other processes
        "fork": _forked,
        "become another program": lambda: os.execv("/bin/true", ["true"]),
        "leave the session": os.setsid,
        "signal the parent": lambda: os.kill(parent, 0),
        "signal every process": lambda: os.kill(-1, 0),
        "signal a thread of the parent": call(200, parent, 0),  # tkill
        "hold the parent": lambda: os.pidfd_open(parent),
        "trace the parent": _aside(call(101, 0x4206, parent, 0, 0)),  # ptrace, PTRACE_SEIZE
        "be traced": call(101, 0, 0, 0, 0),
        "read in the parent": call(310, parent, buffer, 1, buffer, 1, 0),  # process_vm_readv
        "limit the parent": call(302, parent, 0, 0, buffer),  # prlimit64
        "slow the parent down": call(141, 9, parent, 19),  # setpriority, of a kind that there is not, so that it stays as fast
        "pin the parent to a processor": call(203, parent, 8, buffer),  # sched_setaffinity
        "outlive the parent": call(157, 1, 0, 0, 0, 0),  # prctl, PR_SET_PDEATHSIG
        # the kernel
        "queue asynchronous I/O": call(425, 1, buffer),
        "drive asynchronous I/O": call(426, 0, 0, 0, 0, 0, 0),
        "register asynchronous I/O": call(427, 0, 0, 0, 0),
        "queue older asynchronous I/O": call(206, 1, buffer),
        "share memory by name": call(29, 0, 4096, 0o1600),  # shmget, IPC_CREAT
        "enter a namespace": call(272, 0x10000000),  # unshare, CLONE_NEWUSER
        "mount": call(165, buffer, buffer, buffer, 0, 0),
        "load a program into the kernel": call(321, 0, buffer, 0),  # bpf
        "measure the machine": call(298, buffer, 0, -1, -1, 0),  # perf_event_open
        "handle its page faults": call(323, 0),  # userfaultfd
        "use the key ring": call(250, 0, -3, 1),  # keyctl
    }


def through(secret: str, folder: str, parent: int, descriptors: int = 0, skip: tuple[str, ...] = ()) -> Iterator[str]:
    """The names of the attempts that the jail did not refuse, and of what it inherited: memory, and descriptors beside the streams.

    So many `descriptors` may be there.
    """
    for name, attempt in attempts(secret, folder, parent).items():
        if name in skip:
            continue
        try:
            attempt()
        except OSError as error:
            if error.errno in REFUSALS:
                continue
            yield f"{name} ({errno.errorcode.get(error.errno or 0, error)})"
        else:
            yield name
    inherited = [str(number) for number in range(3, DESCRIPTORS) if _open(number)]
    if len(inherited) > descriptors:
        yield f"use the descriptors {', '.join(inherited)}"
    yield from (f"use the shared memory {mapping}" for mapping in shared_mappings("self"))


def shared_mappings(process: int | str) -> list[str]:
    """What a process shares by memory with others or with the kernel, and may write; [] where that may not be read."""
    try:
        with open(f"/proc/{process}/maps", encoding="utf-8", errors="replace") as lines:
            rows = [line.split(maxsplit=5) for line in lines]
    except OSError:
        return []
    return [" ".join(row[5:]).strip() or "without a name" for row in rows if row[1][3] == "s" and "w" in row[1]]


_buffer = C.create_string_buffer(4096)


def _bound(name: str) -> None:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.bind(name)
    finally:
        made.close()


def _forked() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)  # its end would stop whoever is traced by then


def _open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    for found in through(sys.argv[1], sys.argv[2], int(sys.argv[3]), skip=("become another program",) if sys.argv[4:] else ()):
        print(found)
    print("done")
