import ast
import textwrap
from pathlib import Path

from tilth.harness.cut import Cut, Cutter, Refusal
from tilth.harness.modules import Repository
from tilth.harness.tests import tests_of as find_tests


def cut(repository, module, *names, **options):
    place = repository.by_name[module]
    return Cutter(repository, 50_000, **options).cut([(place, name) for name in names], "", place)


def test_a_function_brings_what_it_needs_of_other_modules_and_nothing_else(repository):
    program = cut(repository, "grain.weigh", "in_kilos")
    assert "def to_kilos" in program.code
    assert "PER_TONNE = 1000" in program.code
    assert "import math" in program.code
    assert "kilos = to_kilos" in program.tests
    assert "Scale" not in program.code
    assert "LIMIT" not in program.code


def test_a_program_and_the_test_of_its_module_make_one_that_names_the_repository_nowhere_but_as_itself(
    repository,
):
    module = repository.by_name["test_weigh"]
    test = next(test for test in find_tests(module) if test.name == "test_in_kilos")
    program = Cutter(repository, 10_000, "class pytest: pass").cut(
        [(module, "test_in_kilos")], test.run, module
    )
    assert isinstance(program, Cut)
    assert "weigh = sys.modules[__name__]" in program.tests
    assert "import grain" not in program.code + program.tests
    ast.parse(program.code + program.tests)


def test_two_things_of_one_name_are_refused():
    files = [("a.py", b"def f():\n    return g()\n\n\ndef g():\n    return 1\n")]
    files += [("b.py", b"import a\n\n\ndef g():\n    return a.f()\n")]
    assert cut(Repository(files), "b", "g") == Refusal("names_clash", "g")


def test_a_package_that_is_not_there_is_refused_unless_an_environment_has_it():
    repository = Repository([("a.py", b"import numpy as np\n\n\ndef f(x):\n    return np.abs(x)\n")])
    assert cut(repository, "a", "f") == Refusal("needs_a_package", "numpy")
    assert "import numpy as np" in cut(repository, "a", "f", allows_packages=True).code


def test_what_is_too_long_is_refused(repository):
    place = repository.by_name["grain.weigh"]
    found = Cutter(repository, 20).cut([(place, "total")])
    assert isinstance(found, Refusal)
    assert found.reason == "code_too_long"


def test_functions_of_the_standard_library_are_cut_so_that_they_compile():
    text = Path(textwrap.__file__).read_bytes()
    repository = Repository([("textwrap.py", text)])
    for name, node in repository.by_name["textwrap"].functions.values():
        program = cut(repository, "textwrap", name.partition(".")[0])
        assert isinstance(program, Cut), node.name
        names: dict[str, object] = {"__name__": "cut"}
        exec(compile(program.code, "cut", "exec"), names)
        assert name.partition(".")[0] in names
