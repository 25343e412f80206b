"""Answers by a schema through the engine, against a server that can more or less."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from tests.llm_server.server import running
from tilth.ledger.ledger import open_ledger
from tilth.llm.config import EngineConfig
from tilth.llm.engine import Engine
from tilth.llm.prompts import load_prompt
from tilth.llm.providers import Provider
from tilth.llm.request import ChatRequest
from tilth.llm.structured import AnswerReject, Structured, answer_in_form

SAID = '{"text": "Said again."}'


def asked(tmp_path, count, **server_options):
    """What comes of `count` rows, the first asked alone, and how many requests the server saw."""
    prompt = load_prompt("paraphrase").prompt("paraphrase")
    assert prompt.schema is not None
    with running(**server_options) as server:
        requests = [
            ChatRequest(
                "mill", "m", prompt.messages({"text": f"Field {i}."}), {"max_tokens": 99}, prompt.schema.json
            )
            for i in range(count)
        ]

        async def work():
            async with open_ledger(str(tmp_path / "ledger.db")) as book:
                known = [Provider("mill", server.url, needs_key=False)]
                async with Engine(book, known, config=EngineConfig(backoff_s=0.02, timeout_s=20.0)) as engine:
                    first = await answer_in_form(engine.answer, requests[0])
                    rest = [answer_in_form(engine.answer, request) for request in requests[1:]]
                    return [first, *await asyncio.gather(*rest)]

        return asyncio.run(work()), server.stats.requests


@pytest.mark.parametrize(("form", "refused"), [("json_schema", 0), ("json_object", 1), ("text", 2)])
def test_a_form_that_the_endpoint_lacks_is_refused_once_and_then_known(tmp_path, form, refused):
    results, requests = asked(tmp_path, 20, supports=form, answer="" if form == "json_schema" else SAID)
    assert all(isinstance(result, Structured) for result in results)
    assert requests == 20 + refused


def test_an_answer_paid_for_in_one_form_is_found_again_in_another(tmp_path):
    asked(tmp_path, 5, supports="text", answer=SAID)
    results, requests = asked(tmp_path, 5)
    assert requests == 0
    assert [result.value for result in results] == [{"text": "Said again."}] * 5


def test_wrong_and_refused_answers_are_repaired_or_kept_as_rejects(tmp_path):
    results, _ = asked(tmp_path, 40, wrong_schema=0.5, declined=0.2)
    reasons = Counter(result.reason for result in results if isinstance(result, AnswerReject))
    assert sum(isinstance(result, Structured) for result in results) + sum(reasons.values()) == 40
    assert reasons.keys() == {"refused", "schema_unmet"}
    assert all(result.raw_answers for result in results if isinstance(result, AnswerReject))
