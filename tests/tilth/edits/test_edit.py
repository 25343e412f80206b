from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.edits.edit import Edit, OverlappingEdits, apply, invert, move


@st.composite
def edited(draw):
    text = draw(st.binary(max_size=40))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    edits = [Edit(start, end, draw(st.binary(max_size=4))) for start, end in pairs]
    # Two edits that touch are one place to come back to only if their order is told; lists keep it.
    return text, edits


@given(edited())
def test_edits_taken_back_give_the_text_before(case):
    text, edits = case
    assert apply(apply(text, edits), invert(text, edits)) == text


@given(edited(), st.integers(0, 40), st.integers(0, 40))
def test_a_span_that_no_edit_touches_is_found_again(case, one, other):
    text, edits = case
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    if any(edit.start <= end and edit.end >= start for edit in edits):
        return
    moved = move(edits, start, end)
    assert apply(text, edits)[slice(*moved)] == text[start:end]


def test_a_span_grows_with_what_is_edited_inside_it():
    text, edits = (
        b"# c\ndef f(a): return a\n",
        [Edit(0, 4, b""), Edit(10, 11, b"arg0"), Edit(21, 22, b"arg0")],
    )
    assert apply(text, edits)[slice(*move(edits, 4, 22))] == b"def f(arg0): return arg0"


@pytest.mark.parametrize("edits", [[Edit(0, 2, b""), Edit(1, 3, b"")], [Edit(2, 9, b"")], [Edit(2, 1, b"")]])
def test_edits_that_overlap_or_leave_the_text_are_named(edits):
    with pytest.raises(OverlappingEdits, match="bytes"):
        apply(b"abc", edits)
