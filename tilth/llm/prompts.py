"""The methods' prompts: data files with their paper, their version, their variables and the schema of each answer.

A file in `data/prompts` has one or more steps, each a system and a user message. What is the same for a whole recipe
stands before what is the same for a cell, and that before what differs from row to row; a file where it does not is
refused: providers cache and discount the common start of prompts. `data/prompts/domains` holds domain packs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import Field, HttpUrl, ValidationError

from tilth.config import Config
from tilth.errors import RequestError
from tilth.fingerprint import ROOT, digest
from tilth.llm.schemas import AnswerSchema
from tilth.llm.template import Template
from tilth.yaml_errors import NO_YAML

PROMPTS = ROOT / "data" / "prompts"
DOMAINS = PROMPTS / "domains"

# From what stays to what changes: the order in which variables may appear.
_SCOPES = ("recipe", "cell", "row")


class Paper(Config):
    """Where a method comes from."""

    title: str
    year: int = Field(ge=1950, le=2100)
    url: HttpUrl


class Variable(Config):
    """A name that a file's templates use. `sample` shows what it may hold, and lets tests render the file."""

    scope: Literal["recipe", "cell", "row"]
    about: str = Field(min_length=1)
    sample: Any


class Step(Config):
    """One call of a method. Without `answer` the model answers with plain text."""

    system: str = Field(min_length=1)
    user: str = Field(min_length=1)
    answer: dict[str, Any] | None = None


class PromptFile(Config):
    """A method's prompts."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: int = Field(ge=1)
    title: str = Field(min_length=1)
    papers: tuple[Paper, ...] = Field(min_length=1)
    variables: dict[str, Variable]
    steps: dict[str, Step] = Field(min_length=1)

    @cached_property
    def prompts(self) -> Mapping[str, Prompt]:
        """The steps, compiled. Raises `RequestError` for what is wrong with one."""
        return {name: Prompt(self, name) for name in self.steps}

    def prompt(self, step: str) -> Prompt:
        """A step by its name."""
        if step not in self.steps:
            raise RequestError(
                f"The prompts of {self.name} have no step {step!r}; there are: {', '.join(self.steps)}."
            )
        return self.prompts[step]


class Prompt:
    """One step of a method, ready to be rendered.

    `template_id` names the text, not only the version: an edited file gives its rows an id of their own.
    """

    def __init__(self, file: PromptFile, step: str) -> None:
        content, name = file.steps[step], f"{file.name}/{step}"
        self._system = Template(content.system.strip(), f"{name} (system)")
        self._user = Template(content.user.strip(), f"{name} (user)")
        for template in (self._system, self._user):
            template.check_names(file.variables)
        self._check_order(file)
        self.schema = None if content.answer is None else AnswerSchema(content.answer, name=step)
        self.variables = frozenset((*self._system.variables, *self._user.variables))
        told = "" if self.schema is None else self.schema.text
        # Eight characters tell the editions of one file apart.
        self.template_id = f"{name}@{file.version}-{digest(content.system, content.user, told)[:8]}"

    def _check_order(self, file: PromptFile) -> None:
        scopes = [file.variables[name].scope for name in self._system.variables]
        if any(scope != "recipe" for scope in scopes):
            raise RequestError(
                f"{self._system.name} changes within a recipe. Move such variables to the user message."
            )
        ranks = [_SCOPES.index(file.variables[name].scope) for name in self._user.variables]
        if ranks != sorted(ranks):
            raise RequestError(
                f"{self._user.name} uses a variable of a row before one of the cell or the recipe. "
                "Put first what changes least: caches hold the common start of prompts."
            )

    def messages(self, values: Mapping[str, Any]) -> tuple[Mapping[str, str], ...]:
        """The system and the user message for these values; a variable that is not given is null.

        Raises `RequestError` for a value that no template of the step uses: it would be lost in silence.
        """
        unused = sorted(values.keys() - self.variables)
        if unused:
            raise RequestError(
                f"{self._user.name} does not use {', '.join(unused)}; it uses {', '.join(sorted(self.variables))}."
            )
        return (
            {"role": "system", "content": self._system.render(values).strip("\n")},
            {"role": "user", "content": self._user.render(values).strip("\n")},
        )


class Topic(Config):
    """A part of a domain, and what it divides into."""

    name: str = Field(min_length=1)
    subtopics: tuple[str, ...] = Field(min_length=1)


class DomainPack(Config):
    """What a model must know of a domain to write examples of it; not a source of facts."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: int = Field(ge=1)
    written: date
    title: str = Field(min_length=1)
    description: str = Field(min_length=1)
    audiences: tuple[str, ...] = Field(min_length=1)
    topics: tuple[Topic, ...] = Field(min_length=3)
    terms: tuple[str, ...] = Field(min_length=5)
    tasks: tuple[str, ...] = Field(min_length=3)
    style: tuple[str, ...] = Field(min_length=1)
    cautions: tuple[str, ...] = Field(min_length=1)
    difficulty: dict[Literal["easy", "medium", "hard"], str] = Field(min_length=3)


def prompt_names(folder: Path = PROMPTS) -> tuple[str, ...]:
    """The names of the methods that have prompts, sorted."""
    return tuple(sorted(path.stem for path in folder.glob("*.yaml")))


def load_prompt(name: str, folder: Path = PROMPTS) -> PromptFile:
    """The prompts of a method, every step checked. Raises `RequestError`."""
    file = _load(PromptFile, name, folder, "prompts")
    _ = file.prompts
    return file


def domain_names(folder: Path = DOMAINS) -> tuple[str, ...]:
    """The names of the domain packs, sorted."""
    return prompt_names(folder)


def load_domain(name: str, folder: Path = DOMAINS) -> DomainPack:
    """A domain pack. Raises `RequestError`."""
    return _load(DomainPack, name, folder, "domain packs")


_Content = TypeVar("_Content", PromptFile, DomainPack)


def _load(kind: type[_Content], name: str, folder: Path, what: str) -> _Content:
    there = prompt_names(folder)
    if name not in there:
        raise RequestError(
            f"There are no {what} called {name!r} in {folder}; there are: {', '.join(there) or 'none'}."
        )
    path = folder / f"{name}.yaml"
    try:
        content = kind.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in fault["loc"]) or "the whole"
        raise RequestError(f"{path} cannot be read as {what}: {place}: {fault['msg']}.") from None
    except (OSError, *NO_YAML) as error:
        raise RequestError(f"{path} cannot be read as {what}: {error}.") from None
    if content.name != name:
        raise RequestError(f"{path} calls itself {content.name!r}. Give the file and its content one name.")
    return content
