"""Faults to order: what share of attempts meets which fault, drawn by a seed from the request and its attempt.

The draw depends on nothing else, so neither load nor order changes who is refused. `capacity` is the other kind:
refusals that only load causes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields

# In this order a draw in [0, 1) is measured off against the shares.
FAULTS = (
    "refused",  # 429 with Retry-After
    "refused_silently",  # 429 without
    "server_error",  # 500
    "overloaded",  # 503
    "hang",  # never an answer
    "reset",  # the connection is reset before any
    "half",  # the connection ends in the middle of the body
    "bad_json",  # 200 with a body that is no JSON
    "html",  # 200 with a web page
    "declined",  # an answer with `refusal`
    "wrong_schema",  # an answer that is JSON, and not what was asked for
    "no_usage",  # an answer without `usage`
    "slow",  # the body comes in drops
)


@dataclass
class Faults:
    """Shares of attempts, between 0 and 1 and together at most 1, and what the server is like altogether."""

    refused: float = 0.0
    refused_silently: float = 0.0
    server_error: float = 0.0
    overloaded: float = 0.0
    hang: float = 0.0
    reset: float = 0.0
    half: float = 0.0
    bad_json: float = 0.0
    html: float = 0.0
    declined: float = 0.0
    wrong_schema: float = 0.0
    no_usage: float = 0.0
    slow: float = 0.0
    seed: int = 0
    latency_s: float = 0.0
    retry_after_s: float = 1.0
    # Seconds between the drops of a slow body, of which there are ten.
    drop_s: float = 0.1
    # How many are served at once before the rest is refused; 0 for any number.
    capacity: int = 0
    # The first so many attempts of all get a 429 with Retry-After.
    refused_at_first: int = 0
    # Down: every request gets a 500.
    is_down: bool = False
    # Keys that are taken, by comma, and those that were revoked; without any, every key is good, and none too.
    keys: str = ""
    revoked: str = ""
    # Models that are known, by comma; without any, every model is.
    models: str = ""
    # The form that is answered: json_schema, json_object or text; what is above it gets a 400, as with DeepSeek.
    supports: str = "json_schema"
    # Tokens of every answer; 0 counts them by its length.
    output_tokens: int = 0
    # What every answer says; empty for an answer made of the question.
    answer: str = ""

    def drawn(self, digest: str, attempt: int) -> str | None:
        """The fault that this attempt of a request meets."""
        seed = f"{self.seed}/{digest}/{attempt}".encode()
        draw = int.from_bytes(hashlib.blake2b(seed, digest_size=8).digest()) / 2**64
        for name in FAULTS:
            share = getattr(self, name)
            if draw < share:
                return name
            draw -= share
        return None

    def order(self, changes: dict[str, object]) -> None:
        """Change some; an unknown name is an error."""
        known = {field.name for field in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise KeyError(name)
            setattr(self, name, value)
