"""Root's way in: become nobody, for good, and only then start the interpreter that serves.

Bubblewrap started by root makes no user namespace, since its root would stay the machine's root; what it starts is root
with three capabilities, and runs nothing but this, on the interpreter that runs Tilth: no environment's start-up files.
"""

from __future__ import annotations

import os
import sys

from tilth.sandbox.inside import kernel

# The unprivileged user of most systems, by number because a sandbox has no list of users to ask.
NOBODY = 65534


def main() -> None:
    """Take `1` or `0` (whether to mount `/proc`) and a command; become nobody and run it.

    Root's `/proc` by bubblewrap would hide parts of itself, and beside one with hidden parts the kernel allows no
    other; nobody's needs to hide nothing.
    """
    has_proc, *command = sys.argv[1:]
    if has_proc == "1":
        kernel.mount("proc", "/proc", kernel.NOSUID | kernel.NODEV | kernel.NOEXEC)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    os.execv(command[0], command)  # noqa: S606 - an interpreter, by its whole path
