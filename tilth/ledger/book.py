"""What one group commit reads and writes: whole sets of claims, answers and failures, and the accounts that they move.

A `Book` lives inside one transaction that excludes every other writer. All that it does can be done again: a batch
whose commit was not confirmed may be repeated, and counts once.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from tilth.errors import RequestError
from tilth.ledger.account import Account, Hold, Outcome
from tilth.ledger.database import Database, Row
from tilth.ledger.entry import Claim
from tilth.ledger.schema import insert
from tilth.llm.request import ChatAnswer, ChatFailure

_ACCOUNT = ", ".join(field.name for field in fields(Account))
_ACCOUNT_SET = ", ".join(f"{field.name} = excluded.{field.name}" for field in fields(Account))
_SAVE_ACCOUNT = insert("budgets", _ACCOUNT, f"ON CONFLICT (name) DO UPDATE SET {_ACCOUNT_SET}")

_CLAIM = "claim_id, key, owner, provider, model, microusd, tokens, seconds, claimed_at, budgets"
_ADD_CLAIM = insert("claims", f"{_CLAIM}, input_bytes, max_output_tokens")

_ANSWER = (
    "key, claim_id, provider, model, answered_by, input_bytes, max_output_tokens, input_tokens, output_tokens, "
    "cached_tokens, cost_microusd, seconds, settled_at, budgets, answer"
)
_ADD_ANSWER = insert("answers", _ANSWER, "ON CONFLICT (key) DO NOTHING")
_FIND_ANSWERS = (
    "SELECT key, answered_by, input_tokens, output_tokens, cached_tokens, cost_microusd, seconds, answer "
    "FROM answers WHERE "
)

_FAILURE = (
    "claim_id, key, provider, model, kind, status, spent_microusd, spent_tokens, failed_at, budgets, failure"
)
_ADD_FAILURE = insert("failures", _FAILURE, "ON CONFLICT (claim_id) DO NOTHING")

_OWNER = "owner, pid, host, opened_at"
_ADD_OWNER = insert("owners", _OWNER, "ON CONFLICT (owner) DO NOTHING")


@dataclass(frozen=True, slots=True)
class OpenClaim:
    """A row of `claims`."""

    claim_id: str
    key: str
    owner: str
    provider: str
    model: str
    hold: Hold
    claimed_at: float
    budgets: tuple[str, ...]


class Book:
    """The ledger's rows as one transaction at `now` sees and changes them; `close` writes the accounts."""

    def __init__(self, database: Database, now: float) -> None:
        self._database = database
        self._now = now
        self._accounts: dict[str, Account] = {}
        self._before: dict[str, Account] = {}

    def accounts(self, names: Iterable[str]) -> list[Account]:
        """The accounts of these budgets, new ones empty, their clocks set to now."""
        wanted = list(names)
        missing = sorted({name for name in wanted if name not in self._accounts})
        if missing:
            for account in find_accounts(self._database, missing):
                self._before[account.name] = replace(account)
                account.tick(self._now)
                self._accounts[account.name] = account
            for name in missing:
                self._accounts.setdefault(name, Account(name, ticked_at=self._now))
        return [self._accounts[name] for name in wanted]

    def open_claims(self, keys: Sequence[str]) -> dict[str, str]:
        """The claim in flight for each of these keys that has one."""
        if not keys:
            return {}
        sql = f"SELECT key, claim_id FROM claims WHERE {self._database.among('key')}"
        return dict(self._database.execute(sql, [self._database.listed(keys)]))

    def add_claims(self, claims: Sequence[Claim]) -> None:
        """Writes claims that were granted; their holds are reserved already."""
        self._database.execute_many(_ADD_CLAIM, [self._claim_row(claim) for claim in claims])

    def reserve(self, claim: Claim) -> None:
        """Sets the claim's hold aside in all its budgets."""
        budgets = claim.reservation.budgets
        if budgets:
            hold = Hold.of(claim.reservation)
            for account in self.accounts(budget.name for budget in budgets):
                account.reserve(hold)

    def settle(self, settled: Sequence[tuple[Claim, ChatAnswer, str]]) -> None:
        """Writes answers, ends their claims and counts what they cost."""
        open_claims = self._take_claims([claim.claim_id for claim, _, _ in settled])
        lost = [(claim, answer) for claim, answer, _ in settled if claim.claim_id not in open_claims]
        for claim, answer, _ in settled:
            found = open_claims.get(claim.claim_id)
            if found is not None:
                spent = answer.input_tokens + answer.output_tokens
                for account in self.accounts(found.budgets):
                    account.settle(found.hold, answer.cost_microusd, spent, "answers")
        if lost:
            self._find_lost(lost)
        self._database.execute_many(_ADD_ANSWER, [self._answer_row(*end) for end in settled])

    def release(self, released: Sequence[tuple[Claim, ChatFailure, str]]) -> None:
        """Ends claims without an answer and counts what their failures cost."""
        open_claims = self._take_claims([claim.claim_id for claim, _, _ in released])
        ends = [
            (open_claims[claim.claim_id], failure, body)
            for claim, failure, body in released
            if claim.claim_id in open_claims
        ]
        self._fail(ends, "failures")

    def reap(self, owners: Sequence[str]) -> list[str]:
        """Ends all claims of dead owners, counts their holds as spent, and gives the keys that are free again."""
        among, listed = self._database.among("owner"), self._database.listed(owners)
        rows = self._database.execute(f"DELETE FROM claims WHERE {among} RETURNING {_CLAIM}", [listed])
        claims = sorted(map(_open_claim, rows), key=lambda claim: claim.claim_id)
        failure = ChatFailure(
            "killed", "its process died in flight", is_retryable=True, is_spend_unknown=True
        )
        self._stop_clocks(claims)
        self._fail([(claim, failure, failure_json(failure)) for claim in claims], "lost")
        self._database.execute(f"DELETE FROM owners WHERE {among}", [listed])
        return [claim.key for claim in claims]

    def add_owner(self) -> None:
        """Makes this process known, so that others look for its sign of life."""
        self._database.execute(
            _ADD_OWNER, [self._database.owner, os.getpid(), socket.gethostname(), self._now]
        )

    def close(self) -> None:
        """Writes back the accounts that were moved; one for which only time passed reckons that again."""
        rows = [
            [getattr(account, field.name) for field in fields(Account)]
            for name, account in sorted(self._accounts.items())
            if _movements(account) != _movements(self._before.get(name))
        ]
        if rows:
            self._database.execute_many(_SAVE_ACCOUNT, rows)

    def _take_claims(self, claim_ids: Sequence[str]) -> dict[str, OpenClaim]:
        if not claim_ids:
            return {}
        sql = f"DELETE FROM claims WHERE {self._database.among('claim_id')} RETURNING {_CLAIM}"
        taken = {
            row[0]: _open_claim(row)
            for row in self._database.execute(sql, [self._database.listed(claim_ids)])
        }
        self.accounts(sorted({name for claim in taken.values() for name in claim.budgets}))
        return taken

    def _stop_clocks(self, claims: Sequence[OpenClaim]) -> None:
        """Takes back the time that accounts saw pass since the last of their calls must have ended."""
        names = sorted({name for claim in claims for name in claim.budgets})
        before = {account.name: account for account in find_accounts(self._database, names)}
        for account in self.accounts(names):
            dead = [claim for claim in claims if account.name in claim.budgets]
            if account.name in before and before[account.name].in_flight == len(dead):
                last = max(claim.claimed_at + claim.hold.seconds for claim in dead)
                stopped = replace(before[account.name])
                stopped.tick(max(stopped.ticked_at, min(self._now, last)))
                account.seconds = stopped.seconds

    def _fail(self, ends: Sequence[tuple[OpenClaim, ChatFailure, str]], outcome: Outcome) -> None:
        rows = []
        for claim, failure, body in ends:
            microusd, tokens = failure.cost_microusd, failure.input_tokens + failure.output_tokens
            if failure.is_spend_unknown:
                microusd, tokens = claim.hold.microusd, claim.hold.tokens
            for account in self.accounts(claim.budgets):
                account.settle(claim.hold, microusd, tokens, outcome)
            named = (claim.claim_id, claim.key, claim.provider, claim.model, failure.kind, failure.status)
            budgets = json.dumps(claim.budgets)
            rows.append((*named, microusd, tokens, self._now, budgets, body))
        self._database.execute_many(_ADD_FAILURE, rows)

    def _find_lost(self, settled: Sequence[tuple[Claim, ChatAnswer]]) -> None:
        """Answers whose claims are gone: either settled already, or given up as lost although their owner lived."""
        among = self._database.among("claim_id")
        listed = self._database.listed([claim.claim_id for claim, _ in settled])
        sql = f"DELETE FROM failures WHERE kind = 'killed' AND {among} RETURNING claim_id"
        lost = {claim_id for (claim_id,) in self._database.execute(sql, [listed])}
        for claim, answer in settled:
            if claim.claim_id in lost:
                hold, spent = Hold.of(claim.reservation), answer.input_tokens + answer.output_tokens
                for account in self.accounts(budget.name for budget in claim.reservation.budgets):
                    account.find(hold, answer.cost_microusd, spent)

    def _claim_row(self, claim: Claim) -> Row:
        hold = Hold.of(claim.reservation)
        owner, budgets = self._database.owner, _names(claim)
        named = (claim.claim_id, claim.key, owner, claim.provider, claim.model)
        return (*named, hold.microusd, hold.tokens, hold.seconds, self._now, budgets, *_sizes(claim))

    def _answer_row(self, claim: Claim, answer: ChatAnswer, body: str) -> Row:
        named = (claim.key, claim.claim_id, claim.provider, claim.model, answer.model)
        tokens = (answer.input_tokens, answer.output_tokens, answer.cached_tokens)
        return (
            *named,
            *_sizes(claim),
            *tokens,
            answer.cost_microusd,
            answer.seconds,
            self._now,
            _names(claim),
            body,
        )


def find_answers(database: Database, keys: Sequence[str]) -> dict[str, ChatAnswer]:
    """The recorded answers to these keys, as replays."""
    if not keys:
        return {}
    rows = database.execute(_FIND_ANSWERS + database.among("key"), [database.listed(keys)])
    return {row[0]: _replayed(row) for row in rows}


def find_accounts(database: Database, names: Sequence[str]) -> list[Account]:
    """The accounts of these budgets as they were last written; one never used is missing."""
    sql = f"SELECT {_ACCOUNT} FROM budgets WHERE {database.among('name')} ORDER BY name"
    return [Account(*row) for row in database.execute(sql, [database.listed(names)])] if names else []


def _movements(account: Account | None) -> Account | None:
    return account and replace(account, seconds=0.0, ticked_at=0.0)


def _open_claim(row: Row) -> OpenClaim:
    claim_id, key, owner, provider, model, microusd, tokens, seconds, claimed_at, budgets = row
    hold = Hold(microusd, tokens, seconds)
    return OpenClaim(claim_id, key, owner, provider, model, hold, claimed_at, tuple(json.loads(budgets)))


def _replayed(row: Row) -> ChatAnswer:
    _, model, input_tokens, output_tokens, cached_tokens, cost, seconds, body = row
    text, finish_reason, refusal, raw = answer_said(body)
    return ChatAnswer(
        text=text,
        finish_reason=finish_reason,
        refusal=refusal,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_tokens=cached_tokens,
        cost_microusd=cost,
        model=model,
        seconds=seconds,
        raw=raw,
        is_replayed=True,
    )


def _sizes(claim: Claim) -> Row:
    return claim.input_bytes, claim.max_output_tokens


def _names(claim: Claim) -> str:
    budgets = claim.reservation.budgets
    return json.dumps([budget.name for budget in budgets]) if budgets else "[]"


def answer_json(answer: ChatAnswer) -> str:
    """What an answer says, as its row keeps it; raises `RequestError` for what JSON has no word for."""
    # The text nearly always stands in the body of the response as well, and is then kept once.
    text = None if answer.text == _content(answer.raw) else answer.text
    return _json([text, answer.finish_reason, answer.refusal, answer.raw])


def answer_said(body: str) -> tuple[str, str | None, str | None, Any]:
    """Text, finish reason, refusal and raw response out of what `answer_json` made."""
    text, finish_reason, refusal, raw = json.loads(body)
    return _content(raw) if text is None else text, finish_reason, refusal, raw


def _content(raw: Any) -> Any:
    """Where OpenAI's and most other servers put the text; None if it is not there."""
    try:
        return raw["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        return None


def failure_json(failure: ChatFailure) -> str:
    """What a failure says, as its row keeps it; raises `RequestError` for what JSON has no word for."""
    return _json([failure.detail, failure.raw])


def _json(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        text.encode()
    except TypeError as error:
        raise RequestError(f"What came back is no JSON and cannot be recorded: {error}.") from None
    except UnicodeEncodeError:
        # Half a surrogate pair, which no database takes; as an escape it survives.
        return json.dumps(value, separators=(",", ":"))
    return text
