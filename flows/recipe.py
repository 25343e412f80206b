"""A recipe describes a build: one YAML file made of the stages' configs, with a step of one's own between them.

Recipes named without a folder are those in `data/recipes/`. `data/recipes/recipe.schema.json` is the JSON schema
that editors complete them by; it is generated from the models here.
"""

from __future__ import annotations

import copy
import difflib
import importlib.util
import reprlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Self, get_args

import yaml
from pydantic import Field, ValidationError, model_validator

from tasks.balance.config import BalanceConfig
from tasks.chunk.config import ChunkConfig
from tasks.dedupe.config import DedupeConfig, ExampleDedupeConfig
from tasks.export.config import ExportConfig
from tasks.generate.config import GenerateConfig
from tasks.ingest.config import IngestConfig
from tasks.plan.config import PlanConfig
from tasks.split.config import SplitConfig
from tasks.transform.config import TransformConfig
from tasks.validate.config import ValidateConfig
from tilth.config import Config
from tilth.errors import RequestError
from tilth.fingerprint import ROOT, digest
from tilth.yaml_errors import NO_YAML

RECIPES = Path("data/recipes")
# A folder, and the two datasets in it: a data file is a source only when it is named.
SAMPLE = ("data/sample", "data/sample/seeds.jsonl", "data/sample/reviews.csv")

StageName = Literal["ingest", "chunk", "split", "generate", "validate", "balance"]


class DedupeConfigs(Config):
    """The three places where duplicates are looked for."""

    documents: DedupeConfig = Field(
        default=DedupeConfig(), description="Among documents, before anything is made of them."
    )
    units: DedupeConfig = Field(default=DedupeConfig(), description="Among functions, methods and classes.")
    examples: ExampleDedupeConfig = Field(
        default=ExampleDedupeConfig(), description="Among accepted examples of one kind of task."
    )


class Step(Config):
    """A step of one's own: it sees what a stage made and gives back what goes on."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Lower case; the reason of what it leaves out."
    )
    after: StageName = Field(description="The stage whose artifact it changes.")
    sql: str | None = Field(
        default=None, description="A SELECT over the artifact, by DuckDB; all its columns must stay."
    )
    python: str | None = Field(
        default=None,
        description="`file.py:function` beside the recipe; it gets an Arrow table and gives one back.",
    )

    @model_validator(mode="after")
    def _has_one_body(self) -> Self:
        if (self.sql is None) == (self.python is None):
            raise ValueError("a step has either sql or python")
        return self


class Recipe(Config):
    """One build, whole: what each stage does, in the order of the stages."""

    name: str = Field(
        default="dataset",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$",
        description="Names the line of dataset versions, unless export.name does.",
    )
    description: str = Field(
        default="",
        max_length=2000,
        description="What the dataset is for; stands in its card, unless export.description does.",
    )
    ingest: IngestConfig = Field(default=IngestConfig(), description="What is read, and what is left out.")
    chunk: ChunkConfig = Field(default=ChunkConfig(), description="How prose is cut into passages.")
    split: SplitConfig = Field(default=SplitConfig(), description="How code is cut into units.")
    dedupe: DedupeConfigs = Field(default=DedupeConfigs(), description="When two things count as one.")
    generate: GenerateConfig = Field(default=GenerateConfig(), description="Which examples are made.")
    plan: PlanConfig | None = Field(
        default=None,
        description="How many accepted rows of what `generate.by_model` is to deliver; without it, what it gives.",
    )
    # `validate` is a method of every pydantic model.
    validation: ValidateConfig = Field(
        default=ValidateConfig(), alias="validate", description="Which examples are kept."
    )
    balance: BalanceConfig = Field(default=BalanceConfig(), description="In which proportions.")
    export: ExportConfig = Field(default=ExportConfig(), description="In which files and sides.")
    steps: tuple[Step, ...] = Field(
        default=(), max_length=32, description="Steps of your own, in their order."
    )

    @model_validator(mode="after")
    def _plan_is_kept(self) -> Self:
        if self.plan is None:
            return self
        if self.generate.by_model is None:
            raise ValueError("plan needs generate.by_model: it says how many rows a model is to deliver")
        if "strategy" in self.balance.model_fields_set and self.balance.strategy != "none":
            raise ValueError(
                "plan and balance contradict each other: a plan delivers just so many rows, so set "
                "balance.strategy to none, or leave it out"
            )
        return self

    def identity(self) -> dict[str, Any]:
        """What a dataset is made by: of environments and models what they hold and are, not where or how dear."""
        own = super().identity()
        by_model = self.generate.by_model
        written = {"by_model": by_model.identity() if by_model else None}
        return {**own, "generate": {**self.generate.identity(), **written}}

    @property
    def balance_config(self) -> BalanceConfig:
        """The config of balance; with a plan nothing is left out for balance."""
        if self.plan is None:
            return self.balance
        return self.balance.model_copy(update={"strategy": "none"})

    @property
    def export_config(self) -> ExportConfig:
        """The config of export, with the recipe's name and description where it has none of its own."""
        given = self.export.model_fields_set
        own = {"name": self.name, "description": self.description}
        return self.export.model_copy(update={key: value for key, value in own.items() if key not in given})

    def step_config(self, step: Step, folder: Path) -> TransformConfig:
        """The step as its stage takes it: a Python step carries the digest of its file."""
        if step.sql is not None:
            return TransformConfig(name=step.name, sql=step.sql)
        name, _, function = (step.python or "").partition(":")
        path = folder / name
        if not function.isidentifier() or importlib.util.spec_from_file_location("step", path) is None:
            raise RequestError(f"The step {step.name} names {step.python!r}; it must be file.py:function.")
        try:
            content = path.read_bytes()
        except (OSError, ValueError) as error:
            raise RequestError(f"The step {step.name} cannot be read: {path}: {error}.") from None
        return TransformConfig(
            name=step.name, function=function, source_digest=digest(content), path=str(path)
        )


class _EachKeyOnce(yaml.SafeLoader):
    """YAML in which a key that stands twice is an error: PyYAML takes the last one without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping of a node."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value} stands twice", key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def load_recipe(
    name: str, overrides: Iterable[str] = (), *, seed: int = 0, may_read_files: bool = True
) -> tuple[Recipe, Path]:
    """A recipe by its name or file, with `key=value` overrides applied; and the folder that it lies in.

    Keys of overrides are dotted (`chunk.max_tokens=256`), values are YAML. Steps cannot be set so: they are code,
    and code is trusted only from a file; nor, from a form (`may_read_files` off), where a key is sent. A seed other
    than 0 goes to every stage that draws. Raises `RequestError` for anything that is not as the models say.
    """
    path = _path_of(name, may_read_files=may_read_files)
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _EachKeyOnce) or {}  # noqa: S506  # a SafeLoader
    except (OSError, *NO_YAML) as error:
        raise RequestError(f"{name} cannot be read as a recipe: {error}") from None
    if not isinstance(content, dict):
        raise RequestError(f"{name} is no recipe: it holds {type(content).__name__}, not keys and values.")
    before = copy.deepcopy(content)
    seeded = [f"generate.seed={seed}", f"export.seed={seed}"] if seed else []
    for override in (*seeded, *overrides):
        _override(content, override)
    if not may_read_files:
        _check_keys_stay(before, content)
    return parse_recipe(content, name), path.parent


def recipe_of(overrides: Iterable[str], stage: str) -> Recipe:
    """The defaults with `key=value` overrides, for a stage alone; a key without a dot is one of the stage's own.

    Raises `RequestError` for anything that is not as the models say.
    """
    content: dict[str, Any] = {}
    for override in overrides:
        is_own = "." not in override.partition("=")[0]
        _override(content, f"{stage}.{override}" if is_own else override)
    return parse_recipe(content, "--set")


def parse_recipe(content: Mapping[str, Any], name: str) -> Recipe:
    """The recipe that the content describes; `name` is what messages call it."""
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        raise RequestError(f"{name}: " + "; ".join(_explained(entry) for entry in error.errors())) from None


def recipe_names() -> list[str]:
    """The recipes that the checkout brings, in the order of the alphabet."""
    return sorted(path.stem for path in (ROOT / RECIPES).glob("*.yaml"))


def _path_of(name: str, *, may_read_files: bool) -> Path:
    known = recipe_names()
    if name in known:
        return ROOT / RECIPES / f"{name}.yaml"
    try:
        path = Path(name).expanduser()
        if path.is_file() and may_read_files:
            return path.absolute()
    except (OSError, RuntimeError, ValueError):
        # A name longer than any file's, a home that nobody has, a NUL: no file.
        name = name[:80]
    hint = difflib.get_close_matches(name, known, n=1)
    raise RequestError(
        f"There is no recipe {name}: it is neither a file nor one of {', '.join(known)}."
        + (f" Did you mean {hint[0]}?" if hint else "")
    )


def _override(content: dict[str, Any], override: str) -> None:
    key, separator, text = override.partition("=")
    names = key.strip().split(".")
    if not separator or not all(names):
        raise RequestError(f"--set {override}: write it as key=value, for instance chunk.max_tokens=256")
    if names[0] == "steps":
        raise RequestError("Steps are code and are read from a recipe file only; write them there.")
    try:
        value = yaml.safe_load(text)
    except NO_YAML:
        raise RequestError(f"--set {override[:80]}: {_shown(text)} is not a YAML value. Quote it.") from None
    place = content
    for name in names[:-1]:
        inner = place.setdefault(name, {})
        if not isinstance(inner, dict):
            raise RequestError(f"--set {override}: {name} holds a value, not keys.")
        place = inner
    place[names[-1]] = value


def _check_keys_stay(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Raise `RequestError` when overrides from a form would send the worker's keys where its recipe does not.

    Between known providers a form may choose, for each has its own key at its own address.
    """
    then, now = _model_of(before), _model_of(after)
    changed = [name for name in ("base_url", "secret_block", "provider") if then.get(name) != now.get(name)]
    is_addressed = any(then.get(name) is not None for name in ("base_url", "secret_block"))
    if changed and (changed != ["provider"] or is_addressed):
        raise RequestError(
            f"generate.by_model.model.{changed[0]} decides where a key is sent and is read from a recipe file only; "
            "write it there."
        )


def _model_of(content: Any) -> Mapping[str, Any]:
    for name in ("generate", "by_model", "model"):
        content = content.get(name) if isinstance(content, Mapping) else None
    return content if isinstance(content, Mapping) else {}


def _explained(entry: Mapping[str, Any]) -> str:
    where = [str(part) for part in entry["loc"]]
    if entry["type"] == "extra_forbidden":
        known = _fields_at(where[:-1])
        hint = difflib.get_close_matches(where[-1], known, n=1)
        tail = f"Did you mean {hint[0]}?" if hint else f"There is {', '.join(sorted(known))}."
        return f"there is no key {'.'.join(where)}. {tail}"
    if entry["type"] == "missing":
        return f"{'.'.join(where)} is missing"
    if entry["type"] == "model_type":
        return f"{'.'.join(where)} is {_shown(entry.get('input'))}: keys and their values stand here"
    message = entry["msg"].removeprefix("Value error, ")
    return f"{'.'.join(where)} is {_shown(entry.get('input'))}: {message[:1].lower()}{message[1:]}"


def _shown(value: Any) -> str:
    """A value of the user's, cut: aliases of YAML can make a few lines spell gigabytes."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = short.maxlong = 80
    return short.repr(value)[:80]


def _fields_at(where: list[str]) -> list[str]:
    model: Any = Recipe
    for name in where:
        fields = {field.alias or key: field for key, field in getattr(model, "model_fields", {}).items()}
        if name in fields:
            model = fields[name].annotation
            # Of a list the keys are those of its items; the item's number is no key.
            model = next(iter(get_args(model)), model)
    return [field.alias or key for key, field in getattr(model, "model_fields", {}).items()]


def recipe_schema() -> dict[str, Any]:
    """The JSON schema of a recipe file."""
    schema = Recipe.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Tilth recipe"}
