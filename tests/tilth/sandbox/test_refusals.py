"""Without bubblewrap, or where the kernel refuses it, nothing runs: each verdict says why, and nothing is raised."""

from __future__ import annotations

from tilth.sandbox.job import Job
from tilth.sandbox.sandbox import Sandbox


def test_without_bubblewrap_nothing_runs(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with Sandbox() as sandbox:
        verdicts = list(sandbox.run_many([Job("pass"), Job("pass")]))
        assert sandbox.readiness()[0] is None
    assert [verdict.outcome for verdict in verdicts] == ["sandbox_missing"] * 2
    assert "apt install bubblewrap" in verdicts[0].detail


def test_where_bubblewrap_is_refused_the_verdict_gives_its_reason_and_it_is_asked_once(monkeypatch, tmp_path):
    program = tmp_path / "bwrap"
    program.write_text(
        f"#!/bin/sh\necho . >> {tmp_path}/asked\necho 'bwrap: No permissions to create a new namespace' >&2\nexit 1\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with Sandbox() as sandbox:
        verdicts = list(sandbox.run_many([Job("pass")] * 3))
    assert {verdict.outcome for verdict in verdicts} == {"sandbox_error"}
    assert "No permissions to create a new namespace" in verdicts[0].detail
    # With /proc, and without.
    assert (tmp_path / "asked").read_text() == ".\n.\n"


def test_a_bubblewrap_that_cannot_be_started_is_a_reason_too(monkeypatch, tmp_path):
    program = tmp_path / "bwrap"
    program.write_text("no program\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with Sandbox() as sandbox:
        assert sandbox.run(Job("pass")).outcome == "sandbox_error"
