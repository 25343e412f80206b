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
    if path.exists() and not (
        path.is_dir() and (not any(path.iterdir()) or (path / "manifest.json").is_file())
    ):
        raise RequestError(
            f"{out} is not empty and holds no dataset version. Name a new or empty folder: --out DIR"
        )
    return path


def copy_version(version: Path, target: Path) -> Path:
    """Copy a version in place of what is at the target. Real copies: who edits one must not change the lake."""
    staged = target.with_name(f".{target.name}.{os.getpid()}")
    with full_disk_said(target.parent):
        shutil.rmtree(staged, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copytree(version, staged)
            if target.exists():
                shutil.rmtree(target)
            staged.rename(target)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    return target
