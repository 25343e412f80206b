"""Engines stay pure: what takes seconds to import, or ties them to a scheduler, is kept out of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.checkout import ROOT, module_name, python_files

# The modules that may import Prefect or Great Expectations.
_IMPURE_NAMES = {"task.py", "suite.py"}
_IMPURE_FILES = {Path("tasks/orchestration.py"), Path("tilth/checks.py")}
# What the command line touches before it knows what it is asked (`tilth --help` answers in half a second), and what
# runs one stage alone.
_LIGHT_FLOWS = {Path("flows/cli/__init__.py"), Path("flows/cli/alone.py"), Path("flows/recipe.py")}

# Each module is imported in turn, and the first that brings a banned library in is named.
_IMPORT_EACH = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
    brought = {"prefect", "great_expectations"} & sys.modules.keys()
    if brought:
        sys.exit(f"importing {name} imports {', '.join(sorted(brought))}")
"""


def _pure_modules() -> list[str]:
    engines = [
        path
        for path in python_files("tasks", "tilth")
        if path.name not in _IMPURE_NAMES and path not in _IMPURE_FILES
    ]
    light = [path for path in python_files("flows") if path in _LIGHT_FLOWS or path.parts[1] == "alone"]
    return [module_name(path) for path in engines + light]


def test_importing_an_engine_imports_neither_prefect_nor_great_expectations():
    modules = _pure_modules()
    assert modules
    command = [sys.executable, "-c", _IMPORT_EACH, *modules]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


_BANNED = "import prefect\nimport great_expectations\n"
_CONFINED = {
    "Arrows point downwards": ("tilth/upwards.py", "import tasks.first.by_rule\n"),
    "Stages meet through Parquet": ("tasks/first/sideways.py", "import tasks.second.by_rule\n"),
    "Stages meet": ("tasks/first/scheduled.py", "import tasks.orchestration\n"),
    "Only flows import a stage's Prefect task": ("tasks/first/own_task.py", "import tasks.first.task\n"),
    "Prefect lives in": ("tilth/orchestrated.py", "import prefect.flows\n"),
    "Great Expectations lives in": ("flows/checked.py", "import great_expectations\n"),
}


def _contracts_of_a_small_house(folder: Path, extra: dict[str, str]) -> str:
    """Report of import-linter on a house with two stages, everything where it belongs, and `extra` files."""
    files = {
        "flows/build.py": "import prefect\nimport tasks.first.task\nimport tasks.second.task\n",
        "tasks/orchestration.py": "import prefect\n",
        "tasks/first/by_rule.py": "import tilth.records\n",
        "tasks/second/by_rule.py": "import tilth.records\n",
        "tasks/first/task.py": "import prefect\nimport tasks.first.by_rule\nimport tasks.first.suite\n",
        "tasks/second/task.py": "import tasks.orchestration\nimport tasks.second.by_rule\n",
        "tasks/first/suite.py": "import great_expectations\nimport tilth.checks\n",
        "tilth/checks.py": "import great_expectations\n",
        "tilth/records.py": "",
        **extra,
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for package in {
        parent for name in files for parent in (folder / name).parents if folder in parent.parents
    }:
        (package / "__init__.py").touch()
    (folder / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    linter = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(linter, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_the_import_contracts_are_kept_by_a_house_in_order(tmp_path):
    assert "Contracts: 5 kept, 0 broken." in _contracts_of_a_small_house(tmp_path, {})


@pytest.mark.parametrize("contract", _CONFINED)
def test_an_import_contract_breaks_when_its_rule_is_broken(tmp_path, contract):
    path, text = _CONFINED[contract]
    report = _contracts_of_a_small_house(tmp_path, {path: text})
    verdicts = [line for line in report.splitlines() if line.startswith(contract)]
    assert any(" BROKEN" in line for line in verdicts), report


@pytest.mark.parametrize("path", ["tasks/first/by_rule.py", "tilth/records.py"])
def test_ruff_says_in_the_editor_what_the_contracts_say(path):
    ruff = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--no-cache",
        "--select",
        "TID251",
        "--stdin-filename",
        path,
        "-",
    ]
    done = subprocess.run(ruff, cwd=ROOT, input=_BANNED, capture_output=True, text=True, check=False)
    assert done.stdout.count("TID251") == 2
