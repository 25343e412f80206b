import pytest

from tilth.edits.edit import apply
from tilth.edits.lint import find_fixes
from tilth.errors import RequestError

GREETING = """def greet(name):
    if not "ž" in name: return f"Dobrý den"
    else:
        return "{}".format(name)
"""


def test_each_finding_has_its_rule_its_line_and_edits_in_bytes():
    (fixes,) = find_fixes([GREETING.encode()], ["E713", "F541"])
    assert [(fix.rule, fix.line) for fix in fixes] == [("E713", 2), ("F541", 2)]
    mended = apply(GREETING.encode(), [edit for fix in fixes for edit in fix.edits]).decode()
    assert 'if "ž" not in name: return "Dobrý den"' in mended


def test_a_fix_that_is_not_safe_is_left_out():
    assert find_fixes([b"value = None\nif value == None:\n    pass\n"], ["E711"]) == [[]]


def test_a_text_that_cannot_be_read_has_no_fixes_and_spoils_no_other():
    texts = [b"def f(:\n", b"if not 1 in [2]:\n    print(1)\n", b""]
    assert [len(fixes) for fixes in find_fixes(texts, ["E713"])] == [0, 1, 0]


def test_a_rule_that_there_is_not_is_told():
    with pytest.raises(RequestError, match="rules"):
        find_fixes([b"a = 1\n"], ["ZZZ999"])
    assert find_fixes([], ["E713"]) == []
