"""An append-only file of events, each chained to the one before by a digest."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from orchard.errors import LedgerCorrupt

Handler = Callable[[dict[str, Any], dict[str, Any]], None]
_HANDLERS: dict[str, Handler] = {}


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register a function that applies events of a kind to the state."""

    def register(handler: Handler) -> Handler:
        if kind in _HANDLERS:
            raise ValueError(f"events of kind {kind!r} already have a handler")
        _HANDLERS[kind] = handler
        return handler

    return register


class Ledger:
    """Events in a file of JSON lines.

    Every line carries the digest of the line before it, so that a changed or lost line is noticed on reading.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last = ""
        for _, digest in self._verified():
            self._last = digest

    @staticmethod
    def _digest(previous: str, body: str) -> str:
        return hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()

    def append(self, kind: str, **details: Any) -> str:
        """Write an event and return its digest; it is on disk when this returns."""
        body = json.dumps({"kind": kind, **details}, sort_keys=True, ensure_ascii=False)
        digest = self._digest(self._last, body)
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"digest": digest, "body": body}) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        self._last = digest
        return digest

    def _verified(self) -> Iterator[tuple[dict[str, Any], str]]:
        if not self.path.exists():
            return
        previous = ""
        with self.path.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, start=1):
                try:
                    entry = json.loads(line)
                    body, digest = entry["body"], entry["digest"]
                except (json.JSONDecodeError, KeyError, TypeError) as error:
                    raise LedgerCorrupt(number, f"unreadable ({error})") from error
                if self._digest(previous, body) != digest:
                    raise LedgerCorrupt(number, "the digest does not follow from the line before")
                previous = digest
                yield json.loads(body), digest

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (event for event, _ in self._verified())

    def replay(self) -> dict[str, Any]:
        """Build the present state from all events; kinds without a handler are counted, not dropped silently."""
        state: dict[str, Any] = {"trees": {}, "harvest_kg": {}, "unhandled": 0}
        for event in self:
            handler = _HANDLERS.get(event["kind"])
            if handler is None:
                state["unhandled"] += 1
            else:
                handler(state, event)
        return state


@handles("tree_planted")
def _plant(state: dict[str, Any], event: dict[str, Any]) -> None:
    state["trees"][event["tag"]] = {"cultivar": event["cultivar"], "planted": event["on"]}


@handles("tree_felled")
def _fell(state: dict[str, Any], event: dict[str, Any]) -> None:
    state["trees"].pop(event["tag"], None)


@handles("harvested")
def _harvest(state: dict[str, Any], event: dict[str, Any]) -> None:
    totals = state["harvest_kg"]
    totals[event["cultivar"]] = totals.get(event["cultivar"], 0.0) + event["mass_kg"]
