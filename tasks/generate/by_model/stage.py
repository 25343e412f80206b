"""What candidates are as work of a stage, and how a batch of them is written.

A candidate's work digest is made of all that its prompts depend on. Its part is the memory: what was written once is
found again without asking the ledger, and what failed for a reason that may pass is not kept beyond the run.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.generate.by_model.candidates import Candidates
from tasks.generate.by_model.methods import METHODS
from tasks.generate.by_model.protocol import Item
from tasks.generate.by_model.writer import Candidate, Writer, Written
from tilth.artifact import is_whole, write_part
from tilth.errors import LakeError
from tilth.fingerprint import ROOT, digest
from tilth.lake import Lake
from tilth.llm.prompts import DOMAINS, PROMPTS
from tilth.records import EXAMPLES, Outcome, rows_of
from tilth.stage import BATCH_BYTES, Stage

FAILED = "failed_answers"
# A batch is what one part holds: large enough that its slowest call holds up few others, small enough that a kill
# leaves little to be replayed.
_TOGETHER = 256
# Reasons that say nothing of the candidate: a later run asks again.
PASSING = frozenset(
    ("budget", "timeout", "connection", "server", "overloaded", "rate_limited", "cancelled", "killed", "bad_key",
     "no_credit", "not_recorded")
)  # fmt: skip

_MODULES = ("tasks.generate.by_model.writer", "tasks.generate.by_model.candidates")
_PROMPTS = tuple(
    sorted(str(path.relative_to(ROOT)) for folder in (PROMPTS, DOMAINS) for path in folder.glob("*.yaml"))
)
CANDIDATES = Stage("candidates", EXAMPLES, "", _MODULES, suite="tasks.generate.suite", data=_PROMPTS)
DELIVERED = Stage(
    "delivered",
    EXAMPLES,
    "",
    (*_MODULES, "tasks.plan.acceptance"),
    suite="tasks.generate.suite",
    data=_PROMPTS,
)

_WORK = pa.schema(
    [
        ("key", pa.string()),
        ("work_digest", pa.string()),
        ("bytes", pa.int64()),
        ("method", pa.int32()),  # number in the config
        ("cell", pa.string()),  # JSON
        ("ordinal", pa.int64()),
        ("turn", pa.int64()),  # number among the method's candidates of the cell
        ("avoid", pa.list_(pa.string())),
        ("suggested", pa.list_(pa.string())),
    ]
)


def work_of(
    asked: Sequence[Candidate], candidates: Candidates, corpus_digest: str, faults: Mapping[str, int]
) -> pa.Table:
    """One row of work for each candidate.

    `corpus_digest` names all material, for methods that look at more of it; `faults` are those of `passing_faults`.
    """
    rows = []
    for key, method, turn, brief in asked:
        entry = METHODS[candidates.config.methods[method].method]
        item = brief.item
        made_of = digest(
            brief.candidate_id,
            digest(item.text, item.input, item.answer, item.title, item.language, _columns(item))
            if item
            else "",
            str(brief.lap),
            "" if item else str(brief.turn),
            json.dumps([dict(brief.cell), list(brief.avoid), sorted(brief.suggested)], sort_keys=True),
            corpus_digest if entry.uses_corpus else "",
            str(faults.get(key, 0)),
        )
        rows.append(
            {"key": key, "work_digest": made_of, "bytes": BATCH_BYTES // _TOGETHER, "method": method,
             "cell": json.dumps(dict(brief.cell), sort_keys=True), "ordinal": brief.ordinal, "turn": turn,
             "avoid": list(brief.avoid), "suggested": sorted(brief.suggested)}
        )  # fmt: skip
    return pa.Table.from_pylist(rows, schema=_WORK)


def _columns(item: Item) -> str:
    return json.dumps(dict(item.values), sort_keys=True, default=str)


class Desks(NamedTuple):
    """Who writes in this process, and for whom."""

    candidates: Candidates
    writer: Writer
    said: Callable[[], str]  # how far all of it is and what it cost, in a sentence


_OPEN: dict[Path, Desks] = {}


@contextmanager
def at_work(lake: Lake, desks: Desks) -> Iterator[None]:
    """For as long as the block lasts, shards of this lake are written here: calls share one engine a process."""
    _OPEN[lake.root] = desks
    try:
        yield
    finally:
        del _OPEN[lake.root]


def desks_of(lake: Lake) -> Desks:
    """Who writes for this lake. Raises `LakeError` outside of `at_work`."""
    desks = _OPEN.get(lake.root)
    if desks is None:
        raise LakeError("Nobody writes for this lake in this process. Run the build again.")
    return desks


def write_batch(lake: Lake, stage_digest: str, batch: pa.Table, done: Callable[[], None]) -> str:
    """Write a batch of candidates, and call `done` after each; the path of its part inside the lake."""
    desks = desks_of(lake)
    candidates = []
    names = ("key", "method", "cell", "ordinal", "turn", "avoid", "suggested")
    for key, method, cell, ordinal, turn, avoid, suggested in rows_of(batch, *names):
        brief = desks.candidates.brief(method, json.loads(cell), ordinal, turn, tuple(avoid), suggested)
        if brief is None:
            raise LakeError(f"candidate {key} has lost its material. Run the build again.")
        candidates.append(Candidate(key, method, turn, brief))
    written = desks.writer.write(candidates, done)
    outcome = Outcome(written.rows, written.rejects)
    beside = {FAILED: written.failed, "usage": _usage(written, batch)}
    return lake.relative(write_part(lake, CANDIDATES.artifact, stage_digest, batch, outcome, beside))


def _usage(written: Written, batch: pa.Table) -> pa.Table:
    """What each candidate cost: read by the plan, and part of no digest."""
    return pa.table({"key": batch["key"], "cost_microusd": [usage.cost_microusd for usage in written.usage]})


def passing_faults(lake: Lake, stage_digest: str) -> Counter[str]:
    """How often each candidate failed so far for a reason that may have passed, by its key.

    Its work is named by that number too: so it is tried again, what was answered is replayed, and the parts of earlier
    versions stay as they are.
    """
    parent = lake.parts(CANDIDATES.artifact, stage_digest)
    times: Counter[str] = Counter()
    for folder in sorted(parent.iterdir()) if parent.is_dir() else ():
        if is_whole(folder):
            rejects = pq.read_table(folder / "rejects.parquet", columns=["key", "reason"])
            times.update(key for key, reason in rows_of(rejects, "key", "reason") if reason in PASSING)
    return times
