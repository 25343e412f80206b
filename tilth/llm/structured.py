"""Answers by a JSON schema: how an endpoint is asked for one, how it is read, and how a model is asked to mend it.

Endpoints differ in what they can: decode by a schema, decode any JSON object, or only be told. `ModeBook` remembers for
each provider and model what was learnt; how a request is worded on the wire is no part of its key, so that an answer
paid for in one mode is found again in another. What cannot be read, or was refused, becomes an `AnswerReject` that
keeps every raw answer and the request. `answer_in_form` is the loop around both; it sends nothing itself.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from tilth.llm.request import ChatAnswer, ChatFailure, ChatRequest
from tilth.llm.schemas import AnswerSchema, Misfit
from tilth.llm.tolerant_json import find_values, without_reasoning
from tilth.storable import storable

Mode = Literal["schema", "json_object", "prompt"]
MODES: tuple[Mode, ...] = ("schema", "json_object", "prompt")

# Documented to lack schemas: its guide knows `json_object` only. https://api-docs.deepseek.com/guides/json_mode
FIRST_MODES: Mapping[str, Mode] = {"deepseek": "json_object"}

# So many answers without any JSON in them, and none with, say that the endpoint ignores what it was asked for.
_IGNORED_AFTER = 3
_INSTRUCTION = "Answer with one JSON object and nothing else. It must meet this JSON schema:\n"
_REPAIR = (
    "Your answer cannot be used: {detail}. Give the whole corrected answer as one JSON object and nothing else. "
    "It must meet this JSON schema:\n{schema}"
)
# JSON around the added message and the names in `response_format`.
_WIRE_OVERHEAD = 200
# A recipe has a few schemas; the bound only keeps a process that makes them without end from growing.
_MOST_SCHEMAS = 64

_FORM_REFUSED = re.compile(
    r"response_format|json_schema|json_object|json mode|structured|guided|grammar|schema|text\.format",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Structured:
    """An answer that meets its schema. `changes` say what was mended in its form, `request_ids` which calls it took."""

    value: Mapping[str, Any]
    changes: tuple[str, ...]
    answer: ChatAnswer
    request_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why one answer cannot be used; `is_json` tells a wrong object from no object at all."""

    reason: Literal["refused", "truncated", "empty_answer", "unparsable", "schema_unmet"]
    detail: str
    is_json: bool = False


@dataclass(frozen=True, slots=True)
class AnswerReject:
    """A request that brought no usable answer, with all that an analysis needs: nothing paid for is thrown away."""

    reason: str
    detail: str
    request: ChatRequest
    raw_answers: tuple[str, ...]
    request_ids: tuple[str, ...]

    def row(self, item_id: str, key: str) -> dict[str, Any]:
        """The row of the table of failed answers; `key` is the document or seed that the request came from."""
        row = {
            "key": key,
            "item_id": item_id,
            "reason": self.reason,
            "detail": self.detail,
            "provider": self.request.provider,
            "model": self.request.model,
            "request_ids": list(self.request_ids),
            "raw_answers": list(self.raw_answers),
            "messages": json.dumps(list(self.request.messages), ensure_ascii=False),
            "parameters": json.dumps(dict(self.request.parameters), ensure_ascii=False, sort_keys=True),
            "schema": None
            if self.request.schema is None
            else json.dumps(self.request.schema, ensure_ascii=False),
        }
        found: dict[str, Any] = storable(row)
        return found


_prepared: OrderedDict[int, tuple[Mapping[str, Any], AnswerSchema]] = OrderedDict()


def schema_of(request: ChatRequest) -> AnswerSchema:
    """The request's schema, checked and compiled once for all requests that share the mapping."""
    assert request.schema is not None
    known = _prepared.get(id(request.schema))
    if known is None or known[0] is not request.schema:
        known = (request.schema, AnswerSchema(request.schema))
        _prepared[id(request.schema)] = known
        if len(_prepared) > _MOST_SCHEMAS:
            _prepared.popitem(last=False)
    return known[1]


def wire_form(request: ChatRequest, mode: Mode) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The messages and the extra parameters that ask for the schema in a mode.

    The instruction goes to the end of the system message, before anything that differs from row to row, so that
    providers' prefix caches still hit.
    """
    messages = [dict(message) for message in request.messages]
    if request.schema is None:
        return messages, {}
    schema = schema_of(request)
    if mode == "schema":
        return messages, {"response_format": dict(schema.response_format)}
    instruction = _INSTRUCTION + schema.text
    first = messages[0] if messages else {}
    if first.get("role") in ("system", "developer") and isinstance(first.get("content"), str):
        messages[0] = {**first, "content": f"{first['content']}\n\n{instruction}"}
    else:
        messages.insert(0, {"role": "system", "content": instruction})
    return messages, {"response_format": {"type": "json_object"}} if mode == "json_object" else {}


def input_bound(request: ChatRequest) -> int:
    """An upper bound of the input's tokens in whatever mode the request is sent."""
    if request.schema is None:
        return request.input_bytes
    schema = schema_of(request)
    told = len(_INSTRUCTION) + len(schema.text.encode("utf-8", "surrogatepass"))
    decoded = len(json.dumps(schema.response_format, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return request.input_bytes + max(told, decoded) + _WIRE_OVERHEAD


def read_answer(request: ChatRequest, answer: ChatAnswer) -> Structured | Unusable:
    """The value in an answer to a request with a schema, or why there is none."""
    early = _unusable(answer)
    if early is not None:
        return early
    schema = schema_of(request)
    mended: Structured | None = None
    closest: str | None = None
    for found in find_values(answer.text):
        fitted = schema.fit(found.value)
        if isinstance(fitted, Misfit):
            closest = closest or fitted.detail
            continue
        result = Structured(fitted.value, (*found.adjustments, *fitted.changes), answer, (request.key,))
        if not fitted.changes:
            return result
        # A later value may fit as it is: a footnote's [1] is not to become the answer's list.
        mended = mended or result
    if mended is not None:
        return mended
    if closest is None:
        return Unusable("unparsable", "it holds no whole JSON value")
    return Unusable("schema_unmet", closest, is_json=True)


def read_text(answer: ChatAnswer) -> str | Unusable:
    """The text of an answer to a request without a schema, free of reasoning, or why there is none."""
    early = _unusable(answer)
    if early is not None:
        return early
    return without_reasoning(answer.text.strip()) or Unusable("empty_answer", "the answer is all reasoning")


def _unusable(answer: ChatAnswer) -> Unusable | None:
    if answer.refusal:
        return Unusable("refused", answer.refusal)
    if answer.finish_reason == "content_filter":
        return Unusable("refused", "the provider's content filter stopped the answer")
    if answer.finish_reason == "length":
        return Unusable("truncated", f"the answer stopped at its bound of {answer.output_tokens} tokens")
    if not answer.text.strip():
        return Unusable("empty_answer", "the answer is empty")
    return None


def repair_request(request: ChatRequest, answer: ChatAnswer, unusable: Unusable) -> ChatRequest | None:
    """The request that shows the model its answer and what is wrong with it; None where asking again is no use.

    Its key follows from the answer, so that a replay asks for the same repair and finds it.
    """
    if unusable.reason not in ("unparsable", "schema_unmet"):
        return None
    said = {"role": "assistant", "content": without_reasoning(answer.text.strip()) or answer.text}
    told = _REPAIR.format(detail=unusable.detail.rstrip("."), schema=schema_of(request).text)
    return replace(request, messages=(*request.messages, said, {"role": "user", "content": told}))


async def answer_in_form(
    ask: Callable[[ChatRequest], Awaitable[ChatAnswer | ChatFailure]],
    request: ChatRequest,
    max_repairs: int = 1,
    book: ModeBook | None = None,
) -> Structured | AnswerReject | ChatFailure:
    """Asks, reads, and asks for repairs; a failure of the call itself is given back as it is when nothing came before.

    `ask` claims, sends and settles one request; `book` learns from what comes whether the endpoint heeds its mode.
    """
    current, raw, keys = request, list[str](), list[str]()
    fault = Unusable("empty_answer", "nothing was asked")
    for attempt in range(max_repairs + 1):
        answer = await ask(current)
        keys.append(current.key)
        if isinstance(answer, ChatFailure):
            if attempt == 0:
                return answer
            return AnswerReject(
                answer.kind, f"repair {attempt}: {answer.detail}", request, tuple(raw), tuple(keys)
            )
        raw.append(answer.text)
        result = read_answer(current, answer)
        if book is not None and attempt == 0:
            book.note(request, result)
        if isinstance(result, Structured):
            return replace(result, request_ids=tuple(keys))
        fault = result
        repair = repair_request(current, answer, fault)
        if repair is None:
            break
        current = repair
    return AnswerReject(fault.reason, fault.detail, request, tuple(raw), tuple(keys))


class ModeBook:
    """What each provider's models can, learnt from their refusals and answers in this process.

    It starts with the most exact mode. Forgetting costs no money: a refused form is not billed.
    """

    def __init__(self, first: Mapping[str, Mode] = FIRST_MODES) -> None:
        self._first = first
        self._modes: dict[tuple[str, str], Mode] = {}
        self._by_schema: dict[tuple[str, str, int], Mode] = {}
        self._ignored: dict[tuple[str, str], int] = {}
        self._heeded: set[tuple[str, str]] = set()

    def mode(self, request: ChatRequest) -> Mode:
        """The mode to send a request in."""
        model = (request.provider, request.model)
        general = self._modes.get(model) or self._first.get(request.provider, MODES[0])
        special = self._by_schema.get((*model, id(request.schema)), general)
        return max(general, special, key=MODES.index)

    def is_proven(self, request: ChatRequest) -> bool:
        """Whether the mode has brought an answer in form; until then, one call first saves a storm of refusals."""
        return request.schema is None or (request.provider, request.model) in self._heeded

    def step_down(self, request: ChatRequest, mode: Mode, failure: ChatFailure) -> Mode | None:
        """The mode to try instead, when a failure says that the endpoint does not know this one; None otherwise.

        A complaint about the schema itself lowers the mode for that schema alone.
        """
        if request.schema is None or failure.kind != "bad_request" or mode == MODES[-1]:
            return None
        told = f"{failure.detail} {json.dumps(failure.raw, default=str) if failure.raw else ''}"
        if _FORM_REFUSED.search(told) is None:
            return None
        model = (request.provider, request.model)
        lower = MODES[MODES.index(mode) + 1]
        if model in self._heeded or "invalid schema" in told.casefold():
            self._by_schema[(*model, id(request.schema))] = lower
        else:
            self._modes[model] = max(lower, self._modes.get(model, lower), key=MODES.index)
        return max(lower, self.mode(request), key=MODES.index)

    def note(self, request: ChatRequest, result: Structured | Unusable) -> None:
        """Learns from a read answer whether the endpoint heeds the mode it was asked in."""
        model = (request.provider, request.model)
        if isinstance(result, Structured) or result.is_json:
            self._heeded.add(model)
        elif result.reason == "unparsable" and model not in self._heeded:
            self._ignored[model] = self._ignored.get(model, 0) + 1
            if self._ignored[model] >= _IGNORED_AFTER:
                self._modes[model] = MODES[-1]
