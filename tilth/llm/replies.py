"""What a provider's reply means: status, headers and body become a `ChatAnswer` or a `ChatFailure`.

Pure functions of what came over the wire. They know OpenAI's form and what its imitators are known to do otherwise:
errors under status 200, errors as text, contents in parts, no usage, waits in headers of several names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from tilth.llm.request import ChatAnswer, ChatFailure, ChatRequest, FailureKind

# A message of a provider is quoted that far: a traceback of a server in full helps nobody.
_MOST_QUOTED = 300

# Faults that may pass by themselves.
_PASSING: frozenset[FailureKind] = frozenset(
    {"rate_limited", "overloaded", "server", "timeout", "connection", "truncated"}
)
# Statuses with one meaning everywhere. 529 is Anthropic's "overloaded", 498 Groq's "over capacity".
_BY_STATUS: Mapping[int, FailureKind] = {
    401: "bad_key",
    402: "no_credit",
    403: "bad_key",
    408: "timeout",
    409: "server",
    425: "overloaded",
    429: "rate_limited",
    498: "overloaded",
    503: "overloaded",
    529: "overloaded",
}
_CREDIT = re.compile(r"insufficient_quota|insufficient.balance|credit balance|billing", re.IGNORECASE)
_FILTER = re.compile(r"content_filter|content_policy|content management policy|moderation", re.IGNORECASE)
_MODEL = re.compile(r"model", re.IGNORECASE)
# OpenAI refuses with 429 a request that alone is above the limit of a minute: no wait will help.
_TOO_LARGE = re.compile(r"request too large|reduce the length|context.length", re.IGNORECASE)


def read_reply(
    request: ChatRequest, status: int, headers: Mapping[str, str], body: bytes, seconds: float
) -> ChatAnswer | ChatFailure:
    """A whole reply as an answer, without its cost, or as a failure."""
    try:
        content: Any = json.loads(body)
    except ValueError:
        return _not_json(status, headers, body)
    if status == 200 and isinstance(content, dict):
        try:
            return _answer(request, content, seconds)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            if "error" not in content:
                return ChatFailure(
                    "not_json",
                    f"the reply is JSON but no chat completion; its keys are {', '.join(map(str, sorted(content)))}",
                    status,
                    is_retryable=True,
                    raw=content,
                    is_spend_unknown=True,
                )
            status = _status_within(content)
    return _failure(status, headers, content)


def _answer(request: ChatRequest, content: dict[str, Any], seconds: float) -> ChatAnswer:
    choice = content["choices"][0]
    message = choice["message"]
    text = _text(message.get("content"))
    usage = content.get("usage") or {}
    # Without usage the bounds are what may have been billed: a budget rather ends early than is exceeded.
    bound = request.max_output_tokens or len(text.encode("utf-8", "surrogatepass"))
    details = usage.get("prompt_tokens_details") or {}
    return ChatAnswer(
        text=text,
        finish_reason=choice.get("finish_reason"),
        refusal=message.get("refusal"),
        input_tokens=int(usage.get("prompt_tokens", request.input_bytes)),
        output_tokens=int(usage.get("completion_tokens", bound)),
        # DeepSeek counts what its cache held in a field of its own.
        cached_tokens=int(details.get("cached_tokens") or usage.get("prompt_cache_hit_tokens") or 0),
        cost_microusd=None,
        model=str(content.get("model") or request.model),
        seconds=seconds,
        raw=content,
    )


def _text(content: Any) -> str:
    """A message's text: as it is, or joined from its parts (Mistral's reasoning models send parts)."""
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if part.get("type") == "text")
    return content if isinstance(content, str) else ""


def _status_within(content: dict[str, Any]) -> int:
    """The status that an error under 200 tells of (OpenRouter); 500 if it tells none."""
    error = content["error"]
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code <= 599 else 500


def _failure(status: int, headers: Mapping[str, str], content: Any) -> ChatFailure:
    words = json.dumps(content, ensure_ascii=False)
    kind = _kind(status, words)
    wait = wait_of(headers) if kind in ("rate_limited", "overloaded", "server") else None
    raw = content if isinstance(content, dict) else None
    detail = f"HTTP {status}: {_message(content)[:_MOST_QUOTED]}"
    return ChatFailure(kind, detail, status, wait, kind in _PASSING, raw)


def _kind(status: int, words: str) -> FailureKind:
    if status in (429, 403, 402) and _CREDIT.search(words):
        return "no_credit"
    if status == 429 and _TOO_LARGE.search(words):
        return "bad_request"
    if status in (400, 403, 422) and _FILTER.search(words):
        return "refused"
    if status == 404 or (status == 400 and "model_not_found" in words):
        return "unknown_model" if _MODEL.search(words) else "bad_request"
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return "server" if status >= 500 else "bad_request"


def _message(content: Any) -> str:
    """The provider's words: OpenAI's form, a bare text, or whatever it is."""
    error = content.get("error", content) if isinstance(content, dict) else content
    if isinstance(error, dict):
        error = error.get("message") or error.get("detail") or error
    return error if isinstance(error, str) else json.dumps(error, ensure_ascii=False)


def _not_json(status: int, headers: Mapping[str, str], body: bytes) -> ChatFailure:
    start = body[:_MOST_QUOTED].decode("utf-8", "replace").strip()
    if status != 200:
        # A gateway speaks HTML or plain text; its status says enough.
        return _failure(status, headers, start or "an empty body")
    if start[:1] == "<":
        title = re.search(r"<title>\s*(.*?)\s*</title>", start, re.IGNORECASE | re.DOTALL)
        named = f" called {title[1]!r}" if title else ""
        return ChatFailure("not_json", f"the address answers a web page{named}, not JSON", status)
    return ChatFailure(
        "not_json",
        f"the reply is no JSON: {start[:80]!r} …",
        status,
        is_retryable=True,
        is_spend_unknown=True,
    )


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Seconds that a refusal asks to wait, from whichever header says so; None if none does.

    A date is read against the reply's own `Date`, so that this machine's clock does not matter.

    >>> wait_of({"retry-after-ms": "250", "Retry-After": "1"}), wait_of({"Retry-After": "2"}), wait_of({})
    (0.25, 2.0, None)
    """
    lower = {name.lower(): value for name, value in headers.items()}
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(lower[name]) * unit)
        except (KeyError, ValueError):
            continue
    try:
        until = parsedate_to_datetime(lower["retry-after"])
        return max(0.0, (until - parsedate_to_datetime(lower["date"])).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None
