"""Variables of a template, and how their values are drawn: the same for a candidate in every run.

Each variable of a candidate has a digest of its own, so that adding one changes no other. A value that the cell names
goes before the draw. A variable may depend on another or on a column of the cell; what depends on itself is refused
when the config is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Field, FiniteFloat, model_validator
from pydantic_core import PydanticCustomError

from tasks.generate.by_model.people import LOCALES, OLDEST, YOUNGEST, Locale, invent_person
from tasks.generate.by_model.protocol import Brief, Desk, Item
from tilth.config import Config
from tilth.fingerprint import draw
from tilth.llm.conversation import Unfit
from tilth.llm.template_language import text_of

_WHOLE = 2**64  # what `draw` gives lies below it
# More values than a number or a span of days is ever cut into; a step smaller than that is a slip.
_MOST_STEPS = 10**9


class Category(Config):
    """One of some values, each as likely as another."""

    kind: Literal["category"]
    values: tuple[str, ...] = Field(min_length=1, description="What is drawn from.")

    def value(self, identity: str, item: Item | None) -> Any:
        """The value for a digest."""
        return self.values[draw(identity, 0, 0) % len(self.values)]


class Weighted(Config):
    """One of some values, in proportion to their weights."""

    kind: Literal["weighted"]
    weights: dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(
        min_length=1, description="Values with their weights, which need not add up to 1."
    )

    def value(self, identity: str, item: Item | None) -> Any:
        """The value for a digest; in the order of the values, so that the order of the file does not count."""
        ordered = sorted(self.weights.items())
        left = draw(identity, 0, 0) / _WHOLE * sum(weight for _, weight in ordered)
        for value, weight in ordered:
            left -= weight
            if left < 0:
                return value
        return ordered[-1][0]


class Number(Config):
    """A number between two others: whole where bounds and step are, by steps from the least where there is one."""

    kind: Literal["number"]
    least: int | FiniteFloat = Field(description="The smallest value.")
    most: int | FiniteFloat = Field(
        description="The largest value; by steps it is met only if they lead to it."
    )
    step: Annotated[int, Field(gt=0)] | Annotated[FiniteFloat, Field(gt=0)] | None = Field(
        default=None, description="Distance of two values; 1 between whole numbers unless told otherwise."
    )
    digits: int = Field(
        default=2, ge=0, le=10, description="Places after the point of a number without steps."
    )

    @model_validator(mode="after")
    def _has_values(self) -> Self:
        if self.most < self.least:
            raise _fault("most is {most}, below least, which is {least}", most=self.most, least=self.least)
        if self.step is not None and (self.most - self.least) / self.step > _MOST_STEPS:
            raise _fault("a step of {step} gives more than a thousand million values", step=self.step)
        return self

    def value(self, identity: str, item: Item | None) -> Any:
        """The value for a digest."""
        drawn = draw(identity, 0, 0)
        is_whole = isinstance(self.least, int) and isinstance(self.most, int)
        step = self.step if self.step is not None else 1 if is_whole else None
        if step is None:
            return round(self.least + drawn / _WHOLE * (self.most - self.least), self.digits)
        # In decimals, as they are written: 0.1 + 2 * 0.1 is 0.3 here.
        first, last, distance = (Decimal(str(number)) for number in (self.least, self.most, step))
        found = first + drawn % (int((last - first) / distance) + 1) * distance
        return int(found) if is_whole and isinstance(step, int) else float(found)


class Date(Config):
    """A day between two others, both included."""

    kind: Literal["date"]
    first: date = Field(description="The earliest day.")
    last: date = Field(description="The latest day.")
    step_days: int = Field(
        default=1, ge=1, le=36_600, description="Days between two values; 7 keeps the weekday."
    )

    @model_validator(mode="after")
    def _has_values(self) -> Self:
        if self.last < self.first:
            raise _fault(
                "last is {last}, before first, which is {first}", last=str(self.last), first=str(self.first)
            )
        return self

    def value(self, identity: str, item: Item | None) -> Any:
        """The day for a digest, as 2026-11-21."""
        count = (self.last - self.first).days // self.step_days + 1
        return (self.first + timedelta(days=draw(identity, 0, 0) % count * self.step_days)).isoformat()


class Somebody(Config):
    """An invented person: an object with name, given, family, age, city, country, occupation and locale."""

    kind: Literal["person"]
    locales: tuple[Locale, ...] = Field(default=LOCALES, min_length=1, description="Where they live.")
    # Nobody is known to have lived longer than 122 years.
    least_age: int = Field(default=YOUNGEST, ge=0, le=122, description="Youngest age in years.")
    most_age: int = Field(default=OLDEST, ge=0, le=122, description="Oldest age in years.")

    @model_validator(mode="after")
    def _has_values(self) -> Self:
        if self.most_age < self.least_age:
            raise _fault(
                "most_age is {most}, below least_age, which is {least}",
                most=self.most_age,
                least=self.least_age,
            )
        return self

    def value(self, identity: str, item: Item | None) -> Any:
        """The person for a digest, as an object."""
        return invent_person(identity, self.locales, (self.least_age, self.most_age))._asdict()


class Column(Config):
    """What the candidate's row or seed holds in a column."""

    kind: Literal["column"]
    column: str = Field(min_length=1, description="Name of the column.")

    def value(self, identity: str, item: Item | None) -> Any:
        """The row's value. Raises `Unfit` where there is no row, or no value in it."""
        if item is None:
            raise Unfit("no_material", f"column {self.column}")
        row = {**_fields(item), **item.values}
        if self.column not in row:
            raise Unfit("column_missing", f"{self.column}; the row has {', '.join(sorted(row))}")
        if row[self.column] in (None, ""):
            raise Unfit("column_empty", self.column)
        return row[self.column]


Plain = Annotated[Category | Weighted | Number | Date | Somebody | Column, Field(discriminator="kind")]


class Conditional(Config):
    """A variable whose draw depends on the value of another, or on a column of the cell."""

    kind: Literal["conditional"]
    # Not `on`, which YAML 1.1 reads as true.
    by: str = Field(
        min_length=1, description="The variable, a field of it (customer.locale), or a cell's column."
    )
    cases: dict[str, Plain] = Field(min_length=1, description="By value of the other, how this one is drawn.")
    otherwise: Plain | None = Field(default=None, description="How it is drawn for any other value.")


Sampler = Annotated[
    Category | Weighted | Number | Date | Somebody | Column | Conditional, Field(discriminator="kind")
]


def _fault(message: str, **facts: Any) -> PydanticCustomError:
    return PydanticCustomError("sampler", message, facts)


def _fields(item: Item) -> dict[str, Any]:
    """A seed's own fields by the names that they have in files of seeds."""
    own = {"instruction": item.text, "input": item.input, "answer": item.answer, "title": item.title}
    return {name: value for name, value in own.items() if value}


def check_order(variables: Mapping[str, Any]) -> None:
    """Raises a fault of the config for a variable that depends on itself, directly or not."""
    for name in variables:
        way = [name]
        while True:
            here = variables.get(way[-1])
            if not isinstance(here, Conditional):
                break
            following = here.by.partition(".")[0]
            if following in way:
                raise _fault("{name} depends on itself: {way}", name=name, way=" > ".join([*way, following]))
            way.append(following)


def draw_values(variables: Mapping[str, Any], brief: Brief, desk: Desk) -> dict[str, Any]:
    """The values of all variables for a candidate, in the order of their names. Raises `Unfit` where one has none."""
    values: dict[str, Any] = {}

    def value_of(name: str) -> Any:
        if name in values:
            return values[name]
        # The recipe's own way to draw it goes before a suggestion.
        if name in brief.targets:
            values[name] = brief.cell[name]
        elif name in variables:
            values[name] = _drawn(name, variables[name])
        elif name in brief.cell:
            values[name] = brief.cell[name]
        return values.get(name)

    def _drawn(name: str, sampler: Any) -> Any:
        if isinstance(sampler, Conditional):
            sampler = _case(name, sampler, _inside(value_of(sampler.by.partition(".")[0]), sampler.by))
        return sampler.value(desk.draw_for(name), brief.item)

    for name in sorted(variables):
        value_of(name)
    return {name: values[name] for name in sorted(variables)}


def _inside(value: Any, dotted: str) -> str:
    for part in dotted.split(".")[1:]:
        value = value.get(part) if isinstance(value, Mapping) else None
    return text_of(value)


def _case(name: str, sampler: Conditional, value: str) -> Any:
    found = sampler.cases.get(value, sampler.otherwise)
    if found is None:
        raise Unfit(
            "no_case_for_value", f"{name}: {sampler.by} is {value!r}; cases: {', '.join(sampler.cases)}"
        )
    return found


def names_behind(used: Sequence[str], variables: Mapping[str, Any]) -> set[str]:
    """The names used, and those that the variables among them depend on."""
    found: set[str] = set()
    waiting = list(used)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            sampler = variables.get(name)
            if isinstance(sampler, Conditional):
                waiting.append(sampler.by.partition(".")[0])
    return found
