from tilth.harness.tests import tests_of as find_tests


def test_tests_are_found_with_the_lines_that_run_them(repository):
    found = {test.name: test for test in find_tests(repository.by_name["test_weigh"])}
    assert found["test_heavy"].run == "test_heavy()"
    assert "pytest.cases(test_in_kilos)" in found["test_in_kilos"].run
    assert found["ScaleTest.test_read"].run.endswith('ScaleTest("test_read").debug()')


def test_what_needs_a_fixture_is_no_test_here(repository):
    assert "test_with_a_fixture" not in {test.name for test in find_tests(repository.by_name["test_weigh"])}


def test_the_examples_of_a_docstring_are_a_test_of_its_module(repository):
    (test,) = find_tests(repository.by_name["grain.weigh"])
    assert test.is_doctest
    assert test.test_id == "src/grain/weigh.py::doctest total"
    names = {"total": sum}
    exec(test.run, names)
