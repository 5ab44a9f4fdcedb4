"""System-call filters for x86-64 (seccomp): lists in which whatever is not permitted answers EPERM.

`ALLOWED` is all that computing needs.  `refusing` lets a whole program run (an interpreter, a Lean binary of the user's)
and refuses what reaches other processes, the network, or the machine's settings.
"""

import ctypes as C
import os
import struct
import sys

ALLOWED = {
    "read": 0, "write": 1, "close": 3, "fstat": 5, "lseek": 8, "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12,
    "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "sched_yield": 24, "mremap": 25, "madvise": 28,
    "nanosleep": 35, "getpid": 39, "exit": 60, "gettimeofday": 96, "getrusage": 98, "sysinfo": 99, "sigaltstack": 131,
    "gettid": 186, "futex": 202, "sched_getaffinity": 204, "clock_gettime": 228, "clock_getres": 229,
    "clock_nanosleep": 230, "exit_group": 231, "set_robust_list": 273, "getrandom": 318, "rseq": 334,
}  # fmt: skip
REFUSED = {
    # other processes
    "fork": 57, "vfork": 58, "execveat": 322, "setpgid": 109, "setsid": 112, "ptrace": 101, "kcmp": 312, "process_vm_readv": 310,
    "process_vm_writev": 311, "process_madvise": 440, "process_mrelease": 448, "move_pages": 279, "migrate_pages": 256,
    "pidfd_open": 434, "pidfd_getfd": 438, "pidfd_send_signal": 424, "tkill": 200, "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297,
    "setpriority": 141, "ioprio_set": 251, "sched_setparam": 142, "sched_setscheduler": 144, "sched_setattr": 314, "sched_setaffinity": 203,
    # the network, and whatever is shared by name
    "socket": 41, "connect": 42, "accept": 43, "sendto": 44, "recvfrom": 45, "sendmsg": 46, "recvmsg": 47, "bind": 49, "listen": 50,
    "socketpair": 53, "accept4": 288, "recvmmsg": 299, "sendmmsg": 307, "io_uring_setup": 425, "io_uring_enter": 426,
    "io_uring_register": 427, "io_setup": 206, "io_submit": 209, "shmget": 29, "shmat": 30, "shmctl": 31, "semget": 64, "semop": 65,
    "semctl": 66, "semtimedop": 220, "msgget": 68, "msgsnd": 69, "msgrcv": 70, "msgctl": 71, "mq_open": 240, "mq_unlink": 241,
    "add_key": 248, "request_key": 249, "keyctl": 250,
    # files: what Landlock does not see
    "chmod": 90, "fchmod": 91, "fchmodat": 268, "fchmodat2": 452, "chown": 92, "fchown": 93, "lchown": 94, "fchownat": 260, "utime": 132,
    "utimes": 235, "futimesat": 261, "utimensat": 280, "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190, "removexattr": 197,
    "lremovexattr": 198, "fremovexattr": 199, "setxattrat": 463, "removexattrat": 466, "file_setattr": 469, "flock": 73,
    "inotify_init": 253, "inotify_init1": 294, "fanotify_init": 300, "open_by_handle_at": 304, "name_to_handle_at": 303,
    # the machine
    "unshare": 272, "setns": 308, "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "mount_setattr": 442, "bpf": 321, "perf_event_open": 298,
    "userfaultfd": 323, "init_module": 175, "finit_module": 313, "delete_module": 176, "kexec_load": 246, "kexec_file_load": 320,
    "reboot": 169, "swapon": 167, "swapoff": 168, "settimeofday": 164, "clock_settime": 227, "clock_adjtime": 305, "adjtimex": 159,
    "sethostname": 170, "setdomainname": 171, "iopl": 172, "ioperm": 173, "quotactl": 179, "quotactl_fd": 443, "acct": 163, "syslog": 103,
    "personality": 135, "modify_ldt": 154, "vhangup": 153, "lookup_dcookie": 212,
}  # fmt: skip
EXECVE = 59
# (call, argument, its values): refused with any of these values, or (FOR_ITSELF) with any value but the process's own id.
PDEATHSIG, SET_OWNER, SET_OWNER_EX = 1, 8, 15
REFUSED_WITH: tuple[tuple[int, int, tuple[int, ...]], ...] = (
    (157, 0, (PDEATHSIG,)),
    (72, 1, (SET_OWNER, SET_OWNER_EX)),
)  # prctl: outlive the parent; fcntl: have others signalled
FOR_ITSELF: tuple[tuple[int, tuple[int, ...]], ...] = ((62, ()), (234, ()), (302, (0,)))  # kill, tgkill, prlimit64 (0: the caller)

_CLONE, _CLONE3, _CLONE_THREAD = 56, 435, 0x10000
_AUDIT_ARCH_X86_64 = 0xC000003E
_X32 = 0x40000000  # where the numbers of another calling convention start
_LOAD, _EQUAL, _AT_LEAST, _BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF: ld word, jumps, return
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_EPERM, _ENOSYS = _ERRNO | 1, _ERRNO | 38
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_PR_SET_SECCOMP, _FILTER = 22, 2

Row = tuple[int, int, int, int]  # code, jump if true, jump if false, operand


def supported() -> bool:
    """Whether the filters are made for this machine."""
    return sys.platform == "linux" and os.uname().machine == "x86_64"


def allowing(calls: tuple[int, ...] = tuple(ALLOWED.values())) -> bytes:
    """The program (struct sock_filter[]) that permits `calls` and new threads."""
    tests = [(_EQUAL, len(calls) - i, 0, number) for i, number in enumerate(calls)]
    return _packed([*_head(), *tests, (_RETURN, 0, 0, _EPERM), (_RETURN, 0, 0, _ALLOW)])


def refusing(calls: tuple[int, ...], pid: int) -> bytes:
    """The program that refuses `calls`, new processes, and whatever of `REFUSED_WITH` and `FOR_ITSELF` is not about process `pid`."""
    guards: list[Row] = []
    for number, argument, values in REFUSED_WITH:
        guards += _guard(number, argument, values, _EPERM, _ALLOW)
    for number, values in FOR_ITSELF:
        guards += _guard(number, 0, (pid, *values), _ALLOW, _EPERM)
    tests = [(_EQUAL, len(calls) - i, 0, number) for i, number in enumerate(calls)]
    return _packed([*_head(), *guards, *tests, (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _EPERM)])


def install(libc: C.CDLL, program: bytes) -> None:
    """Apply a filter to this process, once and for all; it must have given up new privileges.  Raises OSError."""
    rows = C.create_string_buffer(program, len(program))
    header = C.create_string_buffer(struct.pack("<HxxxxxxQ", len(program) // 8, C.addressof(rows)))
    if libc.prctl(_PR_SET_SECCOMP, C.c_ulong(_FILTER), C.c_ulong(C.addressof(header)), C.c_ulong(0), C.c_ulong(0)):
        raise OSError(C.get_errno(), "seccomp")


def _head() -> list[Row]:
    """This architecture only; threads may start, processes may not.  The call's number is loaded at the end."""
    return [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, _AUDIT_ARCH_X86_64),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
        (_EQUAL, 0, 1, _CLONE3),  # its flags cannot be seen: the C library falls back to clone
        (_RETURN, 0, 0, _ENOSYS),
        (_EQUAL, 0, 4, _CLONE),
        (_LOAD, 0, 0, _ARGUMENTS),  # low half of the first: the flags
        (_BITS, 0, 1, _CLONE_THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _EPERM),
    ]


def _guard(number: int, argument: int, values: tuple[int, ...], found: int, otherwise: int) -> list[Row]:
    """For one call: `found` if the argument (its low half: an int) is one of `values`."""
    tests = [(_EQUAL, len(values) - i, 0, value) for i, value in enumerate(values)]
    block = [(_LOAD, 0, 0, _ARGUMENTS + 8 * argument), *tests, (_RETURN, 0, 0, otherwise), (_RETURN, 0, 0, found)]
    return [(_EQUAL, 0, len(block), number), *block]


def _packed(rows: list[Row]) -> bytes:
    return b"".join(struct.pack("<HBBI", *row) for row in rows)
