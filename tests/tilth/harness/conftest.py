"""A small repository with tests, and a sandbox to run it in; without bubblewrap what runs code is skipped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tilth.harness.modules import Repository
from tilth.sandbox.job import Limits
from tilth.sandbox.sandbox import Sandbox

WEIGH = b'''"""Weights of grain."""
from __future__ import annotations

import math

from .units import PER_TONNE, to_kilos as kilos

LIMIT = 10


def total(loads: list[float]) -> float:
    """The sum of some loads.

    >>> total([1, 2])
    3
    """
    result = 0
    for load in loads:
        result += load
    return result


def in_kilos(tonnes):
    return math.floor(kilos(tonnes))


def heavy(loads, limit=LIMIT):
    if limit < 0:
        raise ValueError("a limit below nothing")
    return [load for load in loads if load > limit]


class Scale:
    def __init__(self, zero):
        self.zero = zero

    def read(self, load):
        return load - self.zero
'''
UNITS = b"""PER_TONNE = 1000


def to_kilos(tonnes):
    return tonnes * PER_TONNE
"""
TESTS = b"""import unittest

import pytest

import grain.weigh as weigh
from grain.weigh import Scale, heavy


@pytest.mark.parametrize("tonnes, kilos", [(1, 1000), (0.5, 500)])
def test_in_kilos(tonnes, kilos):
    assert weigh.in_kilos(tonnes) == kilos


def test_heavy():
    assert heavy([1, 11, 12], 10) == [11, 12]
    assert heavy([5, 10]) == []


def test_heavy_refuses():
    with pytest.raises(ValueError, match="below"):
        heavy([], -1)


def test_with_a_fixture(tmp_path):
    assert tmp_path


def test_that_fails():
    assert heavy([1]) == [1]


class ScaleTest(unittest.TestCase):
    def setUp(self):
        self.scale = Scale(2)

    def test_read(self):
        self.assertEqual(self.scale.read(5), 3)
"""
FILES = (
    ("src/grain/__init__.py", b"from grain.weigh import total\n"),
    ("src/grain/weigh.py", WEIGH),
    ("src/grain/units.py", UNITS),
    ("tests/test_weigh.py", TESTS),
    ("tests/broken.py", b"def f(:\n"),
)


@pytest.fixture
def repository() -> Repository:
    return Repository(FILES)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Limits(cpu_s=5, output_bytes=1 << 20)) as sandbox:
        mode, reason = sandbox.readiness()
        if mode is None:
            pytest.skip(f"NOTHING OF THE SANDBOX IS PROVEN HERE: {reason}")
        yield sandbox
