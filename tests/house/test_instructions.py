"""The wordings of tasks: enough of them, all told apart, and some that only the test side sees."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import pytest

from tasks.generate.config import CodeMethod
from tasks.generate.methods import METHODS
from tasks.generate.templates import FOLDER, Template, load_templates
from tests.house.checkout import ROOT

TEMPLATES: dict[str, tuple[Template, ...]] = {
    task: templates
    for path in sorted((ROOT / FOLDER).glob("*.yaml"))
    for task, templates in load_templates(path.name).items()
}
# Tasks that ask for nothing in words: a gap in a file, and what retrieval is trained on.
WORDLESS = {"fill_in_the_middle", "api_retrieval"}
# Variables that an origin may lack.
OPTIONAL = {"class_name", "purpose", "signature", "topic"}
DIFFICULTIES = ("easy", "medium", "hard")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_that_asks_in_words_has_some(method: CodeMethod):
    task = METHODS[method].task
    assert task in TEMPLATES or task in WORDLESS


@pytest.mark.parametrize("task", TEMPLATES)
def test_a_task_has_five_wordings_and_more_of_which_some_are_held_out(task):
    templates = TEMPLATES[task]
    assert len(templates) >= 5
    held_out = [template for template in templates if template.is_held_out]
    assert len(held_out) >= 2
    assert [template for template in held_out if not template.variables & OPTIONAL]


@pytest.mark.parametrize("task", TEMPLATES)
@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_an_origin_of_any_difficulty_is_asked_in_several_ways(task, difficulty):
    plain = [
        template
        for template in TEMPLATES[task]
        if not template.is_held_out
        and template.difficulty in ("", difficulty)
        and not template.variables & OPTIONAL
    ]
    assert len(plain) >= 2


def test_no_wording_stands_twice_and_ids_name_their_task():
    everything = list(chain.from_iterable(TEMPLATES.values()))
    for seen in (
        Counter(template.template_id for template in everything),
        Counter(" ".join(template.text.casefold().split()) for template in everything),
    ):
        assert [name for name, count in seen.items() if count > 1] == []
    assert [t.template_id for t in everything if not t.template_id.startswith(f"{t.task}/")] == []


def test_an_instruction_is_one_paragraph():
    # What stands below the first blank line is the question's material, which a held-out wording leaves as it is.
    assert [t.template_id for t in chain.from_iterable(TEMPLATES.values()) if "\n" in t.text] == []


def test_there_are_sixty_wordings_and_more():
    assert sum(map(len, TEMPLATES.values())) >= 60
