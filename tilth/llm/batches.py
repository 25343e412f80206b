"""Requests by a provider's batch API: half the price at OpenAI, an answer within a day, the same ledger.

A batch outlives the process that submitted it. Its lines carry the requests' keys, and its metadata say that it is
Tilth's, so whoever asks for the same requests later finds it at the provider and takes its answers, be it
unfinished, and whatever else is asked for beside. Nothing local has to be remembered, and a request is never
submitted twice while its batch lives.

It does not retry: a line that failed is a failure, and its request may be asked for again, live or by another batch.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

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

# How a batch of ours is told from others in the account.
_MARK = {"made_by": "tilth"}
# OpenAI's bounds of one batch are 50,000 requests and 200 MB of input.
_MOST_LINES, _MOST_BYTES = 50_000, 190_000_000
_ENDED = frozenset({"failed", "expired", "cancelled"})
# The completion window that OpenAI offers.
_WINDOW_S = 24 * 3600.0
# A claim is granted in milliseconds, unless a budget is short of what this very batch has reserved: then what was
# claimed so far is submitted, and the rest has its turn when that has come back.
_PATIENT_CLAIM_S = 2.0
_KINDS: Mapping[int, FailureKind] = {401: "bad_key", 403: "bad_key", 429: "rate_limited"}


class BatchCaller:
    """The batches of one provider account. `price` is that of the batch API."""

    def __init__(
        self,
        ledger: Ledger,
        provider: Provider,
        key: str,
        *,
        poll_s: float = 30.0,
        budgets: tuple[Budget, ...] = (),
        price: Price | None = None,
    ) -> None:
        self._ledger, self._provider, self._key = ledger, provider, key
        self._poll_s, self._budgets, self._price = poll_s, budgets, price

    async def answer_all(self, requests: Sequence[ChatRequest]) -> AsyncGenerator[tuple[int, Outcome], None]:
        """Every request's place and outcome: those of the ledger at once, the rest as their batches complete.

        All must name one model, as OpenAI asks of a batch. A request that stands in the list twice is submitted once.
        """
        places: dict[str, list[int]] = {}
        for index, request in enumerate(requests):
            places.setdefault(request.key, []).append(index)
        waiting = deque(places)
        open_claims: dict[str, tuple[ChatRequest, Claim]] = {}
        try:
            while waiting:
                async for key, outcome in self._round(waiting, requests, places, open_claims):
                    for index in places[key]:
                        yield index, outcome
        finally:
            # Who stops leaves the batch at the provider, which will bill it; the next one who asks finds it there.
            left = ChatFailure("cancelled", "stopped before the batch was done", is_spend_unknown=True)
            for _, claim in open_claims.values():
                await self._ledger.release(claim, left)

    async def _round(
        self,
        waiting: deque[str],
        requests: Sequence[ChatRequest],
        places: Mapping[str, list[int]],
        open_claims: dict[str, tuple[ChatRequest, Claim]],
    ) -> AsyncGenerator[tuple[str, Outcome], None]:
        """Claim what can be claimed, and see its batches through."""
        while waiting:
            request = requests[places[waiting[0]][0]]
            try:
                # The first one of a round may wait for other processes as long as it takes.
                async with asyncio.timeout(_PATIENT_CLAIM_S if open_claims else None):
                    outcome = await self._claim(request)
            except TimeoutError:
                break
            key = waiting.popleft()
            if isinstance(outcome, Claim):
                open_claims[key] = (request, outcome)
            else:
                yield key, outcome
        async for found in self._collect(open_claims):
            yield found

    async def _claim(self, request: ChatRequest) -> Claim | Outcome:
        reservation = reservation_for(request, self._budgets, self._price, _WINDOW_S)
        if isinstance(reservation, ChatFailure):
            return reservation
        claim = await self._ledger.claim(request, reservation)
        return claim if isinstance(claim, Claim | ChatAnswer) else ChatFailure(claim.kind, claim.detail)

    async def _collect(
        self, open_claims: dict[str, tuple[ChatRequest, Claim]]
    ) -> AsyncGenerator[tuple[str, Outcome], None]:
        """Find or submit the batches of these claims, wait for them, settle; claims are taken out as they end."""
        if not open_claims:
            return
        import openai

        client = openai.AsyncOpenAI(api_key=self._key, base_url=self._provider.base_url)
        try:
            pending = await self._adopt(client, set(open_claims))
            missing = set(open_claims).difference(*pending.values())
            pending |= await self._submit(
                client, [open_claims[key][0] for key in open_claims if key in missing]
            )
            while pending:
                for batch_id in list(pending):
                    batch = await client.batches.retrieve(batch_id)
                    if batch.status != "completed" and batch.status not in _ENDED:
                        continue
                    outcomes = await self._outcomes(client, batch)
                    for key in sorted(pending.pop(batch_id) & set(open_claims)):
                        lost = ChatFailure(
                            "server", f"the batch {batch_id} is {batch.status} without this request"
                        )
                        request, claim = open_claims.pop(key)
                        yield key, await self._end(request, claim, outcomes.get(key, lost))
                if pending:
                    await asyncio.sleep(self._poll_s)
        except openai.APIError as error:
            failure = _failure_of(error, self._key)
            for key, (_, claim) in list(open_claims.items()):
                del open_claims[key]
                await self._ledger.release(claim, failure)
                yield key, failure
        finally:
            await client.close()

    async def _adopt(self, client: AsyncOpenAI, wanted: set[str]) -> dict[str, set[str]]:
        """Batches of Tilth's at the provider that hold wanted requests, by id, with the keys that they hold."""
        found: dict[str, set[str]] = {}
        async for batch in client.batches.list(limit=100):
            is_ours = (batch.metadata or {}).get("made_by") == _MARK["made_by"]
            if not is_ours or batch.status in _ENDED or not wanted:
                continue
            content = (await client.files.content(batch.input_file_id)).text
            keys = {json.loads(line)["custom_id"] for line in content.splitlines()} & wanted
            if keys:
                found[batch.id] = keys
                wanted = wanted - keys
        return found

    async def _submit(self, client: AsyncOpenAI, requests: Sequence[ChatRequest]) -> dict[str, set[str]]:
        submitted: dict[str, set[str]] = {}
        for lines in _packed({request.key: body_of(request, self._provider) for request in requests}):
            content = b"\n".join(_line(key, body) for key, body in lines.items())
            file = await client.files.create(file=("requests.jsonl", content), purpose="batch")
            batch = await client.batches.create(
                input_file_id=file.id,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata=_MARK,
            )
            submitted[batch.id] = set(lines)
        return submitted

    async def _outcomes(self, client: AsyncOpenAI, batch: Batch) -> dict[str, dict[str, Any]]:
        """What came back, by key; failed lines stand in a file of their own."""
        found: dict[str, dict[str, Any]] = {}
        for file_id in (batch.output_file_id, batch.error_file_id):
            if file_id:
                content = (await client.files.content(file_id)).text
                lines = [json.loads(line) for line in content.splitlines()]
                found |= {line["custom_id"]: line["response"] or {} for line in lines}
        return found

    async def _end(self, request: ChatRequest, claim: Claim, reply: dict[str, Any] | ChatFailure) -> Outcome:
        outcome: Outcome
        if isinstance(reply, ChatFailure):
            outcome = reply
        else:
            body = json.dumps(reply.get("body")).encode()
            # Its time in the queue says nothing about the model.
            outcome = read_reply(request, int(reply.get("status_code", 500)), {}, body, seconds=0.0)
        if isinstance(outcome, ChatAnswer):
            outcome = priced(outcome, self._price)
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
    status = getattr(error, "status_code", None)
    kind: FailureKind = "connection" if status is None else _KINDS.get(status, "bad_request")
    if status is not None and status >= 500:
        kind = "server"
    return ChatFailure(kind, f"the batch API: {error}".replace(key, "***")[:300], status)
