"""How many accepted rows are wanted of what, and when to give up."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from itertools import combinations, product
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from tilth.config import Config

Column = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Value = Annotated[str, Field(min_length=1, max_length=200)]

# Each cell keeps its latest candidates and has a line in every summary; more cells than this are a table, not a plan.
_MOST_CELLS = 10_000


class Target(Config):
    """So many accepted rows of one cell."""

    cell: dict[Column, Value] = Field(
        default={},
        max_length=16,
        description="Values of columns that a row has; without any, every row counts.",
    )
    # Ten million is beyond what any budget buys; it catches a slip of the keyboard.
    count: int = Field(ge=0, le=10_000_000, description="Accepted rows of the cell; 0 leaves the cell out.")


class PlanConfig(Config):
    """Targets: a product of columns' values, single cells, or both. A single cell keeps its own count."""

    targets: tuple[Target, ...] = Field(
        default=(),
        max_length=_MOST_CELLS,
        description="Cells by name; one of them replaces the same cell of `cells`.",
    )
    cells: dict[Column, Annotated[tuple[Value, ...], Field(min_length=1)]] = Field(
        default={}, max_length=16, description="Columns and their values; every combination is a cell."
    )
    per_cell: int | None = Field(
        default=None, ge=1, le=10_000_000, description="Accepted rows of each combination in `cells`."
    )
    max_attempts: int = Field(
        default=20,
        ge=1,
        le=1000,
        description="A cell is given up when it surely (95 %) takes more candidates than this a row.",
    )
    # Some thousand calls keep every connection busy for minutes, and as many are in vain at worst when a topic
    # runs dry.
    max_round: int = Field(
        default=4096, ge=1, le=1_000_000, description="Candidates of one round, over all cells."
    )

    @property
    def all_cells(self) -> tuple[Target, ...]:
        """The cells with a count above 0: first the product's, the first column by name turning slowest.

        Columns of a cell are sorted, so that neither the order of keys in a recipe nor the way a cell was named
        matters.

        >>> plan = PlanConfig(
        ...     cells={"language": ("python", "go"), "difficulty": ("easy",)}, per_cell=50,
        ...     targets=(Target(cell={"language": "go", "difficulty": "easy"}, count=9),),
        ... )
        >>> [(target.cell["language"], target.count) for target in plan.all_cells]
        [('python', 50), ('go', 9)]
        """
        counts = {tuple(sorted(target.cell.items())): target.count for target in self.targets}
        columns = sorted(self.cells)
        crossed = product(*(self.cells[column] for column in columns)) if columns else ()
        combined = [tuple(zip(columns, values, strict=True)) for values in crossed]
        ordered = {**dict.fromkeys(combined, self.per_cell or 0), **counts}
        return tuple(Target(cell=dict(cell), count=count) for cell, count in ordered.items() if count)

    @model_validator(mode="after")
    def _cells_are_told_apart(self) -> Self:
        if bool(self.cells) != (self.per_cell is not None):
            raise PydanticCustomError(
                "product", "cells and per_cell go together: values to combine, and rows of each combination"
            )
        crossed = math.prod(len(values) for values in self.cells.values()) if self.cells else 0
        number = crossed + len(self.targets)
        if number > _MOST_CELLS:
            raise PydanticCustomError(
                "cells",
                "the plan has {number} cells, more than {most}: leave out a column",
                {"number": number, "most": _MOST_CELLS},
            )
        self._refuse_repeats()
        self._refuse_overlaps()
        return self

    def _refuse_repeats(self) -> None:
        named = [tuple(sorted(target.cell.items())) for target in self.targets]
        lists = {"targets": [label(dict(cell)) for cell in named]}
        lists |= {f"cells.{column}": list(values) for column, values in self.cells.items()}
        for where, names in lists.items():
            twice = [name for name, times in Counter(names).items() if times > 1]
            if twice:
                raise PydanticCustomError(
                    "repeated",
                    "{where} names {name} twice: name it once, with the count that is meant",
                    {"where": where, "name": twice[0]},
                )

    def _refuse_overlaps(self) -> None:
        """Every row belongs to one cell at most: cells of different columns differ in one that both name."""
        shapes: dict[tuple[str, ...], list[dict[str, str]]] = {}
        for target in self.all_cells:
            shapes.setdefault(tuple(target.cell), []).append(target.cell)
        for one, other in combinations(sorted(shapes), 2):
            both = [column for column in one if column in other]
            left = {tuple(cell[column] for column in both): cell for cell in shapes[one]}
            for cell in shapes[other]:
                twin = left.get(tuple(cell[column] for column in both))
                if twin is not None:
                    raise PydanticCustomError(
                        "overlap",
                        "a row can belong to two cells, {one} and {other}: give both the same columns",
                        {"one": label(twin), "other": label(cell)},
                    )


def label(cell: Mapping[str, str]) -> str:
    """A cell as people read it.

    >>> label({"language": "python", "difficulty": "easy"}), label({})
    ('difficulty=easy language=python', 'all rows')
    """
    return " ".join(f"{column}={value}" for column, value in sorted(cell.items())) or "all rows"
