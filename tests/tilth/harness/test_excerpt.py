import ast

from tilth.harness.cut import Cut, Cutter
from tilth.harness.excerpt import Excerpt
from tilth.harness.modules import Repository

TEXT = b'''ROOM = 3


class Bin:
    """A bin."""

    room = ROOM

    def __init__(self, held=0):
        self.held = held

    def left(self):
        return self.room - self.held

    fits = left

    def __len__(self):
        return self.held


class Pair(Bin):
    def both(self):
        return self.left() * 2

    def full(self):
        return not self.left()

    def told(self, other):
        return f"{len(self)} {other.full()}"
'''
REPOSITORY = Repository([("bins.py", TEXT)])
MODULE = REPOSITORY.by_path["bins.py"]


def names(excerpt):
    trees = [ast.parse(excerpt.text(place)) for place in sorted(excerpt.trees)]
    return [node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def test_a_method_brings_what_makes_its_object_and_what_it_asks_of_it_through_the_classes_below():
    excerpt = Excerpt(MODULE, "Pair", "both", is_wide=False)
    assert names(excerpt) == ["__init__", "left", "both"]
    assert "room = ROOM" in excerpt.text(MODULE.bindings["Bin"][0])
    assert "fits" not in excerpt.text(MODULE.bindings["Bin"][0])


def test_a_builtin_asks_for_its_method_and_only_a_wide_excerpt_follows_other_objects():
    assert "__len__" in names(Excerpt(MODULE, "Pair", "told", is_wide=False))
    assert "full" not in names(Excerpt(MODULE, "Pair", "told", is_wide=False))
    assert "full" in names(Excerpt(MODULE, "Pair", "told", is_wide=True))


def test_a_program_cut_with_an_excerpt_runs_and_does_what_the_class_does():
    excerpt = Excerpt(MODULE, "Pair", "both", is_wide=False)
    program = Cutter(REPOSITORY, 10_000).cut([(MODULE, "Pair")], "", MODULE, excerpt)
    assert isinstance(program, Cut)
    assert "full" not in program.code
    for code in (program.code, TEXT.decode()):
        found: dict[str, object] = {}
        exec(code + "\nvalue = Pair(1).both()", found)
        assert found["value"] == 4
