"""The tables of a ledger, in SQL that SQLite and PostgreSQL both read.

What may hold any character (answers, details) is JSON, in which a NUL or half a surrogate pair survives both databases.
`answers` and `failures` only grow; `claims` holds what is in flight and is small.
"""

from __future__ import annotations

from tilth.ledger.database import LedgerError

# Raised when an older Tilth could no longer read or write a ledger; a newer one then converts it when opening it.
FORMAT = 1

# `{identity}` is how the database numbers rows by itself.
TABLES = """
CREATE TABLE ledger (
    format BIGINT NOT NULL
);
CREATE TABLE answers (
    entry {identity},
    key TEXT NOT NULL UNIQUE,
    claim_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    answered_by TEXT NOT NULL,
    input_bytes BIGINT NOT NULL,
    max_output_tokens BIGINT,
    input_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cached_tokens BIGINT NOT NULL,
    cost_microusd BIGINT,
    seconds DOUBLE PRECISION NOT NULL,
    settled_at DOUBLE PRECISION NOT NULL,
    budgets TEXT NOT NULL,
    answer TEXT NOT NULL
);
CREATE INDEX answers_by_model ON answers (provider, model, entry);
CREATE TABLE failures (
    entry {identity},
    claim_id TEXT NOT NULL UNIQUE,
    key TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    kind TEXT NOT NULL,
    status BIGINT,
    spent_microusd BIGINT,
    spent_tokens BIGINT NOT NULL,
    failed_at DOUBLE PRECISION NOT NULL,
    budgets TEXT NOT NULL,
    failure TEXT NOT NULL
);
CREATE TABLE claims (
    claim_id TEXT PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    input_bytes BIGINT NOT NULL,
    max_output_tokens BIGINT,
    microusd BIGINT,
    tokens BIGINT NOT NULL,
    seconds DOUBLE PRECISION NOT NULL,
    claimed_at DOUBLE PRECISION NOT NULL,
    budgets TEXT NOT NULL
);
CREATE TABLE owners (
    owner TEXT PRIMARY KEY,
    pid BIGINT NOT NULL,
    host TEXT NOT NULL,
    opened_at DOUBLE PRECISION NOT NULL
);
CREATE TABLE budgets (
    name TEXT PRIMARY KEY,
    microusd BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    seconds DOUBLE PRECISION NOT NULL,
    reserved_microusd BIGINT NOT NULL,
    reserved_tokens BIGINT NOT NULL,
    in_flight BIGINT NOT NULL,
    answers BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    lost BIGINT NOT NULL,
    unpriced BIGINT NOT NULL,
    ticked_at DOUBLE PRECISION NOT NULL
);
CREATE TABLE rates (
    name TEXT PRIMARY KEY,
    level DOUBLE PRECISION NOT NULL,
    filled_at DOUBLE PRECISION NOT NULL
);
"""


def statements(identity: str) -> list[str]:
    """The statements that make an empty ledger, in order."""
    return [text.strip() for text in TABLES.replace("{identity}", identity).split(";") if text.strip()]


def check_format(version: int, name: str) -> None:
    """Raises `LedgerError` for a ledger that this Tilth is too old for."""
    if version > FORMAT:
        raise LedgerError(
            f"The ledger {name} has format {version}, written by a newer Tilth; this one knows {FORMAT}. "
            "Update Tilth, or name another ledger."
        )


def insert(table: str, columns: str, conflict: str = "") -> str:
    """An INSERT of one row with a placeholder a column.

    >>> insert("rates", "name, level")
    'INSERT INTO rates (name, level) VALUES (?, ?)'
    """
    marks = ", ".join("?" for _ in columns.split(","))
    return f"INSERT INTO {table} ({columns}) VALUES ({marks}) {conflict}".rstrip()
