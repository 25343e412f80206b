from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from tasks.plan.gaps import BANDS, avoid_of, difficulty_for
from tasks.plan.progress import CellProgress
from tasks.plan.rounds import Ask, Round

LOOPS = [
    f"Write a function that runs binary search over {thing}" for thing in ("a list", "an array", "words")
]
OTHERS = [
    "Write a function that parses dates",
    "Write a function that counts words in a file",
    "Write a function that merges two dictionaries",
    "Write a function that flattens nested lists",
    "Write a function that retries a request",
    "Write a function that formats a table",
]
SERVERS = ["Write a function that opens a socket", "Write a function that routes requests"]


def test_a_topic_that_comes_again_and_again_is_named_as_a_phrase():
    python, go = avoid_of([LOOPS + OTHERS, SERVERS], [{"language": "python"}, {"language": "go"}])
    assert python == ("binary search",)
    assert go == ()


def test_words_of_the_task_and_of_the_cell_itself_are_no_topics():
    subjects = [f"Parse {thing} with python" for thing in ("json", "yaml", "dates", "urls")]
    subjects += ["Sort rows", "Read files", "Match names", "Draw maps", "Send mail"]
    assert avoid_of([subjects], [{"language": "python"}]) == (("parse",),)
    assert avoid_of([subjects], [{"language": "python", "category": "parse_data"}]) == ((),)


def test_at_most_eight_topics_are_named_the_most_over_represented_first():
    words = ["ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibis", "jay"]
    subjects = [f"{word} number{turn}{word}" for turn in range(4) for word in words]
    subjects += ["jay again", "jay twice"]
    (topics,) = avoid_of([subjects], [{}])
    assert len(topics) == 8
    assert topics[0] == "jay"


def test_nothing_accepted_means_nothing_to_avoid():
    assert avoid_of([[], ["only one row"]], [{"language": "a"}, {"language": "b"}]) == ((), ())


@given(st.lists(st.sampled_from(LOOPS + OTHERS + SERVERS), max_size=40), st.integers(0, 99))
def test_topics_depend_on_the_accepted_set_alone(subjects, seed):
    mixed = random.Random(seed).sample(subjects, len(subjects))
    assert avoid_of([subjects, SERVERS], [{}, {}]) == avoid_of([mixed, SERVERS], [{}, {}])


@given(st.integers(1, 60), st.integers(0, 59), st.integers(1, 60))
def test_difficulty_never_falls_within_a_cell(count, accepted, number):
    accepted = min(accepted, count - 1)
    cell = CellProgress({}, count, accepted_ids=tuple(map(str, range(accepted))))
    candidates = Round(1, (Ask(0, 7, number),)).candidates()
    bands = [BANDS.index(difficulty_for(cell, each)) for each in candidates]
    assert bands == sorted(bands)
    assert bands[0] == min(3 * accepted // count, 2)
