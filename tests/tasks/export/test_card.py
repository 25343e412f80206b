from __future__ import annotations

import html
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.export.by_side import export_version
from tasks.export.card import card_head, escaped, hub_licence, render_card
from tasks.export.config import ExportConfig
from tests.tasks.export.conftest import Corpus, connect, message


def described(tmp_path, licences: tuple[str, ...] = ("MIT",), **config: Any) -> tuple[dict[str, Any], str]:
    """The parsed head and the text of a card of a few rows."""
    corpus = Corpus()
    for number in range(60):
        document = corpus.document(f"repository{number}", "a.py")
        said = [message("user", f"q{number}"), message("assistant", "a", True)]
        corpus.example("chat", [document], messages=said, licence=licences[number % len(licences)])
    with connect(corpus.tables()) as connection:
        export_version(connection, {"recipe": {"note": "``` <b>"}}, ExportConfig(**config), tmp_path / "v")
    _, head, text = (tmp_path / "v/README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(head), text


def test_the_head_is_what_a_hub_reads(tmp_path):
    head, text = described(tmp_path, name="my-set", pretty_name='A: "set"', description="One.\n\nTwo.")
    assert head["pretty_name"] == 'A: "set"'
    assert head["license"] == "mit"
    assert head["language"] == ["en", "code"]
    assert head["size_categories"] == ["n<1K"]
    assert head["task_categories"] == ["text-generation"]
    assert "python" in head["tags"]
    assert [config["config_name"] for config in head["configs"]] == ["default"]
    assert [info["config_name"] for info in head["dataset_info"]] == ["default"]
    assert {path.parent.name for path in tmp_path.glob("v/*/README.md")} == {
        "jsonl",
        "openai_chat",
        "sharegpt",
        "alpaca",
    }
    assert "One.\n\nTwo." in text
    assert "60 examples" in text


def test_several_licences_are_other_unless_the_recipe_says_one(tmp_path):
    head, text = described(tmp_path / "mixed", licences=("MIT", "Apache-2.0", "unknown"))
    assert head["license"] == "other"
    assert head["license_name"]
    assert "| Apache-2.0 |" in text
    assert (
        described(tmp_path / "asked", licences=("MIT", "X"), licence="cc-by-4.0")[0]["license"] == "cc-by-4.0"
    )


def test_spdx_names_become_the_hubs():
    assert hub_licence("BSD-3-Clause") == "bsd-3-clause"
    assert hub_licence("AGPL-3.0-only") == "agpl-3.0"
    assert hub_licence("Python-2.0") is None


def test_a_side_without_rows_is_not_named_in_the_head(tmp_path):
    head, text = described(tmp_path, validation_ratio=0.0)
    assert "validation" not in [split["split"] for split in head["configs"][0]["data_files"]]
    assert "validation side is empty" not in text


@given(st.text(max_size=40))
@settings(max_examples=50, deadline=None)
def test_a_value_cannot_break_a_table_or_bring_markup(value):
    cell = escaped(value)
    assert "\n" not in cell
    assert "<" not in cell
    unescaped = cell.replace("\\\\", "").replace("\\|", "")
    assert "|" not in unescaped
    plain = "".join(part for part in html.unescape(cell).split("\\"))
    assert plain == " ".join(value.split()).replace("\\", "")


def test_a_hostile_name_stays_inside_its_cell_and_a_fence_inside_its_block(tmp_path):
    _, text = described(tmp_path, licences=("MIT | <script> [x](http://a) `",))
    (line,) = [line for line in text.splitlines() if "script" in line]
    assert line.count(" | ") == 3
    assert "<script>" not in line
    assert '````json\n{\n  "recipe": {\n    "note": "``` <b>"' in text


def test_the_card_comes_from_the_manifest_alone(tmp_path):
    from tasks.export.manifest import read_manifest

    described(tmp_path)
    manifest = read_manifest(tmp_path / "v")
    assert render_card(manifest) == (tmp_path / "v/README.md").read_text(encoding="utf-8")
    assert list(card_head(manifest)) == list(card_head(dict(reversed(manifest.items()))))
