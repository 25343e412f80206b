"""The licence that a package's metadata declare: Python, npm, Cargo, Maven and Composer.

Only the declaring fields are read. A file that cannot be parsed declares nothing.
"""

from __future__ import annotations

import json
import re
import tomllib
from configparser import ConfigParser
from configparser import Error as ConfigError
from email.parser import HeaderParser
from typing import Any

from tilth.detect.licences import licence_of_text
from tilth.detect.spdx import UNKNOWN, normalise_expression


def is_metadata_file(name: str) -> bool:
    """Whether a file's own name is that of package metadata, in any case of letters.

    >>> is_metadata_file("PKG-INFO"), is_metadata_file("package-lock.json")
    (True, False)
    """
    return name.lower() in _READERS


def licence_of_metadata(name: str, text: str) -> str:
    """The licence a metadata file declares; `unknown` when it declares none, or cannot be parsed.

    `name` is the file's own name, one that `is_metadata_file` knows.

    >>> licence_of_metadata("package.json", '{"license": "ISC"}'), licence_of_metadata("Cargo.toml", "x")
    ('ISC', 'unknown')
    """
    reader = _READERS[name.lower()]
    try:
        declared = reader(text)
    # Broken metadata declare nothing; the file itself meets its own fate.
    except (ValueError, ConfigError, RecursionError):
        return UNKNOWN
    # `License-Expression` is checked by the index that took the package.
    is_expression = name.lower() in ("pkg-info", "metadata") and "\nLicense-Expression:" in text
    for candidate in declared:
        if isinstance(candidate, str) and candidate.strip():
            # Some packages put the whole licence text into the field.
            found = (
                normalise_expression(candidate, is_spdx=is_expression)
                if len(candidate) < 200
                else licence_of_text(candidate)
            )
            if found != UNKNOWN:
                return found
    return UNKNOWN


def _classifiers(values: Any) -> list[str]:
    """The last part of each `License ::` trove classifier that names a licence."""
    if not isinstance(values, list):
        return []
    parts = [
        value.split(" :: ") for value in values if isinstance(value, str) and value.startswith("License ::")
    ]
    return [part[-1] for part in parts if part[-1] != "OSI Approved"]


def _table(value: Any, name: str) -> dict[str, Any]:
    inner = value.get(name) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def _from_pyproject(text: str) -> list[Any]:
    tables = tomllib.loads(text)
    project, poetry = _table(tables, "project"), _table(_table(tables, "tool"), "poetry")
    declared = project.get("license")
    first = declared.get("text") if isinstance(declared, dict) else declared
    return [first, poetry.get("license"), *_classifiers(project.get("classifiers"))]


def _from_setup_cfg(text: str) -> list[Any]:
    parser = ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    return [
        parser.get("metadata", "license", fallback=None),
        *_classifiers(parser.get("metadata", "classifiers", fallback="").strip().splitlines()),
    ]


def _from_core_metadata(text: str) -> list[Any]:
    headers = HeaderParser().parsestr(text)
    return [
        headers["License-Expression"],
        *_classifiers(headers.get_all("Classifier", [])),
        headers["License"],
    ]


def _from_json(text: str) -> list[Any]:
    value = json.loads(text)
    declared = value.get("license", value.get("licenses")) if isinstance(value, dict) else None
    entries = declared if isinstance(declared, list) else [declared]
    return [entry.get("type") if isinstance(entry, dict) else entry for entry in entries]


def _from_cargo(text: str) -> list[Any]:
    return [_table(tomllib.loads(text), "package").get("license")]


def _from_pom(text: str) -> list[Any]:
    # Enough for one field, and no parser of hostile XML: comments out, then the first name.
    bare = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    return re.findall(r"<license>\s*<name>\s*([^<]+?)\s*</name>", bare)


_READERS = {
    "pyproject.toml": _from_pyproject,
    "setup.cfg": _from_setup_cfg,
    "pkg-info": _from_core_metadata,
    "metadata": _from_core_metadata,
    "package.json": _from_json,
    "composer.json": _from_json,
    "cargo.toml": _from_cargo,
    "pom.xml": _from_pom,
}
