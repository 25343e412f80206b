"""Pays for calls while the disk fills up under the ledger; the test starts this program on a small disk of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from tests.tilth.ledger.calls import answer, claimed, replayed
from tilth.ledger.database import LedgerError
from tilth.ledger.entry import Budget
from tilth.ledger.ledger import open_ledger

CALLS = 200


def fill_up(path: Path) -> None:
    """Leaves no room on the disk."""
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(1 << 16)) == 1 << 16:
                pass
        except OSError:
            return


async def main(folder: Path) -> dict[str, object]:
    refusals = []
    async with open_ledger(folder / "ledger.sqlite") as ledger:
        claims = [await claimed(ledger, number, Budget("run")) for number in range(CALLS)]
        fill_up(folder / "filler")
        # Answers of 20 kB do not fit any more, but for the room that was kept.
        await asyncio.gather(*[ledger.settle(claim, answer("x" * 20_000)) for claim in claims])
        for number in (1000, 1001):
            try:
                await claimed(ledger, number)
            except LedgerError as error:
                refusals.append(str(error))
        found = [await replayed(ledger, number) for number in range(CALLS)]
        answers = (await ledger.spent("run")).answers
        (folder / "filler").unlink()
        await claimed(ledger, 1000)
    return {"refusals": refusals, "replayed": len(found), "answers": answers}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(Path(sys.argv[1])))))
