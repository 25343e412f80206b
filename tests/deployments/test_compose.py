"""The files that deploy Tilth say what they must, as far as can be told without starting containers."""

from __future__ import annotations

import re

import pytest
import yaml

from flows.recipe import recipe_names
from tilth.fingerprint import ROOT

COMPOSE = (ROOT / "deployments/compose.yaml").read_text(encoding="utf-8")
SERVICES = yaml.safe_load(COMPOSE)["services"]
DEPLOYMENTS = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]


def test_no_port_is_open_to_other_machines():
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_no_password_is_written_down():
    said = re.findall(r"(?i)password\S*: (.*)", COMPOSE) + re.findall(r"://\w+:([^@]*)@", COMPOSE)
    assert said
    assert [password for password in said if not password.startswith("${")] == []


def test_sources_can_only_be_read():
    volumes = SERVICES["worker"]["volumes"]
    assert [volume for volume in volumes if "/srv/sources" in volume and not volume.endswith(":ro")] == []


def test_the_image_is_made_of_what_is_there():
    dockerfile = (ROOT / "deployments/Dockerfile").read_text(encoding="utf-8")
    copied = [name for line in re.findall(r"(?m)^COPY (.*) \S+$", dockerfile) for name in line.split()]
    let_through = (ROOT / "deployments/Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert [name for name in copied if not (ROOT / name).exists() or f"!{name}" not in let_through] == []


def test_schedules_are_examples_that_are_switched_off():
    schedules = [schedule for deployment in DEPLOYMENTS for schedule in deployment["schedules"]]
    assert schedules
    assert [schedule for schedule in schedules if schedule["active"]] == []
    assert {schedule["parameters"]["recipe"] for schedule in schedules} <= set(recipe_names())


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_a_build_waits_for_the_one_before_it(deployment):
    assert deployment["concurrency_limit"] == {"limit": 1, "collision_strategy": "ENQUEUE"}
    assert deployment["work_pool"]["name"] == "tilth"
