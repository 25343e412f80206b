"""The licence that a file inherits: from the nearest folder above it that states one.

A folder states a licence by a licence file or by package metadata. An installed distribution states it in its
`dist-info` folder for the packages beside it. A stated licence that nobody recognises is `unknown`, and is
inherited as such: it is not overruled by a folder further up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from tilth.detect.licence_metadata import is_metadata_file, licence_of_metadata
from tilth.detect.licences import NO_LICENCE, Licence, is_licence_file, licence_of_text
from tilth.detect.spdx import UNKNOWN

# The GPL, the longest usual text, has 35 KB; metadata with a long description some 100.
MAX_LICENCE_BYTES = 1 << 18


def states_licence(name: str) -> bool:
    """Whether a file of this name can state a licence.

    >>> states_licence("COPYING"), states_licence("Cargo.toml"), states_licence("main.rs")
    (True, True, False)
    """
    return is_licence_file(name) or is_metadata_file(name)


def licence_of_folder(files: Mapping[str, Callable[[], str]]) -> Licence | None:
    """What the licence and metadata files of one folder state; None when they state nothing.

    `files` are readers of texts by the files' names. One licence text stands, refined by metadata that name
    the same licence (`GPL-3.0-or-later`); of several texts the metadata say how they combine, else all hold.
    """
    names = sorted(files)
    texts = [licence_of_text(files[name]()) for name in names if is_licence_file(name)]
    declared = (licence_of_metadata(name, files[name]()) for name in names if is_metadata_file(name))
    metadata = next((found for found in declared if found != UNKNOWN), UNKNOWN)
    known = sorted(set(texts) - {UNKNOWN})
    if len(known) == 1 and not metadata.startswith(known[0]):
        return Licence(known[0], "file")
    if metadata != UNKNOWN:
        return Licence(metadata, "metadata")
    if known:
        return Licence(" AND ".join(known), "file")
    return Licence(UNKNOWN, "none") if texts else None


def is_distribution(folder_name: str) -> bool:
    """Whether a folder of this name holds the metadata of an installed distribution.

    >>> is_distribution("requests-2.32.dist-info"), is_distribution("requests")
    (True, False)
    """
    return folder_name.endswith((".dist-info", ".egg-info"))


def packages_of_record(record: str) -> set[str]:
    r"""Names beside a `dist-info` folder that its RECORD or top_level.txt lists as the distribution's own.

    >>> sorted(packages_of_record("six.py,sha256=1,2\nattr/__init__.py,,\n../../bin/x,,"))
    ['attr', 'six.py']
    """
    names = {line.split(",")[0].split("/")[0].strip('"') for line in record.splitlines()}
    return {name for name in names if name not in ("", "..", "__pycache__") and not is_distribution(name)}


class Inheritance:
    """Licences by folder, and by file where a distribution lists single modules; paths start at the root."""

    def __init__(self) -> None:
        self._by_path: dict[str, Licence] = {}

    def state(self, path: str, licence: Licence) -> None:
        """Record what a folder's own files state for it and all below it."""
        self._by_path[path] = licence

    def state_for_package(self, path: str, licence: Licence) -> None:
        """Record what a distribution states for one of its packages. Two that disagree leave it unknown."""
        before = self._by_path.get(path)
        self._by_path[path] = licence if before in (None, licence) else NO_LICENCE

    def of(self, path: str) -> Licence:
        """What holds for a file: stated for itself, else for the nearest folder above."""
        while True:
            found = self._by_path.get(path)
            if found is not None or not path:
                return found or NO_LICENCE
            path = path.rpartition("/")[0]


def state_licences(
    inheritance: Inheritance, folder: str, names: Iterable[str], read: Callable[[str], str]
) -> None:
    """Record what the files of one folder state for it, and its distributions for the packages beside them.

    `read` gives the text at a path relative to the root, empty when there is none.
    """
    prefix = f"{folder}/" if folder else ""
    names = tuple(names)
    stated = licence_of_folder({name: _reader(read, prefix + name) for name in names if states_licence(name)})
    if stated is not None:
        inheritance.state(folder, stated)
    for name in filter(is_distribution, names):
        home = f"{prefix}{name}/"
        licence = licence_of_folder(
            {
                file: _reader(read, home + file)
                for file in ("METADATA", "PKG-INFO", "LICENSE", "LICENSE.txt", "COPYING")
            }
        )
        record = read(f"{home}top_level.txt") or read(f"{home}RECORD")
        for package in packages_of_record(record):
            inheritance.state_for_package(prefix + package, licence or NO_LICENCE)
            inheritance.state_for_package(f"{prefix}{package}.py", licence or NO_LICENCE)


def _reader(read: Callable[[str], str], path: str) -> Callable[[], str]:
    return lambda: read(path)
