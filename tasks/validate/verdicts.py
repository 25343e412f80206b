"""From examples to verdicts: every check over a shard, the quality, and what is left out.

The quality is the weighted geometric mean of the scores of the checks that apply: a product, so that one bad
part weighs more than many good ones can make up for, and a part at 0 makes the whole 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from tasks.validate.batch import Batch
from tasks.validate.checks import CHECKS
from tasks.validate.columns import column
from tasks.validate.config import CheckName, ValidateConfig
from tasks.validate.judgement import BoolArray, FloatArray, Judgement, Remark
from tilth.errors import RequestError
from tilth.records import REJECTS, VERDICTS, Columns, Outcome

# Checks that are passed or not (shape, in_place, syntax) say little about how good an example is.
_DEFAULT_WEIGHT = 0.5


def validate_examples(
    examples: pa.Table,
    documents: pa.Table,
    config: ValidateConfig,
    *,
    well_formed: frozenset[str] = frozenset(),
) -> Outcome:
    """Verdicts of every example, and a reject for each that is not accepted, both in order of example_id.

    `examples` are of one shard (EXAMPLES) and `documents` (DOCUMENTS) hold the texts of their origins;
    `well_formed` are the ids of those that somebody has parsed without an error already. Raises
    `RequestError` when a table lacks a column or the config names a rule that Ruff does not know.
    """
    _require(examples, "examples", "key", "example_id", "kind", "messages", "middle", "origins", "code")
    _require(documents, "documents", "document_id", "text", "language", "path", "licence_class")
    batch = Batch(_sorted(examples), documents, config, well_formed)
    names = [name for name in CHECKS if name in config.checks]
    judgements = [CHECKS[name](batch) for name in names]
    quality = compose_quality(names, judgements, config)
    reasons: list[Remark | None] = [None] * batch.size
    for row in np.flatnonzero(quality < config.min_quality).tolist():
        reasons[row] = Remark(
            "low_quality", f"quality {quality[row]:.3f}, at least {config.min_quality} is asked"
        )
    for judged in reversed(judgements):
        for row, remark in judged.failures.items():
            reasons[row] = remark
    return Outcome(_verdicts(batch, names, judgements, quality, reasons), _rejects(batch, reasons))


def _require(table: pa.Table, name: str, *columns: str) -> None:
    missing = [column for column in columns if column not in table.column_names]
    if missing:
        raise RequestError(
            f"The table of {name} lacks {', '.join(missing)}; it has {', '.join(table.column_names)}. "
            f"Rebuild it with the schema of tilth.records."
        )


def _sorted(examples: pa.Table) -> pa.Table:
    return examples.sort_by([("example_id", "ascending"), ("key", "ascending")])


def compose_quality(
    names: list[CheckName], judgements: list[Judgement], config: ValidateConfig
) -> FloatArray:
    """Quality of each row, 0 to 1: the product of score ** (weight / sum of weights) over what applies.

    A row that no check of any weight has looked at has quality 1.
    """
    size = len(judgements[0].scores)
    total, weights = np.zeros(size), np.zeros(size)
    with np.errstate(divide="ignore"):
        for name, judged in zip(names, judgements, strict=True):
            weight = config.weights.get(name, _DEFAULT_WEIGHT)
            if weight > 0.0:
                total += np.where(judged.applies, weight * np.log(judged.scores), 0.0)
                weights += np.where(judged.applies, weight, 0.0)
    quality = np.exp(total / np.where(weights > 0.0, weights, 1.0))
    # Nine digits: the last bits of logarithms differ from one mathematics library to the next.
    rounded: FloatArray = np.round(np.clip(quality, 0.0, 1.0), 9)
    return rounded


def _verdicts(
    batch: Batch,
    names: list[CheckName],
    judgements: list[Judgement],
    quality: FloatArray,
    reasons: list[Remark | None],
) -> pa.Table:
    arrays = [
        column(batch.examples, "key"),
        column(batch.examples, "example_id"),
        pa.array([reason is None for reason in reasons], pa.bool_()),
        pa.array([reason.reason if reason else None for reason in reasons], pa.string()),
        pa.array(quality),
        _checks_column(names, judgements),
    ]
    return pa.Table.from_arrays(arrays, schema=VERDICTS)


def _checks_column(names: list[CheckName], judgements: list[Judgement]) -> pa.Array:
    """The list of what every check said, of each row, in the order of the table."""
    applies: BoolArray = np.stack([judged.applies for judged in judgements], axis=1)
    place = np.cumsum(applies.ravel()).reshape(applies.shape) - 1
    passed = np.ones(int(applies.sum()), dtype=np.bool_)
    words: dict[str, Any] = {key: np.full(len(passed), None, dtype=object) for key in ("reason", "detail")}
    for number, judged in enumerate(judgements):
        for row, remark in (judged.remarks | judged.failures).items():
            at = place[row, number]
            words["reason"][at], words["detail"][at] = remark
            passed[at] = row not in judged.failures
    scores = np.stack([judged.scores for judged in judgements], axis=1)[applies]
    columns = [
        pa.array(names, pa.string()).take(pa.array(np.nonzero(applies)[1])),
        pa.array(passed),
        pa.array(np.round(scores, 9)),
        pa.array(words["reason"], pa.string()),
        pa.array(words["detail"], pa.string()),
    ]
    type_ = VERDICTS.field("checks").type
    offsets = pa.array(np.append(0, np.cumsum(applies.sum(axis=1))), pa.int32())
    items = pa.StructArray.from_arrays(columns, fields=list(type_.value_type))
    return pa.ListArray.from_arrays(offsets, items, type=type_)


def _rejects(batch: Batch, reasons: list[Remark | None]) -> pa.Table:
    rejects = Columns(REJECTS)
    rows = [row for row, reason in enumerate(reasons) if reason is not None]
    taken = batch.examples.select(["key", "example_id"]).take(pa.array(rows, pa.int64()))
    keys, ids = column(taken, "key").to_pylist(), column(taken, "example_id").to_pylist()
    paths = batch.paths.take(pa.array(rows, pa.int64())).to_pylist()
    for row, key, example_id, path in zip(rows, keys, ids, paths, strict=True):
        remark = reasons[row]
        line = int(batch.lines[0][row]) + 1 if batch.text_of[row] >= 0 else None
        if remark is not None:
            rejects.add(
                key=key, item_id=example_id, path=path, line=line, reason=remark.reason, detail=remark.detail
            )
    return rejects.table()
