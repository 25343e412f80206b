"""Sandboxes with narrow limits, so that running into one takes little; without bubblewrap these tests are skipped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tilth.sandbox.job import Limits
from tilth.sandbox.sandbox import Sandbox
from tilth.sandbox.worker import Mode

NARROW = Limits(
    cpu_s=0.5,
    wall_s=20,
    memory_bytes=256 << 20,
    total_memory_bytes=192 << 20,
    processes=16,
    file_bytes=1 << 20,
    disk_bytes=2 << 20,
    output_bytes=2000,
)


def require(sandbox: Sandbox) -> None:
    mode, reason = sandbox.readiness()
    if mode is None:
        pytest.skip(f"NOTHING OF THE SANDBOX IS PROVEN HERE: {reason}")


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The best that can be had here: on most machines a fork server whose jobs have namespaces of their own."""
    with Sandbox(NARROW) as sandbox:
        require(sandbox)
        yield sandbox


@pytest.fixture(scope="session", params=["nested", "single"])
def any_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Each of the ways in which a job can get its namespaces, where this machine has it."""
    with Sandbox(NARROW) as sandbox:
        require(sandbox)
        force(sandbox, request.param)
        yield sandbox


def force(sandbox: Sandbox, mode: Mode) -> None:
    """Let it do with less than this machine has."""
    ways: list[Mode] = ["nested", "single", "bare"]
    if ways.index(mode) < ways.index(sandbox._mode or "nested"):
        pytest.skip(f"no {mode} sandbox here: {sandbox._reason}")
    if mode != "nested":
        sandbox._mode = mode
        while sandbox._idle:
            sandbox._discard(sandbox._idle.pop())
