"""Providers by name and by URL, and their keys."""

from __future__ import annotations

import json

import pytest

from tilth.errors import RequestError
from tilth.llm.client import body_of
from tilth.llm.providers import PRESETS, KeyRing, keys_of, provider_named
from tilth.llm.request import ChatRequest


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "azure"])
def test_every_preset_has_an_address(name):
    url = provider_named(name, {}).chat_url
    assert url.startswith(("https://", "http://localhost:"))
    assert url.endswith("/chat/completions")


def test_the_address_comes_from_the_caller_then_from_the_environment():
    environment = {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}
    assert provider_named("openai", environment, "http://127.0.0.1:2/v1").base_url == "http://127.0.0.1:2/v1"
    assert provider_named("openai", environment).base_url == "http://127.0.0.1:1/v1"
    assert keys_of(provider_named("openai", environment), {}) == ()


def test_azure_is_a_resource_of_ones_own():
    endpoint = {"AZURE_OPENAI_ENDPOINT": "https://farm.openai.azure.com/"}
    azure = provider_named("azure", endpoint)
    assert azure.chat_url == "https://farm.openai.azure.com/openai/v1/chat/completions"
    assert (azure.key_header, azure.needs_key) == ("api-key", True)
    with pytest.raises(RequestError, match="AZURE_OPENAI_ENDPOINT"):
        provider_named("azure", {})


@pytest.mark.parametrize(
    ("name", "url", "words"),
    [
        ("nobody", None, "no provider 'nobody'"),
        ("farm", "farm.example/v1", "base URL"),
        ("farm", "ftp://farm.example", "base URL"),
        ("farm", "http://[", "base URL"),
        ("farm", "http://:99999999/", "base URL"),
    ],
)
def test_what_is_no_provider_is_told(name, url, words):
    with pytest.raises(RequestError, match=words):
        provider_named(name, {}, url)


def test_a_password_in_an_address_is_refused_and_not_shown():
    with pytest.raises(RequestError) as caught:
        provider_named("farm", {}, "https://me:hush-hush@farm.example/v1")
    assert "hush-hush" not in str(caught.value)


def test_keys_are_several_by_comma_and_their_lack_is_told():
    groq = provider_named("groq", {})
    assert keys_of(groq, {"GROQ_API_KEY": "one, two"}) == ("one", "two")
    with pytest.raises(RequestError, match="set GROQ_API_KEY"):
        keys_of(groq, {})


def test_a_ring_gives_its_keys_in_turn_and_shows_none():
    ring = KeyRing(["one", "two", "three", "one"])
    assert [ring.take("m") for _ in range(4)] == [(0, "one"), (1, "two"), (2, "three"), (0, "one")]
    ring.set_aside(1)
    ring.set_aside(2, "m")
    assert [ring.take("m") for _ in range(2)] == [(0, "one"), (0, "one")]
    assert ring.take("other") == (2, "three")
    ring.set_aside(0)
    assert (ring.take("m"), ring.is_empty("m"), ring.is_empty("other")) == (None, True, False)
    assert repr(ring) == "KeyRing(3 keys, 3 set aside)"


def test_the_body_says_what_was_asked_in_the_words_of_the_provider():
    schema = {"type": "object", "properties": {}}
    asked = ChatRequest(
        "openai", "m", ({"role": "user", "content": "é"},), {"max_tokens": 9, "n": 1}, schema, 7
    )
    body = json.loads(body_of(asked, provider_named("openai", {})))
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": False}}
    messages = [{"role": "user", "content": "é"}]
    assert body == {
        "model": "m",
        "messages": messages,
        "max_completion_tokens": 9,
        "n": 1,
        "response_format": form,
    }
    assert json.loads(body_of(asked, provider_named("groq", {})))["max_tokens"] == 9


def test_a_form_that_the_caller_names_wins_over_the_schema():
    asked = ChatRequest("p", "m", (), {"response_format": {"type": "json_object"}}, {"type": "object"})
    body = json.loads(body_of(asked, provider_named("groq", {})))
    assert body["response_format"] == {"type": "json_object"}
