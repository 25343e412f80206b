"""What a prompt's template can do with values: filters, tests, operators, and the meter that they are charged on.

Each is small, pure and bounded: a filter that could make a long text out of a short one asks the meter before it makes
it. Names are Jinja's where it has the filter; what differs is told at the function.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any

from jinja2 import Undefined, pass_context

from tilth.errors import TilthError

# The longest context windows in use hold some 8 MB of text: a longer prompt is no prompt.
_MOST_CHARACTERS = 8_000_000
# Steps of loops, and thousands of characters made or compared: a million of either take about a second.
_MOST_WORK = 1_000_000

# Names that no column and no template can have.
METER, CONCAT, STEPS, CHARGED = "\x00meter", "\x00concat", "\x00steps", "\x00charged"


class PromptError(TilthError):
    """A row whose prompt cannot be rendered; the message names the prompt and the fact."""


class Meter:
    """What one rendering has used up."""

    def __init__(self) -> None:
        self.work = 0

    def charge(self, characters: int) -> None:
        """Counts a text of so many characters before it is made."""
        self.bound(characters)
        self.step(characters // 1000)

    def step(self, weight: int = 0) -> None:
        """Counts one step of a loop, by the weight of its body."""
        self.work += 1 + weight
        if self.work > _MOST_WORK:
            raise PromptError("it repeats itself too often: shorten its loops")

    def bound(self, characters: int) -> None:
        """Refuses a text of so many characters."""
        if characters > _MOST_CHARACTERS:
            raise PromptError(f"it makes a text of {characters:,} characters, more than {_MOST_CHARACTERS:,}")


def text_of(value: Any) -> str:
    """A value as it stands in a prompt: text as it is, null as nothing, anything else as JSON.

    >>> text_of(None), text_of(True), text_of(["é", 1])
    ('', 'true', '["é", 1]')
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    # An undefined value is strict: made a text, it raises with its name.
    if isinstance(value, date | time | Decimal | Undefined):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=_no_json)


def _no_json(value: Any) -> str:
    if isinstance(value, date | time | Decimal | Undefined):
        return str(value)
    raise PromptError(f"it uses a value of type {type(value).__name__}, which is no text")


def operate(meter: Meter, operator: str, left: Any, right: Any) -> Any:
    """An arithmetic operator on numbers, or `+` on two texts; nothing else has operators here."""
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        meter.charge(len(left) + len(right))
        return left + right
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        raise PromptError(f"the operator {operator} is for two numbers (and + for two texts)")
    result = _ARITHMETIC[operator](left, right)
    # Beyond the whole numbers of a column there is only somebody's attempt at a long one.
    if abs(result) >= 2**63:
        raise PromptError("a number grows beyond 64 bits")
    return result


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
}


def _meter(context: Any) -> Meter:
    meter = context.resolve_or_missing(METER)
    assert isinstance(meter, Meter)
    return meter


def _made(context: Any, text: str) -> str:
    _meter(context).charge(len(text))
    return text


@pass_context
def _concat(context: Any, parts: list[Any]) -> str:
    texts = [text_of(part) for part in parts]
    _meter(context).charge(sum(map(len, texts)))
    return "".join(texts)


@pass_context
def _steps(context: Any, items: Any, weight: int = 0) -> Iterator[Any]:
    """The items of a loop, each charged by the weight of the loop's body; null has none."""
    meter = _meter(context)
    for item in () if items is None else items:
        meter.step(weight)
        yield item


def _charge_length(context: Any, value: Any) -> Any:
    _meter(context).charge(len(value) if isinstance(value, str | list | Mapping) else 0)
    return value


@pass_context
def _replace(context: Any, value: Any, old: str, new: str) -> str:
    text = text_of(value)
    _meter(context).charge(len(text) + max(text.count(old) * (len(new) - len(old)), 0))
    return text.replace(old, new)


@pass_context
def _join(context: Any, items: Any, separator: str = "", attribute: str | None = None) -> str:
    """The items' texts with a separator; with `attribute`, of that field of each."""
    values = [item if attribute is None else item.get(attribute) for item in _steps(context, items)]
    texts = [text_of(value) for value in values]
    _meter(context).charge(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


@pass_context
def _indent(context: Any, value: Any, width: int = 4, first: bool = False) -> str:
    text = text_of(value)
    lines = text.split("\n")
    _meter(context).charge(len(text) + width * len(lines))
    pad = " " * width
    indented = "\n".join(pad + line if line else line for line in lines)
    return indented if first or not lines[0] else indented.removeprefix(pad)


@pass_context
def _truncate(context: Any, value: Any, length: int = 255, end: str = "…") -> str:
    """At most `length` characters, the mark of the cut included."""
    text = _made(context, text_of(value))
    return text if len(text) <= length else text[: max(length - len(end), 0)] + end


@pass_context
def _to_json(context: Any, value: Any, indent: int | None = None) -> str:
    # Eight columns a level are as wide as anybody writes JSON.
    width = None if indent is None else min(max(indent, 0), 8)
    return _made(context, json.dumps(value, ensure_ascii=False, indent=width, default=_no_json))


def _default(value: Any, other: Any = "", boolean: bool = False) -> Any:
    """`other` for a value that is absent; null counts as absent, with `boolean` also what is empty."""
    absent = value is None or isinstance(value, Undefined) or (boolean and not value)
    return other if absent else value


def _mapped(function: Callable[[str], str]) -> Callable[..., str]:
    return pass_context(lambda context, value: function(_made(context, text_of(value))))


def _sort(context: Any, items: Any, attribute: str | None = None, reverse: bool = False) -> list[Any]:
    values = list(_steps(context, items))
    return sorted(values, key=lambda item: item if attribute is None else item[attribute], reverse=reverse)


def _unique(context: Any, items: Any) -> list[Any]:
    first: dict[str, Any] = {}
    for item in _steps(context, items):
        first.setdefault(text_of(item), item)
    return list(first.values())


def _reverse(context: Any, items: Any) -> Any:
    return _charge_length(context, items)[::-1]


def _items(context: Any, value: Any) -> list[tuple[str, Any]]:
    """The fields of an object, each a name and a value; null has none."""
    return [] if value is None else list(_charge_length(context, value).items())


def _end(items: Any, place: int) -> Any:
    return items[place] if items else None


def _to_number(kind: Callable[[Any], Any]) -> Callable[..., Any]:
    def number(value: Any, default: Any = 0) -> Any:
        try:
            return kind(value)
        except (TypeError, ValueError, OverflowError):
            return default

    return number


FILTERS: Mapping[str, Callable[..., Any]] = {
    "capitalize": _mapped(str.capitalize),
    "count": len,
    "d": _default,
    "default": _default,
    "first": lambda items: _end(items, 0),
    "float": _to_number(float),
    "indent": _indent,
    "int": _to_number(int),
    "items": pass_context(_items),
    "join": _join,
    "last": lambda items: _end(items, -1),
    "length": len,
    "lower": _mapped(str.lower),
    "replace": _replace,
    "reverse": pass_context(_reverse),
    "round": lambda value, digits=0: round(value, digits) if digits else round(value),
    "sort": pass_context(_sort),
    "string": _mapped(str),
    "title": _mapped(str.title),
    "tojson": _to_json,
    "trim": _mapped(str.strip),
    "truncate": _truncate,
    "unique": pass_context(_unique),
    "upper": _mapped(str.upper),
    CONCAT: _concat,
    STEPS: _steps,
    CHARGED: pass_context(_charge_length),
}

TESTS: Mapping[str, Callable[..., bool]] = {
    "boolean": lambda value: isinstance(value, bool),
    "defined": lambda value: not isinstance(value, Undefined),
    "divisibleby": lambda value, by: value % by == 0,
    "even": lambda value: value % 2 == 0,
    "mapping": lambda value: isinstance(value, Mapping),
    "none": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "odd": lambda value: value % 2 == 1,
    "sequence": lambda value: isinstance(value, list | tuple),
    "string": lambda value: isinstance(value, str),
    "undefined": lambda value: isinstance(value, Undefined),
}
