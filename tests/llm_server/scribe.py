"""A stand-in for a model that does what it is asked: it answers a method's steps by what stands in their prompts.

`Scribe()` is called with a request's body and gives the answer's text. What it writes is made of the prompt alone, so
that the same request gets the same answer; when it comes again it is another draw, as of a model.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from tests.llm_server.replies import text_for
from tests.llm_server.steps import STEPS, TEXTS, Step


class Scribe:
    """Answers by steps; `refusing` says of which prompts it makes nothing that can be used."""

    def __init__(self, refusing: Callable[[str], bool] | None = None, **steps: Step) -> None:
        self._steps, self._refusing = {**STEPS, **steps}, refusing or (lambda _: False)
        self._draws: Counter[str] = Counter()

    def __call__(self, request: dict[str, Any]) -> str:
        """The answer's text."""
        form = request.get("response_format") or {}
        schema = form.get("json_schema", {}).get("schema", {})
        name = next(iter(schema.get("required", [])), "")
        prompt = next(str(said["content"]) for said in request["messages"] if said["role"] == "user")
        if self._refusing(prompt):
            return "I would rather not."
        seed = json.dumps(request["messages"])
        draw = self._draws[seed]
        self._draws[seed] += 1
        seed += f"#{draw}" if draw else ""
        if name in self._steps:
            return json.dumps(_fitting(self._steps[name](prompt, seed), schema))
        system = str(request["messages"][0]["content"])
        for beginning, step in TEXTS.items():
            if not schema and system.startswith(beginning):
                return step(prompt, seed)
        return text_for(request)


def _fitting(value: Any, schema: Mapping[str, Any]) -> Any:
    """The value without properties that its schema does not name: steps of one first property share a writer."""
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        return {name: _fitting(part, known[name]) for name, part in value.items() if name in known}
    if isinstance(value, list) and "items" in schema:
        return [_fitting(part, schema["items"]) for part in value]
    return value
