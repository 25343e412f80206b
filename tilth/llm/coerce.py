"""Values that miss a schema by their form, put into the form that it asks for.

Each mending answers one fault that the validator found, and is told in words. Content is never invented: a missing
field stays missing, a number out of bounds stays out of bounds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tilth.llm.tolerant_json import find_values

# "8/10" and "8 out of 10" are an eight where a number is asked for.
_NUMBER = re.compile(r"\s*([+-]?\d{1,18}(?:\.\d{1,18})?)\s*(?:(?:/|out of)\s*\d+\s*)?\Z")
_YES, _NO = frozenset(("true", "yes")), frozenset(("false", "no"))

_UNCHANGED = object()


def mend(value: Any, faults: Sequence[Any], schema: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """The value with the faults mended that can be, and one sentence for each; the value is changed in place.

    `faults` are `jsonschema.ValidationError`s of the value.
    """
    made: list[str] = []
    for fault in faults:
        path = list(fault.absolute_path)
        if not path:
            value, change = _mend_root(value, fault, schema)
            made += change
            continue
        holder = _holder(value, path)
        if holder is None or _at(holder, path[-1]) is not fault.instance:
            continue
        made += _mend_inside(holder, path, fault)
    return value, made


def _holder(value: Any, path: list[Any]) -> Any:
    for part in path[:-1]:
        value = _at(value, part)
    return value if isinstance(value, dict | list) else None


def _at(value: Any, part: Any) -> Any:
    if isinstance(value, dict):
        return value.get(part, _UNCHANGED)
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return value[part]
    return _UNCHANGED


def _mend_root(value: Any, fault: Any, schema: Mapping[str, Any]) -> tuple[Any, list[str]]:
    if fault.validator == "type":
        return _objectified(value, schema.get("properties", {}))
    if fault.validator not in ("additionalProperties", "required") or not isinstance(value, dict):
        return value, []
    inner = _unwrapped(value, schema)
    if inner is not None:
        return inner, ["the object was unwrapped"]
    fix = _drop_extras if fault.validator == "additionalProperties" else _fill_nulls
    return value, fix(value, fault, "")


def _objectified(value: Any, properties: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """The object that a list or a string at the root stands for."""
    # A list where an object with one list is asked for: what models do when told to answer with several things.
    if isinstance(value, list) and len(properties) == 1:
        (name,) = properties
        return {name: value}, [f"the list was put under {name}"]
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        return value[0], ["the object was taken out of a list of one"]
    inner = _inner_json(value, dict) if isinstance(value, str) else _UNCHANGED
    return (value, []) if inner is _UNCHANGED else (inner, ["the object was read out of a string"])


def _unwrapped(value: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """The only object in an object, where the schema knows what is inside and not what is around it."""
    if len(value) != 1:
        return None
    ((name, inner),) = value.items()
    known = schema.get("properties", {})
    return inner if name not in known and isinstance(inner, dict) and inner.keys() & known.keys() else None


def _mend_inside(holder: Any, path: list[Any], fault: Any) -> list[str]:
    place = "/" + "/".join(str(part) for part in path)
    instance = fault.instance
    if fault.validator == "additionalProperties" and isinstance(instance, dict):
        return _drop_extras(instance, fault, place)
    if fault.validator == "required" and isinstance(instance, dict):
        return _fill_nulls(instance, fault, place)
    if fault.validator in ("enum", "const"):
        options = fault.validator_value if fault.validator == "enum" else [fault.validator_value]
        return _replace(holder, path[-1], _option(instance, options), place)
    wanted = _wanted(fault)
    if instance is None and wanted and isinstance(holder, dict):
        # Strict decoding writes null for what is left out, and `required` complains if it must not be.
        del holder[path[-1]]
        return [f"{place}: null was left out"]
    return _replace(holder, path[-1], _converted(instance, wanted), place)


def _replace(holder: Any, key: Any, new: Any, place: str) -> list[str]:
    if new is _UNCHANGED:
        return []
    old, holder[key] = holder[key], new
    return [f"{place}: {_short(old)} became {_short(new)}"]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    # Enough to recognise the value by.
    return text if len(text) <= 40 else text[:37] + "..."


def _drop_extras(value: dict[str, Any], fault: Any, place: str) -> list[str]:
    if fault.validator_value is not False:
        return []
    patterns = fault.schema.get("patternProperties", {})
    known = fault.schema.get("properties", {})
    extras = [name for name in value if name not in known and not any(re.search(p, name) for p in patterns)]
    for name in extras:
        del value[name]
    return [f"{place}/{name} was left out: the schema does not know it" for name in extras]


def _fill_nulls(value: dict[str, Any], fault: Any, place: str) -> list[str]:
    """Null for a required property that may be null: that it is absent says the same."""
    made = []
    properties = fault.schema.get("properties", {})
    for name in fault.validator_value:
        if name not in value and _allows_null(properties.get(name)):
            value[name] = None
            made.append(f"{place}/{name}: absent became null")
    return made


def _allows_null(schema: Any) -> bool:
    if not isinstance(schema, Mapping):
        return False
    types = schema.get("type", ())
    return "null" in ([types] if isinstance(types, str) else types) or any(
        _allows_null(branch) for branch in schema.get("anyOf", ())
    )


def _wanted(fault: Any) -> list[str]:
    """The types that the schema asks for at this place, in its order."""
    if fault.validator == "type":
        return (
            [fault.validator_value] if isinstance(fault.validator_value, str) else list(fault.validator_value)
        )
    if fault.validator in ("anyOf", "oneOf"):
        branches = [
            branch for branch in fault.context if branch.validator == "type" and not branch.relative_path
        ]
        return [name for branch in branches for name in _wanted(branch)]
    return []


def _option(value: Any, options: Sequence[Any]) -> Any:
    """The option that differs only in case, spaces or being text."""
    if isinstance(value, str):
        plain = _plain(value)
        fitting = [option for option in options if isinstance(option, str) and _plain(option) == plain]
        if len(fitting) == 1:
            return fitting[0]
    for option in options:
        if (
            isinstance(option, int | float)
            and not isinstance(option, bool)
            and _number(value, "number") == option
        ):
            return option
    return _UNCHANGED


def _plain(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", text.strip().strip(".\"'").casefold())


def _converted(value: Any, wanted: Sequence[str]) -> Any:
    for name in wanted:
        new = _convert(value, name)
        if new is not _UNCHANGED:
            return new
    return _UNCHANGED


def _convert(value: Any, wanted: str) -> Any:
    if wanted in ("integer", "number"):
        return _number(value, wanted)
    if wanted == "string":
        return _text(value)
    if not isinstance(value, str):
        return [value] if wanted == "array" and value is not None else _UNCHANGED
    if wanted == "boolean":
        word = value.strip().casefold()
        return True if word in _YES else False if word in _NO else _UNCHANGED
    inner = _inner_json(value, list if wanted == "array" else dict)
    return [value] if wanted == "array" and inner is _UNCHANGED else inner


def _text(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    is_lines = isinstance(value, list) and value and all(isinstance(line, str) for line in value)
    return "\n".join(value) if is_lines else _UNCHANGED


def _number(value: Any, wanted: str) -> Any:
    """A number out of a text like "7.5" or "8/10"; a whole one is asked for: rounded, halves to the even side."""
    number = value
    if isinstance(value, str):
        match = _NUMBER.match(value)
        if match is None:
            return _UNCHANGED
        number = float(match.group(1)) if "." in match.group(1) else int(match.group(1))
    if isinstance(number, bool) or not isinstance(number, int | float):
        return _UNCHANGED
    return round(number) if wanted == "integer" else number


def _inner_json(text: str, kind: type) -> Any:
    """A value of that kind written as JSON inside a string, and nothing else in it."""
    found = next(find_values(text), None) if text.strip()[:1] in ("{", "[", "`") else None
    return found.value if found is not None and isinstance(found.value, kind) else _UNCHANGED
