"""The engines of dedupe on functions of the standard library with planted edits, and on hostile texts."""

from __future__ import annotations

import argparse
import ast
import collections
import configparser
import difflib
import inspect
import re
import textwrap
from functools import cache
from itertools import combinations
from random import Random

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.dedupe.by_signature import ITEMS, find_survivors, sketch_items
from tasks.dedupe.config import DedupeConfig, ExampleDedupeConfig
from tasks.dedupe.ranked import SKETCHES
from tilth.errors import LakeError
from tilth.records import REJECTS, SURVIVORS, Outcome

DEFAULT = DedupeConfig()
MODULES = (argparse, ast, collections, configparser, difflib, inspect, textwrap)


@cache
def functions() -> tuple[str, ...]:
    """Source of the functions of 30 words and more, each once."""
    found: dict[str, str] = {}
    for module in MODULES:
        source = inspect.getsource(module)
        lines = source.splitlines(keepends=True)
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                text = "".join(lines[node.lineno - 1 : node.end_lineno])
                if len(re.findall(r"\w+", text)) >= 30:
                    found.setdefault(" ".join(text.split()), text)
    # 400, because the tests compare all pairs.
    return tuple(found[key] for key in sorted(found))[:400]


def edited(text: str, edits: int, random: Random) -> str:
    words = re.split(r"(\W+)", text)
    for _ in range(edits):
        words[2 * random.randrange(len(words) // 2)] = f"edit{random.randrange(10**6)}"
    return "".join(words)


@cache
def planted() -> tuple[str, ...]:
    """All functions, of each third one an edited copy (a word in 10 to 60), of each fifth an exact one."""
    random = Random(0)
    texts = list(functions())
    copies = [edited(text, 1 + len(text) // random.randrange(60, 400), random) for text in texts[::3]]
    return (*texts, *copies, *(f"\n{text}  " for text in texts[::5]))


@cache
def shingles(text: str, size: int = 5) -> frozenset[tuple[str, ...]]:
    found = re.findall(r"[a-z0-9_\x80-\U0010ffff]+", text.lower())
    if len(found) < size:
        return frozenset([tuple(found)] if found else [])
    return frozenset(tuple(found[i : i + size]) for i in range(len(found) - size + 1))


def similarity(one: str, other: str) -> float:
    first, second = shingles(one), shingles(other)
    return len(first & second) / max(len(first | second), 1)


def items_of(texts, scopes=None, qualities=None, origins=None) -> pa.Table:
    count = len(texts)
    ids = [f"item{i:05}" for i in range(count)]
    columns = {
        "key": [f"key{i:05}" for i in range(count)],
        "item_id": ids,
        "scope": scopes or ["python"] * count,
        "text": list(texts),
        "quality": qualities or [0.5] * count,
        "origin_id": origins or [None] * count,
    }
    return pa.table(columns, schema=ITEMS)


def run(items: pa.Table, config: DedupeConfig = DEFAULT, sketches: pa.Table | None = None) -> Outcome:
    def texts(ids: pa.Array) -> pa.RecordBatchReader:
        found = items.filter(pc.is_in(items.column("item_id"), value_set=ids)).select(["item_id", "text"])
        return found.to_reader(max_chunksize=100)

    table = sketch_items(items, config) if sketches is None else sketches
    return find_survivors(table.to_reader(), texts, config)


def kept(outcome: Outcome) -> list[int]:
    return [int(name[4:]) for name in outcome.rows.column("item_id").to_pylist()]


def fallen(outcome: Outcome) -> dict[int, tuple[str, int]]:
    """Reject → (reason, keeper)."""
    columns = (outcome.rejects.column(name).to_pylist() for name in ("item_id", "reason", "detail"))
    return {int(one[4:]): (reason, int(detail[-5:])) for one, reason, detail in zip(*columns, strict=True)}


def assert_accounts_balance(items: pa.Table, outcome: Outcome) -> None:
    assert outcome.rows.schema == SURVIVORS
    assert outcome.rejects.schema == REJECTS
    names = outcome.rows.column("item_id").to_pylist() + outcome.rejects.column("item_id").to_pylist()
    assert sorted(names) == sorted(items.column("item_id").to_pylist())
    assert sum(outcome.rows.column("cluster_size").to_pylist()) == items.num_rows
    assert {keeper for _, keeper in fallen(outcome).values()} <= set(kept(outcome))


def test_planted_near_duplicates_are_found_and_nothing_else_falls():
    texts = planted()
    outcome = run(items_of(texts))
    assert_accounts_balance(items_of(texts), outcome)
    stays, falls = kept(outcome), fallen(outcome)
    # Precision: each reject is as similar to its keeper as was said, by Python's own sets.
    below = [one for one, (_, keeper) in falls.items() if similarity(texts[one], texts[keeper]) < 0.7]
    assert len(falls) > 100
    assert below == []
    for one, (reason, keeper) in falls.items():
        assert (reason == "duplicate") == (texts[one].split() == texts[keeper].split())
    # Recall: of all pairs that brute force finds at the threshold, a hundredth at most has both sides kept.
    sets = {one: shingles(texts[one]) for one in range(len(texts))}
    pairs = [
        (one, other)
        for one, other in combinations(sets, 2)
        if 0.7 * max(len(sets[one]), len(sets[other])) <= min(len(sets[one]), len(sets[other]))
        and len(sets[one] & sets[other]) >= 0.7 * len(sets[one] | sets[other])
    ]
    missed = [pair for pair in pairs if set(pair) <= set(stays)]
    assert len(pairs) > 100
    assert len(missed) <= len(pairs) / 100


def test_neither_order_nor_batches_nor_shards_change_the_outcome():
    texts = planted()
    qualities = [Random(i).choice([0.1, 0.5, 0.9, None]) for i in range(len(texts))]
    items = items_of(texts, qualities=qualities)
    whole = run(items)
    order = list(range(len(texts)))
    Random(1).shuffle(order)
    shuffled = items.take(order)
    shards = [sketch_items(shuffled.slice(start, 97), DedupeConfig()) for start in range(0, len(texts), 97)]
    parts = run(items, sketches=pa.concat_tables(shards))
    assert parts.rows.equals(whole.rows)
    assert parts.rejects.equals(whole.rejects)


WORDS = st.lists(st.sampled_from("abcdef"), max_size=14).map(" ".join)
ROWS = st.lists(
    st.tuples(
        WORDS,
        st.sampled_from(["x", "y"]),
        st.sampled_from([0.2, 0.7, None]),
        st.sampled_from([None, None, "o1", "o2"]),
    ),
    max_size=25,
)


@settings(deadline=None, max_examples=30)
@given(ROWS, st.sampled_from([1, 2, 5]), st.sampled_from([0.3, 0.5, 0.7, 1.0]), st.randoms())
def test_for_any_items_the_rules_hold(rows, size, threshold, random):
    config = DedupeConfig(threshold=threshold, shingle_words=size)
    items = items_of(*([row[i] for row in rows] for i in range(4))) if rows else ITEMS.empty_table()
    outcome = run(items, config)
    assert_accounts_balance(items, outcome)
    stays, falls = kept(outcome), fallen(outcome)

    def rank(one: int) -> tuple[float, int]:
        return (-(rows[one][2] or float("-inf")), one)

    for one, (reason, keeper) in falls.items():
        assert rank(keeper) < rank(one)
        assert rows[keeper][1] == rows[one][1]
        assert rows[one][3] is None or rows[keeper][3] != rows[one][3]
        assert (reason == "duplicate") == (rows[one][0] == rows[keeper][0])
    # Survivors are not reduced again, in whatever order they come.
    order = random.sample(stays, len(stays))
    again = run(items.take(pa.array(order, pa.int64())), config)
    assert kept(again) == stays
    # Two equal texts that may be compared never both stay.
    for one, other in combinations(stays, 2):
        is_view = rows[one][3] is not None and rows[one][3] == rows[other][3]
        assert rows[one][:2] != rows[other][:2] or is_view


def test_the_best_of_a_cluster_stays_and_names_it_by_its_least_id():
    text = functions()[0]
    items = items_of([text, text + " more", text], qualities=[0.1, 0.9, 0.5])
    outcome = run(items)
    assert outcome.rows.to_pylist() == [
        {
            "key": "key00001",
            "item_id": "item00001",
            "cluster_id": "item00000",
            "cluster_size": 3,
            "quality": 0.9,
        }
    ]
    assert {reason for reason, _ in fallen(outcome).values()} == {"near_duplicate"}


def test_an_item_that_resembles_only_a_reject_becomes_a_keeper():
    words = [f"w{i}" for i in range(300)]
    texts = [" ".join(words[start : start + 200]) for start in (0, 30, 60)]
    assert similarity(texts[0], texts[1]) > 0.7 < similarity(texts[1], texts[2])
    assert similarity(texts[0], texts[2]) < 0.7
    outcome = run(items_of(texts, qualities=[0.9, 0.8, 0.7]))
    assert kept(outcome) == [0, 2]
    assert fallen(outcome) == {1: ("near_duplicate", 0)}


def test_views_of_one_origin_are_no_duplicates_of_each_other_but_of_others():
    text = functions()[0]
    items = items_of([text, text, text + " edit", text], origins=["o", "o", "o", "p"])
    outcome = run(items)
    assert kept(outcome) == [0, 1, 2]
    assert fallen(outcome) == {3: ("duplicate", 0)}


def test_a_copy_rises_again_when_the_one_it_fell_to_falls_to_a_view_of_its_own_origin():
    text = functions()[0]
    # 1 and 2 are equal; 1 falls to 0, and 2 is a view of the same origin as 0.
    items = items_of(
        [text, text + " edit", text + " edit"], qualities=[0.9, 0.8, 0.7], origins=["o", "p", "o"]
    )
    outcome = run(items)
    assert kept(outcome) == [0, 2]


def test_items_of_different_scopes_are_not_compared():
    text = functions()[0]
    assert kept(run(items_of([text, text], scopes=["python", "go"]))) == [0, 1]


def test_without_near_only_exact_copies_fall():
    texts = planted()
    outcome = run(items_of(texts), DedupeConfig(is_near=False))
    assert {reason for reason, _ in fallen(outcome).values()} == {"duplicate"}
    assert len(kept(outcome)) == len({" ".join(text.split()) for text in texts})


def test_examples_may_differ_by_an_edit_that_documents_may_not():
    text = " ".join(f"w{i}" for i in range(100))
    items = items_of([text, edited(text, 3, Random(0))])
    assert kept(run(items, ExampleDedupeConfig())) == [0, 1]
    assert kept(run(items, DedupeConfig())) == [0]


def test_empty_and_wordless_texts_fall_to_their_equals_only():
    outcome = run(items_of(["", "  \n", None, "+++", "---", "\0", "\0\0"]))
    assert kept(outcome) == [0, 3, 4, 5, 6]
    assert fallen(outcome) == {1: ("duplicate", 0), 2: ("duplicate", 0)}


def test_nul_bytes_and_ideographs_are_texts_like_others():
    one = "数据质量决定了模型训练的效果，因此我们删除重复的文本，并保留最好的一份。" * 3
    texts = [
        one,
        one.replace("最好", "最佳", 1),
        "全く別の文章です。何も似ていません。",
        "a\0b c d e f",
        "a b c d e f",
    ]
    outcome = run(items_of(texts))
    assert kept(outcome) == [0, 2, 3]


def test_a_line_of_ten_megabytes_and_its_edited_copy_meet():
    line = " ".join(f"w{i}" for i in range(1_300_000))
    assert len(line) > 10_000_000
    outcome = run(items_of([line, line[:9_000_000], "short"]))
    assert kept(outcome) == [0, 2]


@pytest.mark.parametrize("suffix", ["", " edit{}"])
def test_fifty_thousand_copies_of_one_text_are_one_cluster(suffix):
    text = functions()[0]
    outcome = run(items_of([text + suffix.format(i) for i in range(50_000)]))
    assert outcome.rows.column("cluster_size").to_pylist() == [50_000]


def test_items_of_two_keys_may_have_one_id():
    text = " ".join(f"w{i}" for i in range(100))
    items = items_of([text, edited(text, 2, Random(0)), "another text"])
    again = items.set_column(0, "key", pa.array(["other0", "other1", "other2"]))
    outcome = run(pa.concat_tables([items, again]))
    assert outcome.rows.column("key").to_pylist() == ["key00000", "key00002"]
    assert outcome.rejects.column("key").to_pylist() == ["other0", "key00001", "other1", "other2"]


def test_no_rows_give_no_rows():
    outcome = run(ITEMS.empty_table())
    assert outcome.rows.equals(SURVIVORS.empty_table())
    assert outcome.rejects.equals(REJECTS.empty_table())


def test_a_missing_column_and_a_missing_text_are_named():
    items = items_of(planted())
    with pytest.raises(LakeError, match="lack the columns text"):
        sketch_items(items.drop_columns(["text"]), DedupeConfig())
    sketches = sketch_items(items, DedupeConfig())
    assert sketches.schema == SKETCHES
    with pytest.raises(LakeError, match="lack the columns signature"):
        find_survivors(
            sketches.drop_columns(["signature"]).to_reader(), lambda ids: items.to_reader(), DedupeConfig()
        )
    with pytest.raises(LakeError, match="The text of item item"):
        find_survivors(sketches.to_reader(), lambda ids: items.slice(0, 0).to_reader(), DedupeConfig())
