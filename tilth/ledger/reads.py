"""What is read out of a ledger for people, estimates and exports; and the shared rates."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from tilth.ledger.account import Account, draw, fill
from tilth.ledger.book import answer_said, find_accounts
from tilth.ledger.database import Database
from tilth.ledger.entry import Lease, Spend, Usage
from tilth.ledger.schema import insert

_HISTORY = """
SELECT input_bytes, max_output_tokens, input_tokens, output_tokens, cached_tokens, cost_microusd, seconds
FROM answers
WHERE provider = ? AND model = ?
ORDER BY entry DESC
LIMIT ?
"""

_SAVE_RATE = insert(
    "rates",
    "name, level, filled_at",
    "ON CONFLICT (name) DO UPDATE SET level = excluded.level, filled_at = excluded.filled_at",
)

_SHARED_COLUMNS = ("entry", "key", "claim_id", "provider", "model", "budgets")
_COLUMNS = {
    "answers": (
        *_SHARED_COLUMNS,
        *("answered_by", "input_bytes", "max_output_tokens", "input_tokens", "output_tokens"),
        *("cached_tokens", "cost_microusd", "seconds", "settled_at", "answer"),
    ),
    "failures": (
        *_SHARED_COLUMNS,
        *("kind", "status", "spent_microusd", "spent_tokens", "failed_at", "failure"),
    ),
}
# What the last column holds, as JSON.
_BODY = {"answers": ("text", "finish_reason", "refusal", "raw"), "failures": ("detail", "raw")}


@dataclass(frozen=True, slots=True)
class RowPage:
    """Some rows of a table by column; `raw` and `budgets` are JSON text. `after` asks for the next page."""

    rows: list[dict[str, Any]]
    after: int


def find_spend(database: Database, name: str) -> Spend:
    """What a budget has seen, its time up to now; nothing, if it was never used."""
    accounts = find_accounts(database, [name])
    account = accounts[0] if accounts else Account(name)
    account.tick(database.now())
    return account.spend()


def find_history(database: Database, provider: str, model: str, limit: int) -> list[Usage]:
    """The latest answered calls of a model, newest first."""
    return [Usage(*row) for row in database.execute(_HISTORY, [provider, model, limit])]


def read_page(database: Database, table: Literal["answers", "failures"], after: int, limit: int) -> RowPage:
    """The first rows after an entry, in the order in which they were written."""
    columns = _COLUMNS[table]
    sql = f"SELECT {', '.join(columns)} FROM {table} WHERE entry > ? ORDER BY entry LIMIT ?"
    found = database.execute(sql, [after, limit])
    return RowPage([_row(table, columns, row) for row in found], found[-1][0] if found else after)


def _row(table: str, columns: tuple[str, ...], values: tuple[Any, ...]) -> dict[str, Any]:
    row = dict(zip(columns, values, strict=True))
    body = row.pop(columns[-1])
    said = answer_said(body) if table == "answers" else json.loads(body)
    row.update(zip(_BODY[table], said, strict=True))
    row["raw"] = None if row["raw"] is None else json.dumps(row["raw"], ensure_ascii=False)
    return row


def take_lease(database: Database, name: str, per_minute: float, burst: float, wanted: float) -> Lease:
    """Draws from a bucket inside a transaction; a new bucket is full."""
    now = database.now()
    found = database.execute("SELECT level, filled_at FROM rates WHERE name = ?", [name])
    level, filled_at = found[0] if found else (burst, now)
    level = fill(level, now - filled_at, per_minute, burst)
    granted, wait_s = draw(level, per_minute, wanted)
    database.execute(_SAVE_RATE, [name, level - granted, now])
    return Lease(granted, wait_s)
