"""A copy of a version in a folder of the user's own: whole or not at all, and never over something else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tilth.errors import RequestError
from tilth.lake import full_disk_said


def check_copy(out: str) -> Path | None:
    """The folder that the copy goes to, checked before any work is done; None when none is wanted.

    Raises `RequestError` when something is there that is no dataset version.
    """
    if not out:
        return None
    path = Path(out).expanduser().absolute()
    if path.exists() and not (path.is_dir() and (not any(path.iterdir()) or (path / "manifest.json").is_file())):
        raise RequestError(f"{out} is not empty and holds no dataset version. Name a new or empty folder: --out DIR")
    return path


def copy_version(version: Path, target: Path) -> Path:
    """Copy a version, as hard links where the file system allows it, in place of what is at the target."""
    staged = target.with_name(f".{target.name}.{os.getpid()}")
    with full_disk_said(target.parent):
        shutil.rmtree(staged, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copytree(version, staged, copy_function=_link)
            if target.exists():
                shutil.rmtree(target)
            staged.rename(target)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    return target


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        return shutil.copy2(source, target)
    return target
