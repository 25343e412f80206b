"""Instruction templates: data files with one list of {id, task, text}, worded with {variables}."""

from __future__ import annotations

import string
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

from tilth.errors import RequestError
from tilth.fingerprint import ROOT, draw

FOLDER = Path("data/instructions")
# What is drawn for an origin here; see `tilth.fingerprint.draw`.
_PURPOSE = 1


class Template(NamedTuple):
    """One wording of a task."""

    template_id: str
    task: str
    text: str
    variables: frozenset[str]


@cache
def load_templates(name: str) -> Mapping[str, tuple[Template, ...]]:
    """The templates of a file in `data/instructions`, by task, in the order of their ids.

    Raises `RequestError` for a file that is no list of {id, task, text}, or an id that stands twice.
    """
    path = FOLDER / name
    try:
        entries = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
        found = [_template(entry) for entry in entries]
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise RequestError(
            f"{path} cannot be read as templates: {error!r}. Each needs id, task and text."
        ) from None
    if len({template.template_id for template in found}) != len(found):
        raise RequestError(f"{path} uses an id twice. Give each template an id of its own.")
    by_task: dict[str, tuple[Template, ...]] = {}
    for template in sorted(found):
        by_task[template.task] = (*by_task.get(template.task, ()), template)
    return by_task


def _template(entry: Mapping[str, str]) -> Template:
    text = entry["text"].strip()
    variables = frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)
    return Template(entry["id"], entry["task"], text, variables)


def word(
    templates: tuple[Template, ...], origin_id: str, seed: int, variables: Mapping[str, str]
) -> tuple[str, str]:
    """The instruction for an origin, and the id of its template.

    Only templates whose variables all have a value take part; the digest of origin and seed picks among them.
    """
    usable = _usable(templates, frozenset(name for name, value in variables.items() if value))
    chosen = usable[draw(origin_id, _PURPOSE, seed) % len(usable)]
    return chosen.text.format_map(variables), chosen.template_id


@cache
def _usable(templates: tuple[Template, ...], known: frozenset[str]) -> tuple[Template, ...]:
    return tuple(template for template in templates if template.variables <= known)
