from __future__ import annotations

import inspect
import json
import tempfile
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tilth.sentences import sentence_starts


def sentences(text: str) -> list[str]:
    data = text.encode("utf-8")
    borders = [0, *sentence_starts(data, 0, len(data)), len(data)]
    return [data[low:high].decode("utf-8").strip() for low, high in pairwise(borders)]


def test_abbreviations_and_initials_do_not_end_a_sentence():
    text = "Dr. J. Smith et al. wrote it, e.g. Fig. 3 and vol. 2. It was read, cf. Knuth."
    assert sentences(text) == [
        "Dr. J. Smith et al. wrote it, e.g. Fig. 3 and vol. 2.",
        "It was read, cf. Knuth.",
    ]


def test_a_sentence_that_ends_with_a_word_which_also_abbreviates_ends():
    assert sentences("Was it so? No. It was written in C. We read it.") == [
        "Was it so?",
        "No.",
        "It was written in C.",
        "We read it.",
    ]


def test_version_numbers_and_file_names_stay_whole():
    assert sentences("Use Python 3.11 or setup.py files. Then go.") == [
        "Use Python 3.11 or setup.py files.",
        "Then go.",
    ]


def test_closing_quotes_and_brackets_belong_to_the_sentence_before():
    assert sentences('He said "stop." (It was late.) They went.') == [
        'He said "stop."',
        "(It was late.)",
        "They went.",
    ]


def test_sentences_without_spaces_end_at_their_own_full_stop():
    assert sentences("雨が降る。花が咲く！「行こう。」次に") == [
        "雨が降る。",
        "花が咲く！",
        "「行こう。」",
        "次に",
    ]


def test_paragraphs_and_list_items_begin_sentences():
    assert sentences("one\n\ntwo\n- three\n- four\n1. five") == ["one", "two", "- three", "- four", "1. five"]


def test_docstrings_of_the_standard_library_are_cut_at_white_space_only():
    for module in (json, tempfile, inspect):
        data = (inspect.getdoc(module) or "").encode()
        for start in sentence_starts(data, 0, len(data)):
            assert data[start - 1 : start].isspace()


@given(st.text(alphabet="aB.!?。 \n-1)'é", max_size=200))
def test_starts_ascend_inside_the_text_at_characters(text: str):
    data = text.encode("utf-8")
    starts = sentence_starts(data, 0, len(data))
    assert starts == sorted(set(starts))
    assert all(0 < start < len(data) and data[start] & 0xC0 != 0x80 for start in starts)
