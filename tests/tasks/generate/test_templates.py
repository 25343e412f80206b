from __future__ import annotations

import pytest

from tasks.generate import templates
from tasks.generate.templates import load_templates, word
from tilth.errors import RequestError
from tilth.fingerprint import digest

ORIGINS = [digest(str(number)) for number in range(200)]
VARIABLES = {
    "language": "Python",
    "name": "grind",
    "qualified_name": "Mill.grind",
    "kind": "method",
    "class_name": "Mill",
    "signature": "def grind(self)",
    "purpose": "",
}


@pytest.mark.parametrize(
    ("difficulty", "level"), [("easy", "small"), ("medium", "state"), ("hard", "careful")]
)
def test_a_wording_with_a_level_asks_for_that_difficulty_alone(difficulty, level):
    task = load_templates("code.yaml")["method_completion"]
    used = {word(task, origin, 0, VARIABLES, difficulty).template_id for origin in ORIGINS}
    assert f"method_completion/{level}" in used
    assert len(used & {f"method_completion/{name}" for name in ("small", "state", "careful")}) == 1
    assert "method_completion/purpose" not in used


def test_a_held_out_wording_is_never_the_one_that_is_trained_on():
    task = load_templates("code.yaml")["method_completion"]
    held_out = {template.template_id for template in task if template.is_held_out}
    said = [word(task, origin, seed, VARIABLES, "easy") for origin in ORIGINS for seed in (0, 7)]
    assert not {wording.template_id for wording in said} & held_out
    assert len({wording.held_out for wording in said}) >= 2
    assert not {wording.text for wording in said} & {wording.held_out for wording in said}


def test_an_instruction_is_one_paragraph_whatever_a_variable_holds():
    task = load_templates("code.yaml")["method_completion"]
    torn = {**VARIABLES, "qualified_name": "a\n\n\nb", "name": "a\n \nb"}
    for origin in ORIGINS:
        wording = word(task, origin, 0, torn, "easy")
        assert "\n\n" not in wording.text + wording.held_out


def test_a_level_that_there_is_not_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(templates, "ROOT", tmp_path)
    (tmp_path / templates.FOLDER).mkdir(parents=True)
    path = tmp_path / templates.FOLDER / "mine.yaml"
    path.write_text("- {id: a/b, task: a, level: expert, text: x}\n")
    with pytest.raises(RequestError, match="expert"):
        load_templates("mine.yaml")
