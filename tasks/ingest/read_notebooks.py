"""Jupyter notebooks: the prose of their Markdown cells and the code of their code cells; outputs are dropped.

Both formats in use are read (nbformat 4, and 3 with its worksheets). Lines for IPython (`%magic`, `!command`)
become comments, and cells in another language (`%%bash`) are left out, so that the code is the kernel's.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from tilth.detect.languages import language_of_label


class Notebook(NamedTuple):
    """Markdown, code, and the name of the code's language; either text may be empty."""

    markdown: str
    code: str
    language: str


class BrokenNotebook(Exception):
    """The file is no notebook; the message says what is wrong."""


# Cell magics that leave the cell in the kernel's language.
_SAME_LANGUAGE = frozenset(("%%time", "%%timeit", "%%capture", "%%prun"))


def read_notebook(text: str) -> Notebook:
    r"""The texts of a notebook's cells in order, separated by an empty line. Raises `BrokenNotebook`.

    >>> read_notebook('{"cells": [{"cell_type": "code", "source": ["%load x\\n", "a = 1"]}]}')
    Notebook(markdown='', code='# %load x\na = 1\n', language='python')
    """
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BrokenNotebook(f"it is no JSON: {error}") from None
    if not isinstance(notebook, dict):
        raise BrokenNotebook("it is no JSON object")
    language = _language_of(notebook.get("metadata"))
    prose: list[str] = []
    code: list[str] = []
    for cell in _cells_of(notebook):
        source = _source_of(cell)
        if cell.get("cell_type") in ("markdown", "heading"):
            prose.append(_heading(cell) + source.strip("\n"))
        elif cell.get("cell_type") == "code":
            code.append(_without_magics(source, language))
    return Notebook(_joined(prose), _joined(code), language)


def _joined(texts: list[str]) -> str:
    kept = [text for text in texts if text.strip()]
    return "\n\n".join(kept) + "\n" if kept else ""


def _cells_of(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    cells = notebook.get("cells")
    if cells is None and isinstance(notebook.get("worksheets"), list):
        sheets = [sheet.get("cells") for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise BrokenNotebook("it has no list of cells")
    return cells


def _source_of(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    lines = source if isinstance(source, list) else [source]
    if not all(isinstance(line, str) for line in lines):
        raise BrokenNotebook("a cell's source is no text")
    # A lone surrogate, which JSON can spell, has no UTF-8.
    return "".join(lines).encode("utf-8", "replace").decode("utf-8")


def _heading(cell: dict[str, Any]) -> str:
    """The marks of nbformat 3's heading cells."""
    level = cell.get("level")
    is_level = cell.get("cell_type") == "heading" and isinstance(level, int)
    # Markdown has six levels of headings.
    return "#" * min(max(level, 1), 6) + " " if is_level and isinstance(level, int) else ""


def _language_of(metadata: Any) -> str:
    """The kernel's language; Python, as Jupyter assumes, when the notebook does not say."""
    for block, field in (("language_info", "name"), ("kernelspec", "language"), ("kernelspec", "name")):
        inner = metadata.get(block) if isinstance(metadata, dict) else None
        label = inner.get(field) if isinstance(inner, dict) else None
        found = language_of_label(label) if isinstance(label, str) else None
        if found is not None and found.kind == "code":
            return found.name
    return "python"


def _without_magics(source: str, language: str) -> str:
    if language != "python":
        return source.strip("\n")
    first, _, rest = source.lstrip().partition("\n")
    if first.startswith("%%"):
        if first.split()[0] not in _SAME_LANGUAGE:
            return ""
        source = rest
    lines = [f"# {line}" if line.startswith(("%", "!")) else line for line in source.split("\n")]
    return "\n".join(lines).strip("\n")
