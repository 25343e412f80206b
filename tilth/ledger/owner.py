"""A process's sign of life on one machine: a file that the kernel keeps locked until the process is gone.

A lock by `flock` belongs to the open file, so that it ends with the process however that ends, and never before. The
folder beside the ledger holds a file for each process that has the ledger open; those of the dead are cleared by
whoever finds them.
"""

from __future__ import annotations

import fcntl
import os
import uuid
import weakref
from contextlib import suppress
from functools import partial
from pathlib import Path


class OwnerFile:
    """The file of the process itself, locked as long as the object is open."""

    def __init__(self, folder: Path) -> None:
        self.name = uuid.uuid4().hex
        self.path = folder / self.name
        self._descriptor = self._locked()
        # A forked child shares the open file and would keep its parent alive in the eyes of others.
        os.register_at_fork(after_in_child=partial(_forget_in_child, weakref.ref(self)))

    def _locked(self) -> int:
        while True:
            self.path.parent.mkdir(exist_ok=True)
            try:
                descriptor = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o666)
            except FileNotFoundError:
                # The last process to leave has removed the folder in between.
                continue
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Somebody may have cleared the file between its making and its locking.
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), self.path.stat()):
                    return descriptor
            os.close(descriptor)

    def forget(self) -> None:
        """Closes this process's copy of the file, and with the last copy the lock."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def close(self) -> None:
        """Removes the file and lets go of it."""
        if self._descriptor >= 0:
            self.path.unlink(missing_ok=True)
            self.forget()


def _forget_in_child(reference: weakref.ref[OwnerFile]) -> None:
    owner = reference()
    if owner is not None:
        owner.forget()


def is_gone(path: Path) -> bool:
    """Whether the process that an owner file stands for is dead; no file is as good as no process."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    except PermissionError:
        return False
    try:
        # Shared, so that two who look at once do not take each other for the owner.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def clear_strays(folder: Path, known: set[str]) -> None:
    """Removes files of processes that died before or after they were of any account."""
    with suppress(FileNotFoundError, PermissionError):
        for path in sorted(folder.iterdir()):
            if path.name not in known:
                _clear(path)


def _clear(path: Path) -> None:
    with suppress(FileNotFoundError, PermissionError, BlockingIOError):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            # Held while the file goes, so that whoever is just making it notices and makes another.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            os.close(descriptor)
