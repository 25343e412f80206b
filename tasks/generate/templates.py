"""Instruction templates: data files with one list of {id, task, text}, worded with {variables}.

A template with `held_out: true` words the test side alone: nobody trains on its phrasing. One with a `level` words
origins of that difficulty alone: a terse line where little is asked, a hint at the cases where there are many.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tilth.errors import RequestError
from tilth.fingerprint import ROOT, draw

FOLDER = Path("data/instructions")
# What is drawn for an origin here; see `tilth.fingerprint.draw`.
_PURPOSE = 1
_BLANK_LINES = re.compile(r"\n\s*\n")
# The level of an instruction is the difficulty of what it asks for.
_DIFFICULTY_OF = {"basic": "easy", "intermediate": "medium", "advanced": "hard"}


class Template(NamedTuple):
    """One wording of a task."""

    template_id: str
    task: str
    text: str
    variables: frozenset[str]
    is_held_out: bool
    difficulty: str  # that it is for; empty: any


@cache
def load_templates(name: str) -> Mapping[str, tuple[Template, ...]]:
    """The templates of a file in `data/instructions`, by task, in the order of their ids.

    Raises `RequestError` for a file that is no list of {id, task, text}, an id that stands twice or a level
    that there is not.
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


def _template(entry: Mapping[str, Any]) -> Template:
    text = entry["text"].strip()
    variables = frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)
    difficulty = _DIFFICULTY_OF[entry["level"]] if "level" in entry else ""
    return Template(entry["id"], entry["task"], text, variables, bool(entry.get("held_out")), difficulty)


class Wording(NamedTuple):
    """An instruction, the id of its template, and the same in words that are held out; empty where none can say it."""

    text: str
    template_id: str
    held_out: str


def word(
    templates: tuple[Template, ...],
    origin_id: str,
    seed: int,
    variables: Mapping[str, str],
    difficulty: str = "",
) -> Wording:
    """The instruction for an origin of this difficulty.

    Only templates whose variables all have a value take part, and of those for a difficulty the ones for this; the
    digest of origin and seed picks among them.
    """
    known = frozenset([name for name in variables if variables[name]])
    usable, held_out = _usable(templates, known, difficulty)
    drawn = draw(origin_id, _PURPOSE, seed)
    if not usable:
        return Wording("", "", "")
    chosen = usable[drawn % len(usable)]
    other = _said(held_out[drawn % len(held_out)], variables) if held_out else ""
    return Wording(_said(chosen, variables), chosen.template_id, other)


def _said(template: Template, variables: Mapping[str, str]) -> str:
    """The instruction, one paragraph whatever a variable holds: export puts another in place of the first one."""
    text = template.text.format_map(variables)
    return _BLANK_LINES.sub("\n", text) if "\n" in text else text


@cache
def _usable(
    templates: tuple[Template, ...], known: frozenset[str], difficulty: str
) -> tuple[tuple[Template, ...], tuple[Template, ...]]:
    """Those that can be worded: for training, and held out."""
    usable = [
        template
        for template in templates
        if template.variables <= known and template.difficulty in ("", difficulty)
    ]
    return (
        tuple(template for template in usable if not template.is_held_out),
        tuple(template for template in usable if template.is_held_out),
    )
