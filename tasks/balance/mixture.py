"""From survivors to the mixture: quotas by language, task and category, weights and ranks.

Bounds are worked out from the leaves up (categories inside a task, tasks inside a language, languages), and
what each may keep is then handed down by water-filling, which never breaks a bound on shares that held for
more rows. Inside a cell of language, task and category the best quality stays, equals by id. Examples are
counted, not tokens. Holds one row of short columns an example; does not see their texts.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tasks.balance.config import BalanceConfig
from tasks.balance.curriculum import curriculum_rank
from tasks.balance.quotas import bound_shares, fill_to_level, language_quotas
from tasks.balance.weights import sampling_weights
from tilth.errors import RequestError
from tilth.records import MIXTURE, REJECTS, Outcome

_GROUPS = ("language", "task", "category")
_COLUMNS = ("example_id", *_GROUPS, "difficulty", "quality", "tokens")

Cell = tuple[str, str, str]


def balance_examples(survivors: pa.Table, config: BalanceConfig) -> Outcome:
    """The mixture in order of rank, and a reject `over_quota` or `no_quality` for every other survivor.

    `survivors` has example_id, language, task, category, difficulty, quality (0 to 1), tokens, and may have
    `key` (else the example_id is the key). Raises `RequestError` when a column is missing.
    """
    missing = [name for name in _COLUMNS if name not in survivors.column_names]
    if missing:
        raise RequestError(
            f"The survivors lack {', '.join(missing)}; they have {', '.join(survivors.column_names)}. "
            f"Join them with the examples first."
        )
    rows = _prepared(survivors)
    good = np.asarray(pc.fill_null(pc.is_finite(rows["quality"]), False), dtype=np.bool_)
    unknown = rows.filter(pa.array(~good))
    rows = rows.filter(pa.array(good))
    is_kept, quota_of = _choose(rows, config)
    kept = rows.filter(pa.array(is_kept))
    over = rows.filter(pa.array(~is_kept))
    rejects = [
        _rejects(over, "over_quota", quota_of[~is_kept].tolist()),
        _rejects(unknown, "no_quality", ["its quality is not a number"] * unknown.num_rows),
    ]
    return Outcome(_mixture(kept, config), pa.concat_tables(rejects).sort_by("item_id"))


def _prepared(survivors: pa.Table) -> pa.Table:
    """The columns that count, by cell, and inside a cell the best first."""
    key = survivors["key"] if "key" in survivors.column_names else survivors["example_id"]
    rows = survivors.select(list(_COLUMNS)).append_column("key", key)
    rows = rows.set_column(rows.column_names.index("quality"), "quality", rows["quality"].cast(pa.float64()))
    keys = pa.table({name: _names(rows, name) for name in _GROUPS})
    for name in ("quality", "example_id", "key"):
        keys = keys.append_column(name, rows[name])
    best_first = [("quality", "descending"), ("example_id", "ascending"), ("key", "ascending")]
    order = pc.sort_indices(keys, sort_keys=[*((name, "ascending") for name in _GROUPS), *best_first])
    return rows.take(order)


def _names(rows: pa.Table, group: str) -> pa.ChunkedArray:
    """The names of a group; a row without one belongs to the group that is called nothing."""
    return pc.fill_null(rows[group].cast(pa.string()), "")


def _choose(rows: pa.Table, config: BalanceConfig) -> tuple[NDArray[np.bool_], NDArray[np.object_]]:
    """Mask of the rows of a cell-sorted table that stay, and a sentence on the quota of each row's cell."""
    cells, firsts, counts = _cells(rows)
    quotas = cell_quotas(dict(zip(cells, counts, strict=True)), config)
    quota = np.asarray([quotas[cell] for cell in cells], dtype=np.int64)
    position = np.arange(rows.num_rows) - np.repeat(firsts, counts)
    words = np.asarray(
        [
            f"{'/'.join(name or '-' for name in cell)} keeps the best {quotas[cell]} of {count}"
            for cell, count in zip(cells, counts, strict=True)
        ],
        dtype=object,
    )
    is_kept: NDArray[np.bool_] = position < np.repeat(quota, counts)
    return is_kept, np.repeat(words, counts)


def _cells(rows: pa.Table) -> tuple[list[Cell], NDArray[np.int64], list[int]]:
    """Distinct (language, task, category) in row order, first row and number of rows of each; null is ''."""
    columns = [_names(rows, name).combine_chunks() for name in _GROUPS]
    codes = [np.asarray(column.dictionary_encode().indices, dtype=np.int64) for column in columns]
    change = np.zeros(rows.num_rows, dtype=np.bool_)
    change[:1] = True
    for code in codes:
        change[1:] |= code[1:] != code[:-1]
    firsts = np.flatnonzero(change).astype(np.int64)
    counts = np.diff(np.append(firsts, rows.num_rows)).tolist()
    taken = [column.take(pa.array(firsts)).to_pylist() for column in columns]
    return list(zip(*taken, strict=True)), firsts, counts


def cell_quotas(counts: dict[Cell, int], config: BalanceConfig) -> dict[Cell, int]:
    """Examples that each cell of (language, task, category) may keep.

    >>> counts = {("go", "doc", ""): 1, ("python", "doc", ""): 90, ("python", "fim", ""): 10}
    >>> cell_quotas(counts, BalanceConfig(strategy="cap", max_per_language=15))
    {('go', 'doc', ''): 1, ('python', 'doc', ''): 8, ('python', 'fim', ''): 7}
    """
    by_category = _each(counts, 2, lambda group: bound_shares(group, config.max_category_share))
    by_task = _each(_sums(by_category, 2), 1, lambda group: bound_shares(group, config.max_task_share))
    of_language = _each(_sums(by_task, 1), 0, lambda group: language_quotas(group, config))
    of_task = _hand_down(by_task, of_language)
    kept = _hand_down(by_category, of_task)
    return {cell: kept[cell] for cell in counts}


def _sums(counts: dict[tuple[str, ...], int], depth: int) -> dict[tuple[str, ...], int]:
    sums: dict[tuple[str, ...], int] = {}
    for cell, count in counts.items():
        sums[cell[:depth]] = sums.get(cell[:depth], 0) + count
    return sums


def _each(
    counts: dict[tuple[str, ...], int] | dict[Cell, int], depth: int, rule: Callable[[list[int]], list[int]]
) -> dict[tuple[str, ...], int]:
    """Apply a rule to the counts of every group of cells that share their first `depth` names."""
    result: dict[tuple[str, ...], int] = {}
    for _, group in groupby(sorted(counts.items()), key=lambda entry: entry[0][:depth]):
        members = list(group)
        quotas = rule([count for _, count in members])
        result |= {cell: quota for (cell, _), quota in zip(members, quotas, strict=True)}
    return result


def _hand_down(
    counts: dict[tuple[str, ...], int], quotas: dict[tuple[str, ...], int]
) -> dict[tuple[str, ...], int]:
    """Share each parent's quota among its cells by water-filling."""
    depth = len(next(iter(quotas), ()))
    result: dict[tuple[str, ...], int] = {}
    for parent, group in groupby(sorted(counts.items()), key=lambda entry: entry[0][:depth]):
        members = list(group)
        filled = fill_to_level([count for _, count in members], quotas[parent])
        result |= {cell: quota for (cell, _), quota in zip(members, filled, strict=True)}
    return result


def _mixture(kept: pa.Table, config: BalanceConfig) -> pa.Table:
    weights = sampling_weights(kept["quality"].to_numpy(), config)
    rows = kept.append_column("weight", pa.array(weights)).append_column(
        "rank", pa.array(curriculum_rank(kept))
    )
    return (
        rows.sort_by([("rank", "ascending"), ("example_id", "ascending")]).select(MIXTURE.names).cast(MIXTURE)
    )


def _rejects(rows: pa.Table, reason: str, details: list[str]) -> pa.Table:
    size = rows.num_rows
    columns = {
        "key": rows["key"],
        "item_id": rows["example_id"],
        "path": pa.nulls(size, pa.string()),
        "line": pa.nulls(size, pa.int64()),
        "reason": pa.array([reason] * size, pa.string()),
        "detail": pa.array(details, pa.string()),
    }
    return pa.table(columns).cast(REJECTS)
