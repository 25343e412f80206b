"""JSON as chat models write it: in fences, after reasoning, between sentences, in the syntax of other languages.

`find_values` gives every JSON value that an answer may mean, the likeliest first; who knows the schema takes the first
that fits. An answer that was cut is never closed by guessing: its last words would be lost in silence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Adjustment = Literal["reasoning_removed", "fence_removed", "prose_removed", "syntax_relaxed"]

# The longest answer that models in use can give is 400,000 tokens, some 2 MB: eight of them is no answer.
_MOST_CHARACTERS = 16_000_000
# Places in prose where a value might begin: each is tried by a scan to its end, so that their number bounds the work.
_MOST_STARTS = 64

_TAG = "(?:think|thinking|thought|reasoning|reflection|scratchpad)"
_OPENING_TAG = re.compile(rf"\s*+(?:<{_TAG}>|\[THINK\])", re.IGNORECASE)
_ANY_OPENING_TAG = re.compile(_OPENING_TAG.pattern.removeprefix(r"\s*+"), re.IGNORECASE)
_CLOSING_TAG = re.compile(rf"</{_TAG}>|\[/THINK\]", re.IGNORECASE)
# gpt-oss: the answer stands in the channel `final`, when a server passes the channels on.
_CHANNELS = ("<|channel|>", "<|start|>")
_FINAL_CHANNEL = re.compile(r"<\|channel\|>final[^<]*+<\|message\|>")
_FINAL_END = re.compile(r"<\|(?:end|return)\|>\s*+\Z")
_FENCE = re.compile(r"```[\w+-]*[ \t]*\r?\n(.*?)\r?\n?[ \t]*```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Found:
    """A JSON value in an answer, and what was done to get at it."""

    value: Any
    adjustments: tuple[Adjustment, ...] = ()


def find_values(text: str) -> Iterator[Found]:
    r"""The JSON values that the text may mean, the likeliest first; nothing where it holds none.

    >>> [found.value for found in find_values('Sure! ```json\n{"a": 1,}\n``` Anything else?')]
    [{'a': 1}]
    """
    if len(text) > _MOST_CHARACTERS:
        return
    seen: set[str] = set()
    for candidate, adjustments in _candidates(text):
        if candidate in seen:
            continue
        seen.add(candidate)
        is_value, value = _strict(candidate)
        if is_value:
            yield Found(value, adjustments)
            continue
        is_value, value = _strict(relax(candidate))
        if is_value:
            yield Found(value, (*adjustments, "syntax_relaxed"))


def without_reasoning(text: str) -> str:
    """The text without the blocks in which reasoning models think aloud.

    >>> without_reasoning('<think>Is it {"a": 0}?</think>{"a": 1}')
    '{"a": 1}'
    """
    if text.startswith(_CHANNELS):
        final = _FINAL_CHANNEL.search(text)
        return _FINAL_END.sub("", text[final.end() :] if final else text)
    position, is_first = 0, True
    while closing := _CLOSING_TAG.search(text, position):
        opening = _OPENING_TAG.match(text, position)
        # A chat template may have written the opening tag, so that only the closing one is in the answer.
        if opening is None and (not is_first or _ANY_OPENING_TAG.search(text, 0, closing.start())):
            break
        position, is_first = closing.end(), False
    return text[position:].strip()


def _candidates(text: str) -> Iterator[tuple[str, tuple[Adjustment, ...]]]:
    # First as it is: a dataset about reasoning models has their tags inside its strings.
    whole = text.strip()
    yield whole, ()
    answer = without_reasoning(whole)
    marks: tuple[Adjustment, ...] = () if answer == whole else ("reasoning_removed",)
    yield answer, marks
    # The last fence first: drafts come before the answer.
    for fenced in _FENCE.findall(answer)[: -_MOST_STARTS - 1 : -1]:
        yield fenced.strip(), (*marks, "fence_removed")
    for span in _bracketed(answer):
        yield span, (*marks, "prose_removed")


def _bracketed(text: str) -> Iterator[str]:
    """Spans from an opening bracket to its closing one, outermost, of the first few dozen; the last first."""
    spans: list[str] = []
    position = 0
    for _ in range(_MOST_STARTS):
        opening = _OPENING.search(text, position)
        if opening is None:
            break
        end = _closing(text, opening.start())
        if end is None:
            position = opening.end()
        else:
            spans.append(text[opening.start() : end])
            position = end
    yield from reversed(spans)


_OPENING = re.compile(r"[{\[]")
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\]]', re.DOTALL)


def _closing(text: str, start: int) -> int | None:
    depth = 0
    for token in _STRUCTURE.finditer(text, start):
        mark = token.group()
        if mark in "{[":
            depth += 1
        elif mark in "}]":
            depth -= 1
            if depth == 0:
                return token.end()
    return None


def _strict(text: str) -> tuple[bool, Any]:
    if text[:1] not in _FIRST_CHARACTERS:
        return False, None
    try:
        value = json.loads(text, strict=False, parse_constant=_reject, parse_float=_finite)
    # A number of 5,000 digits is a ValueError, a thousand brackets are a RecursionError.
    except (ValueError, RecursionError):
        return False, None
    return True, value


_FIRST_CHARACTERS = frozenset('{["-0123456789tfn')


def _reject(name: str) -> Any:
    raise json.JSONDecodeError("no JSON number", name, 0)


def _finite(digits: str) -> float:
    number = float(digits)
    return number if abs(number) != float("inf") else float(_reject(digits))


# Strings in three kinds of quotes, comments, words, and any other character. A comment's bound keeps a page of slashes
# from being scanned again and again.
_TOKEN = re.compile(
    r"""(?P<double>"(?:[^"\\]|\\.)*+")|(?P<single>'(?:[^'\\]|\\.)*+')|(?P<curly>“[^”]*+”)"""
    r"""|(?P<comment>//[^\n]*+|/\*.{0,2000}?\*/)|(?P<word>[A-Za-z_$][\w$]*+)|(?P<other>.)""",
    re.DOTALL,
)
_WORDS = {"True": "true", "False": "false", "None": "null", "undefined": "null"}
_LITERALS = frozenset(("true", "false", "null"))
_BAD_ESCAPE = re.compile(r'\\(?:(["\\/bfnrt]|u[0-9a-fA-F]{4})|(.))', re.DOTALL)


def relax(text: str) -> str:
    r"""The text with the syntax of JavaScript and Python put into JSON's; JSON comes out as it went in.

    Comments and trailing commas go; single and typographic quotes, bare keys, `True`, `None` and escapes that JSON does
    not know become JSON's.

    >>> relax("{name: 'soil', 'ok': True, /* why */}")
    '{"name": "soil", "ok": true }'
    """
    out: list[str] = []
    for token in _TOKEN.finditer(text):
        kind, mark = token.lastgroup, token.group()
        if kind == "comment":
            continue
        if kind == "double":
            out.append(_quoted(mark[1:-1]))
        elif kind in ("single", "curly"):
            out.append(_quoted(re.sub(r'(?<!\\)((?:\\\\)*)"', r'\1\\"', mark[1:-1]).replace("\\'", "'")))
        elif kind == "word":
            out.append(_word(mark, text, token.end()))
        else:
            if mark in "}]":
                _drop_comma(out)
            out.append(mark)
    return "".join(out)


def _quoted(body: str) -> str:
    """A JSON string with that body; a backslash that escapes nothing stands for itself."""
    return (
        '"'
        + _BAD_ESCAPE.sub(lambda m: m.group() if m.group(1) else "\\\\" + _escaped(m.group(2)), body)
        + '"'
    )


def _escaped(character: str) -> str:
    return '\\"' if character == '"' else character


def _word(word: str, text: str, end: int) -> str:
    if word in _LITERALS or word in _WORDS:
        return f'"{word}"' if _follows_colon(text, end) else _WORDS.get(word, word)
    return f'"{word}"' if _follows_colon(text, end) else word


def _follows_colon(text: str, end: int) -> bool:
    while end < len(text) and text[end] in " \t\r\n":
        end += 1
    return text[end : end + 1] == ":"


def _drop_comma(out: list[str]) -> None:
    place = len(out) - 1
    while place >= 0 and not out[place].strip():
        place -= 1
    if place >= 0 and out[place] == ",":
        del out[place]
