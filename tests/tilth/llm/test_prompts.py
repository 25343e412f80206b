"""The methods' prompts: each file is whole, can be rendered, and is laid out so that prefix caches hit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tilth.errors import RequestError
from tilth.llm.prompts import (
    DOMAINS,
    PROMPTS,
    DomainPack,
    domain_names,
    load_domain,
    load_prompt,
    prompt_names,
)
from tilth.llm.schemas import AnswerSchema

METHODS = {name: load_prompt(name) for name in prompt_names()}
STEPS = [(name, step) for name, file in METHODS.items() for step in file.steps]

SMALL: dict[str, Any] = {
    "name": "small", "version": 1, "title": "Small",
    "papers": [{"title": "P", "year": 2020, "url": "https://arxiv.org/abs/1"}],
    "variables": {
        "domain": {"scope": "recipe", "about": "a", "sample": "soil"},
        "level": {"scope": "cell", "about": "a", "sample": "easy"},
        "text": {"scope": "row", "about": "a", "sample": "Loam."},
    },
    "steps": {"ask": {"system": "You know {{ domain }}.", "user": "{{ level }} {{ text }}"}},
}  # fmt: skip


def values_of(method, step, row=""):
    """The sample values of a step's variables; those of a row marked, so that two rows differ."""
    file = METHODS[method]
    return {
        name: variable.sample + row
        if variable.scope == "row" and isinstance(variable.sample, str)
        else variable.sample
        for name, variable in file.variables.items()
        if name in file.prompt(step).variables
    }


def written(folder, **changes):
    (folder / "small.yaml").write_text(yaml.safe_dump({**SMALL, **changes}), encoding="utf-8")
    return load_prompt("small", folder)


def nodes_of(value: Any) -> Iterator[Any]:
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes_of(inner)


def test_every_method_of_the_plan_has_its_prompts():
    assert set(METHODS) >= {
        "self_instruct", "evol_instruct", "back_translation", "oss_instruct", "controlled", "question_answer",
        "hard_negatives", "paraphrase", "refactor", "persona", "topic_tree", "multi_turn", "preference",
        "cross_lingual", "bootstrap",
    }  # fmt: skip


@pytest.mark.parametrize(("method", "step"), STEPS)
def test_every_step_is_rendered_with_its_sample_values(method, step):
    system, user = METHODS[method].prompt(step).messages(values_of(method, step))
    for message in (system, user):
        assert message["content"].strip() == message["content"]
        assert "{{" not in message["content"]
        assert not {"None", "null"} & set(message["content"].replace("None can", "").split())
        assert "\n\n\n" not in message["content"]
    assert len(system["content"]) > 150
    assert not set(json.dumps(user)) & {"\t"}


@pytest.mark.parametrize(("method", "step"), STEPS)
def test_two_rows_share_the_whole_system_message(method, step):
    prompt = METHODS[method].prompt(step)
    one, other = (prompt.messages(values_of(method, step, row)) for row in (" (one)", " (other)"))
    assert one[0] == other[0]


@pytest.mark.parametrize(("method", "step"), STEPS)
def test_every_text_that_a_step_is_given_reaches_its_prompt(method, step):
    prompt, values = METHODS[method].prompt(step), values_of(method, step)
    before = prompt.messages(values)
    for name in (name for name, value in values.items() if isinstance(value, str)):
        assert prompt.messages({**values, name: "something else"}) != before, name


@pytest.mark.parametrize(
    ("method", "step"), [(m, s) for m, s in STEPS if METHODS[m].steps[s].answer is not None]
)
def test_every_schema_is_closed_and_can_be_decoded_strictly(method, step):
    schema = METHODS[method].prompt(step).schema
    assert isinstance(schema, AnswerSchema)
    assert schema.response_format["json_schema"]["strict"] is True
    # A comma without quotes in YAML makes a key with nothing in it.
    assert None not in list(nodes_of(dict(schema.json)))
    for node in nodes_of(dict(schema.json)):
        if isinstance(node, dict) and node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert set(node["required"]) <= set(node["properties"])


@pytest.mark.parametrize("method", METHODS)
def test_every_variable_that_a_file_describes_is_used(method):
    file = METHODS[method]
    used = set[str]().union(*(prompt.variables for prompt in file.prompts.values()))
    assert used == set(file.variables)


def test_a_template_id_tells_editions_apart(tmp_path):
    before = written(tmp_path).prompt("ask").template_id
    after = written(
        tmp_path, steps={"ask": {"system": "You know all of {{ domain }}.", "user": "{{ text }}"}}
    )
    assert before.startswith("small/ask@1-")
    assert after.prompt("ask").template_id != before


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        ({"steps": {"ask": {"system": "You know {{ text }}.", "user": "x"}}}, "changes within a recipe"),
        (
            {"steps": {"ask": {"system": "x", "user": "{{ text }} {{ level }}"}}},
            "a row before one of the cell",
        ),
        ({"steps": {"ask": {"system": "x", "user": "{{ tekst }}"}}}, "uses 'tekst'.* Did you mean text"),
        ({"steps": {"ask": {"system": "x", "user": "{{ text"}}}, "no template"),
        (
            {"steps": {"ask": {"system": "x", "user": "x", "answer": {"type": "array"}}}},
            "describes no object",
        ),
        ({"steps": {"ask": {"system": "x", "user": "x", "temperature": 1}}}, "temperature"),
        ({"steps": {}}, "steps"),
        ({"papers": []}, "papers"),
        ({"version": 0}, "version"),
        ({"name": "other"}, "calls itself 'other'"),
    ],
)
def test_a_file_that_is_wrong_is_told_by_its_fault(tmp_path, changes, fact):
    with pytest.raises(RequestError, match=fact):
        written(tmp_path, **changes)


def test_an_unknown_method_step_or_value_is_told_with_those_there_are(tmp_path):
    with pytest.raises(RequestError, match=r"no prompts called 'self_instrukt'.*evol_instruct"):
        load_prompt("self_instrukt")
    file = written(tmp_path)
    with pytest.raises(RequestError, match="no step 'tell'; there are: ask"):
        file.prompt("tell")
    with pytest.raises(RequestError, match="does not use seeds; it uses domain, level, text"):
        file.prompt("ask").messages({"seeds": []})


def test_an_edited_copy_in_another_folder_is_used_instead(tmp_path):
    text = (PROMPTS / "paraphrase.yaml").read_text(encoding="utf-8").replace("in other words", "in new words")
    (tmp_path / "paraphrase.yaml").write_text(text, encoding="utf-8")
    ours, theirs = (load_prompt("paraphrase", folder).prompt("paraphrase") for folder in (PROMPTS, tmp_path))
    assert ours.template_id != theirs.template_id


@pytest.mark.parametrize("name", domain_names())
def test_every_domain_pack_feeds_the_bootstrap(name):
    pack = load_domain(name)
    assert isinstance(pack, DomainPack)
    prompt = METHODS["bootstrap"].prompt("propose")
    values = {
        "pack": pack.model_dump(mode="json"), "count": 3, "topic": pack.topics[0].name, "avoid": [],
        "subtopic": pack.topics[0].subtopics[0], "task": pack.tasks[0], "level": pack.difficulty["hard"],
    }  # fmt: skip
    system, user = prompt.messages(values)
    assert pack.terms[0] in system["content"]
    assert pack.topics[0].subtopics[0] in user["content"]
    assert set(pack.difficulty) == {"easy", "medium", "hard"}


def test_a_domain_pack_of_ones_own_is_checked(tmp_path):
    text = (DOMAINS / "legal.yaml").read_text(encoding="utf-8").replace("cautions:", "warnings:")
    (tmp_path / "legal.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RequestError, match="cautions: Field required"):
        load_domain("legal", tmp_path)
