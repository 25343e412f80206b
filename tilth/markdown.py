"""Markdown for pages that a browser renders with its HTML: strangers' text is shown there, never obeyed.

Text in a sentence or a cell goes through `escaped`, anything longer through `fenced`. It does not lay out dataset
cards, which are files for people and trainers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

# What can begin a tag, an entity, emphasis, code, a link, an escape or a cell.
_MARKUP = re.compile(r"[<>&\"'*_`~\[\]\\|!:#]")
_BACKTICKS = re.compile(rb"`+")


class _ReadableDumper(yaml.SafeDumper):
    """YAML with texts of several lines as such."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_ReadableDumper.add_representer(str, _represent_text)


def escaped(text: str) -> str:
    r"""Text as it is, on one line, whatever markup it holds: numeric references are never read as markup.

    >>> escaped("<b>a_b\n|")
    '&#60;b&#62;a&#95;b &#124;'
    """
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", " ".join(text.split()))


def fenced(text: str, language: str = "") -> str:
    """Text in a code block that no line of the text can end.

    >>> print(fenced("a ``` b"))
    ````
    a ``` b
    ````
    """
    return fenced_bytes(text.encode("utf-8", "surrogatepass"), language).decode("utf-8", "surrogatepass")


def fenced_bytes(text: bytes, language: str) -> bytes:
    """The same of UTF-8, for who has bytes at hand."""
    fence = b"```"
    if fence in text:
        fence = b"`" * (max(map(len, _BACKTICKS.findall(text))) + 1)
    return b"%b%b\n%b\n%b" % (fence, language.encode("utf-8"), text.rstrip(), fence)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; cells are escaped.

    >>> print(table(["stage", "rows"], [["split", 2]]))
    | stage | rows |
    |---|---|
    | split | 2 |
    """
    lines = [list(head), *rows]
    shown = ["| " + " | ".join(escaped(str(cell)) for cell in line) + " |" for line in lines]
    return "\n".join([shown[0], "|" + "---|" * len(head), *shown[1:]])


def record(row: dict[str, Any], most_characters: int) -> str:
    """A row as YAML, without its empty fields, its texts cut at so many characters.

    >>> print(record({"name": "total", "docstring": None, "text": "abc"}, 2))
    name: to…
    text: ab…
    """
    shown = _shortened(row, most_characters)
    text: str = yaml.dump(shown, Dumper=_ReadableDumper, sort_keys=False, allow_unicode=True)
    return text.rstrip()


def _shortened(value: Any, most: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= most else value[:most] + "…"
    if isinstance(value, dict):
        return {key: _shortened(inner, most) for key, inner in value.items() if inner not in (None, "", [])}
    if isinstance(value, list):
        return [_shortened(inner, most) for inner in value]
    return value
