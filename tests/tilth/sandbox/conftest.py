"""Sandboxes with narrow limits, so that running into one takes little; without bubblewrap these tests are skipped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tilth.sandbox.job import Limits
from tilth.sandbox.sandbox import Sandbox

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


@pytest.fixture(scope="session", params=["nested", "single", "bare"])
def any_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Each of the ways in which a job can get its namespaces, where this machine has it."""
    with Sandbox(NARROW) as sandbox:
        require(sandbox)
        ways = ["nested", "single", "bare"]
        if ways.index(request.param) < ways.index(sandbox._mode or "nested"):
            pytest.skip(f"no {request.param} sandbox here: {sandbox._reason}")
        if request.param != "nested":
            sandbox._mode = request.param
            sandbox._discard(sandbox._idle.pop())
        yield sandbox
