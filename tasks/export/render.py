"""How rows of a version become lines of a trainer's format: one SQL query a format, each a JSON text a line.

What a format cannot say without changing its meaning is skipped with a reason that the manifest counts: kinds
it does not know, tool calls, turns that must not be trained on where it has no mask, special tokens in a
source. Does not write files. Every query reads rows of one Parquet shard and keeps their
order: no ORDER BY, which would copy every text, but DuckDB must be told to preserve it.
"""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa

from tasks.export.columns import VERSION
from tasks.export.config import ExportConfig, Format
from tasks.export.sentinels import TEMPLATES, Template

_STRING = pa.string()

# One letter a message: s, u, a as the roles; b an answer not to be trained on; t, n, x what no format here
# can say.
_TURNS = """array_to_string([
    CASE
        WHEN m.tool_calls IS NOT NULL THEN 't'
        WHEN m.content IS NULL THEN 'n'
        WHEN m.role = 'system' THEN 's'
        WHEN m.role = 'user' THEN 'u'
        WHEN m.role = 'assistant' AND coalesce(m.is_trained, true) THEN 'a'
        WHEN m.role = 'assistant' THEN 'b'
        ELSE 'x'
    END
    for m in messages], '')"""

_NOT_CHAT = """
        WHEN kind <> 'chat' THEN concat('kind_', kind)
        WHEN contains(turns, 't') THEN 'has_tool_calls'
        WHEN contains(turns, 'n') THEN 'lacks_content'
        WHEN contains(turns, 'x') THEN 'unknown_role'
        WHEN turns IS NULL OR NOT contains(turns, 'a') THEN 'nothing_to_train_on'"""


class Rendering(NamedTuple):
    """SQL values over a row: `reason` is null where the format can say it, `text` its line or lines."""

    schema: pa.Schema
    text: str
    reason: str = "NULL::VARCHAR"
    lines: str = "1"  # how many lines the text has
    derived: str = ""  # columns that the other values use, from those of the version

    def query(self) -> str:
        """Reads `shard`, a table of a version's columns; gives `reason`, `text` and `lines`, a row each."""
        return f"""
WITH derived AS (SELECT * {self.derived and ", " + self.derived} FROM shard),
judged AS (SELECT *, {self.reason} AS reason FROM derived)
SELECT
    reason,
    CASE WHEN reason IS NULL THEN concat({self.text}, chr(10)) END AS text,
    CASE WHEN reason IS NULL THEN {self.lines} ELSE 0 END AS lines
FROM judged"""


def _jsonl() -> Rendering:
    fields = ", ".join(f'"{name}" := "{name}"' for name in VERSION.names)
    return Rendering(VERSION, f"to_json(struct_pack({fields}))")


def _openai_chat() -> Rendering:
    message = pa.struct([("role", _STRING), ("content", _STRING), ("weight", pa.int32())])
    # Only an answer may carry a weight, not even a null one, so each message is a text of its own.
    texts = """array_to_string([
        concat('{"role":"', m.role, '","content":', to_json(m.content),
            CASE
                WHEN m.role <> 'assistant' THEN '}'
                WHEN coalesce(m.is_trained, true) THEN ',"weight":1}'
                ELSE ',"weight":0}'
            END)
        for m in messages], ',')"""
    return Rendering(
        pa.schema([("messages", pa.list_(message))]),
        f"concat('{{\"messages\":[', {texts}, ']}}')",
        f"CASE {_NOT_CHAT} END",
        derived=f"{_TURNS} AS turns",
    )


def _sharegpt() -> Rendering:
    turn = pa.struct([("from", _STRING), ("value", _STRING)])
    turns = """[struct_pack(
        "from" := CASE m.role WHEN 'user' THEN 'human' WHEN 'assistant' THEN 'gpt' ELSE m.role END,
        "value" := m.content) for m in messages]"""
    return Rendering(
        pa.schema([("conversations", pa.list_(turn))]),
        f"to_json(struct_pack(conversations := {turns}))",
        f"CASE {_NOT_CHAT} WHEN contains(turns, 'b') THEN 'has_masked_turns' END",
        derived=f"{_TURNS} AS turns",
    )


def _alpaca() -> Rendering:
    schema = pa.schema(
        [(name, _STRING) for name in ("instruction", "input", "output", "system")]
        + [("history", pa.list_(pa.list_(_STRING)))]
    )
    line = """to_json(struct_pack(
        instruction := said[-2], "input" := '', "output" := said[-1],
        system := CASE WHEN messages[1].role = 'system' THEN messages[1].content ELSE '' END,
        history := [[said[i], said[i + 1]] for i in range(1, len(said) - 2, 2)]))"""
    reason = f"""CASE {_NOT_CHAT}
        WHEN contains(turns, 'b') THEN 'has_masked_turns'
        WHEN NOT regexp_full_match(turns, 's?(ua)+') THEN 'turns_do_not_alternate'
    END"""
    said = "[m.content for m in messages if m.role <> 'system']"
    return Rendering(schema, line, reason, derived=f"{_TURNS} AS turns, {said} AS said")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _rendered(pieces: tuple[str, ...]) -> str:
    columns = {"{p}": "prefix", "{s}": "suffix", "{m}": "middle"}
    return f"concat({', '.join(columns.get(piece) or _quoted(piece) for piece in pieces)})"


def _fim_text(template: Template, config: ExportConfig) -> tuple[str, str]:
    """SQL of the rendered text and of its order, `psm` or `spm`."""
    if template.spm is None:
        return _rendered(template.psm), "'psm'"
    position = f"md5_number_lower(concat('{config.seed}|order|', example_id)) / 18446744073709551616.0"
    order = f"CASE WHEN {position} < {config.spm_ratio!r} THEN 'spm' ELSE 'psm' END"
    text = f"CASE WHEN {order} = 'spm' THEN {_rendered(template.spm)} ELSE {_rendered(template.psm)} END"
    return text, order


def _fim(config: ExportConfig) -> Rendering:
    template = TEMPLATES[config.fim_sentinels]
    parts = '"prefix" := coalesce(prefix, \'\'), "middle" := middle, "suffix" := coalesce(suffix, \'\')'
    names = ["prefix", "middle", "suffix"]
    reason = """
        WHEN kind <> 'fim' THEN concat('kind_', kind)
        WHEN middle IS NULL OR middle = '' THEN 'lacks_middle'"""
    if template.marks:
        text, order = _fim_text(template, config)
        parts = f'"text" := {text}, "order" := {order}, {parts}'
        names = ["text", "order", *names]
        # The parts are looked at joined: put next to each other they could make a mark that none holds alone.
        held = " OR ".join(f"contains(source, {_quoted(mark)})" for mark in template.marks)
        reason += f" WHEN {held} THEN 'holds_special_token'"
    return Rendering(
        pa.schema([(name, _STRING) for name in names]),
        f"to_json(struct_pack({parts}))",
        f"CASE {reason} END",
        derived="concat(prefix, middle, suffix) AS source",
    )


def _triplet() -> Rendering:
    """A line a negative: anchor, positive, negative, as losses over triplets read them."""
    said = """[to_json(struct_pack(anchor := query, positive := positive, negative := n.text))::VARCHAR
        for n in negatives if n.text IS NOT NULL]"""
    reason = """CASE
        WHEN kind <> 'triplet' THEN concat('kind_', kind)
        WHEN query IS NULL OR positive IS NULL THEN 'lacks_pair'
        WHEN coalesce(len(said), 0) = 0 THEN 'lacks_negatives'
    END"""
    return Rendering(
        pa.schema([(name, _STRING) for name in ("anchor", "positive", "negative")]),
        "array_to_string(said, chr(10))",
        reason,
        lines="len(said)",
        derived=f"{said} AS said",
    )


def rendering_of(name: Format, config: ExportConfig) -> Rendering:
    """The rendering of a JSON Lines format; `parquet` is none."""
    if name == "fim":
        return _fim(config)
    plain = {
        "jsonl": _jsonl,
        "openai_chat": _openai_chat,
        "sharegpt": _sharegpt,
        "alpaca": _alpaca,
        "triplet": _triplet,
    }
    return plain[name]()
