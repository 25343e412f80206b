"""One call over the wire: a `ChatRequest` is posted, and what comes back is an answer or a failure, no exception.

Posts by aiohttp directly: `openai`'s client costs several times as much a call (docs/decisions). It makes one
attempt; whether to try again, when, and who pays is the engine's matter. Keys stand in one header and nowhere else.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

from tilth.llm.providers import KeyRing, Provider
from tilth.llm.replies import read_reply
from tilth.llm.request import ChatAnswer, ChatFailure, ChatRequest
from tilth.llm.structured import Mode, ModeBook, wire_form

# Below the five seconds after which uvicorn (vLLM and many gateways) closes an idle connection: a request sent
# into a connection that is being closed dies, and nobody knows whether it was read.
_KEEPALIVE_S = 4.0
# A host that does not even shake hands in that time is down or behind a wall.
_CONNECT_S = 15.0


def body_of(request: ChatRequest, provider: Provider, mode: Mode = "schema") -> bytes:
    """The JSON body, its schema asked for in a mode; `sample` only tells draws apart."""
    messages, form = wire_form(request, mode)
    body: dict[str, Any] = {"model": request.model, "messages": messages, **form, **request.parameters}
    if provider.output_bound == "max_completion_tokens" and "max_tokens" in body:
        bound = body.pop("max_tokens")
        body.setdefault("max_completion_tokens", bound)
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


class ChatClient:
    """The connections of one process, to all providers. Made and closed inside the event loop that uses it."""

    def __init__(self, timeout_s: float) -> None:
        # Recipes name models, so this module comes along where nobody is asked: what is dear waits until somebody is.
        from urllib.request import getproxies

        import aiohttp

        self._http = aiohttp
        self._timeout_s = timeout_s
        self.book = ModeBook()
        # The engine bounds how many are in flight; a second bound here would only hide requests from it.
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEPALIVE_S)
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=timeout_s, sock_connect=min(_CONNECT_S, timeout_s)),
            headers={"User-Agent": "tilth", "Content-Type": "application/json", "Accept": "application/json"},
            # Cookies of one account must not go along with another's key.
            cookie_jar=aiohttp.DummyCookieJar(),
            # Asked once: aiohttp would read the environment again for every request.
            trust_env=bool(getproxies()),
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def post(self, request: ChatRequest, provider: Provider, keys: KeyRing) -> ChatAnswer | ChatFailure:
        """One attempt with the next key; a key that the provider rejects is set aside."""
        taken = keys.take(request.model)
        if taken is None and len(keys):
            return ChatFailure("bad_key", f"{provider.name} has rejected every key ({len(keys)})")
        mode: Mode | None = self.book.mode(request)
        while mode is not None:
            reply = await self._send(request, provider, taken[1] if taken else None, mode)
            # A refused form is not billed, so that the next one belongs to the same attempt.
            mode = self.book.step_down(request, mode, reply) if isinstance(reply, ChatFailure) else None
        if taken is not None and isinstance(reply, ChatFailure) and reply.kind in ("bad_key", "no_credit"):
            # 403 speaks of this model only, 401 and an empty account of the key.
            keys.set_aside(taken[0], request.model if reply.status == 403 else None)
        return reply

    async def _send(
        self, request: ChatRequest, provider: Provider, key: str | None, mode: Mode
    ) -> ChatAnswer | ChatFailure:
        http, clock = self._http, asyncio.get_running_loop().time
        started = clock()
        try:
            async with self._session.post(
                provider.chat_url,
                data=body_of(request, provider, mode),
                headers=_key_header(provider, key),
                allow_redirects=False,
            ) as response:
                body = await response.read()
                if response.status != HTTPStatus.OK:
                    body = _masked(body, key)
                return read_reply(request, response.status, response.headers, body, clock() - started)
        except (
            http.ConnectionTimeoutError,
            http.ClientConnectorError,
            http.ClientConnectorDNSError,
        ) as error:
            is_certificate = isinstance(error, http.ClientConnectorCertificateError)
            return ChatFailure(
                "connection", f"no connection: {_words(error)}", is_retryable=not is_certificate
            )
        except TimeoutError:
            detail = f"no whole answer within {self._timeout_s:g} s"
            return ChatFailure("timeout", detail, is_retryable=True, is_spend_unknown=True)
        except http.ClientPayloadError as error:
            detail = f"the answer broke off: {_words(error)}"
            return ChatFailure("truncated", detail, is_retryable=True, is_spend_unknown=True)
        except (http.ClientError, OSError) as error:
            detail = f"the connection broke: {_words(error)}"
            return ChatFailure("connection", detail, is_retryable=True, is_spend_unknown=True)


def _key_header(provider: Provider, key: str | None) -> dict[str, str]:
    if key is None:
        return {}
    return {provider.key_header: key if provider.key_header == "api-key" else f"Bearer {key}"}


def _masked(body: bytes, key: str | None) -> bytes:
    """An error's body without the key: some servers quote it when they reject it.

    Answers are left as they are: a key of one's own server may be an everyday word.
    """
    return body.replace(key.encode(), b"***") if key else body


def _words(error: BaseException) -> str:
    """What an error says of itself, else its type's name. aiohttp's errors name host and port, never headers."""
    return str(error) or type(error).__name__
