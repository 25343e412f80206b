from pathlib import Path

from tilth.harness.modules import Repository
from tilth.harness.survey import survey


def test_the_survey_says_which_tests_pass_and_what_they_reach(repository, sandbox):
    found = survey(repository, sandbox)
    outcomes = {name.partition("::")[2]: outcome for name, outcome in found.outcomes.items()}
    assert outcomes == {
        "doctest total": "passed",
        "test_in_kilos": "passed",
        "test_heavy": "passed",
        "test_heavy_refuses": "passed",
        "test_that_fails": "failed AssertionError",
        "ScaleTest.test_read": "passed",
    }
    names = {
        repository.by_path[path].functions[line][0]: {test.partition("::")[2] for test in tests}
        for (path, line), tests in found.reached.items()
        if path.startswith("src/")
    }
    assert names == {
        "total": {"doctest total"},
        "in_kilos": {"test_in_kilos"},
        "to_kilos": {"test_in_kilos"},
        "heavy": {"test_heavy", "test_heavy_refuses"},
        "Scale.__init__": {"ScaleTest.test_read"},
        "Scale.read": {"ScaleTest.test_read"},
    }


def test_the_survey_records_what_functions_were_called_with(repository, sandbox):
    found = survey(repository, sandbox)
    place = next(place for place, _ in found.reached.items() if place[0].endswith("units.py"))
    assert [call["args"] for call in found.calls[place]] == [["1"], ["0.5"]]


def test_nothing_of_a_repository_runs_in_this_process(repository, sandbox):
    survey(repository, sandbox)
    assert not Path("/job").exists()


SHAPES = b"""from dataclasses import dataclass


class Box:
    def __init__(self, side, unit="m", *, depth=1):
        self.side = side

    def grown(self, by, times=1):
        return Box(self.side + by * times)

    @property
    def area(self):
        return self.side**2

    @classmethod
    def unit(cls, name):
        return cls(1, name)

    @staticmethod
    def twice(number):
        return number * 2


class Odd:
    def __init__(self, what):
        self.what = what

    def told(self):
        return str(self.what)


@dataclass
class Point:
    x: int
    y: int = 0

    def shifted(self, by):
        return Point(self.x + by, self.y)


def total(first, *others, **named):
    return first + sum(others) + sum(named.values())
"""
SHAPE_TESTS = b"""from shapes import Box, Odd, Point, total


def test_shapes():
    assert Box(3).grown(2).area == 25
    assert Box.unit("cm").side == 1
    assert Box.twice(4) == 8
    assert Odd(object()).told()
    assert Point(1).shifted(2) == Point(3)
    assert total(1, 2, 3, four=4) == 10
"""


def test_a_method_is_recorded_with_a_call_that_makes_its_object(sandbox):
    repository = Repository([("shapes.py", SHAPES), ("test_shapes.py", SHAPE_TESTS)])
    found = survey(repository, sandbox)
    module = repository.by_path["shapes.py"]
    calls = {name: found.calls.get(("shapes.py", line)) for line, (name, _) in module.functions.items()}
    box = {"of": "Box", "kwargs": {}}
    assert calls["Box.grown"] == [{**box, "on": "Box(3)", "args": ["2"]}]
    assert calls["Box.area"] == [{**box, "on": "Box(5)", "args": []}]
    assert calls["Box.unit"] == [{**box, "on": "Box", "args": ["'cm'"]}]
    assert calls["Box.twice"] == [{"args": ["4"], "kwargs": {}}]
    assert calls["Point.shifted"] == [{"of": "Point", "on": "Point(x=1, y=0)", "args": ["2"], "kwargs": {}}]
    assert calls["total"] == [{"args": ["1", "2", "3"], "kwargs": {"four": "4"}}]
    # What it was made of cannot be said as text.
    assert not calls["Odd.told"]
