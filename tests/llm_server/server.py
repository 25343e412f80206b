"""The server itself: HTTP/1.1 on one asyncio protocol, a tenth of a millisecond a request, so that it does not
measure itself.

`POST /v1/chat/completions` answers, `GET /v1/models` lists; `GET /stats` tells what was counted, `POST /faults`
orders faults, `POST /reset` forgets both. Only on 127.0.0.1.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.llm_server.batches import Batches
from tests.llm_server.faults import Faults
from tests.llm_server.replies import completion, error, text_for

_FORMS = ("text", "json_object", "json_schema")
_STATUS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}


@dataclass
class Stats:
    """What was counted: `answered` whole answers, `repeats` of them for a request that had one before."""

    requests: int = 0
    answered: int = 0
    repeats: int = 0
    early: int = 0
    in_flight: int = 0
    peak_in_flight: int = 0
    connections: int = 0
    first_s: float = 0.0
    last_s: float = 0.0
    statuses: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    faults: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    keys: dict[str, int] = field(default_factory=lambda: defaultdict(int))


class State:
    """Orders, counts, and what is remembered of each request by its body's digest."""

    def __init__(self, faults: Faults) -> None:
        self.forget(faults)

    def forget(self, faults: Faults) -> None:
        """Begin anew; connections stay."""
        self.faults, self.stats, self.batches = faults, Stats(), Batches()
        self.attempts: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.not_before: dict[str, float] = {}
        #: What answers are made by; a test may put a model of its own here.
        self.says: Callable[[dict[str, Any]], str] = text_for


class Connection(asyncio.Protocol):
    """One connection: requests come one after another, as HTTP/1.1 clients send them."""

    def __init__(self, state: State) -> None:
        self._state, self._buffer, self._is_open = state, b"", False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._is_open = transport, True
        self._state.stats.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_open = False

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            lines = self._buffer[:end].decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
            }
            length = int(headers.get("content-length", 0))
            if len(self._buffer) < end + 4 + length:
                return
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            method, path, _ = lines[0].split(" ", 2)
            self._handle(method, path, headers, body)

    def _handle(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        state = self._state
        if path == "/stats":
            self._send(200, vars(state.stats))
        elif path == "/faults":
            state.faults.order(json.loads(body))
            self._send(200, asdict(state.faults))
        elif path == "/reset":
            state.forget(Faults())
            self._send(200, {})
        elif path.endswith("/models"):
            names = [name for name in state.faults.models.split(",") if name]
            self._send(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in names]})
        elif method == "POST" and path.endswith("/chat/completions"):
            self._chat(headers, body)
        elif "/v1/files" in path or "/v1/batches" in path:
            status, found = self._state.batches.reply(method, path[path.index("/v1") + 3 :], body)
            self._send_bytes(status, found, "application/json")
        else:
            self._send(
                404, error(f"Unknown request URL: {method} {path}", "invalid_request_error", "unknown_url")
            )

    def _chat(self, headers: dict[str, str], body: bytes) -> None:
        state, stats, faults = self._state, self._state.stats, self._state.faults
        now, digest = time.monotonic(), hashlib.blake2b(body, digest_size=16).hexdigest()
        stats.requests += 1
        stats.first_s = stats.first_s or now
        stats.early += now < state.not_before.pop(digest, 0.0)
        stats.in_flight += 1
        stats.peak_in_flight = max(stats.peak_in_flight, stats.in_flight)
        key = headers.get("authorization", "").removeprefix("Bearer ") or headers.get("api-key", "")
        stats.keys[key] += 1
        request = json.loads(body)
        fault = self._rejection(request, key)
        attempt = state.attempts[digest]
        state.attempts[digest] += 1
        if fault is None:
            is_refused = stats.requests <= faults.refused_at_first or 0 < faults.capacity < stats.in_flight
            fault = (
                "refused" if is_refused else "is_down" if faults.is_down else faults.drawn(digest, attempt)
            )
        if fault:
            stats.faults[fault] += 1
        # Refusals come at once, as from a gateway; answers take their time.
        is_quick = fault in ("refused", "refused_silently", "bad_key", "unknown_model", "bad_form")
        delay = 0.0 if is_quick and faults.capacity else faults.latency_s
        asyncio.get_running_loop().call_later(delay, self._reply, request, digest, fault)

    def _rejection(self, request: dict[str, Any], key: str) -> str | None:
        faults = self._state.faults
        keys, revoked = faults.keys.split(","), faults.revoked.split(",")
        if (faults.keys and key not in keys) or (key and key in revoked):
            return "bad_key"
        if faults.models and request.get("model") not in faults.models.split(","):
            return "unknown_model"
        form = (request.get("response_format") or {}).get("type", "text")
        return "bad_form" if _FORMS.index(form) > _FORMS.index(faults.supports) else None

    def _reply(self, request: dict[str, Any], digest: str, fault: str | None) -> None:
        stats, faults = self._state.stats, self._state.faults
        stats.last_s = time.monotonic()
        if fault == "hang":
            # Its place stays taken, as with a real one.
            return
        stats.in_flight -= 1
        if fault in _ERRORS:
            status, content = _ERRORS[fault]
            wait = {}
            if fault == "refused":
                self._state.not_before[digest] = time.monotonic() + faults.retry_after_s
                wait = {"Retry-After": f"{faults.retry_after_s:g}"}
            self._send(status, content, wait)
        elif fault == "reset":
            self._transport.abort()
        elif fault == "html":
            self._send_bytes(
                200, b"<!DOCTYPE html><html><head><title>Welcome</title></head></html>", "text/html"
            )
        else:
            self._answer(request, digest, fault)

    def _answer(self, request: dict[str, Any], digest: str, fault: str | None) -> None:
        state, faults = self._state, self._state.faults
        text = faults.answer or self._state.says(request)
        if fault == "wrong_schema":
            text = '{"nothing": "of the kind"}'
        refusal = "I cannot help with that." if fault == "declined" else None
        content = completion(request, text, refusal=refusal, output_tokens=faults.output_tokens)
        if fault == "no_usage":
            del content["usage"]
        body = json.dumps(content, ensure_ascii=False).encode()
        if fault == "bad_json":
            self._send_bytes(200, body[: len(body) // 2], "application/json")
        elif fault == "half":
            self._transport.write(_head(200, len(body), "application/json", {}) + body[: len(body) // 2])
            self._transport.close()
        else:
            # A client that has gone was not answered, but the bill says it was.
            state.stats.answered += 1
            state.stats.repeats += state.answered[digest] > 0
            state.answered[digest] += 1
            if fault == "slow":
                self._drip(_head(200, len(body), "application/json", {}) + body)
            else:
                self._send_bytes(200, body, "application/json")

    def _drip(self, data: bytes) -> None:
        step, loop = -(-len(data) // 10), asyncio.get_running_loop()
        for drop in range(10):
            part = data[drop * step : (drop + 1) * step]
            loop.call_later(drop * self._state.faults.drop_s, self._transport.write, part)

    def _send(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        self._send_bytes(status, json.dumps(content).encode(), "application/json", headers)

    def _send_bytes(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self._state.stats.statuses[str(status)] += 1
        if self._is_open:
            self._transport.write(_head(status, len(body), kind, headers or {}) + body)


def _head(status: int, length: int, kind: str, headers: dict[str, str]) -> bytes:
    lines = [
        f"HTTP/1.1 {status} {_STATUS.get(status, 'Error')}",
        f"Content-Type: {kind}",
        f"Content-Length: {length}",
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


_ERRORS: dict[str | None, tuple[int, dict[str, Any]]] = {
    "refused": (429, error("Rate limit reached. Please try again in 1s.", "requests", "rate_limit_exceeded")),
    "refused_silently": (429, error("Too many requests.", "requests", "rate_limit_exceeded")),
    "server_error": (500, error("The server had an error.", "server_error")),
    "is_down": (500, error("The server is down.", "server_error")),
    "overloaded": (503, error("The engine is overloaded.", "server_error")),
    "bad_key": (401, error("Incorrect API key provided.", "invalid_request_error", "invalid_api_key")),
    "unknown_model": (404, error("The model does not exist.", "invalid_request_error", "model_not_found")),
    "bad_form": (400, error("This response_format type is unavailable now.", "invalid_request_error")),
}


async def serve(state: State, port: int) -> asyncio.Server:
    """Listen on 127.0.0.1; port 0 takes any that is free."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Connection(state), "127.0.0.1", port, backlog=4096)


class Handle:
    """A server that runs in a thread: where it is, what it is told and what it counted."""

    def __init__(self, state: State, port: int) -> None:
        self.state, self.port = state, port
        self.url = f"http://127.0.0.1:{port}/v1"

    @property
    def stats(self) -> Stats:
        """The counts so far."""
        return self.state.stats

    def order(self, **changes: Any) -> None:
        """Change the faults from now on."""
        self.state.faults.order(changes)


@contextmanager
def running(**faults: Any) -> Iterator[Handle]:
    """A server in a thread of this process."""
    state, started = State(Faults(**faults)), threading.Event()
    ports: list[int] = []
    stop: list[Callable[[], object]] = []

    async def main() -> None:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        server = await serve(state, 0)
        ports.append(server.sockets[0].getsockname()[1])
        stop.append(lambda: loop.call_soon_threadsafe(ended.set))
        started.set()
        await ended.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield Handle(state, ports[0])
    finally:
        stop[0]()
        thread.join(10)
