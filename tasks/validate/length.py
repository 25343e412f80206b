"""Whether an example is of a length that can be trained on, and its answer whole."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.validate.batch import Batch
from tasks.validate.columns import column, is_blank, numbers, truths
from tasks.validate.judgement import Judgement
from tilth.tokens import BYTES_PER_TOKEN

_FENCE = r"(?m)^[ \t]*```"


def check_length(batch: Batch) -> Judgement:
    """Grows with the answer's tokens up to `substantial_answer_tokens`; out of bounds, or cut off, fails.

    The answer of a closed task is as long as its option, and 1.

    An answer is cut off when it opens a fenced block that it does not close.
    """
    config = batch.config
    judged = Judgement(np.ones(batch.size, dtype=np.bool_))
    answer_tokens = batch.answer_bytes / BYTES_PER_TOKEN
    judged.scores = np.minimum(1.0, answer_tokens / config.substantial_answer_tokens)
    if "task" in batch.examples.column_names:
        closed = pa.array(config.closed_tasks, pa.string())
        judged.scores[truths(pc.is_in(column(batch.examples, "task"), value_set=closed))] = 1.0
    judged.fail_where(is_blank(batch.answer), "empty_answer", None)
    tokens = numbers(column(batch.examples, "tokens"), -1)
    tokens = np.where(tokens < 0, np.rint(answer_tokens).astype(np.int64), tokens)
    for row in np.flatnonzero((tokens < config.min_tokens) | (tokens > config.max_tokens)).tolist():
        count, is_short = int(tokens[row]), tokens[row] < config.min_tokens
        bound = f"at least {config.min_tokens}" if is_short else f"at most {config.max_tokens}"
        judged.fail(row, "too_short" if is_short else "too_long", f"{count} tokens, {bound} are asked")
    _check_cut(batch, judged)
    return judged


def _check_cut(batch: Batch, judged: Judgement) -> None:
    fenced = truths(pc.match_substring(batch.answer, "```"))
    rows = np.flatnonzero(fenced & batch.is_kind("chat", "preference"))
    counts = pc.count_substring_regex(batch.answer.take(pa.array(rows)), _FENCE)
    for row in rows[numbers(counts, 0) % 2 == 1].tolist():
        judged.fail(row, "truncated", "a fenced block is not closed")
