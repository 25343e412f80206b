"""A stand-in for a model that does what it is asked: it answers a method's steps by what stands in their prompts.

`Scribe()` is called with a request's body and gives the answer's text. What it writes is made of the prompt alone, so
that the same request gets the same answer.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from tests.llm_server.replies import text_for

Step = Callable[[str, str], dict[str, Any]]

_WORDS = ("barley clay drill ember field grain harrow iron journal kiln loam meadow nettle orchard plough quarry "
          "reed sluice tiller urn vetch willow yarrow zinc anvil beam cellar dial elm furrow").split()  # fmt: skip


def words(seed: str, count: int = 12) -> str:
    """A run of words drawn by a text: two texts have little in common."""
    drawn = hashlib.blake2b(seed.encode(), digest_size=min(64, count)).digest()
    return " ".join(_WORDS[byte % len(_WORDS)] for byte in drawn)


def tagged(prompt: str, tag: str) -> str:
    """What stands between two tags of a prompt."""
    found = re.search(rf"<{tag}[^>]*>\n?(.*?)\n?</{tag}>", prompt, re.DOTALL)
    return found.group(1) if found else ""


def _ask(prompt: str, seed: str) -> dict[str, Any]:
    passage = tagged(prompt, "passage")
    evidence = max(passage.split("\n"), key=len)
    return {
        "pairs": [
            {
                "question": f"What of {words(seed)}?",
                "answer": f"It is {words(seed + '!')}.",
                "evidence": evidence,
            }
        ]
    }


def _check(prompt: str, seed: str) -> dict[str, Any]:
    del prompt, seed
    return {"claims": [], "is_supported": True, "is_complete": True, "is_self_contained": True}


#: By the first property that the answer's schema requires.
STEPS: dict[str, Step] = {"pairs": _ask, "claims": _check}


class Scribe:
    """Answers by steps; `refusing` says of which prompts it makes nothing that can be used."""

    def __init__(self, refusing: Callable[[str], bool] | None = None, **steps: Step) -> None:
        self._steps, self._refusing = {**STEPS, **steps}, refusing or (lambda _: False)

    def __call__(self, request: dict[str, Any]) -> str:
        """The answer's text."""
        form = request.get("response_format") or {}
        name = next(iter(form.get("json_schema", {}).get("schema", {}).get("required", [])), "")
        prompt = next(str(said["content"]) for said in request["messages"] if said["role"] == "user")
        if self._refusing(prompt):
            return "I would rather not."
        if name in self._steps:
            return json.dumps(self._steps[name](prompt, json.dumps(request["messages"])))
        return text_for(request)
