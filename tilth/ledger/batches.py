"""Claims that outlive their process: those of a batch that a provider works on for hours.

They are entrusted to the batch before it is submitted, under a name that goes along as its metadata, so that any later
process finds it again, here and at the provider, and settles or releases its claims. They end in no other way.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from tilth.errors import RequestError
from tilth.ledger.database import Database, Row
from tilth.ledger.entry import Budget, Claim, Reservation

# No process is called so: a batch is never looked for among the living.
_PREFIX = "batch:"

_ENTRUSTED = """
SELECT claim_id, key, provider, model, input_bytes, max_output_tokens, microusd, tokens, seconds, budgets
FROM claims
WHERE owner = ?
ORDER BY claimed_at, claim_id
"""


def entrust(database: Database, claims: Sequence[Claim], batch: str) -> None:
    """Makes a batch the owner of open claims; all of them, or it raises and none."""
    among, listed = database.among("claim_id"), database.listed([claim.claim_id for claim in claims])
    rows = database.execute(f"SELECT claim_id FROM claims WHERE {among}", [listed])
    found = {claim_id for (claim_id,) in rows}
    ended = [claim.claim_id for claim in claims if claim.claim_id not in found]
    if ended:
        raise RequestError(
            f"The claim {ended[0]} has ended and cannot go into the batch {batch}. Claim anew."
        )
    database.execute(f"UPDATE claims SET owner = ? WHERE {among}", [_PREFIX + batch, listed])


def entrusted(database: Database, batch: str) -> list[Claim]:
    """The open claims of a batch, in the order in which they were claimed.

    Of their budgets only the names are known, and of their tokens only the sum, here as input.
    """
    return [_claim(row) for row in database.execute(_ENTRUSTED, [_PREFIX + batch])]


def open_batches(database: Database) -> list[str]:
    """The names of the batches that have open claims, sorted."""
    rows = database.execute(f"SELECT DISTINCT owner FROM claims WHERE owner LIKE '{_PREFIX}%' ORDER BY owner")
    return [owner.removeprefix(_PREFIX) for (owner,) in rows]


def _claim(row: Row) -> Claim:
    claim_id, key, provider, model, input_bytes, max_output_tokens, microusd, tokens, seconds, names = row
    budgets = tuple(Budget(name) for name in json.loads(names))
    reservation = Reservation(budgets, input_tokens=tokens, microusd=microusd, seconds=seconds)
    return Claim(claim_id, key, provider, model, input_bytes, max_output_tokens, reservation)
