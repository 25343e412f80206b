"""What a stranger with Prefect's run form may change of a recipe, and what not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flows import recipe as recipes
from flows.recipe import load_recipe
from tilth.errors import RequestError

WRITING = """
name: questions
generate:
  by_model:
    model: {model: gpt-4o-mini%s}
    methods: [{method: question_answer}]
"""
MODEL = "generate.by_model.model"

Bring = Callable[..., None]


@pytest.fixture
def bring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Bring:
    """A checkout that brings one recipe, `questions`, with more keys for its model."""

    def write(more: str = "") -> None:
        folder = tmp_path / recipes.RECIPES
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "questions.yaml").write_text(WRITING % more)
        monkeypatch.setattr(recipes, "ROOT", tmp_path)

    return write


@pytest.mark.parametrize(
    "override",
    [
        f"{MODEL}.base_url=https://elsewhere.example/v1",
        f"{MODEL}.secret_block=all-the-keys",
        f"{MODEL}={{model: m, base_url: https://elsewhere.example/v1}}",
        "generate={by_model: {model: {model: m, base_url: http://elsewhere.example}, methods: [{method: persona}]}}",
    ],
)
def test_a_form_cannot_say_where_a_key_is_sent(bring: Bring, override: str) -> None:
    bring()
    with pytest.raises(RequestError, match="decides where a key is sent"):
        load_recipe("questions", [override], may_read_files=False)
    load_recipe("questions", [override])


def test_a_form_cannot_send_the_recipes_key_to_another_provider(bring: Bring) -> None:
    bring(", secret_block: farm")
    with pytest.raises(RequestError, match="provider decides where a key is sent"):
        load_recipe("questions", [f"{MODEL}.provider=groq"], may_read_files=False)
    bring(", base_url: https://here.example/v1")
    with pytest.raises(RequestError, match="provider decides where a key is sent"):
        load_recipe("questions", [f"{MODEL}.provider=groq"], may_read_files=False)


def test_a_form_may_choose_model_and_known_provider(bring: Bring) -> None:
    bring()
    changes = [f"{MODEL}.provider=groq", f"{MODEL}.model=m", f"{MODEL}.budget_usd=1"]
    found, _ = load_recipe("questions", changes, may_read_files=False)
    assert found.generate.by_model is not None
    assert found.generate.by_model.model.provider == "groq"
