from hypothesis import given
from hypothesis import strategies as st

from tasks.ingest.patterns import patterns_of


@given(st.lists(st.text(alphabet="!/*[]\\a ?-#^.", max_size=8), max_size=6))
def test_no_line_of_a_gitignore_raises(lines):
    patterns_of(lines).match_file("a/b.py")


def test_a_later_line_overrules_an_earlier_one():
    spec = patterns_of(["*.log", "[", "!keep.log"])
    assert spec.match_file("a.log")
    assert not spec.match_file("keep.log")
