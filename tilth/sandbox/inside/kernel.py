"""The few system calls that Python has no name for: clone into namespaces, mount, capabilities, a system call filter.

*Covered*: Linux on x86_64 and aarch64, 64-bit calls only. *Not covered*: other machines (`FILTERED_MACHINES`).
Errors are `OSError` with the call's name.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import signal
import socket
import struct

# PyDLL holds the GIL while it calls, so that a child of `clone` finds it held by the thread it has.
_LIBC = ctypes.PyDLL(None, use_errno=True)
_PYTHON = ctypes.pythonapi

# linux/sched.h. Mounts, IPC, users, processes; the network only to have a loopback without another job's ports.
_NEWNS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
# linux/mount.h: no set-user-id programs, no devices, no programs at all.
NOSUID, NODEV, NOEXEC = 2, 4, 8
# linux/prctl.h
_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, _PR_SET_NO_NEW_PRIVS = 4, 22, 2, 38


def _must(result: int, call: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{call}: {os.strerror(code)}")
    return result


def clone() -> int:
    """Fork into new user, process, mount, IPC and network namespaces; 0 in the child, which is process 1 of its own.

    The child has every capability over its own namespaces and none over those it came from.
    """
    flags = _NEWUSER | _NEWPID | _NEWNS | _NEWIPC | _NEWNET | signal.SIGCHLD
    _PYTHON.PyOS_BeforeFork()
    zero = ctypes.c_long(0)
    pid = int(_LIBC.syscall(ctypes.c_long(_machine().clone), ctypes.c_long(flags), zero, zero, zero, zero))
    if pid == 0:
        _PYTHON.PyOS_AfterFork_Child()
    else:
        _PYTHON.PyOS_AfterFork_Parent()
    return _must(pid, "clone")


def mount(kind: str, target: str, flags: int, options: str = "") -> None:
    """Mount a new file system of a kind (`proc`, `tmpfs`) at a folder."""
    _must(
        _LIBC.mount(kind.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()),
        f"mount {kind} at {target}",
    )


def seal(target: str) -> None:
    """Make a mount read-only, here and below; whoever lacks capabilities cannot undo it."""
    remount, bind, read_only = 32, 4096, 1
    flags = ctypes.c_ulong(remount | bind | read_only | NOSUID | NODEV)
    _must(_LIBC.mount(None, target.encode(), None, flags, None), f"remount {target}")


def raise_loopback() -> None:
    """Bring up `lo`, the only interface of a new network namespace."""
    # linux/sockios.h: SIOCSIFFLAGS with IFF_UP | IFF_RUNNING.
    request, up_and_running = 0x8914, 0x41
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, request, struct.pack("16sH22x", b"lo", up_and_running))


def set_dumpable(is_dumpable: bool) -> None:
    """Whether processes of the same user may trace this one and read its memory and environment."""
    _must(_LIBC.prctl(_PR_SET_DUMPABLE, ctypes.c_ulong(is_dumpable), 0, 0, 0), "prctl(PR_SET_DUMPABLE)")


def drop_capabilities() -> None:
    """Give up every capability; with `no_new_privs` none comes back."""
    _must(_LIBC.prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")
    # linux/capability.h: version 3 is two words for each of the three sets.
    header = struct.pack("Ii", 0x20080522, 0)
    _must(_LIBC.capset(header, bytes(24)), "capset")


# ------------------------------------------------------------------------------------------- system call filter


class _Machine:
    """Numbers of the calls that the filter treats, on one kind of machine."""

    def __init__(
        self, audit: int, clone: int, socket: int, socketpair: int, prlimit: int, denied: str
    ) -> None:
        self.audit, self.clone, self.prlimit = audit, clone, prlimit
        self.sockets = (socket, socketpair)
        self.denied = [int(number) for number in denied.split()]


# The same on both: mount_setattr, open_tree … fspick, io_uring, pidfd_getfd, quotactl_fd, memfd_secret.
_DENIED_EVERYWHERE = "442 428 429 430 431 432 433 425 426 427 438 443 447 "
# What is refused, in the order of the numbers below. Other processes: ptrace, process_vm_readv and writev, kcmp.
# Namespaces and mounts: unshare, setns, mount, umount2, pivot_root, chroot. Wide doors into the kernel: bpf,
# perf_event_open, userfaultfd, keyctl, add_key, request_key. The machine: kexec (two), modules (three), reboot, acct,
# quotactl, swapon, swapoff, syslog, fanotify_init, vhangup. Files by handle (two). Clocks (four), host and domain name,
# personality. Memory that no limit counts: memfd_create, shmget, msgget, semget, mq_open.
_MACHINES = {
    "x86_64": _Machine(
        0xC000003E,
        56,
        41,
        53,
        302,
        _DENIED_EVERYWHERE
        + "101 310 311 312 272 308 165 166 155 161 321 298 323 250 248 249 246 320 175 313 176 169 163 "
        "179 167 168 103 300 153 304 303 164 227 159 305 170 171 135 319 29 68 64 240 "
        # modify_ldt, iopl, ioperm: this machine's own
        "154 172 173",
    ),
    "aarch64": _Machine(
        0xC00000B7,
        220,
        198,
        199,
        261,
        _DENIED_EVERYWHERE
        + "117 270 271 272 97 268 40 39 41 51 280 241 282 219 217 218 104 294 105 273 106 142 89 "
        "60 224 225 116 262 58 265 264 170 112 171 266 161 162 92 279 194 186 190 180",
    ),
}
FILTERED_MACHINES = tuple(_MACHINES)
_CLONE3 = 435
# Unix, IPv4 and IPv6. AF_VSOCK and AF_ALG, among others, do not heed namespaces.
_SOCKET_FAMILIES = (1, 2, 10)
_ALL_NAMESPACES = 0x7E020000


def _machine() -> _Machine:
    name = os.uname().machine
    if name not in _MACHINES:
        raise OSError(
            errno.ENOSYS, f"there is no system call filter for {name}, only for {', '.join(_MACHINES)}"
        )
    return _MACHINES[name]


def filter_system_calls() -> None:
    """Refuse, from here on and in all children, what a program that computes has no use for.

    A refused call fails with EPERM (`clone3` with ENOSYS, so that C libraries fall back on `clone`; other families of
    sockets with EAFNOSUPPORT); a call of another architecture kills.
    """
    code = _program(_machine())
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    _must(
        _LIBC.prctl(_PR_SET_SECCOMP, ctypes.c_ulong(_SECCOMP_MODE_FILTER), program, 0, 0),
        "prctl(PR_SET_SECCOMP)",
    )


def _program(machine: _Machine) -> bytes:
    """The filter, in classic BPF over `struct seccomp_data`: number at 0, architecture at 4, arguments from 16."""
    load, jump, equal, at_least, any_bit, give = 0x20, 0x05, 0x15, 0x35, 0x45, 0x06
    allow, kill, fail = 0x7FFF0000, 0x80000000, 0x00050000
    refuse, argument = fail | errno.EPERM, 16
    lines = [
        (load, 0, 0, 4),
        (equal, 1, 0, machine.audit),
        (give, 0, 0, kill),
        (load, 0, 0, 0),
        # From here up lie the 32-bit pointers of x32, under numbers of their own.
        (at_least, 0, 1, 0x40000000),
        (give, 0, 0, refuse),
        (equal, 0, 1, _CLONE3),
        (give, 0, 0, fail | errno.ENOSYS),
    ]
    # Each jumps to the one refusal behind them all; the last, if it is none of them, jumps over it.
    count = len(machine.denied)
    lines += [(equal, count - at, 0, number) for at, number in enumerate(machine.denied)]
    lines += [(jump, 0, 0, 1), (give, 0, 0, refuse)]
    lines += [(equal, 0, 4, machine.clone), (load, 0, 0, argument), (any_bit, 0, 1, _ALL_NAMESPACES)]
    lines += [(give, 0, 0, refuse), (give, 0, 0, allow)]
    # Limits of oneself (0) only: those of the supervisor are not the job's to lower.
    lines += [(equal, 0, 4, machine.prlimit), (load, 0, 0, argument), (equal, 1, 0, 0)]
    lines += [(give, 0, 0, refuse), (give, 0, 0, allow)]
    for number in machine.sockets:
        last = len(_SOCKET_FAMILIES)
        lines += [(equal, 0, last + 3, number), (load, 0, 0, argument)]
        lines += [(equal, last - at, 0, family) for at, family in enumerate(_SOCKET_FAMILIES)]
        lines += [(give, 0, 0, fail | errno.EAFNOSUPPORT), (give, 0, 0, allow)]
    lines.append((give, 0, 0, allow))
    return b"".join(struct.pack("HBBI", *line) for line in lines)
