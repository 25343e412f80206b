from pathlib import Path

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
