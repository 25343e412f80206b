"""Examples by a method that asks a model: one candidate for each piece of material, or just so many accepted rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from flows.alone.materials import read_passages, read_rows, read_seeds, read_units
from flows.alone.output import RowFile, row_file
from flows.alone.rejects import Rejects
from flows.model_calls import ModelRun
from flows.recipe import recipe_of
from flows.rounds import cells_told, deliver, key_of
from tasks.dedupe.config import ExampleDedupeConfig
from tasks.generate.by_model.candidates import Candidates
from tasks.generate.by_model.config import ByModelConfig
from tasks.generate.by_model.corpus import ItemCorpus
from tasks.generate.by_model.methods import METHODS
from tasks.generate.by_model.protocol import Item
from tasks.generate.by_model.writer import Candidate, Writer
from tasks.plan.config import PlanConfig, Target
from tilth.errors import RequestError
from tilth.records import EXAMPLES, FAILED_ANSWERS, REJECTS

if TYPE_CHECKING:
    from flows.alone.model_request import ModelRequest

# Candidates that are written together; a row group of the output.
_TOGETHER = 2048


def read_material(request: ModelRequest) -> tuple[list[Item], pa.Table]:
    """The pieces in the files that the request names, and what of those was left out."""
    items: list[Item] = []
    rejects = [REJECTS.empty_table()]
    for path, read in ((request.seeds, read_seeds), (request.rows, read_rows)):
        if path is not None:
            found, left_out = read(path)
            items += found
            rejects.append(left_out)
    if request.chunks is not None:
        items += read_passages(request.chunks)
    if request.units is not None:
        found, left_out = read_units(request.units, request.root, recipe_of((), "split"))
        items += found
        rejects.append(left_out)
    return items, pa.concat_tables(rejects)


def check_method(request: ModelRequest, config: ByModelConfig) -> None:
    """Raise `RequestError` when the method lacks its material, or a count where it has none to count by."""
    given = {"seed": request.seeds, "passage": request.chunks, "unit": request.units, "row": request.rows}
    options = {"seed": "--seeds", "passage": "--chunks", "unit": "--units", "row": "--rows"}
    name = config.methods[0].method
    material = METHODS[name].material
    has_material = any(given[kind] for kind in material)
    if material and not has_material and not METHODS[name].is_material_optional:
        raise RequestError(f"{name} starts from {' or '.join(f'{options[kind]} FILE' for kind in material)}.")
    if not has_material and request.wanted is None:
        raise RequestError(
            f"{name} has no material to count by, so say how many examples are wanted: --count N"
        )


def write_examples(
    request: ModelRequest, config: ByModelConfig, out: Path, rejects_path: Path | None, run: ModelRun
) -> dict[str, Any]:
    """Write the examples; the counts: rows, accepted, rejects by reason, and of a count the cells."""
    items, left_out = read_material(request)
    candidates = Candidates(config, items)
    writer = Writer(config, ItemCorpus(items), run.converse)
    with ExitStack() as stack:
        rows = stack.enter_context(row_file(out, EXAMPLES))
        rejects = stack.enter_context(Rejects.to(rejects_path, FAILED_ANSWERS))
        rejects.add(widened(left_out))
        if request.wanted is None:
            told = _write_all(candidates, writer, rows, rejects, run)
        else:
            told = _write_just(request.wanted, candidates, writer, rows, rejects, run)
    return {
        **told,
        "rows": rows.rows,
        "accepted": rows.rows,
        "rejects": rejects.by_reason(),
        "path": str(out),
    }


def _write_all(
    candidates: Candidates, writer: Writer, rows: RowFile, rejects: Rejects, run: ModelRun
) -> dict[str, Any]:
    total = candidates.count(0, {})
    run.began(total)
    for batch in _together(candidates, total):
        written = writer.write(batch)
        rows.add(written.rows)
        rejects.add(with_answers(written.rejects, written.failed))
    return {}


def _together(candidates: Candidates, total: int) -> Iterator[list[Candidate]]:
    for start in range(0, total, _TOGETHER):
        briefs = [candidates.brief(0, {}, turn, turn) for turn in range(start, min(start + _TOGETHER, total))]
        yield [Candidate(key_of({}, brief.ordinal), 0, brief.ordinal, brief) for brief in briefs if brief]


def _write_just(
    wanted: int, candidates: Candidates, writer: Writer, rows: RowFile, rejects: Rejects, run: ModelRun
) -> dict[str, Any]:
    run.began(None)
    plan = PlanConfig(targets=(Target(count=wanted),))
    delivered = deliver(plan, candidates, ExampleDedupeConfig(), writer.write, lambda _: {})
    rows.add(delivered.rows)
    rejects.add(with_answers(delivered.rejects, delivered.failed))
    cells = cells_told(delivered.cells)
    return {"cells": cells, "rounds": delivered.rounds, "why": " ".join(cell["sentence"] for cell in cells)}


def widened(rejects: pa.Table) -> pa.Table:
    """Rejects in the shape of FAILED_ANSWERS, for which nothing was asked."""
    columns = [
        rejects[name]
        if name in rejects.column_names
        else pa.nulls(rejects.num_rows, FAILED_ANSWERS.field(name).type)
        for name in FAILED_ANSWERS.names
    ]
    return pa.table(columns, schema=FAILED_ANSWERS)


def with_answers(rejects: pa.Table, failed: pa.Table) -> pa.Table:
    """The rejects of candidates, and the failed answers; one that ended its candidate is told once."""
    told = set(zip(failed["key"].to_pylist(), failed["reason"].to_pylist(), strict=True))
    pairs = zip(rejects["key"].to_pylist(), rejects["reason"].to_pylist(), strict=True)
    others = pa.array([pair not in told for pair in pairs], pa.bool_())
    return pa.concat_tables([widened(rejects.filter(others)), failed])
