"""What the stage `balance` reads: the surviving examples, all at once."""

from __future__ import annotations

from collections.abc import Mapping

from tasks.balance.config import BalanceConfig
from tasks.balance.mixture import balance_examples
from tilth.artifact import Artifact
from tilth.lake import Lake
from tilth.memory import give_back
from tilth.query import close_databases, connect
from tilth.records import MIXTURE, Outcome
from tilth.stage import Stage, open_views

STAGE = Stage(
    artifact="mixture",
    schema=MIXTURE,
    engine="",
    modules=("tasks.balance.mixture",),
    suite="tasks.balance.suite",
)

_SURVIVORS_SQL = """
    SELECT example_id, language, task, category, difficulty, surviving_examples.quality, tokens
    FROM examples
    JOIN surviving_examples ON surviving_examples.item_id = example_id
    ORDER BY example_id
"""


def compute(lake: Lake, inputs: Mapping[str, Artifact], config: BalanceConfig) -> Outcome:
    """Choose and weigh among the surviving examples. Only their short columns are read."""
    with connect(lake.spill) as connection:
        open_views(connection, lake, inputs)
        survivors = connection.sql(_SURVIVORS_SQL).to_arrow_table()
    # The join and the sort of a million rows hold as much as all that follows.
    close_databases()
    give_back()
    return balance_examples(survivors, config)
