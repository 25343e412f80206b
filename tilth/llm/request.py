"""What is asked of a chat model, what it answers, and how a call fails: the values that the engine passes on.

They hold no key and no address: a `ChatRequest` names a provider, and who sends it knows where that is. Texts only:
an image named by an address could cost more tokens than its bytes, so `input_bytes` would not bound it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from tilth.errors import RequestError
from tilth.fingerprint import digest

# What a chat template may add of itself: a default system prompt and the date. The longest in use (harmony of
# gpt-oss) stays below; separators of messages are covered by the JSON around each message, which is counted too.
_TEMPLATE_TOKENS = 128

# The names that providers give to the bound of an answer's length, the one that wins first.
_OUTPUT_BOUNDS = ("max_completion_tokens", "max_output_tokens", "max_tokens")

FailureKind = Literal[
    "rate_limited",  # refused because of too many requests or tokens
    "overloaded",  # refused because the provider is busy, whatever we do
    "server",  # any other 5xx
    "timeout",  # no whole answer in time
    "connection",  # refused, reset, or no such host
    "truncated",  # the answer stopped half way: at its token bound or in transit
    "refused",  # the model or a content filter declined
    "bad_key",  # no key, a wrong one, or one without the right to this model
    "unknown_model",
    "bad_request",  # the provider rejects the request as it is
    "not_json",  # the endpoint answered something that is no chat completion: HTML, or half a body
    "unparsable",  # the text does not give what the schema asks for, repairs included
    "no_credit",  # the account is empty or its hard quota is reached
    "budget",  # the recipe's own budget does not cover the call
    "not_recorded",  # replay only, and the ledger does not hold the answer
    "cancelled",  # the caller stopped before the answer came
    "killed",  # its process died in flight
]


@dataclass(frozen=True)
class ChatRequest:
    """One call: everything that can change its answer, and nothing else.

    `parameters` are those of the provider's JSON body (temperature, max_tokens, tools …), `schema` is the JSON schema
    that the answer is to meet, `sample` tells apart independent draws of one prompt. Treat the mappings as frozen:
    the key is computed once.
    """

    provider: str
    model: str
    messages: tuple[Mapping[str, Any], ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    schema: Mapping[str, Any] | None = None
    sample: int = 0

    @cached_property
    def _measured(self) -> tuple[str, int]:
        content = [list(self.messages), dict(self.parameters), self.schema]
        try:
            text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        except (TypeError, ValueError) as error:
            raise RequestError(
                f"A request to {self.model} holds a value that JSON has no word for: {error}. "
                "Give its messages, parameters and schema as JSON values."
            ) from None
        body = text.encode("utf-8", "surrogatepass")
        return digest(self.provider, self.model, body, str(self.sample)), len(body) + _TEMPLATE_TOKENS

    @property
    def key(self) -> str:
        """32 hexadecimal characters over all fields, independent of the order of keys in the mappings.

        >>> ask = ({"role": "user", "content": "hi"},)
        >>> ChatRequest("local", "m", ask).key == ChatRequest("local", "m", ask, sample=1).key
        False
        """
        return self._measured[0]

    @property
    def input_bytes(self) -> int:
        """An upper bound of the input's tokens: no byte-level tokenizer makes more tokens than there are bytes."""
        return self._measured[1]

    @property
    def max_output_tokens(self) -> int | None:
        """The bound that the request sets on its answer, for all choices together; None leaves it to the model.

        >>> ChatRequest("local", "m", (), {"max_tokens": 64, "n": 2}).max_output_tokens
        128
        """
        for name in _OUTPUT_BOUNDS:
            bound = self.parameters.get(name)
            if isinstance(bound, int):
                choices = self.parameters.get("n")
                return bound * (choices if isinstance(choices, int) and choices > 0 else 1)
        return None

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """A whole answer, and what it cost. `raw` is the provider's JSON body.

    `input_tokens` include the `cached_tokens`, which the provider charged less for. `cost_microusd` is in millionths
    of a US dollar, rounded up, and None for a model without a price; `seconds` is the time of the call that brought
    the answer. `model` is the one that answered, which may be a dated version of the one asked for.
    """

    text: str
    finish_reason: str | None
    refusal: str | None
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_microusd: int | None
    model: str
    seconds: float
    raw: Mapping[str, Any]
    is_replayed: bool = False


@dataclass(frozen=True, slots=True)
class ChatFailure:
    """A call that brought no usable answer. `status` is HTTP's, `raw` what the provider sent, where it sent JSON.

    A failure may cost: an answer cut at its bound is billed (`input_tokens`, `output_tokens`, `cost_microusd` say
    how much); with `is_spend_unknown` the request reached the provider and nobody knows what it made of it, so that
    its whole reservation counts as spent.
    """

    kind: FailureKind
    detail: str
    status: int | None = None
    retry_after_s: float | None = None
    is_retryable: bool = False
    raw: Mapping[str, Any] | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cost_microusd: int | None = 0
    is_spend_unknown: bool = False
