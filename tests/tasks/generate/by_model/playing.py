"""Plays a method without a model: hands it replies, and gives back what it asked and what it made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from tasks.generate.by_model.corpus import ItemCorpus
from tasks.generate.by_model.methods import METHODS
from tasks.generate.by_model.protocol import Brief, Desk, Draft, Item
from tilth.fingerprint import digest
from tilth.llm.config import ModelConfig
from tilth.llm.prompts import load_prompt
from tilth.llm.request import ChatRequest
from tilth.llm.structured import schema_of

# Reading a file of prompts takes longer than playing a method.
_prompts_of = cache(load_prompt)

Answer = Callable[[ChatRequest], Any]


class Played(NamedTuple):
    """What a method asked, step by step, and the drafts it returned."""

    asked: list[tuple[ChatRequest, ...]]
    drafts: list[Draft]

    @property
    def said(self) -> list[str]:
        """The user messages, in their order."""
        return [str(request.messages[-1]["content"]) for step in self.asked for request in step]


def item(text: str = "Clay holds water.", kind: str = "passage", **more: Any) -> Item:
    """A piece of material; its id is made of its text."""
    document = more.pop("document_id", digest("document", text))
    return Item(digest(text), kind, text, document_id=document, **more)  # type: ignore[arg-type]


def brief(piece: Item | None = None, ordinal: int = 0, **more: Any) -> Brief:
    """A candidate over a piece."""
    return Brief(
        digest("candidate", str(ordinal), piece.item_id if piece else ""),
        ordinal,
        item=piece,
        turn=ordinal,
        **more,
    )


def play(config: Any, given: Brief, answer: Answer | Sequence[Any], corpus: Sequence[Item] = ()) -> Played:
    """Run a method to its end; `answer` says what the model says to a request, or is the replies in their order.

    Each object is held against the schema that was asked for, so that a test cannot answer what no model could.
    """
    method = METHODS[config.method]
    pieces = [*corpus, *([given.item] if given.item else [])]
    prompts = _prompts_of(config.method) if method.has_prompts else None
    desk = Desk(ModelConfig(model="m"), prompts, given, ItemCorpus(pieces))
    writing = method.write(given, config, desk)
    queue = [] if callable(answer) else list(answer)
    asked: list[tuple[ChatRequest, ...]] = []
    try:
        requests = next(writing)
        while True:
            asked.append(requests)
            replies = tuple(answer(one) if callable(answer) else queue.pop(0) for one in requests)
            for request, reply in zip(requests, replies, strict=True):
                if request.schema is not None and reply is not None:
                    fitted = schema_of(request).fit(reply)
                    assert getattr(fitted, "value", None) == reply, fitted
            requests = writing.send(replies)
    except StopIteration as ended:
        return Played(asked, ended.value)
