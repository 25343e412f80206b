"""Requests by a provider's batch API: half the price at OpenAI, an answer within a day, the same ledger.

A batch outlives the process that submitted it. Its claims are entrusted to it before it is submitted, under a name
that goes along in its metadata; whoever comes later finds the claims in the ledger, the batch at the provider, and
settles what came back. Requests of such a batch are not submitted again, and live calls for them wait for it.

It does not retry: a line that failed is a failure, and its request may be asked for again, live or by another batch.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tilth.fingerprint import digest
from tilth.ledger.entry import Budget, Claim
from tilth.ledger.ledger import Ledger
from tilth.llm.client import body_of
from tilth.llm.providers import Provider
from tilth.llm.replies import read_reply
from tilth.llm.request import ChatAnswer, ChatFailure, ChatRequest, FailureKind
from tilth.llm.spending import Price, priced, reservation_for

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types import Batch

Outcome = ChatAnswer | ChatFailure

# Where a batch's metadata hold its name in the ledger.
_NAME = "tilth_batch"
# OpenAI's bounds of one batch are 50,000 requests and 200 MB of input.
_MOST_LINES, _MOST_BYTES = 50_000, 190_000_000
_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
# The completion window that OpenAI offers.
_WINDOW_S = 24 * 3600.0
# A claim is granted in milliseconds, unless a budget is short of what this very batch has reserved: then what was
# claimed so far is submitted, and the rest has its turn when that has come back.
_PATIENT_CLAIM_S = 2.0
# A batch that the ledger knows and the provider does not was never submitted, or is just being: uploads of
# 190 MB take minutes at most.
_LOST_AFTER_S = 900.0
_TOO_FEW = ChatFailure("server", "too few requests for a batch", is_retryable=True)
_KINDS: Mapping[int, FailureKind] = {401: "bad_key", 403: "bad_key", 429: "rate_limited"}


@dataclass(slots=True)
class _Pending:
    """A batch on its way: its claims that are open, by request's key, and its id at the provider when it is known."""

    claims: dict[str, Claim]
    batch_id: str | None
    missing_since: float


class BatchCaller:
    """The batches of one provider account. `price` is that of its batch API, by model.

    Fewer than `fewest` requests that are not recorded make no batch: they come back as failures that are worth a call.
    """

    def __init__(
        self,
        ledger: Ledger,
        provider: Provider,
        key: str,
        *,
        poll_s: float = 30.0,
        budgets: tuple[Budget, ...] = (),
        price: Callable[[str], Price | None] | None = None,
        fewest: int = 1,
    ) -> None:
        self._fewest = fewest
        self._ledger, self._provider, self._key = ledger, provider, key
        self._poll_s, self._budgets, self._price_of = poll_s, budgets, price

    async def answer_all(self, requests: Sequence[ChatRequest]) -> AsyncGenerator[tuple[int, Outcome], None]:
        """Every request's place and outcome: those of the ledger at once, the rest as their batches come back.

        All must name one model, as OpenAI asks of a batch. A request that stands in the list twice is submitted once.
        Batches of earlier processes are seen through first, whatever they hold. Who stops reading leaves the
        batches with the provider, to be found again.
        """
        import openai

        places: dict[str, list[int]] = {}
        for index, request in enumerate(requests):
            places.setdefault(request.key, []).append(index)
        client = openai.AsyncOpenAI(api_key=self._key, base_url=self._provider.base_url)
        try:
            pending = await self._earlier()
            entrusted = {key for one in pending.values() for key in one.claims}
            waiting = deque(requests[indices[0]] for key, indices in places.items() if key not in entrusted)
            while waiting or pending:
                async for key, outcome in self._round(client, waiting, pending):
                    for index in places.pop(key, ()):
                        yield index, outcome
        except openai.APIError as error:
            failure = _failure_of(error, self._key)
            for indices in places.values():
                for index in indices:
                    yield index, failure
        finally:
            await client.close()

    async def _earlier(self) -> dict[str, _Pending]:
        """What earlier processes, or others now, have entrusted to batches of this provider."""
        now, found = asyncio.get_running_loop().time(), {}
        for name in await self._ledger.batches():
            claims = {claim.key: claim for claim in await self._ledger.entrusted(name)}
            if all(claim.provider == self._provider.name for claim in claims.values()):
                found[name] = _Pending(claims, None, now)
        return found

    async def _round(
        self, client: AsyncOpenAI, waiting: deque[ChatRequest], pending: dict[str, _Pending]
    ) -> AsyncGenerator[tuple[str, Outcome], None]:
        """Submit what can be claimed, then see all pending batches through."""
        claimed: dict[str, tuple[ChatRequest, Claim]] = {}
        try:
            while waiting:
                try:
                    async with asyncio.timeout(_PATIENT_CLAIM_S if claimed or pending else None):
                        outcome = await self._claim(waiting[0])
                except TimeoutError:
                    break
                request = waiting.popleft()
                if isinstance(outcome, Claim):
                    claimed[request.key] = (request, outcome)
                else:
                    yield request.key, outcome
            if 0 < len(claimed) < self._fewest:
                for key, (_, claim) in list(claimed.items()):
                    await self._ledger.release(claim, _TOO_FEW)
                    del claimed[key]
                    yield key, _TOO_FEW
            for part in _packed({key: body_of(asked, self._provider) for key, (asked, _) in claimed.items()}):
                claims = {key: claimed[key][1] for key in part}
                name = digest(*sorted(claim.claim_id for claim in claims.values()))
                await self._ledger.entrust(list(claims.values()), name)
                for key in part:
                    del claimed[key]
                pending[name] = _Pending(claims, None, asyncio.get_running_loop().time())
                await self._submit(client, name, part, pending)
        finally:
            unsent = ChatFailure("cancelled", "stopped before the batch was submitted")
            for _, claim in claimed.values():
                await self._ledger.release(claim, unsent)
        async for found in self._collect(client, pending):
            yield found

    def _price(self, model: str) -> Price | None:
        return self._price_of(model) if self._price_of else None

    async def _claim(self, request: ChatRequest) -> Claim | Outcome:
        reservation = reservation_for(request, self._budgets, self._price(request.model), _WINDOW_S)
        if isinstance(reservation, ChatFailure):
            return reservation
        claim = await self._ledger.claim(request, reservation)
        return claim if isinstance(claim, Claim | ChatAnswer) else ChatFailure(claim.kind, claim.detail)

    async def _submit(
        self, client: AsyncOpenAI, name: str, lines: Mapping[str, bytes], pending: dict[str, _Pending]
    ) -> None:
        import openai

        content = b"\n".join(_line(key, body) for key, body in lines.items())
        try:
            file = await client.files.create(file=("requests.jsonl", content), purpose="batch")
            # Tried once: a second try after a time-out could make a second batch.
            batch = await client.with_options(max_retries=0).batches.create(
                input_file_id=file.id,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={_NAME: name},
            )
            pending[name].batch_id = batch.id
        except openai.APIStatusError as error:
            for claim in pending.pop(name).claims.values():
                await self._ledger.release(claim, _failure_of(error, self._key))
            raise
        except openai.APIConnectionError:
            # Nobody knows whether it was made; its name will tell.
            return

    async def _collect(
        self, client: AsyncOpenAI, pending: dict[str, _Pending]
    ) -> AsyncGenerator[tuple[str, Outcome], None]:
        """Wait for the pending batches and settle what came back; they are taken out as they end."""
        clock = asyncio.get_running_loop().time
        while pending:
            await self._find(client, pending)
            for name, one in list(pending.items()):
                outcomes: dict[str, dict[str, Any]] = {}
                if one.batch_id is not None:
                    batch = await client.batches.retrieve(one.batch_id)
                    if batch.status not in _ENDED:
                        continue
                    outcomes, fact = await self._replies(client, batch), f"is {batch.status}"
                elif clock() - one.missing_since > _LOST_AFTER_S:
                    fact = "was never submitted"
                else:
                    continue
                lost = ChatFailure("server", f"the batch {one.batch_id or name} {fact}, without this request")
                for key, claim in one.claims.items():
                    yield key, await self._end(claim, outcomes.get(key, lost))
                del pending[name]
            if pending:
                await asyncio.sleep(self._poll_s)

    async def _find(self, client: AsyncOpenAI, pending: Mapping[str, _Pending]) -> None:
        """Look for the ids of batches that others submitted, by the names in their metadata."""
        missing = {name for name, one in pending.items() if one.batch_id is None}
        if not missing:
            return
        async for batch in client.batches.list(limit=100):
            name = (batch.metadata or {}).get(_NAME)
            if name in missing:
                pending[name].batch_id = batch.id
                missing.remove(name)
            if not missing:
                return

    async def _replies(self, client: AsyncOpenAI, batch: Batch) -> dict[str, dict[str, Any]]:
        """What came back, by key; failed lines stand in a file of their own, and expired batches have both."""
        found: dict[str, dict[str, Any]] = {}
        for file_id in (batch.output_file_id, batch.error_file_id):
            if file_id:
                content = (await client.files.content(file_id)).text
                lines = [json.loads(line) for line in content.splitlines()]
                found |= {line["custom_id"]: line["response"] for line in lines if line["response"]}
        return found

    async def _end(self, claim: Claim, reply: dict[str, Any] | ChatFailure) -> Outcome:
        outcome: Outcome
        if isinstance(reply, ChatFailure):
            outcome = reply
        else:
            body = json.dumps(reply.get("body")).encode()
            # Its time in the queue says nothing about the model.
            outcome = read_reply(claim, int(reply.get("status_code", 500)), {}, body, seconds=0.0)
        if isinstance(outcome, ChatAnswer):
            outcome = priced(outcome, self._price(claim.model))
            await self._ledger.settle(claim, outcome)
        else:
            await self._ledger.release(claim, outcome)
        return outcome


def _line(key: str, body: bytes) -> bytes:
    head = f'{{"custom_id": "{key}", "method": "POST", "url": "/v1/chat/completions", "body": '
    return head.encode() + body + b"}"


def _packed(bodies: Mapping[str, bytes]) -> list[dict[str, bytes]]:
    """The lines in as many parts as the provider's bounds ask for."""
    parts: list[dict[str, bytes]] = []
    size = 0
    for key, body in bodies.items():
        if not parts or len(parts[-1]) >= _MOST_LINES or size + len(body) > _MOST_BYTES:
            parts.append({})
            size = 0
        parts[-1][key] = body
        # The line around a body, with its key, is 110 bytes long.
        size += len(body) + 110
    return parts


def _failure_of(error: Exception, key: str) -> ChatFailure:
    """A call of the batch API that failed for good: openai's client has tried it again by itself."""
    status: int | None = getattr(error, "status_code", None)
    kind: FailureKind = "connection" if status is None else _KINDS.get(status, "bad_request")
    if status is not None and status >= 500:
        kind = "server"
    return ChatFailure(kind, f"the batch API: {error}".replace(key, "***")[:300], status)
