"""How rows of a version become lines of a trainer's format: a function a format, from a row's values to JSON objects.

What a format cannot say without changing its meaning is skipped with a reason that the manifest counts: kinds
it does not know, tool calls, turns that must not be trained on where it has no mask, special tokens in a
source. Does not encode and writes no file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from tasks.export.columns import VERSION
from tasks.export.config import ExportConfig, Format
from tasks.export.sentinels import TEMPLATES, Template

_STRING = pa.string()
Message = Mapping[str, Any]

# What a row says: objects, a line each; or the reason why the format cannot say it.
Said = Sequence[Mapping[str, Any]] | str


class Rendering(NamedTuple):
    """`say` gets the values of `columns` of a row, in their order."""

    schema: pa.Schema
    columns: tuple[str, ...]
    say: Callable[..., Said]
    # What of the config decides the lines.
    identity: str = ""


def _turns(messages: Sequence[Message]) -> str:
    """One letter a message: s, u, a as the roles; b an answer not to be trained on; t, n, x what no format can say."""
    return "".join(map(_turn, messages))


def _turn(message: Message) -> str:
    if message["tool_calls"] is not None:
        return "t"
    if message["content"] is None:
        return "n"
    if message["role"] == "assistant" and message["is_trained"] is False:
        return "b"
    return {"system": "s", "user": "u", "assistant": "a"}.get(message["role"], "x")


# What no format can say of a conversation.
_UNSAID = (("t", "has_tool_calls"), ("n", "lacks_content"), ("x", "unknown_role"))


def _not_chat(kind: str, turns: str) -> str | None:
    """Why no chat format can say a row."""
    if kind != "chat":
        return f"kind_{kind}"
    for letter, reason in _UNSAID:
        if letter in turns:
            return reason
    return None if "a" in turns else "nothing_to_train_on"


def _jsonl() -> Rendering:
    names = tuple(VERSION.names)
    return Rendering(VERSION, names, lambda *values: [dict(zip(names, values, strict=True))])


def _openai_chat() -> Rendering:
    message = pa.struct([("role", _STRING), ("content", _STRING), ("weight", pa.int32())])

    def say(kind: str, messages: Sequence[Message] | None) -> Said:
        turns = _turns(messages or ())
        # Only an answer may carry a weight, not even a null one.
        return _not_chat(kind, turns) or [
            {
                "messages": [
                    {"role": one["role"], "content": one["content"], "weight": int(turn == "a")}
                    if turn in "ab"
                    else {"role": one["role"], "content": one["content"]}
                    for one, turn in zip(messages or (), turns, strict=True)
                ]
            }
        ]

    return Rendering(pa.schema([("messages", pa.list_(message))]), ("kind", "messages"), say)


def _sharegpt() -> Rendering:
    turn = pa.struct([("from", _STRING), ("value", _STRING)])
    names = {"user": "human", "assistant": "gpt"}

    def say(kind: str, messages: Sequence[Message] | None) -> Said:
        turns = _turns(messages or ())
        reason = _not_chat(kind, turns) or ("has_masked_turns" if "b" in turns else None)
        return reason or [
            {
                "conversations": [
                    {"from": names.get(one["role"], one["role"]), "value": one["content"]}
                    for one in messages or ()
                ]
            }
        ]

    return Rendering(pa.schema([("conversations", pa.list_(turn))]), ("kind", "messages"), say)


_ALTERNATING = re.compile("s?(ua)+")
# A prompt ends with what is asked, an answer with the assistant; it may go on over several turns.
_ASKED, _ANSWERED = re.compile("s?(ua)*u"), re.compile("a(ua)*")


def _alpaca() -> Rendering:
    schema = pa.schema(
        [(name, _STRING) for name in ("instruction", "input", "output", "system")]
        + [("history", pa.list_(pa.list_(_STRING)))]
    )

    def say(kind: str, messages: Sequence[Message] | None) -> Said:
        messages = messages or ()
        turns = _turns(messages)
        reason = _not_chat(kind, turns) or ("has_masked_turns" if "b" in turns else None)
        if reason or not _ALTERNATING.fullmatch(turns):
            return reason or "turns_do_not_alternate"
        said = [one["content"] for one in messages if one["role"] != "system"]
        *history, (instruction, output) = zip(said[::2], said[1::2], strict=True)
        return [
            {
                "instruction": instruction,
                "input": "",
                "output": output,
                "system": messages[0]["content"] if turns[0] == "s" else "",
                "history": history,
            }
        ]

    return Rendering(schema, ("kind", "messages"), say)


def _order(template: Template, config: ExportConfig) -> Callable[[str], str]:
    """Which rows have the suffix first, `psm` or `spm`: uniform by a seeded hash of the example."""
    if template.spm is None:
        return lambda _example_id: "psm"

    def order(example_id: str) -> str:
        drawn = hashlib.md5(f"{config.seed}|order|{example_id}".encode(), usedforsecurity=False).digest()
        # 64 bits of an md5, as a fraction of what they can be.
        return "spm" if int.from_bytes(drawn[8:], "little") / 2**64 < config.spm_ratio else "psm"

    return order


def _fim(config: ExportConfig) -> Rendering:
    template = TEMPLATES[config.fim_sentinels]
    # A piece that stands for a part becomes a place of the format, any other is text.
    places = {"{p}": "{0}", "{s}": "{1}", "{m}": "{2}"}
    psm, spm = (
        "".join(places.get(piece) or piece.replace("{", "{{").replace("}", "}}") for piece in pieces).format
        for pieces in (template.psm, template.spm or ())
    )
    order_of = _order(template, config)

    def say(kind: str, example_id: str, prefix: str | None, middle: str | None, suffix: str | None) -> Said:
        if kind != "fim":
            return f"kind_{kind}"
        if not middle:
            return "lacks_middle"
        prefix, suffix = prefix or "", suffix or ""
        parts = {"prefix": prefix, "middle": middle, "suffix": suffix}
        if not template.marks:
            return [parts]
        # The parts are looked at joined: put next to each other they could make a mark that none holds alone.
        source = prefix + middle + suffix
        if any(mark in source for mark in template.marks):
            return "holds_special_token"
        order = order_of(example_id)
        return [{"text": (spm if order == "spm" else psm)(prefix, suffix, middle), "order": order, **parts}]

    names = [*(["text", "order"] if template.marks else []), "prefix", "middle", "suffix"]
    return Rendering(
        pa.schema([(name, _STRING) for name in names]),
        ("kind", "example_id", "prefix", "middle", "suffix"),
        say,
        f"{config.fim_sentinels} {config.spm_ratio!r} {config.seed}",
    )


def _triplet() -> Rendering:
    """A line a negative: anchor, positive, negative, as losses over triplets read them."""

    def say(kind: str, query: str | None, positive: str | None, negatives: Sequence[Message] | None) -> Said:
        if kind != "triplet":
            return f"kind_{kind}"
        if query is None or positive is None:
            return "lacks_pair"
        texts = [one["text"] for one in negatives or () if one["text"] is not None]
        return [
            {"anchor": query, "positive": positive, "negative": text} for text in texts
        ] or "lacks_negatives"

    return Rendering(
        pa.schema([(name, _STRING) for name in ("anchor", "positive", "negative")]),
        ("kind", "query", "positive", "negatives"),
        say,
    )


def _preference() -> Rendering:
    """Prompt, chosen and rejected, each a list of messages: the conversational form of preferences that TRL reads."""
    messages = pa.list_(pa.struct([("role", _STRING), ("content", _STRING)]))

    def say(
        kind: str,
        prompt: Sequence[Message] | None,
        chosen: Sequence[Message] | None,
        rejected: Sequence[Message] | None,
    ) -> Said:
        if kind != "preference":
            return f"kind_{kind}"
        said = [prompt or (), chosen or (), rejected or ()]
        if not all(said):
            return "lacks_prompt" if not prompt else "lacks_pair"
        # An answer's mask means nothing here: all of both answers are compared.
        asked, *answers = ("".join("a" if turn == "b" else turn for turn in _turns(part)) for part in said)
        reason = next((reason for letter, reason in _UNSAID if letter in "".join((asked, *answers))), None)
        if reason or not _ASKED.fullmatch(asked) or not all(_ANSWERED.fullmatch(turns) for turns in answers):
            return reason or "turns_do_not_alternate"
        names = ("prompt", "chosen", "rejected")
        return [
            {
                name: [{"role": one["role"], "content": one["content"]} for one in part]
                for name, part in zip(names, said, strict=True)
            }
        ]

    return Rendering(
        pa.schema([(name, messages) for name in ("prompt", "chosen", "rejected")]),
        ("kind", "messages", "chosen", "rejected"),
        say,
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
        "preference": _preference,
    }
    return plain[name]()
