"""Where things lie and how large they get."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.house.checkout import FLOORS, ROOT, python_files, syntax_of, tracked_files

TOP_LEVEL = {
    ".ci", ".gitattributes", ".gitignore", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE",
    "Makefile", "README.md", "benchmarks", "constraints.txt", "data", "deployments", "docs", "flows",
    "prefect.yaml", "pyproject.toml", "tasks", "tests", "tilth",
}  # fmt: skip
NAMES_THAT_SAY_NOTHING = {"base", "common", "core", "helpers", "manager", "misc", "util", "utils"}
OWN_CODE = (*FLOORS, "benchmarks", "deployments", "tests")
# Where the best of the field sit; a longer one is two things in one place.
MOST_LINES_OF_A_FILE, MOST_LINES_OF_A_FUNCTION = 500, 60


def test_the_top_level_holds_what_the_design_names_and_nothing_else():
    assert {path.parts[0] for path in tracked_files()} - TOP_LEVEL == set()


def test_no_room_and_no_module_has_a_name_that_says_nothing():
    code = python_files(*OWN_CODE)
    assert [path for path in code if NAMES_THAT_SAY_NOTHING & set(path.with_suffix("").parts)] == []


def test_no_file_is_longer_than_five_hundred_lines():
    lengths = {
        path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in python_files(*OWN_CODE)
    }
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES_OF_A_FILE} == {}


def test_no_function_is_longer_than_sixty_lines():
    too_long = [
        f"{path}:{node.lineno} {node.name}"
        for path in python_files(*OWN_CODE)
        for node in ast.walk(syntax_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > MOST_LINES_OF_A_FUNCTION
    ]
    assert too_long == []


def test_every_room_of_tests_mirrors_a_room_of_the_house():
    rooms = {path.parent.relative_to("tests") for path in python_files("tests")}
    # The stand-in for a provider of models serves several rooms, and the benchmarks.
    own = {Path(), Path("house"), Path("llm_server")}
    assert [str(room) for room in sorted(rooms - own) if not (ROOT / room).is_dir()] == []


def test_every_stage_has_tests_of_its_own():
    stages = {path.parts[1] for path in python_files("tasks") if len(path.parts) > 2}
    tested = {
        path.parts[2] for path in python_files("tests") if path.parts[1] == "tasks" and len(path.parts) > 3
    }
    assert stages - tested == set()


def test_every_stage_tells_its_story_and_re_exports_nothing():
    rooms = [path for path in python_files("tasks") if path.name == "__init__.py"]
    bodies = {path: syntax_of(path).body for path in rooms}
    assert [
        path for path, body in bodies.items() if len(body) != 1 or ast.get_docstring(syntax_of(path)) is None
    ] == []
