"""The walls: bubblewrap's command line around a Python interpreter.

*Covered*: own user, processes, mounts, network (a loopback and no more), IPC and host name; of the host only `/usr` and
its libraries, the interpreter, one environment and one source tree, all read-only; no environment variables, no
terminal, no capabilities; everything ends with the process that started it. *Not covered*: `/usr` is visible as it is
(not `/usr/local`), so what is installed there can be read and started; an environment or a tree that only root can read
is not readable inside, where root's sandbox is the user nobody; the kernel itself, which is shared;
`/proc/self/mountinfo` names the host's folders that are mounted (the interpreter's, the environment's, the tree's);
before Linux 5.14 the bound on processes counts all of the user's, also outside.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tilth.errors import RequestError
from tilth.sandbox.inside import launch, server, supervisor

PROGRAM = "bwrap"
REMEDY = "apt install bubblewrap (or the package of that name of your system)"
_PASSWD = f"nobody:x:{launch.NOBODY}:{launch.NOBODY}:nobody:/job:/bin/sh\n"
_GROUP = f"nogroup:x:{launch.NOBODY}:\n"

_SYSTEM = Path("/usr")
_INSIDE = "/server/tilth/sandbox/inside"
# Memory, once a server: a repository larger than that is not tested in a sandbox.
_MAX_TREE_BYTES = 512 << 20


def find() -> str | None:
    """Where bubblewrap is, or None."""
    return shutil.which(PROGRAM)


def is_root() -> bool:
    """Whether bubblewrap can be left by becoming another user: root, with the user nobody to become."""
    if os.geteuid() != 0:
        return False
    spans = (line.split() for line in Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines())
    return any(int(first) <= launch.NOBODY < int(first) + int(length) for first, _, length in spans)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python outside, and where it appears inside."""

    program: str  # path inside
    prefix: Path  # its installation, outside
    configuration: str  # what pyvenv.cfg is to say inside; empty without an environment

    @property
    def prefix_inside(self) -> str:
        """Always the same place, so that no path of this machine reaches a traceback; the system's stays."""
        return "/usr" if self.prefix == _SYSTEM else "/python"


def interpreter_of(environment: Path | None) -> Interpreter:
    """The interpreter that an environment runs on, or without one the interpreter that runs Tilth.

    `RequestError` when the folder is not an environment with a Python in it.
    """
    if environment is None:
        prefix, name = Path(sys.base_prefix).resolve(), f"python{sys.version_info[0]}.{sys.version_info[1]}"
        inside = "/usr" if prefix == _SYSTEM else "/python"
        return Interpreter(f"{inside}/bin/{name}", prefix, "")
    program = environment / "bin" / "python"
    if not program.exists():
        raise RequestError(
            f"{environment} is no Python environment: it has no bin/python. Make it: python -m venv {environment}"
        )
    real = program.resolve()
    if real.is_relative_to(environment.resolve()):
        return Interpreter("/env/bin/python", environment.resolve(), "")
    prefix = real.parent.parent
    inside = "/usr" if prefix == _SYSTEM else "/python"
    settings = f"home = {inside}/bin\ninclude-system-site-packages = false\n"
    return Interpreter("/env/bin/python", prefix, settings)


def command(
    interpreter: Interpreter, environment: Path | None, source: Path | None, disk_bytes: int, has_proc: bool
) -> tuple[list[str], list[tuple[str, str]]]:
    """Bubblewrap's arguments up to the program's, and the small files (place, text) that it reads from handles.

    A file's handle stands in the arguments as `@` and its place.
    """
    files = [("/etc/passwd", _PASSWD), ("/etc/group", _GROUP)]
    arguments = [*_namespaces(), *_system()]
    for place in (str(supervisor.TEMPORARY), str(supervisor.JOB)):
        arguments += ["--perms", "1777", "--size", str(disk_bytes), "--tmpfs", place]
    arguments += _installation(interpreter.prefix, interpreter.prefix_inside)
    program = [interpreter.program, *_flags(environment)]
    if is_root():
        own = interpreter_of(None)
        place = interpreter.prefix_inside if own.prefix == interpreter.prefix else "/launcher"
        arguments += _installation(own.prefix, place) if place == "/launcher" else []
        launcher = own.program.replace(own.prefix_inside, place, 1) if own.prefix != _SYSTEM else own.program
        program = [launcher, "-I", "-S", "-c", _start("launch"), str(int(has_proc)), *program]
    # As copies: the checkout may be for root's eyes only, and what is not there cannot be seen.
    inside = Path(server.__file__).parent
    arguments += _folders(Path(_INSIDE, "x"))
    files += [(f"{_INSIDE}/{path.name}", path.read_text("utf-8")) for path in sorted(inside.glob("*.py"))]
    if environment is not None:
        arguments += ["--ro-bind", str(environment.resolve()), "/env"]
        if interpreter.configuration:
            files.append(("/env/pyvenv.cfg", interpreter.configuration))
    if source is not None:
        arguments += ["--ro-bind", str(source.resolve()), supervisor.SOURCE]
        arguments += ["--perms", "1777", "--size", str(_MAX_TREE_BYTES)]
        arguments += ["--tmpfs", supervisor.TREE]
    for place, _ in files:
        how = "--ro-bind-data" if place.startswith("/env/") else "--file"
        arguments += ["--perms", "0444", how, f"@{place}", place]
    # Root's launcher mounts its own.
    arguments += ["--dir", "/proc"] if is_root() or not has_proc else ["--proc", "/proc"]
    arguments += "--remount-ro /usr/local --remount-ro / --chdir /".split()
    arguments += [*_variables(environment, interpreter), "--", *program]
    return arguments, files


def _namespaces() -> Sequence[str]:
    shared = (
        "--unshare-ipc --unshare-pid --unshare-net --unshare-uts --unshare-cgroup-try --hostname sandbox "
    )
    shared += "--die-with-parent --new-session --clearenv --cap-drop ALL"
    if is_root():
        # To mount /proc and to become nobody; then the server has none. Bubblewrap stays process 1 there: from one of
        # another user it could not be told to end.
        rights = "--cap-add CAP_SYS_ADMIN --cap-add CAP_SETUID --cap-add CAP_SETGID"
    else:
        rights = f"--as-pid-1 --unshare-user --uid {launch.NOBODY} --gid {launch.NOBODY}"
    return f"{shared} {rights}".split()


def _system() -> list[str]:
    arguments = ["--ro-bind", "/usr", "/usr", "--tmpfs", "/usr/local", "--dir", "/dev", "--dir", "/etc"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), str(path)]
        else:
            arguments += ["--ro-bind-try", str(path), str(path)]
    for name in ("null", "zero", "full", "random", "urandom"):
        arguments += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    for place, target in (
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
        # Shared memory is a job's own files like any other, and counts as such.
        ("shm", str(supervisor.TEMPORARY)),
    ):
        arguments += ["--symlink", target, f"/dev/{place}"]
    return [*arguments, "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]


def _installation(prefix: Path, place: str) -> list[str]:
    """A Python installation at a place, and where it was built to be: there it looks for its own shared library."""
    if prefix == _SYSTEM:
        return []
    return [*_folders(prefix), "--ro-bind", str(prefix), place, "--ro-bind", str(prefix), str(prefix)]


def _folders(path: Path) -> list[str]:
    """The folders above a path, for all to enter: those that bubblewrap makes by itself are for their owner alone."""
    return [
        word for folder in reversed(path.parents) if folder != Path("/") for word in ("--dir", str(folder))
    ]


def _variables(environment: Path | None, interpreter: Interpreter) -> list[str]:
    places = ["/env/bin"] if environment is not None else []
    values = {
        "PATH": ":".join([*places, f"{interpreter.prefix_inside}/bin", "/usr/bin", "/bin"]),
        "HOME": "/job",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        # A set has the same order in every run.
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
    }
    return [word for name, value in values.items() for word in ("--setenv", name, value)]


def _flags(environment: Path | None) -> list[str]:
    """No folder of the user's; without an environment none of the interpreter's own packages either."""
    return ["-P", "-s", *([] if environment is not None else ["-S"]), "-c", _start("server")]


def _start(module: str) -> str:
    return f"import sys; sys.path.append('/server'); from tilth.sandbox.inside.{module} import main; main()"
