"""Members of zip and tar archives, one after another, in memory, never on disk.

Every member comes out as its bytes or as the reason why not. Names that lead out of the archive, links,
encrypted members and archives inside archives are refused; a bomb is stopped by what it has unpacked to so
far, whatever sizes it declares.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any, NamedTuple

import pyarrow as pa

from tasks.ingest.config import IngestConfig
from tasks.ingest.open_file import open_regular
from tilth.detect.languages import is_archive


class Member(NamedTuple):
    """A member's path inside the archive and its content."""

    path: str
    data: bytes


class Refused(NamedTuple):
    """A member, or with an empty path the rest of the archive, that is not read, and why."""

    path: str
    reason: str
    detail: str | None


class _Stopped(Exception):
    """The archive as a whole has used up what it was allowed."""


_DRIVE = re.compile(r"[A-Za-z]:")
# Below this much a ratio says nothing: a page of blanks packs a hundredfold.
_RATIO_FLOOR_BYTES = 1 << 20
# What the decompressors and containers of the standard library raise on damaged input.
_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    LookupError,
    OverflowError,
    struct.error,
)


def read_archive(
    location: str, path: str, max_bytes_of_member: Callable[[str], int], config: IngestConfig
) -> Iterator[Member | Refused]:
    """Members in the order of the archive, folders aside; `path` is its name, which tells its format.

    An archive that turns out to be damaged ends with a `Refused` of its own after its whole members.
    """
    members = _read_zip if re.search(r"\.(zip|whl|jar|egg)$", path, re.IGNORECASE) else _read_tar
    seen: set[str] = set()
    try:
        for number, member in enumerate(members(location, path, max_bytes_of_member, config)):
            if number >= config.max_members:
                yield Refused("", "too_many_members", f"reading stopped after {config.max_members} members")
                return
            if member.path in seen:
                yield Refused(member.path, "duplicate_member", "the archive holds the name twice")
                continue
            seen.add(member.path)
            yield member
    except _Stopped as stop:
        yield Refused("", "zip_bomb", str(stop))
    except _DAMAGE as error:
        yield Refused("", "broken_archive", f"{type(error).__name__}: {error}")


def unsafe_name(name: str) -> str | None:
    """Why a member's name must not be used as a path; None for an ordinary relative name.

    >>> unsafe_name("a/../../etc/passwd"), unsafe_name("/etc/passwd"), unsafe_name("a/..b/c")
    ('it has a part ..', 'it is absolute', None)
    """
    if not name:
        return "it is empty"
    if name.startswith(("/", "\\")) or _DRIVE.match(name):
        return "it is absolute"
    if ".." in re.split(r"[/\\]", name):
        return "it has a part .."
    if "\0" in name or name != name.encode("utf-8", "backslashreplace").decode("utf-8"):
        return "it holds characters that no path has"
    return None


def _refusal(name: str, mode: int, size: int, max_bytes: int) -> Refused | None:
    """Why a member is not read, as far as its header tells."""
    shown = name.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "")
    why = unsafe_name(name)
    if why is not None:
        return Refused(shown, "unsafe_path", why)
    if stat.S_ISLNK(mode):
        return Refused(shown, "symlink", "links in archives are not followed")
    if is_archive(name):
        return Refused(shown, "nested_archive", "unpack it and name it as a source of its own")
    if size > max_bytes:
        return Refused(shown, "too_large", f"{size} bytes, {max_bytes} are allowed")
    return None


# ------------------------------------------------------------------------------------------------------ zip


def _read_zip(
    location: str, _path: str, max_bytes_of_member: Callable[[str], int], config: IngestConfig
) -> Iterator[Member | Refused]:
    unpacked = 0
    with open_regular(location) as file, zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            name = info.filename
            if name.endswith("/"):
                continue
            refused = _refusal(name, info.external_attr >> 16, info.file_size, max_bytes_of_member(name))
            if refused is None:
                refused = _refusal_of_zip(info, config)
            if refused is not None:
                yield refused
                continue
            unpacked += info.file_size
            if unpacked > config.max_archive_bytes:
                raise _Stopped(f"it unpacks to more than {config.max_archive_bytes} bytes")
            try:
                # zipfile reads no more than the size declared, so that a lie ends in a wrong checksum.
                yield Member(name, archive.read(info))
            except _DAMAGE as error:
                yield Refused(name, "broken_member", f"{type(error).__name__}: {error}")


def _refusal_of_zip(info: zipfile.ZipInfo, config: IngestConfig) -> Refused | None:
    # Bit 0 of the flags: the member is encrypted.
    if info.flag_bits & 1:
        return Refused(info.filename, "encrypted", "it needs a password")
    if info.file_size > max(info.compress_size * config.max_archive_ratio, _RATIO_FLOOR_BYTES):
        return Refused(info.filename, "zip_bomb", f"{info.compress_size} bytes unpack to {info.file_size}")
    return None


# ------------------------------------------------------------------------------------------------------ tar


class _Bounded(io.RawIOBase):
    """A stream of unpacked bytes that stops when more comes out than is allowed for what went in."""

    def __init__(self, unpacked: Any, packed: IO[bytes], config: IngestConfig) -> None:
        self._unpacked, self._packed, self._config = unpacked, packed, config
        self._total = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data: bytes = self._unpacked.read(size)
        self._total += len(data)
        if self._total > self._config.max_archive_bytes:
            raise _Stopped(f"it unpacks to more than {self._config.max_archive_bytes} bytes")
        packed = self._packed.tell()
        if self._total > max(packed * self._config.max_archive_ratio, _RATIO_FLOOR_BYTES):
            raise _Stopped(
                f"its first {packed} bytes unpack to more than {self._config.max_archive_ratio} times that"
            )
        return data


def _unpacker(file: IO[bytes], path: str) -> Any:
    """A readable stream of the tar's own bytes; the name's end tells how they are packed."""
    lower = path.lower()
    if lower.endswith((".gz", ".tgz")):
        return gzip.GzipFile(fileobj=file, mode="rb")
    if lower.endswith((".bz2", ".tbz", ".tbz2")):
        return bz2.BZ2File(file)
    if lower.endswith((".xz", ".txz")):
        return lzma.LZMAFile(file)
    if lower.endswith(".zst"):
        return pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd")
    return file


def _read_tar(
    location: str, path: str, max_bytes_of_member: Callable[[str], int], config: IngestConfig
) -> Iterator[Member | Refused]:
    with open_regular(location) as file:
        bounded = _Bounded(_unpacker(file, path), file, config)
        with tarfile.open(fileobj=bounded, mode="r|") as archive:
            for info in archive:
                if info.isdir():
                    continue
                mode = stat.S_IFLNK if info.issym() or info.islnk() else 0
                name = info.name.removeprefix("./")
                refused = _refusal(name, mode, info.size, max_bytes_of_member(name))
                content = archive.extractfile(info) if refused is None and info.isreg() else None
                if refused is not None:
                    yield refused
                elif content is None:
                    yield Refused(name, "not_a_file", "a pipe or a device")
                else:
                    yield Member(name, content.read())
