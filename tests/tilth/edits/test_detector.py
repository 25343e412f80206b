from __future__ import annotations

from tests.tilth.edits.sources import functions, module
from tilth.edits.detector import newly_flagged
from tilth.edits.edit import apply
from tilth.edits.mutations import mutations

BEFORE = b"""class A:
    def f(self, limit):
        if limit < 0:
            return None
        return self.size
"""


def test_a_bug_that_shows_is_flagged_and_one_that_does_not_is_not():
    guard = BEFORE.replace(b"        if limit < 0:\n            return None\n", b"")
    own = BEFORE.replace(b"self.size", b"size")
    bound = BEFORE.replace(b"<", b"<=")
    broken = BEFORE.replace(b":", b"")
    flagged = newly_flagged([BEFORE] * 5, [guard, own, bound, broken, BEFORE])
    assert flagged[0] == ("ARG002",)
    assert "F821" in flagged[1]
    assert flagged[2:] == [(), (), ()]


def test_some_bugs_of_a_real_module_are_flagged():
    source = module("graphlib.py")
    mutated = [
        apply(source.text, bug.edits) for span in functions(source) for bug in mutations(source, *span)
    ]
    flagged = newly_flagged([source.text] * len(mutated), mutated)
    assert 0 < sum(map(bool, flagged)) < len(mutated)
