"""`prompt`, the simplest method: new columns of a table, each one call a row with a template over the other columns.

A column may refer to another new column: `{{ question }}`, or a field of a structured answer, `{{ review.score }}`. The
references make a small graph, which is checked before anything is asked; `PromptTable.ready` says what a row can ask
next. Rows are mappings; tables, files and calls are the caller's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

from pydantic import Field

from tilth.config import Config
from tilth.errors import RequestError
from tilth.llm.request import ChatRequest
from tilth.llm.schemas import AnswerSchema
from tilth.llm.template import Template


class PromptColumn(Config):
    """A new column: what is asked for each row, and in what form the answer comes."""

    name: str = Field(
        default="answer", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="Name of the new column."
    )
    prompt: str = Field(
        min_length=1, description="Jinja template over the table's columns: what the model is told."
    )
    system: str = Field(default="", description="Jinja template of the system message; none when empty.")
    answer_schema: dict[str, Any] | None = Field(
        default=None, description="JSON schema of the answer, an object; without one the answer is text."
    )
    provider: str = Field(min_length=1, description="Name of the provider, one of the presets or your own.")
    model: str = Field(min_length=1, description="Name of the model as the provider knows it.")
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="Parameters of the call: temperature, max_tokens …"
    )
    samples: int = Field(
        default=1, ge=1, le=1000, description="Independent answers a row; above 1 the cell is a list."
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """One call that a row is ready for: the column, which of its samples, and the request."""

    column: str
    sample: int
    request: ChatRequest


class PromptTable:
    """New columns over given ones. Raises `RequestError` for unknown names, clashes and references in a circle."""

    def __init__(self, columns: Sequence[PromptColumn], given: Iterable[str]) -> None:
        self.given = tuple(given)
        self._columns = {column.name: _Column(column) for column in columns}
        self._check_names(columns)
        known = {*self.given, *self._columns}
        for column in self._columns.values():
            for template in column.templates:
                template.check_names(known)
        #: The new columns in an order in which each comes after those it refers to.
        self.order = self._sorted()

    def _check_names(self, columns: Sequence[PromptColumn]) -> None:
        names = [column.name for column in columns]
        for name in names:
            if names.count(name) > 1:
                raise RequestError(f"Two new columns are called {name!r}. Give each a name of its own.")
            if name in self.given:
                raise RequestError(f"The table has a column {name!r} already. Give the new one another name.")

    def _sorted(self) -> tuple[str, ...]:
        graph = {
            name: sorted(column.names & self._columns.keys())
            for name, column in sorted(self._columns.items())
        }
        try:
            return tuple(TopologicalSorter(graph).static_order())
        except CycleError as error:
            circle = " → ".join(reversed(error.args[1]))
            raise RequestError(
                f"The new columns refer to each other in a circle: {circle}. Break it."
            ) from None

    def depends_on(self, name: str) -> frozenset[str]:
        """The new columns that a column needs, directly or not: when one of them fails, it cannot be asked."""
        direct = self._columns[name].names & self._columns.keys()
        return direct.union(*(self.depends_on(other) for other in direct))

    def ready(self, row: Mapping[str, Any], started: Collection[str]) -> list[Cell]:
        """The calls that a row can make now: of columns not `started` whose references the row holds.

        Raises `PromptError` when a template cannot be rendered with this row's values: the row is a reject.
        """
        cells = []
        for name in self.order:
            column = self._columns[name]
            if name not in started and (column.names & self._columns.keys()) <= row.keys():
                cells += column.cells(row)
        return cells

    def is_structured(self, name: str) -> bool:
        """Whether a column's cells are objects."""
        return self._columns[name].config.answer_schema is not None

    def shared_bytes(self, name: str) -> int:
        """Bytes at the start of a column's messages that are the same in every row: what a prefix cache can hold."""
        return self._columns[name].shared_bytes


class _Column:
    def __init__(self, config: PromptColumn) -> None:
        self.config = config
        self._prompt = Template(config.prompt, config.name)
        self._system = Template(config.system, f"{config.name} (system)") if config.system else None
        self._schema = None
        if config.answer_schema is not None:
            self._schema = AnswerSchema(config.answer_schema, name=config.name).json

    @property
    def templates(self) -> tuple[Template, ...]:
        return (self._prompt,) if self._system is None else (self._system, self._prompt)

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset[str]().union(*(template.variables for template in self.templates))

    @property
    def shared_bytes(self) -> int:
        shared = 0
        for template in self.templates:
            shared += len(template.head.encode())
            if template.variables:
                break
        return shared

    def cells(self, row: Mapping[str, Any]) -> list[Cell]:
        messages: list[Mapping[str, Any]] = []
        if self._system is not None:
            messages.append({"role": "system", "content": self._system.render(row)})
        messages.append({"role": "user", "content": self._prompt.render(row)})
        config = self.config
        return [
            Cell(
                config.name,
                sample,
                ChatRequest(
                    config.provider, config.model, tuple(messages), config.parameters, self._schema, sample
                ),
            )
            for sample in range(config.samples)
        ]


def check_columns(needed: Iterable[str], given: Iterable[str], file: str) -> None:
    """Raises `RequestError` when a file of seeds or rows lacks columns that its use needs, with those it has."""
    there = list(given)
    missing = [name for name in needed if name not in there]
    if missing:
        raise RequestError(
            f"{file} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; "
            f"it has {', '.join(there) or 'none'}. Rename its columns or name another file."
        )
