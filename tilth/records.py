"""The shape of every artifact: one Arrow schema each, and the columns that build them.

Between the stages lie Parquet files, so a record here is a row of columns, not an object: engines fill
`Columns`, and `Columns.table()` is what is written. Text is UTF-8 with its newlines untouched; every
`start` and `end` is a byte offset in that UTF-8, at a code-point border, end exclusive. Every row carries
`key`, the input it was made from: when that input changes or goes, its rows go with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pyarrow as pa

_SPAN = pa.struct([("kind", pa.string()), ("start", pa.int64()), ("end", pa.int64())])
_MESSAGE = pa.struct(
    [
        ("role", pa.string()),
        ("content", pa.string()),
        ("is_trained", pa.bool_()),
        ("tool_calls", pa.string()),
    ]
)
_NEGATIVE = pa.struct([("text", pa.string()), ("reason", pa.string()), ("score", pa.float64())])
_ORIGIN = pa.struct([("document_id", pa.string()), ("start", pa.int64()), ("end", pa.int64())])
_CHECK = pa.struct(
    [
        ("check", pa.string()),
        ("passed", pa.bool_()),
        ("score", pa.float64()),
        ("reason", pa.string()),
        ("detail", pa.string()),
    ]
)

_PARAMETER = pa.struct([("name", pa.string()), ("type", pa.string()), ("default", pa.string())])

# One row a file, or a row of an imported dataset.
DOCUMENTS = pa.schema(
    [
        ("key", pa.string()),  # digest of source name and path inside it
        ("document_id", pa.string()),  # digest of source name, path and text
        ("source", pa.string()),  # name of the source, never where it lies on this machine
        ("repository", pa.string()),  # source, or the project folder inside it
        ("path", pa.string()),  # relative to the source, `/` between its parts
        ("kind", pa.string()),  # code | prose | seed | commit
        ("language", pa.string()),  # python, javascript …; prose: its markup (markdown, text …); commit: diff
        ("text", pa.string()),
        ("bytes", pa.int64()),  # of the UTF-8 text
        ("text_digest", pa.string()),
        ("encoding", pa.string()),  # of the original bytes
        ("has_bom", pa.bool_()),
        ("licence", pa.string()),  # SPDX expression, or `unknown`
        ("licence_class", pa.string()),  # permissive | copyleft | other | unknown
        ("licence_basis", pa.string()),  # header | file | metadata | none
        ("secrets", pa.list_(_SPAN)),
        ("personal_data", pa.list_(_SPAN)),
        ("category", pa.string()),
        ("extra", pa.string()),  # JSON
    ]
)

# One row a passage of prose. Passages overlap; [start, end) is the passage in the document's text.
CHUNKS = pa.schema(
    [
        ("key", pa.string()),  # document_id
        ("chunk_id", pa.string()),
        ("document_id", pa.string()),
        ("ordinal", pa.int32()),  # 0, 1, … inside the document
        ("text", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("headings", pa.list_(pa.string())),  # path of headings above the passage, outermost first
        ("heading_start", pa.int64()),  # of the innermost heading's line; null without one
        ("paragraph_first", pa.int32()),  # ordinals of the paragraphs the passage touches
        ("paragraph_last", pa.int32()),
        ("overlap_bytes", pa.int64()),  # shared with the passage before
        ("tokens", pa.int32()),
        ("language", pa.string()),
        ("path", pa.string()),
    ]
)

# One row a syntactic unit. The module spans the file; classes hold their methods. Rows of kind `docstring` and
# `comment` follow the document's other units, lie in `parent_id` or right before it, and have no measures.
UNITS = pa.schema(
    [
        ("key", pa.string()),  # document_id
        ("unit_id", pa.string()),
        ("document_id", pa.string()),
        ("parent_id", pa.string()),  # unit that holds it; null for the module
        ("ordinal", pa.int32()),  # in order of start inside the document; the module is 0
        ("kind", pa.string()),  # module | imports | class | function | method | docstring | comment
        ("name", pa.string()),
        ("qualified_name", pa.string()),  # Outer.inner, `.` in every language
        ("language", pa.string()),
        ("path", pa.string()),
        ("start", pa.int64()),  # decorators, attributes and modifiers included
        ("end", pa.int64()),
        ("body_start", pa.int64()),  # statements alone: no brace, no docstring; null without a body
        ("body_end", pa.int64()),
        ("signature", pa.string()),  # text from the definition's head to its body, one line
        ("parameters", pa.list_(_PARAMETER)),  # of functions and methods, as written, marks like `*` kept
        ("return_type", pa.string()),  # as written; null where none is
        ("imports", pa.list_(pa.string())),  # modules the unit uses; of the module all that the file imports
        ("calls", pa.list_(pa.string())),  # last names of what is called outside nested definitions, sorted
        ("docstring", pa.string()),  # the words, without quotes, comment marks and indentation
        ("docstring_start", pa.int64()),  # the literal or comment itself; it may lie before `start`
        ("docstring_end", pa.int64()),
        ("comments", pa.list_(_SPAN)),  # inside the body, outside nested definitions
        ("complexity", pa.int32()),  # McCabe: decision nodes + 1
        ("nesting", pa.int32()),  # deepest nesting of control structures
        ("lines", pa.int32()),
        ("is_test", pa.bool_()),
        (
            "test_of",
            pa.string(),
        ),  # what a test seems to test, by its name and its calls; null without a guess
        ("has_error", pa.bool_()),  # the parser had to guess inside this unit
    ]
)

# One row an example, one shape for all kinds.
EXAMPLES = pa.schema(
    [
        ("key", pa.string()),  # document_id, or `corpus` for methods that see every document at once
        ("example_id", pa.string()),  # digest of task and payload
        ("kind", pa.string()),  # chat | fim | triplet | preference | text
        ("task", pa.string()),
        ("method", pa.string()),
        ("method_version", pa.string()),
        ("messages", pa.list_(_MESSAGE)),
        ("prefix", pa.string()),
        ("middle", pa.string()),
        ("suffix", pa.string()),
        ("query", pa.string()),
        ("positive", pa.string()),
        ("negatives", pa.list_(_NEGATIVE)),
        ("chosen", pa.list_(_MESSAGE)),
        ("rejected", pa.list_(_MESSAGE)),
        ("code", pa.string()),  # file the answer stands in; null: the first origin's document
        ("answer_start", pa.int64()),  # where the answer stands in it; null when it does not
        ("answer_end", pa.int64()),
        ("tests", pa.string()),
        ("oracle", pa.string()),  # what proves the answer: source, parse, test …
        ("origins", pa.list_(_ORIGIN)),
        ("origin_id", pa.string()),  # unit or chunk; views of one origin are not each other's duplicates
        ("group_id", pa.string()),  # what one side of the partition holds whole
        ("subject", pa.string()),  # what dedupe compares
        ("language", pa.string()),
        ("category", pa.string()),
        ("difficulty", pa.string()),  # easy | medium | hard
        ("licence", pa.string()),
        ("template_id", pa.string()),
        ("held_out_wording", pa.string()),  # the same instruction in words that only the test side sees
        ("request_ids", pa.list_(pa.string())),
        ("tokens", pa.int32()),
        ("extra", pa.string()),  # JSON
    ]
)

VERDICTS = pa.schema(
    [
        ("key", pa.string()),
        ("example_id", pa.string()),
        ("is_accepted", pa.bool_()),
        ("reason", pa.string()),  # of the first check that failed; null when accepted
        ("quality", pa.float64()),  # composite, 0 to 1
        ("checks", pa.list_(_CHECK)),
    ]
)

# One row a kept item; what fell is a reject that names its keeper.
SURVIVORS = pa.schema(
    [
        ("key", pa.string()),
        ("item_id", pa.string()),
        ("cluster_id", pa.string()),  # least item_id of the cluster
        ("cluster_size", pa.int32()),
        ("quality", pa.float64()),
    ]
)

MIXTURE = pa.schema(
    [
        ("key", pa.string()),
        ("example_id", pa.string()),
        ("language", pa.string()),
        ("task", pa.string()),
        ("category", pa.string()),
        ("difficulty", pa.string()),
        ("quality", pa.float64()),
        ("weight", pa.float64()),  # raw sampling weight; its normaliser is in the manifest
        ("rank", pa.int64()),  # curriculum order: ascending from the easiest, without meaning of its own
    ]
)

# What a stage left out, and why. `reason` is machine-readable: lower case, `_` between words.
REJECTS = pa.schema(
    [
        ("key", pa.string()),
        ("item_id", pa.string()),
        ("path", pa.string()),
        ("line", pa.int64()),  # 1-based, where a line is known
        ("reason", pa.string()),
        ("detail", pa.string()),
    ]
)

# Requests to a model that brought nothing usable: the reject, what was asked, and all that came back.
FAILED_ANSWERS = pa.schema(
    [
        *REJECTS,
        ("document_id", pa.string()),  # that the request came from; null without one
        ("provider", pa.string()),
        ("model", pa.string()),
        ("request_ids", pa.list_(pa.string())),  # keys in the ledger
        ("raw_answers", pa.list_(pa.string())),
        ("messages", pa.string()),  # JSON
        ("parameters", pa.string()),  # JSON
        ("schema", pa.string()),  # JSON; null where text was asked for
    ]
)

# What each artifact is, by the role that it plays in a build.
SCHEMAS = {
    "documents": DOCUMENTS,
    "surviving_documents": SURVIVORS,
    "chunks": CHUNKS,
    "units": UNITS,
    "surviving_units": SURVIVORS,
    "candidates": EXAMPLES,
    "examples": EXAMPLES,
    "verdicts": VERDICTS,
    "surviving_examples": SURVIVORS,
    "mixture": MIXTURE,
}


def narrow(schema: pa.Schema, *names: str) -> pa.Schema:
    """Some columns of a schema, for who reads no others.

    >>> narrow(REJECTS, "key", "reason").names
    ['key', 'reason']
    """
    return pa.schema([schema.field(name) for name in names])


class Columns:
    """Rows gathered column by column: no object a row, no dictionary kept.

    >>> rejects = Columns(REJECTS)
    >>> rejects.add(key="k", item_id="k", path="a.bin", line=None, reason="binary", detail=None)
    >>> rejects.table().num_rows
    1
    """

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema
        self._lists: dict[str, list[Any]] = {name: [] for name in schema.names}

    def __len__(self) -> int:
        return len(self._lists[self.schema.names[0]])

    def add(self, **row: Any) -> None:
        """Append one row. A column that is not named is null; a name that is no column is a `KeyError`."""
        lists = self._lists
        for name, value in row.items():
            lists[name].append(value)
        if len(row) != len(lists):
            for name in lists.keys() - row.keys():
                lists[name].append(None)

    def table(self) -> pa.Table:
        """The rows so far, in the order they were added."""
        arrays = [pa.array(self._lists[field.name], type=field.type) for field in self.schema]
        return pa.Table.from_arrays(arrays, schema=self.schema)


class Outcome(NamedTuple):
    """What an engine makes of its input: rows, and what it left out. Rows in = rows out + rejects."""

    rows: pa.Table
    rejects: pa.Table


def rows_of(table: pa.Table, *names: str) -> Iterator[tuple[Any, ...]]:
    """Iterate over the named columns of a table as tuples, in row order.

    >>> list(rows_of(pa.table({"a": [1, 2], "b": ["x", "y"]}), "b", "a"))
    [('x', 1), ('y', 2)]
    """
    return zip(*(table.column(name).to_pylist() for name in names), strict=True)
