"""The lake: one folder that holds every artifact, and the rules by which files come to lie in it.

    format.json                                     which layout this is, and the lake's own id
    parts/<artifact>/<stage digest>/<part id>/      rows.parquet, keys.parquet, rejects.parquet
    artifacts/<artifact>/<key>.json                 manifests: which parts, and which keys of them, make one artifact
    versions/<version id>/                          dataset versions
    checks/                                         Data Docs

Everything is written under `tmp/`, flushed to the disk and renamed into place, so a process that is killed at
any moment leaves either the whole thing or a stray temporary folder, which the next one that opens the lake for
writing clears when its owner is gone.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilth.errors import LakeError, RequestError

FORMAT = 1


@dataclass(frozen=True)
class Lake:
    """A lake that exists and is of a layout this version of Tilth reads."""

    root: Path
    lake_id: str

    @classmethod
    def open(cls, root: str | Path, *, create: bool = False) -> Lake:
        """Open the lake in a folder; with `create`, make it when there is none.

        Raises `RequestError` when there is no lake there, `LakeError` when it was written by a newer version.
        """
        path = Path(root).expanduser().absolute()
        marker = path / "format.json"
        if not marker.is_file():
            if not create:
                raise RequestError(
                    f"{root} is no lake: it has no format.json. Build something first: tilth build"
                )
            if path.exists() and (not path.is_dir() or any(path.iterdir())):
                raise RequestError(
                    f"{root} is not empty and no lake. Name an empty or new folder: --lake DIR"
                )
            try:
                with full_disk_said(path):
                    path.mkdir(parents=True, exist_ok=True)
                    write_json(marker, {"format": FORMAT, "lake_id": uuid.uuid4().hex})
            except OSError as error:
                raise RequestError(
                    f"No lake can be made in {root}: {error.strerror}. Name another folder: --lake DIR"
                ) from None
        try:
            found = json.loads(marker.read_text(encoding="utf-8"))
            version, lake_id = int(found["format"]), str(found["lake_id"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LakeError(
                f"{marker} cannot be read: {error}. Restore it, or use another lake: --lake DIR"
            ) from None
        if version > FORMAT:
            raise LakeError(
                f"{root} has layout {version}; this Tilth reads up to {FORMAT}. Update Tilth, or use another --lake."
            )
        lake = cls(path, lake_id)
        if create:
            lake._clear_strays()
        return lake

    def parts(self, artifact: str, stage_digest: str) -> Path:
        """Folder of all parts of one artifact by one state of its stage."""
        return self.root / "parts" / artifact / stage_digest

    def manifest(self, artifact: str, key: str) -> Path:
        """Path of an artifact's manifest."""
        return self.root / "artifacts" / artifact / f"{key}.json"

    @property
    def versions(self) -> Path:
        """Folder of the dataset versions."""
        return self.root / "versions"

    @property
    def ledger(self) -> Path:
        """File of the paid answers, unless `TILTH_LEDGER` names another place."""
        return self.root / "ledger.sqlite"

    @property
    def spill(self) -> Path:
        """Folder for what DuckDB cannot hold in memory."""
        return self.root / "tmp" / f"{os.getpid()}-spill"

    def relative(self, path: Path) -> str:
        """The path as it is recorded: inside the lake, `/` between its parts."""
        return path.relative_to(self.root).as_posix()

    @contextmanager
    def staged(self, target: Path) -> Iterator[Path]:
        """A temporary folder that becomes `target` when the block ends well, and vanishes when it does not.

        When `target` exists by then, somebody else has written the same content first, and theirs stays.
        """
        folder = self.root / "tmp" / f"{os.getpid()}-{uuid.uuid4().hex}"
        try:
            with full_disk_said(self.root):
                folder.mkdir(parents=True)
                yield folder
                publish(folder, target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def set_aside(self, path: Path) -> None:
        """Take what is damaged out of the way of what replaces it; a stray that the next build clears."""
        with full_disk_said(self.root):
            (self.root / "tmp").mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                path.rename(self.root / "tmp" / f"{os.getpid()}-{uuid.uuid4().hex}")

    def _clear_strays(self) -> None:
        """Remove temporary folders whose process is gone."""
        for folder in (self.root / "tmp").glob("*-*"):
            owner = folder.name.split("-")[0]
            if owner.isdigit() and not is_alive(int(owner)):
                shutil.rmtree(folder, ignore_errors=True)


def is_alive(pid: int) -> bool:
    """Whether a process with this id runs on the machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def sync_path(path: Path) -> None:
    """Flush a file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(folder: Path, target: Path) -> None:
    """Flush all files of a folder, then rename it to `target`; keep `target` when it is there already."""
    for path in sorted(folder.rglob("*")):
        sync_path(path)
    sync_path(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.rename(target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
    sync_path(target.parent)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{uuid.uuid4().hex}")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(value, file, ensure_ascii=False, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_path(path.parent)


@contextmanager
def full_disk_said(where: Path) -> Iterator[None]:
    """Turn the system's errors on writing into a `LakeError` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise LakeError(
                f"The disk that holds {where} is full. What was finished is kept: free some room and run it again."
            ) from None
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise LakeError(
                f"{where} cannot be written: {error.strerror}. Choose another lake: --lake DIR"
            ) from None
        raise
