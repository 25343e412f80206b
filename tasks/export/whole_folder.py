"""A folder that appears whole or not at all: filled beside its place under a hidden name, then renamed.

Whoever fills one holds a lock on it that ends with the process, so what a killed process left behind is
recognised and swept by the next one. Does not look into the files; does not guard against edits afterwards.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tilth.errors import LakeError

_SUFFIX = ".partial"


def sync(path: Path) -> None:
    """Make a file's bytes, or a folder's entries, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _lock(folder: Path) -> int | None:
    """Descriptor that holds the folder's lock, or None when another process holds it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _sweep(out: Path) -> None:
    """Remove what killed processes left of this folder."""
    for left in sorted(out.parent.glob(f".{out.name}.*{_SUFFIX}")):
        try:
            handle = _lock(left)
        except FileNotFoundError:
            continue
        if handle is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(handle)


def _publish(staging: Path, out: Path) -> None:
    for path in sorted(staging.rglob("*")):
        sync(path)
    sync(staging)
    staging.rename(out)
    sync(out.parent)


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Yield an empty folder; when the block ends without an error it becomes `out`, and is durable.

    Raises `LakeError` when it cannot be written (disk full, no permission) or when `out` exists by then.
    """
    staging: Path | None = None
    handle: int | None = None
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _sweep(out)
        staging = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=_SUFFIX, dir=out.parent))
        handle = _lock(staging)
        # mkdtemp makes folders for one user alone; a dataset is read by others too.
        staging.chmod(0o755)
        yield staging
        _publish(staging, out)
    except OSError as error:
        raise LakeError(
            f"{out} cannot be written: {error}. Nothing of it was left behind and nothing older was touched. "
            "Free some space or name another folder, then run the same command again."
        ) from error
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
        if handle is not None:
            os.close(handle)
