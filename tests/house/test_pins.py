"""The pinned set: whole, hashed, within the declared bounds, and silent about where it comes from."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.house.checkout import ROOT

_PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ]+)(?: ; (?P<marker>[^\\]+?))? \\$")
_HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")
_LINES = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
_PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _declared() -> list[Requirement]:
    """Everything pyproject.toml asks for: the core, the extras, and what sets the environment up."""
    project = _PROJECT["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    build = [*_PROJECT["dependency-groups"]["build"], *_PROJECT["build-system"]["requires"]]
    return [Requirement(line) for line in [*project["dependencies"], *extras, *build]]


def test_constraints_hold_pins_and_hashes_and_no_address():
    assert [line for line in _LINES if not (_PIN.match(line) or _HASH.match(line))] == []


def test_every_pin_has_a_hash():
    pairs = zip(_LINES, [*_LINES[1:], ""], strict=True)
    assert [line for line, after in pairs if _PIN.match(line) and not _HASH.match(after)] == []


@pytest.mark.parametrize("requirement", _declared(), ids=lambda requirement: requirement.name)
def test_what_is_asked_for_is_pinned_within_its_bounds(requirement):
    name = canonicalize_name(requirement.name)
    pinned = [match["version"] for match in map(_PIN.match, _LINES) if match and match["name"] == name]
    assert len(pinned) == 1, "one version for every Python and platform"
    assert requirement.specifier.contains(Version(pinned[0]))


def test_every_dependency_is_bounded_above():
    project = _PROJECT["project"]
    lines = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    bounds = {line: {specifier.operator for specifier in Requirement(line).specifier} for line in lines}
    assert [line for line, operators in bounds.items() if not {"<", "=="} & operators] == []


@pytest.mark.flow
def test_the_installed_set_runs_a_flow_on_a_real_server(prefect_server):
    from prefect import flow, task
    from prefect.client.orchestration import get_client

    @task
    def double(number: int) -> int:
        return 2 * number

    @flow
    def doubled() -> int:
        return double.submit(21).result()

    state = doubled(return_state=True)
    assert state.state_details.flow_run_id is not None
    with get_client(sync_client=True) as client:
        stored = client.read_flow_run(state.state_details.flow_run_id)
    assert (state.result(), stored.state_name) == (42, "Completed")
