"""The JSON schema of an answer: read, checked, worded for providers, and fitted to what a model wrote.

Draft 2020-12, an object at its root, references only into itself: nothing is ever fetched. Where an answer misses the
schema by form and not by content ("7.5" for a whole number, one text for a list of one), `AnswerSchema.fit` puts it
right and says so; a missing field is never made up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from tilth.errors import RequestError
from tilth.llm.coerce import mend
from tilth.yaml_errors import NO_YAML

# The mending of one fault may lay bare another (a wrapper, then a number inside); more rounds were never needed.
_ROUNDS = 4
# What a model that is told of its fault needs to see of it.
_MOST_DETAIL = 300

# Keywords that OpenAI's strict mode has no use for or refuses; they bind when the answer is checked here.
# https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
_NOT_STRICT = ("default", "examples", "$schema", "$id", "$comment", "readOnly", "writeOnly", "deprecated")
_NEVER_STRICT = frozenset(
    ("oneOf", "allOf", "not", "if", "then", "else", "patternProperties", "dependentSchemas", "dependentRequired",
     "propertyNames", "unevaluatedProperties", "prefixItems", "contains", "uniqueItems", "minProperties",
     "maxProperties")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fitted:
    """A value that meets the schema, and what was changed to make it so, in words."""

    value: Any
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a value does not meet the schema, in words that a model can act on."""

    detail: str


class AnswerSchema:
    """What an answer must look like. Raises `RequestError` for what is no such schema."""

    def __init__(self, source: Mapping[str, Any] | type[BaseModel], name: str = "answer") -> None:
        # Importing it takes 60 ms, which `tilth --help` has no use for.
        import jsonschema
        from referencing import Registry

        self.name = name
        self.json: Mapping[str, Any] = (
            dict(source) if isinstance(source, Mapping) else source.model_json_schema()
        )
        try:
            jsonschema.Draft202012Validator.check_schema(self.json)
        except jsonschema.SchemaError as error:
            raise RequestError(
                f"The schema of {name} is no JSON schema: {_place(error)}{error.message}."
            ) from None
        if self.json.get("type") != "object":
            raise RequestError(
                f"The schema of {name} describes no object: its type is {self.json.get('type')!r}. "
                "Put the value into an object with one property."
            )
        self._check_references()
        # An empty registry: the library's own would fetch a schema by its address.
        self._validator = jsonschema.Draft202012Validator(self.json, registry=Registry())

    def _check_references(self) -> None:
        for node in _objects(self.json):
            target = node.get("$ref")
            if target is None or not isinstance(target, str):
                continue
            if not target.startswith("#") or _resolve(self.json, target) is None:
                raise RequestError(
                    f"The schema of {self.name} refers to {target!r}, which is not inside it. "
                    "Copy that definition under $defs."
                )

    @cached_property
    def text(self) -> str:
        """The schema as JSON without spaces: what is put into a prompt."""
        return json.dumps(self.json, ensure_ascii=False, separators=(",", ":"))

    @cached_property
    def response_format(self) -> Mapping[str, Any]:
        """What asks an OpenAI-compatible endpoint to decode by the schema; strict where the schema allows that."""
        strict = _strict(self.json)
        body = {
            "name": self.name,
            "strict": strict is not None,
            "schema": self.json if strict is None else strict,
        }
        return {"type": "json_schema", "json_schema": body}

    def fit(self, value: Any) -> Fitted | Misfit:
        """The value, mended where only its form is wrong; or the first things that are wrong with it."""
        try:
            return self._fit(value)
        except RecursionError:
            return Misfit("nested too deeply to be checked")

    def _fit(self, value: Any) -> Fitted | Misfit:
        if self._validator.is_valid(value):
            return Fitted(value)
        # A copy: the caller's value may be somebody else's, and a mended one is changed in place.
        mended = json.loads(json.dumps(value))
        changes: list[str] = []
        for _ in range(_ROUNDS):
            faults = sorted(self._validator.iter_errors(mended), key=_order)
            if not faults:
                return Fitted(mended, tuple(changes))
            mended, made = mend(mended, faults, self.json)
            if not made:
                break
            changes += made
        faults = sorted(self._validator.iter_errors(mended), key=_order)
        if not faults:
            return Fitted(mended, tuple(changes))
        details = [f"{_place(fault)}{fault.message}"[:_MOST_DETAIL] for fault in faults[:3]]
        return Misfit("; ".join(details))


def load_schema(path: Path) -> AnswerSchema:
    """The schema in a JSON or YAML file. Raises `RequestError`."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, *NO_YAML) as error:
        raise RequestError(
            f"{path} cannot be read as a JSON schema: {error}. Name a JSON or YAML file."
        ) from None
    if not isinstance(content, dict):
        raise RequestError(
            f"{path} holds no JSON schema but {type(content).__name__}. Name a JSON or YAML file."
        )
    return AnswerSchema(content, name="answer")


def _order(fault: Any) -> tuple[str, str]:
    return fault.json_path, fault.message


def _place(fault: Any) -> str:
    path = "/".join(str(part) for part in fault.absolute_path)
    return f"/{path}: " if path else ""


def _objects(node: Any) -> Iterator[Mapping[str, Any]]:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _resolve(root: Mapping[str, Any], reference: str) -> Any:
    node: Any = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        if part:
            name = part.replace("~1", "/").replace("~0", "~")
            node = node.get(name) if isinstance(node, Mapping) else None
    return node


def _strict(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """The schema as strict decoding wants it: closed objects, every property required, optional ones nullable.

    None where that cannot say the same: free-form objects and the keywords that strict mode does not know.
    """
    if any(_NEVER_STRICT & node.keys() or _is_free(node) for node in _objects(schema) if _is_schema(node)):
        return None
    strict = _closed(schema)
    return strict if isinstance(strict, dict) else None


def _is_schema(node: Mapping[str, Any]) -> bool:
    return isinstance(node.get("type"), str | list) or "anyOf" in node or bool(_NEVER_STRICT & node.keys())


def _is_free(node: Mapping[str, Any]) -> bool:
    return node.get("type") == "object" and (
        not node.get("properties") or bool(node.get("additionalProperties"))
    )


def _closed(node: Any) -> Any:
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    closed = {
        key: value if key in ("enum", "const", "required") else _closed(value) for key, value in node.items()
    }
    if _is_schema(node):
        closed = {key: value for key, value in closed.items() if key not in _NOT_STRICT}
    if isinstance(node.get("properties"), Mapping) and node.get("type") == "object":
        required = node.get("required", ())
        closed["properties"] = {
            key: value if key in required else _nullable(value) for key, value in closed["properties"].items()
        }
        closed["required"] = list(closed["properties"])
        closed["additionalProperties"] = False
    return closed


def _nullable(schema: Any) -> Any:
    return {"anyOf": [schema, {"type": "null"}]}
