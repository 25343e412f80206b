"""Rows of foreign datasets (JSON, JSONL, YAML, CSV, Parquet): each a document, a seed, or a reason why not.

A dataset is imported in part: a bad row is reported with its line and the next is read. Lines count from 1;
in Parquet, which has none, they are the rows' numbers.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from tasks.ingest.config import ColumnMapping, IngestConfig
from tasks.ingest.decode import decode
from tilth.detect.languages import extension_of
from tilth.yaml_errors import NO_YAML


class Record(NamedTuple):
    """A row as it was read: its line and its columns."""

    line: int | None
    columns: dict[str, Any]


class BadRow(NamedTuple):
    """A row, or with no line the whole dataset, that cannot be read, and why."""

    line: int | None
    reason: str
    detail: str


def read_dataset(path: str, data: bytes, config: IngestConfig) -> Iterator[Record | BadRow]:
    """The rows of a dataset in their order; the extension of `path` tells its format."""
    extension = extension_of(path)
    if extension == "parquet":
        yield from _read_parquet(data)
        return
    decoded = decode(data)
    # A NUL spoils the row of a CSV or JSONL that it stands in; of the others, and of what is mostly NULs, all.
    by_line = extension in ("jsonl", "ndjson", "csv", "tsv")
    if decoded is None or decoded.text.count("\0") > (len(decoded.text) // 10 if by_line else 0):
        yield BadRow(None, "undecodable", "it is no text in any known encoding")
    elif extension in ("jsonl", "ndjson"):
        yield from _read_jsonl(decoded.text, config)
    elif extension == "json":
        yield from _read_json(decoded.text)
    elif extension in ("csv", "tsv"):
        yield from _read_csv(decoded.text, "\t" if extension == "tsv" else ",", config)
    else:
        yield from _read_yaml(decoded.text)


def _row(line: int, value: Any) -> Record | BadRow:
    if isinstance(value, dict):
        return Record(line, {str(name): inner for name, inner in value.items()})
    return BadRow(line, "bad_row", f"a {type(value).__name__} stands where columns by name are expected")


def _read_jsonl(text: str, config: IngestConfig) -> Iterator[Record | BadRow]:
    # Only \n ends a line of JSONL: `splitlines` would cut at U+2028 inside a string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        if len(line) > config.max_file_bytes:
            yield BadRow(
                number, "too_large", f"{len(line)} characters, {config.max_file_bytes} bytes are allowed"
            )
            continue
        try:
            yield _row(number, json.loads(line))
        except (ValueError, RecursionError) as error:
            yield BadRow(number, "bad_row", f"it is no JSON: {error}")


def _read_json(text: str) -> Iterator[Record | BadRow]:
    """Rows of a JSON array, decoded one by one so that each has its line; or one object, which is one row."""
    decoder = json.JSONDecoder()
    position = _skip_blanks(text, 0)
    if text[position : position + 1] != "[":
        yield from _read_jsonl_value(text, decoder)
        return
    position = _skip_blanks(text, position + 1)
    line, counted = 1, 0
    while text[position : position + 1] != "]":
        line, counted = line + text.count("\n", counted, position), position
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            yield BadRow(line, "broken_dataset", f"reading stopped here: {error}")
            return
        yield _row(line, value)
        position = _skip_blanks(text, position)
        if text[position : position + 1] == ",":
            position = _skip_blanks(text, position + 1)
        elif text[position : position + 1] != "]":
            yield BadRow(
                line, "broken_dataset", "reading stopped behind this row: no comma, and no end of the array"
            )
            return


def _read_jsonl_value(text: str, decoder: json.JSONDecoder) -> Iterator[Record | BadRow]:
    try:
        yield _row(1, decoder.decode(text))
    except (ValueError, RecursionError) as error:
        yield BadRow(None, "broken_dataset", f"it is no JSON: {error}")


def _skip_blanks(text: str, position: int) -> int:
    while text[position : position + 1] in (" ", "\n", "\r", "\t"):
        position += 1
    return position


def _read_csv(text: str, delimiter: str, config: IngestConfig) -> Iterator[Record | BadRow]:
    before = csv.field_size_limit(config.max_file_bytes)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        names: list[str] | None = None
        while True:
            line = reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield BadRow(line, "bad_row", str(error))
                continue
            if not fields:
                continue
            if any("\0" in field for field in fields):
                yield BadRow(line, "bad_row", "a field holds a NUL byte")
                continue
            if names is None:
                names = fields
            elif len(fields) != len(names):
                yield BadRow(line, "bad_row", f"{len(fields)} fields under {len(names)} columns")
            else:
                yield Record(line, dict(zip(names, fields, strict=True)))
    finally:
        csv.field_size_limit(before)


# LibYAML builds nodes by recursion in C without a guard: 200,000 brackets would end the process.
_MAX_YAML_DEPTH = 100


def _is_too_deep(text: str, loader: Any) -> bool:
    depth = 0
    try:
        for event in yaml.parse(text, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_YAML_DEPTH:
                return True
    except yaml.YAMLError:
        # Told with its line when the rows are read.
        return False
    return False


def _read_yaml(text: str) -> Iterator[Record | BadRow]:
    loader_class = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    if _is_too_deep(text, loader_class):
        yield BadRow(None, "broken_dataset", f"it nests deeper than {_MAX_YAML_DEPTH} levels")
        return
    loader = loader_class(text)
    try:
        while loader.check_node():
            root: Any = loader.get_node()
            nodes: list[yaml.Node] = root.value if isinstance(root, yaml.SequenceNode) else [root]
            for node in nodes:
                yield _row(node.start_mark.line + 1, loader.construct_document(node))
    except NO_YAML as error:
        mark = getattr(error, "problem_mark", None)
        detail = str(getattr(error, "problem", None) or error)
        yield BadRow(mark.line + 1 if mark else None, "broken_dataset", f"reading stopped here: {detail}")
    finally:
        loader.dispose()


def _read_parquet(data: bytes) -> Iterator[Record | BadRow]:
    number = 0
    try:
        with pq.ParquetFile(pa.BufferReader(data)) as file:
            for batch in file.iter_batches():
                for row in batch.to_pylist():
                    number += 1
                    yield _row(number, row)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        yield BadRow(number + 1 if number else None, "broken_dataset", f"reading stopped here: {error}")


# ------------------------------------------------------------------------------------- what a row means

_ROLES = {"human": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant", "function": "tool"}
_KNOWN_ROLES = frozenset(("system", "user", "assistant", "tool"))


class BadMessages(Exception):
    """A conversation that cannot be normalised; the message says why."""


def messages_of(columns: dict[str, Any], mapping: ColumnMapping) -> list[dict[str, Any]] | None:
    r"""A row's conversation as messages of role and content, or its instruction and output as two.

    None when the row has neither. Raises `BadMessages`.

    >>> messages_of({"instruction": "Add.", "input": "1 2", "output": "3"}, ColumnMapping())[0]
    {'role': 'user', 'content': 'Add.\n\n1 2'}
    """
    value = columns.get(mapping.messages)
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise BadMessages("its messages are a string that is no JSON") from None
    if value:
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise BadMessages("its messages are no list")
        return [_message(message) for message in value]
    instruction, output = columns.get(mapping.instruction), columns.get(mapping.output)
    if not _is_text(output):
        return None
    material = columns.get(mapping.input)
    asked = [part for part in (instruction, material) if isinstance(part, str) and part.strip()]
    if not asked:
        raise BadMessages("it has an output and no instruction")
    return [
        {"role": "user", "content": _clean("\n\n".join(asked))},
        {"role": "assistant", "content": _clean(str(output))},
    ]


def _message(message: Any) -> dict[str, Any]:
    """One message; `from` and `value` are ShareGPT's names for role and content."""
    if not isinstance(message, dict):
        raise BadMessages("a message is no object")
    role = message.get("role") or message.get("from")
    role = _ROLES.get(str(role), role)
    if role not in _KNOWN_ROLES:
        raise BadMessages(f"a message has the role {role!r}")
    content = message.get("content", message.get("value"))
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        content = "".join(str(part.get("text") or "") for part in content)
    calls = message.get("tool_calls")
    if content is None and calls:
        content = ""
    if not isinstance(content, str):
        raise BadMessages("a message has no text")
    found: dict[str, Any] = {"role": role, "content": _clean(content)}
    if calls:
        found["tool_calls"] = calls if isinstance(calls, str) else json.dumps(calls, ensure_ascii=True)
    return found


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _clean(text: str) -> str:
    """The text without lone surrogates, which JSON can spell and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")


def text_of(columns: dict[str, Any], name: str) -> str | None:
    """A column's text; None when it is missing, empty, or no text."""
    value = columns.get(name)
    return _clean(value) if isinstance(value, str) and value.strip() else None
