"""Where models are reached: presets of known providers, any other by its URL, and several keys a provider.

All of them speak OpenAI's chat completions. A preset holds the address, the variables that its key and address
come from, and what differs in the body. It holds no rates, for they depend on the account: refusals teach them, or
the caller gives them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from tilth.errors import RequestError

# A model on this machine answers a few requests at a time and makes the rest wait until they time out
# (users' reports: Kiln#779, easy-dataset#30): llama.cpp, Ollama and LM Studio have four slots or fewer by default.
_LOCAL_SLOTS = 4
# vLLM batches by itself; 256 is the number of sequences that it takes at once by default.
_VLLM_SEQUENCES = 256


@dataclass(frozen=True, slots=True)
class Provider:
    """An endpoint that speaks OpenAI's chat completions, and how it is spoken to.

    `name` is what requests call it and what counts for their keys; where it is does not. `max_in_flight` bounds the
    calls of one model at once, None leaves it to the caller.
    """

    name: str
    base_url: str
    key_variable: str | None = None
    url_variable: str | None = None
    key_header: Literal["Authorization", "api-key"] = "Authorization"
    output_bound: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    needs_key: bool = True
    max_in_flight: int | None = None

    @property
    def chat_url(self) -> str:
        """The address that chat completions are posted to."""
        return f"{self.base_url.rstrip('/')}/chat/completions"


def _local(name: str, port: int, slots: int) -> Provider:
    address = f"http://localhost:{port}/v1"
    return Provider(name, address, url_variable=None, needs_key=False, max_in_flight=slots)


_PRESETS = (
    Provider(
        "openai",
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        # Its reasoning models refuse `max_tokens`; all take the newer name.
        output_bound="max_completion_tokens",
    ),
    # The v1 API of Azure takes OpenAI's paths below the resource's address, and no API version.
    Provider(
        "azure",
        "",
        "AZURE_OPENAI_API_KEY",
        "AZURE_OPENAI_ENDPOINT",
        key_header="api-key",
        output_bound="max_completion_tokens",
    ),
    Provider("anthropic", "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
    Provider("google", "https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"),
    Provider("mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    Provider("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    Provider("together", "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    Provider("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    Provider("deepseek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    _local("ollama", 11434, _LOCAL_SLOTS),
    _local("vllm", 8000, _VLLM_SEQUENCES),
    _local("llama.cpp", 8080, _LOCAL_SLOTS),
    _local("lm-studio", 1234, _LOCAL_SLOTS),
)
PRESETS: Mapping[str, Provider] = {provider.name: provider for provider in _PRESETS}


def provider_named(name: str, environment: Mapping[str, str], base_url: str | None = None) -> Provider:
    """The provider of this name, at `base_url`, else where the environment says, else at its known address.

    A name that is no preset needs a URL and no key, though one is taken from `NAME_API_KEY` when it is there.

    >>> provider_named("groq", {}).chat_url
    'https://api.groq.com/openai/v1/chat/completions'
    >>> provider_named("farm", {}, "http://127.0.0.1:9/v1").key_variable
    'FARM_API_KEY'
    """
    preset = PRESETS.get(name)
    if preset is None:
        if not base_url:
            raise RequestError(
                f"There is no provider {name!r}; known are {', '.join(PRESETS)}. For any other give its base URL."
            )
        variable = re.sub(r"\W+", "_", name).upper() + "_API_KEY"
        return Provider(name, _checked(base_url), variable, needs_key=False)
    asked = base_url or environment.get(preset.url_variable or "", "")
    address = _checked(asked or preset.base_url, preset)
    if name == "azure" and "/openai" not in address:
        address = f"{address.rstrip('/')}/openai/v1"
    # A server of one's own behind a known name may well do without a key.
    is_elsewhere = name != "azure" and address != preset.base_url
    return replace(preset, base_url=address, needs_key=preset.needs_key and not is_elsewhere)


def _checked(address: str, preset: Provider | None = None) -> str:
    if not address and preset is not None:
        raise RequestError(
            f"{preset.name} has no address of its own: set {preset.url_variable} or give a base URL."
        )
    try:
        parts = urlsplit(address)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise RequestError(
            f"The base URL {address!r} is none: it begins with http:// or https:// and names a host."
        )
    if parts.username or parts.password:
        # The address is not quoted: it holds a password.
        raise RequestError("The base URL holds a user name or password; put the key into a variable instead.")
    return address


def keys_of(provider: Provider, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The provider's keys from its variable, several by comma or space; none where it needs none."""
    keys = tuple(environment.get(provider.key_variable or "", "").replace(",", " ").split())
    if provider.needs_key and not keys:
        raise RequestError(
            f"There is no key for {provider.name}: set {provider.key_variable} (several keys by comma)."
        )
    return keys


class KeyRing:
    """The keys of one provider, used in turn; a rejected one is set aside, for one model or for all.

    It never shows a key: `repr` counts them, and a key is spoken of by its place.

    >>> KeyRing(["secret", "other"])
    KeyRing(2 keys, 0 set aside)
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = tuple(dict.fromkeys(key.strip() for key in keys))
        self._next = 0
        self._aside: set[tuple[int, str | None]] = set()

    def __repr__(self) -> str:
        return f"KeyRing({len(self._keys)} keys, {len({place for place, _ in self._aside})} set aside)"

    def __len__(self) -> int:
        return len(self._keys)

    def take(self, model: str) -> tuple[int, str] | None:
        """Place and text of the next usable key for a model; None when all are set aside, or there were none."""
        for step in range(len(self._keys)):
            place = (self._next + step) % len(self._keys)
            if {(place, model), (place, None)}.isdisjoint(self._aside):
                self._next = place + 1
                return place, self._keys[place]
        return None

    def is_empty(self, model: str) -> bool:
        """Whether no key is left for a model; so from the beginning where there were none."""
        return not any(
            {(place, model), (place, None)}.isdisjoint(self._aside) for place in range(len(self._keys))
        )

    def set_aside(self, place: int, model: str | None = None) -> None:
        """Use the key no more: for one model, or with None for any."""
        self._aside.add((place, model))
