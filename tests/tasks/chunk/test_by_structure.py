from __future__ import annotations

import json
import re
import unittest
from importlib.metadata import distributions
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.chunk.by_structure import chunk_documents
from tasks.chunk.config import ChunkConfig
from tilth.errors import RequestError
from tilth.fingerprint import digest
from tilth.records import CHUNKS, REJECTS

SMALL = ChunkConfig(max_tokens=40, overlap_tokens=10, min_tokens=8)
WHITE_SPACE = b" \t\n\r\f\v"


def documents_of(*texts: str | bytes, language: str = "markdown") -> pa.Table:
    data = [text.encode("utf-8") if isinstance(text, str) else text for text in texts]
    return pa.table(
        {
            "document_id": [digest(text) for text in data],
            "text": pa.array(data, pa.string()),
            "language": [language] * len(data),
            "path": [f"{number}.md" for number in range(len(data))],
        }
    )


def passages(
    text: str | bytes, config: ChunkConfig = SMALL, language: str = "markdown"
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = chunk_documents(
        documents_of(text, language=language), config
    ).rows.to_pylist()
    return rows


def real_texts() -> list[tuple[str, str]]:
    """Descriptions of installed packages, in the markup that each declares."""
    found = {}
    for distribution in distributions():
        about = distribution.metadata.json
        text, kind = (
            str(about.get("description", "")),
            str(about.get("description_content_type", "text/x-rst")),
        )
        if len(text) > 2000:
            found[distribution.metadata["Name"]] = (
                text[:40_000],
                "markdown" if "markdown" in kind else "rst",
            )
    return [found[name] for name in sorted(found)[:25]]


REAL = real_texts()


def is_covered(data: bytes, rows: list[dict[str, Any]]) -> bool:
    gaps, at = [], 0
    for row in rows:
        gaps.append(data[at : row["start"]])
        at = max(at, row["end"])
    return not b"".join([*gaps, data[at:]]).strip(WHITE_SPACE)


def check(data: bytes, rows: list[dict[str, Any]], config: ChunkConfig) -> None:
    assert is_covered(data, rows)
    assert [row["ordinal"] for row in rows] == list(range(len(rows)))
    for row in rows:
        assert row["text"].encode("utf-8") == data[row["start"] : row["end"]]
        assert row["tokens"] <= config.max_tokens
        assert row["paragraph_first"] <= row["paragraph_last"]
        assert 0 <= row["overlap_bytes"] < row["end"] - row["start"]
    for before, after in pairwise(rows):
        shared = max(0, before["end"] - after["start"])
        assert after["overlap_bytes"] == shared
        assert shared <= (config.overlap_tokens + 0.5) * 3.7
        assert before["start"] < after["start"]
        assert before["end"] < after["end"]


def cuts_a_word(data: bytes, at: int) -> bool:
    return 0 < at < len(data) and data[at - 1] not in WHITE_SPACE and data[at] not in WHITE_SPACE


@pytest.mark.parametrize("strategy", ["structure", "topic"])
def test_real_descriptions_are_covered_exactly_within_bounds_and_no_word_is_cut(
    strategy: Literal["structure", "topic"],
):
    assert REAL
    config = ChunkConfig(max_tokens=120, overlap_tokens=30, min_tokens=20, strategy=strategy)
    for text, language in REAL:
        data = text.encode("utf-8", "replace")
        rows = passages(data, config, language)
        check(data, rows, config)
        longest = max(map(len, data.split()))
        # A word longer than a passage (an inlined image) has to be cut; everything else must not be.
        if longest < (config.max_tokens - config.overlap_tokens) * 3.7:
            assert not [row["start"] for row in rows if cuts_a_word(data, row["start"])]
            assert not [row["end"] for row in rows if cuts_a_word(data, row["end"])]


MARKDOWN = st.lists(
    st.sampled_from(
        [
            "# Soil",
            "## Cover crops\r\n",
            "Title\n=====",
            "Part\n---",
            "A sentence here. Another one follows!",
            "e.g. this",
            "```python\nx = 1\n\ny = 2\n```",
            "```\nnever closed",
            "- one\n- two\n  - deep",
            "1. first\n\n   more of it",
            "| a | b |\n|---|---|\n| 1 | 2 |",
            "",
            "   ",
            "\t\tcode",
            "> quoted",
            "日本語の文。次の文。",
            "x" * 300,
            "é" * 90,
            "word " * 60,
            "---\nkey: value\n---",
            "#",
            "\0\x01",
            "\r",
            "<b>tag</b>",
            "Item::\n\n    literal\n\n    more",
            "~~~",
        ]
    ),
    max_size=25,
).map("\n".join)


@given(
    text=MARKDOWN,
    separator=st.sampled_from(["\n", "\n\n", "\r\n"]),
    language=st.sampled_from(["markdown", "rst"]),
)
@settings(max_examples=80, deadline=None)
def test_any_mixture_of_markup_is_covered_exactly_and_within_bounds(text: str, separator: str, language: str):
    data = text.replace("\n", separator).encode("utf-8")
    for config in (SMALL, ChunkConfig(max_tokens=16, overlap_tokens=8, min_tokens=0, strategy="topic")):
        outcome = chunk_documents(documents_of(data, language=language), config)
        check(data, outcome.rows.to_pylist(), config)
        assert outcome.rejects.num_rows == (not data.strip(WHITE_SPACE))


@given(st.text(max_size=400))
@settings(max_examples=60, deadline=None)
def test_any_text_is_covered_exactly_and_within_bounds(text: str):
    check(text.encode("utf-8"), passages(text), SMALL)


@given(
    st.lists(
        st.sampled_from(["soil", "e.g.", "It ends.", "Or not?", "\n\n", "# Head\n", "- item"]), max_size=120
    )
)
@settings(max_examples=60, deadline=None)
def test_no_word_is_cut_where_words_are_shorter_than_a_passage(words: list[str]):
    data = " ".join(words).encode()
    for row in passages(data):
        assert not cuts_a_word(data, row["start"])
        assert not cuts_a_word(data, row["end"])


@given(st.permutations(range(4)))
def test_a_document_gives_the_same_passages_in_any_company(order: list[int]):
    texts = [text[:3000] for text, _ in REAL[:4]]
    together = chunk_documents(documents_of(*(texts[index] for index in order)), SMALL).rows.to_pylist()
    for text in texts:
        alone = chunk_documents(documents_of(text), SMALL).rows.drop(["path"]).to_pylist()
        key = digest(text)
        assert alone == [
            {k: v for k, v in row.items() if k != "path"} for row in together if row["key"] == key
        ]


def test_every_document_gives_passages_or_a_reject():
    outcome = chunk_documents(documents_of("", " \n\t", "text", "# only a heading"), SMALL)
    assert outcome.rows.schema == CHUNKS
    assert outcome.rejects.schema == REJECTS
    assert outcome.rejects.column("reason").to_pylist() == ["empty", "empty"]
    assert outcome.rows.column("text").to_pylist() == ["text", "# only a heading"]


def test_a_null_text_is_a_reject():
    table = documents_of("x").set_column(1, "text", pa.array([None], pa.string()))
    assert chunk_documents(table, SMALL).rejects.column("reason").to_pylist() == ["empty"]


GUIDE = """# Soil

What grows needs soil that was made ready for it, and that takes work.

## Cover crops

Rye holds the ground in winter. Clover gives it nitrogen. Both are cut before they seed.

### When to sow

Sow in autumn, six weeks before the frost, so that roots are deep when it comes.

## Tools

A spade and a fork do most of the work that has to be done by hand here.
"""


def test_a_passage_knows_the_headings_above_it_and_where_the_innermost_stands():
    rows = passages(GUIDE, ChunkConfig(max_tokens=60, overlap_tokens=0, min_tokens=4))
    assert [row["headings"] for row in rows] == [
        ["Soil"],
        ["Soil", "Cover crops"],
        ["Soil", "Cover crops", "When to sow"],
        ["Soil", "Tools"],
    ]
    for row in rows:
        assert GUIDE.encode()[row["heading_start"] :].lstrip(b"# ").startswith(row["headings"][-1].encode())


def test_a_passage_of_several_sections_stands_under_what_they_share():
    (row,) = passages(GUIDE, ChunkConfig(max_tokens=400, min_tokens=400, overlap_tokens=0))
    assert row["headings"] == ["Soil"]
    assert (row["paragraph_first"], row["paragraph_last"]) == (0, 7)


def test_text_before_the_first_heading_has_none():
    first, second = passages("Before.\n\n# After\n\nText.", ChunkConfig(min_tokens=1))
    assert (first["headings"], first["heading_start"]) == ([], None)
    assert second["headings"] == ["After"]


def test_a_heading_is_never_left_alone_at_the_end_of_a_passage():
    for row in passages("\n\n".join(f"## Part {n}\n\n{'word ' * n}" for n in range(1, 30))):
        assert not row["text"].rstrip().splitlines()[-1].startswith("#")


def test_setext_headings_and_closing_hashes_are_read():
    text = "Soil\n====\n\nText of it.\n\nRye `and` [clover](x.md)\n---\n\nMore text.\n\n### Deep ###\n\nLast."
    rows = passages(text, ChunkConfig(min_tokens=1))
    assert [row["headings"] for row in rows] == [
        ["Soil"],
        ["Soil", "Rye and clover"],
        ["Soil", "Rye and clover", "Deep"],
    ]


def test_rst_levels_follow_the_order_in_which_underlines_appear():
    text = (
        "####\nSoil\n####\n\nText.\n\nRye\n~~~~\n\nText.\n\nRoots\n====\n\nText.\n\nClover\n~~~~~~\n\nText."
    )
    rows = passages(text, ChunkConfig(min_tokens=1), "rst")
    assert [row["headings"] for row in rows] == [
        ["Soil"],
        ["Soil", "Rye"],
        ["Soil", "Rye", "Roots"],
        ["Soil", "Clover"],
    ]
    assert rows[0]["heading_start"] == 0


def test_headings_inside_fenced_code_are_code():
    (row,) = passages("# Shell\n\n```sh\n# a comment\n\nls\n```\n", ChunkConfig(min_tokens=1))
    assert row["headings"] == ["Shell"]


def test_a_fence_that_fits_is_kept_whole():
    code = "```python\n" + "\n\n".join(f"value_{n} = {n}" for n in range(6)) + "\n```"
    rows = passages(f"{'Some words come first. ' * 5}\n\n{code}\n\n{'And some follow. ' * 5}")
    assert any(code in row["text"] for row in rows)


def test_a_list_that_fits_is_kept_whole_and_one_that_does_not_breaks_between_items():
    items = [f"- item {n} holds a few words" for n in range(4)]
    rows = passages("Words before the list stand here, and more.\n\n" + "\n\n".join(items))
    assert any("\n\n".join(items) in row["text"] for row in rows)
    rows = passages("\n".join(f"- item {n} holds a few words" for n in range(40)), SMALL)
    assert all(row["text"].startswith("- item") and row["text"].endswith("words") for row in rows)


def test_a_table_that_is_too_long_breaks_between_rows():
    rows = passages("\n".join(f"| row. A {n} | some. Words |" for n in range(60)), SMALL)
    assert len(rows) > 5
    assert all(row["text"].startswith("| row.") and row["text"].endswith("|") for row in rows)


def test_an_overlap_is_made_of_whole_sentences_where_one_fits():
    text = " ".join(f"Sentence {n} is of some length here." for n in range(30))
    first, second, *_ = passages(text, ChunkConfig(max_tokens=60, overlap_tokens=24, min_tokens=0))
    shared = second["text"].encode()[: second["overlap_bytes"]].decode()
    assert shared.startswith("Sentence ")
    assert first["text"].endswith(shared)


def test_an_overlap_of_a_long_sentence_is_made_of_whole_words():
    rows = passages(" ".join(f"word{n}" for n in range(200)), SMALL)
    assert len(rows) > 5
    for before, after in pairwise(rows):
        shared = after["text"].encode()[: after["overlap_bytes"]].decode()
        assert shared
        assert re.fullmatch(r"word\d+( word\d+)*", shared)
        assert before["text"].endswith(shared)


def test_no_overlap_reaches_over_a_heading():
    for row in passages(GUIDE, ChunkConfig(max_tokens=32, overlap_tokens=16, min_tokens=4)):
        if "#" in row["text"]:
            assert row["overlap_bytes"] == 0


def test_windows_newlines_stay_as_they_are():
    rows = passages(GUIDE.replace("\n", "\r\n"), ChunkConfig(max_tokens=60, overlap_tokens=0, min_tokens=4))
    assert [row["headings"][-1] for row in rows] == ["Soil", "Cover crops", "When to sow", "Tools"]
    assert "\r\n" in rows[0]["text"]


HOSTILE = {
    "one line without spaces": b"x" * 1_000_000,
    "a script without spaces": "日本語".encode() * 60_000,
    "NUL bytes": b"\0" * 200_000,
    "only headings": b"# h\n" * 8_000,
    "only underlined headings": b"h\n==\n" * 6_000,
    "deeply nested lists": b"".join(b" " * (n % 300) + b"- item\n" for n in range(1_500)),
    "spaces before one letter": b" " * 1_000_000 + b"x",
    "full stops": b"." * 500_000,
    "backticks": b"`" * 500_000,
    "hashes": b"#" * 500_000,
    "a title of a megabyte": b"a" * 1_000_000 + b"\n====\n\ntext\n",
    "an open bracket in every heading": b"# " + b"[" * 200_000,
    "lone carriage returns": b"some words. Here\r" * 10_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_covered_exactly_and_within_bounds(name: str):
    data = HOSTILE[name]
    rows = passages(data, ChunkConfig())
    check(data, rows, ChunkConfig())
    assert max(len("".join(row["headings"])) for row in rows) < 1000


def test_a_stray_combining_script_is_never_cut_inside_a_character():
    data = "🌱".encode() * 5_000
    for row in passages(data, SMALL):
        assert row["start"] % 4 == 0
        assert row["end"] % 4 == 0


def word_tokenizer(tmp_path: Path) -> Path:
    tokenizers = pytest.importorskip("tokenizers")
    words = {"[UNK]": 0}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path))
    return path


def test_a_tokenizer_counts_and_its_bounds_hold(tmp_path: Path):
    config = ChunkConfig(
        max_tokens=50, overlap_tokens=10, min_tokens=8, tokenizer=str(word_tokenizer(tmp_path))
    )
    text = unittest.__doc__ or ""
    for source in (text, GUIDE, *(text[:4000] for text, _ in REAL[:5])):
        rows = passages(source, config)
        assert is_covered(source.encode(), rows)
        assert all(row["tokens"] == len(re.findall(r"\w+|[^\w\s]+", row["text"])) <= 50 for row in rows)


def test_the_same_tokenizer_elsewhere_is_the_same_config(tmp_path: Path):
    first = word_tokenizer(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    second = tmp_path / "elsewhere" / "copy.json"
    second.write_bytes(first.read_bytes())
    other = tmp_path / "other.json"
    other.write_text(
        json.dumps(json.loads(first.read_text()) | {"truncation": None, "padding": None}, indent=1) + "\n"
    )
    identities = [ChunkConfig(tokenizer=str(path)).identity() for path in (first, second, other)]
    assert identities[0] == identities[1] != identities[2]
    assert str(tmp_path) not in json.dumps(identities)


def test_bounds_that_cannot_be_kept_are_refused_by_name():
    with pytest.raises(
        RequestError, match="overlap_tokens is 30, but with max_tokens 40 it can be 20 at most"
    ):
        ChunkConfig(max_tokens=40, overlap_tokens=30, min_tokens=0)
    with pytest.raises(RequestError, match="min_tokens is 64"):
        ChunkConfig(max_tokens=40, overlap_tokens=0)
