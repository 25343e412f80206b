"""The documents hold what the code holds: commands, options, keys, queries, steps and links."""

from __future__ import annotations

import json
import re
import shlex
from functools import cache
from itertools import chain
from pathlib import Path

import click
import duckdb
import jsonschema
import pyarrow as pa
import pytest
import yaml

from flows.cli import COMMANDS, cli
from flows.recipe import load_recipe, parse_recipe, recipe_names, recipe_schema
from flows.reference import COMMAND_LINE, recipe_keys, reference
from tasks.export.columns import VERSION
from tasks.transform.apply_step import apply_step
from tests.house.checkout import ROOT, tracked_files
from tilth.llm.columns import PromptColumn, PromptTable
from tilth.records import DOCUMENTS, FAILED_ANSWERS, REJECTS, SCHEMAS

# What tells people how to use Tilth; the log and the decisions also speak of what is no more.
GUIDES = [Path("README.md"), *sorted(path for path in tracked_files() if path.match("docs/how-to/*.md"))]
GUIDES += [Path("docs/tutorial.md")]
PAGES = [path for path in tracked_files() if path.suffix == ".md" and path.parts[0] != "data"]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@cache
def _text(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def _blocks(path: Path, language: str) -> list[str]:
    return [body for name, body in _FENCE.findall(_text(path)) if name == language]


def _inline(path: Path) -> list[str]:
    return _CODE.findall(_FENCE.sub("", _text(path)))


def _calls(path: Path) -> list[list[str]]:
    """Each call of `tilth` in a guide's shell blocks, as words; what stands in a sentence is looked at elsewhere."""
    lines = "".join(_blocks(path, "sh")).replace("\\\n", " ").splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    return [call[1:] for call in words if call and Path(call[0]).name == "tilth"]


ALL_CALLS = [
    pytest.param(call, id=f"{path.name}: {' '.join(call)[:60]}") for path in GUIDES for call in _calls(path)
]


def _command(name: str) -> click.Command:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None, f"there is no command {name}"
    return command


def _options() -> set[str]:
    parameters = chain.from_iterable(_command(name).params for name in COMMANDS)
    return {option for parameter in parameters for option in parameter.opts} | {"--help", "--version"}


@pytest.mark.parametrize("path", list(reference()), ids=str)
def test_the_generated_reference_is_up_to_date(path):
    assert _text(path) == reference()[path], "run: make reference"


@pytest.mark.parametrize("call", ALL_CALLS)
def test_a_call_in_a_guide_is_one_that_the_command_line_takes(call):
    name, *arguments = call
    context = _command(name).make_context(name, arguments)
    if "recipe" in context.params:
        recipe = context.params["recipe"]
        load_recipe(recipe if recipe in recipe_names() else "mixed", context.params["overrides"])


def test_sources_that_guides_name_in_the_checkout_are_there():
    words = chain.from_iterable(chain.from_iterable(_calls(path) for path in GUIDES))
    assert [word for word in words if word.startswith("data/") and not (ROOT / word).exists()] == []


@pytest.mark.parametrize("path", GUIDES, ids=str)
def test_commands_and_options_in_sentences_exist(path):
    code = _inline(path)
    named = [text.split()[1] for text in code if text.startswith("tilth ")]
    assert [name for name in named if name not in COMMANDS] == []
    # `prefect … --port` and its like are another program's.
    own = [text for text in code if text.startswith(("tilth ", "--"))]
    options = [option for text in own for option in re.findall(r"(?<!\S)--[a-z-]+", text)]
    assert sorted(set(options) - _options()) == []


def test_the_readme_names_every_command():
    assert [name for name in COMMANDS if f"`tilth {name}" not in _text(Path("README.md"))] == []


def test_every_option_of_every_command_is_in_the_reference():
    page = _text(COMMAND_LINE)
    parameters = [option for name in COMMANDS for option in _command(name).params]
    missing = [
        option.opts[0]
        for option in parameters
        if isinstance(option, click.Option) and option.opts[0] not in page
    ]
    assert missing == []


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_keys_of_a_recipe_that_a_page_mentions_exist(path):
    keys = recipe_keys(recipe_schema())
    sections = "|".join(sorted(key for key in recipe_schema()["properties"]))
    dotted = re.compile(rf"(?:{sections})(?:\.[a-z_]+)+")
    words = [word.split("=")[0] for text in _inline(path) for word in text.split()]
    found = [word for word in words if dotted.fullmatch(word)]
    # A module of a stage's room is called in the same way as a key.
    files = [text for text in found if text.endswith((".py", ".md", ".yaml"))]
    assert [text for text in found if text not in keys and text not in files] == []


@pytest.mark.parametrize("path", GUIDES, ids=str)
def test_yaml_in_a_guide_is_a_recipe(path):
    for block in _blocks(path, "yaml"):
        content = yaml.safe_load(block)
        if isinstance(content, list):  # columns of the method `prompt`
            columns = [PromptColumn(provider="openai", model="m", **entry) for entry in content]
            assert PromptTable(columns, ["body"]).order
        else:
            parse_recipe(content, path.name)


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_of_the_checkout_fits_the_published_schema_and_loads(name):
    content = yaml.safe_load(_text(Path(f"data/recipes/{name}.yaml")))
    schema = json.loads(_text(Path("data/recipes/recipe.schema.json")))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(content)
    recipe, _ = load_recipe(name)
    assert recipe.name == name


def test_the_published_schema_refuses_a_misspelt_key():
    schema = json.loads(_text(Path("data/recipes/recipe.schema.json")))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({"chunk": {"max_token": 256}})


@pytest.fixture(scope="module")
def empty_version():
    """A connection with the views that `tilth query` offers, all without rows."""
    rejects = REJECTS.append(pa.field("artifact", pa.string()))
    shapes = {
        **SCHEMAS,
        **{f"{name}_rejects": REJECTS for name in SCHEMAS},
        "rejects": rejects,
        "failed_answers": FAILED_ANSWERS,
        "dataset": VERSION.append(pa.field("side", pa.string())),
    }
    with duckdb.connect() as connection:
        for name, schema in shapes.items():
            connection.register(name, schema.empty_table())
        yield connection


@pytest.mark.parametrize(
    "sql",
    [call[-1] for path in GUIDES for call in _calls(path) if call[0] == "query"],
)
def test_a_query_in_a_guide_runs(sql, empty_version):
    empty_version.execute(sql).fetchall()


def test_the_steps_of_the_tutorial_keep_what_they_say_they_keep(tmp_path):
    (source,) = [body for body in _blocks(Path("docs/tutorial.md"), "python") if "def " in body]
    (tmp_path / "field_steps.py").write_text(source, encoding="utf-8")
    (block,) = [body for body in _blocks(Path("docs/tutorial.md"), "yaml") if "steps:" in body]
    recipe = parse_recipe(yaml.safe_load(block), "the tutorial's recipe")
    artifacts = {"ingest": ("documents", "document_id"), "split": ("units", "unit_id")}
    for step in recipe.steps:
        artifact, identifier = artifacts[step.after]
        config = recipe.step_config(step, tmp_path)
        outcome = apply_step(artifact, identifier, SCHEMAS[artifact].empty_table(), config)
        assert outcome.rows.schema == SCHEMAS[artifact]
    rows = [{"key": name, "document_id": name, "path": name} for name in ("calendar.txt", "soil.md")]
    documents = pa.Table.from_pylist(rows, schema=DOCUMENTS)
    outcome = apply_step("documents", "document_id", documents, recipe.step_config(recipe.steps[0], tmp_path))
    assert outcome.rows["path"].to_pylist() == ["soil.md"]
    assert outcome.rejects["reason"].to_pylist() == ["calendar"]


def test_python_in_a_guide_compiles():
    for path in GUIDES:
        for block in _blocks(path, "python"):
            compile(block, str(path), "exec")


def _anchors(path: Path) -> set[str]:
    """Names of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", _text(path)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_links_between_pages_resolve(path):
    links = [link for link in _LINK.findall(_FENCE.sub("", _text(path))) if "://" not in link]
    for link in links:
        name, _, anchor = link.partition("#")
        target = Path("/", path.parent, name).resolve().relative_to("/") if name else path
        assert (ROOT / target).exists(), f"{link} leads nowhere"
        assert not anchor or anchor in _anchors(target), f"{target} has no heading {anchor}"
