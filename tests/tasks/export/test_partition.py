from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.export.config import ExportConfig
from tasks.export.partition import Partition, place_examples, rejects_of, sides_of_documents
from tests.tasks.export.conftest import Corpus, connect
from tilth.errors import CheckError, RequestError

EVEN = ExportConfig(validation_ratio=0.3, test_ratio=0.3)


def placed(
    corpus: Corpus, config: ExportConfig = EVEN, before: str | None = None
) -> tuple[Partition, dict[str, tuple[str, str, str | None]], pa.Table]:
    """The partition; each example's group, side and reason; the rejects."""
    with connect(corpus.tables()) as connection:
        partition = place_examples(connection, config, before)
        rows = connection.execute("SELECT example_id, group_id, side, reason FROM export_placed").fetchall()
        return (
            partition,
            {name: (group, side, reason) for name, group, side, reason in rows},
            rejects_of(connection),
        )


def corpus_of(files: list[tuple[int, int]], examples: list[list[int]]) -> Corpus:
    """Files as (repository, folder) numbers, and examples as the files each is made from."""
    corpus = Corpus()
    documents = [
        corpus.document(f"repository{repository}", f"folder{folder}/module{ordinal}.py")
        for ordinal, (repository, folder) in enumerate(files)
    ]
    for ordinal, origins in enumerate(examples):
        corpus.example("chat", [documents[origin % len(documents)] for origin in origins], query=str(ordinal))
    return corpus


FILES = st.lists(st.tuples(st.integers(0, 13), st.integers(0, 3)), min_size=1, max_size=20)
EXAMPLES = st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=3), min_size=1, max_size=20)


@given(FILES, EXAMPLES)
@settings(max_examples=8, deadline=None)
def test_no_group_stands_on_two_sides_and_no_row_is_lost(files, examples):
    corpus = corpus_of(files, examples)
    partition, rows, rejects = placed(corpus)
    held: dict[str, set[str]] = {}
    for group, side, reason in rows.values():
        if reason is None:
            held.setdefault(group, set()).add(side)
    assert all(len(sides) == 1 for sides in held.values())
    assert sum(partition.rows.values()) + rejects.num_rows == len(corpus.mixture) == len(rows)


@given(FILES, FILES, EXAMPLES)
@settings(max_examples=8, deadline=None)
def test_a_row_keeps_its_side_when_the_corpus_grows(files, more, examples):
    small = [[origin % len(files) for origin in origins] for origins in examples]
    first, before, _ = placed(corpus_of(files, small))
    _, after, _ = placed(corpus_of(files + more, small), before=first.grouped_by)
    assert before == after


def test_with_fewer_than_ten_repositories_folders_are_groups_and_the_notes_say_so():
    few, _, _ = placed(corpus_of([(number, 0) for number in range(9)], [[0]]))
    many, _, _ = placed(corpus_of([(number, 0) for number in range(10)], [[0]]))
    assert (few.grouped_by, many.grouped_by) == ("folder", "repository")
    assert "Groups are folders" in few.notes[0]
    assert not any("Groups are folders" in note for note in many.notes)


def test_a_line_of_versions_keeps_its_grain_unless_the_recipe_names_one():
    corpus = corpus_of([(number, 0) for number in range(12)], [[0]])
    assert placed(corpus, before="folder")[0].grouped_by == "folder"
    pinned = ExportConfig(group_by="repository")
    assert placed(corpus, pinned, before="folder")[0].grouped_by == "repository"


def test_an_example_made_from_both_sides_is_a_reject_that_names_the_groups():
    corpus = corpus_of([(number, 0) for number in range(30)], [[number] for number in range(30)])
    _, rows, _ = placed(corpus)
    sides = {side: group for group, side, _ in rows.values()}
    names = corpus.documents.table().to_pylist()
    mixed = [
        next(row["document_id"] for row in names if row["repository"] == sides[side])
        for side in ("train", "test")
    ]
    crossing = corpus.example("triplet", mixed, query="q")
    _, _, rejects = placed(corpus)
    (row,) = rejects.to_pylist()
    assert (row["item_id"], row["reason"]) == (crossing, "crosses_sides")
    assert row["detail"] == f"its origins lie in test group {sides['test']} and train group {sides['train']}"


def test_an_origin_that_is_no_document_is_a_reject():
    corpus = corpus_of([(0, 0)], [[0]])
    lost = corpus.example("chat", ["0" * 32], query="q")
    assert placed(corpus)[2].select(["item_id", "reason"]).to_pylist() == [
        {"item_id": lost, "reason": "unknown_origin"}
    ]


def test_a_near_duplicate_of_a_test_row_leaves_the_training_side_and_no_other():
    corpus = corpus_of([(number, 0) for number in range(30)], [[number] for number in range(30)])
    _, rows, _ = placed(corpus)
    by_side: dict[str, list[str]] = {}
    for name, (_, side, _) in sorted(rows.items()):
        by_side.setdefault(side, []).append(name)
    corpus.clusters = [
        (by_side["train"][0], "a"),
        (by_side["test"][0], "a"),
        (by_side["train"][1], "b"),
        (by_side["train"][2], "b"),
    ]
    _, _, rejects = placed(corpus)
    assert [(row["item_id"], row["reason"]) for row in rejects.to_pylist()] == [
        (by_side["train"][0], "leaks")
    ]
    assert by_side["test"][0] in rejects["detail"][0].as_py()


def test_without_documents_the_examples_own_groups_are_kept_whole():
    corpus = Corpus()
    for number in range(40):
        corpus.example("chat", [f"d{number}"], query=str(number), group_id=f"g{number % 8}")
    tables = corpus.tables()
    del tables["documents"]
    with connect(tables) as connection:
        partition = place_examples(connection, EVEN)
    assert partition.grouped_by == "group_id"
    assert sum(partition.groups.values()) == 8
    assert sum(partition.rows.values()) == 40


def test_another_validation_ratio_leaves_the_test_side_as_it_was():
    corpus = corpus_of([(number, 0) for number in range(40)], [[number] for number in range(40)])
    sides = [
        {name for name, (_, side, _) in placed(corpus, config)[1].items() if side == "test"}
        for config in (EVEN, ExportConfig(validation_ratio=0.05, test_ratio=0.3))
    ]
    assert sides[0] == sides[1] != set()


def test_the_sides_come_near_their_ratios_over_many_groups():
    corpus = corpus_of([(number, 0) for number in range(1000)], [[number] for number in range(1000)])
    sides = Counter(side for _, side, _ in placed(corpus)[1].values())
    # Five standard deviations of a binomial with n = 1000, p = 0.3.
    assert abs(sides["test"] - 300) < 75
    assert abs(sides["validation"] - 300) < 75


def test_a_side_that_got_nothing_is_said_and_not_filled():
    partition, _, _ = placed(corpus_of([(0, 0)], [[0]]), ExportConfig())
    empty = [side for side, rows in partition.rows.items() if not rows]
    assert len(empty) == 2
    for side in empty:
        assert any(f"The {side} side is empty" in note for note in partition.notes)


def test_what_does_not_fit_together_is_named():
    with pytest.raises(CheckError, match="no rows"):
        placed(Corpus())
    torn = corpus_of([(0, 0)], [[0]])
    torn.mixture.add(key="k", example_id="gone", rank=9)
    with pytest.raises(CheckError, match="gone"):
        placed(torn)
    twice = corpus_of([(0, 0)], [[0], [0]])
    twice.mixture.add(**twice.mixture.table().to_pylist()[0])
    with pytest.raises(CheckError, match="share an example_id"):
        placed(twice)
    with (
        connect({"mixture": twice.tables()["mixture"]}) as connection,
        pytest.raises(RequestError, match="examples"),
    ):
        place_examples(connection, EVEN)


@pytest.mark.parametrize("repositories", [3, 30])
def test_who_asks_beforehand_is_told_the_side_that_a_document_comes_to_stand_on(repositories):
    corpus = corpus_of([(n % repositories, n % 4) for n in range(60)], [[n] for n in range(60)])
    with connect(corpus.tables()) as connection:
        told = sides_of_documents(connection, EVEN)
        place_examples(connection, EVEN)
        held = connection.execute(
            "SELECT e.origins[1].document_id, p.side FROM export_placed AS p JOIN examples AS e USING (example_id)"
        ).fetchall()
    assert told == dict(held)
    assert len(set(told.values())) > 1
