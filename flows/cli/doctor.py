"""`tilth doctor`."""

from __future__ import annotations

import json
import os
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import click

from flows.cli import options


class Finding(NamedTuple):
    """One thing that a build may need."""

    name: str
    found: str  # version or place; empty when missing
    is_required: bool
    purpose: str
    remedy: str


# Distribution, what it serves, and the extra that brings it; the core's have none.
_PACKAGES = (
    ("prefect", "runs the stages", ""),
    ("duckdb", "queries the artifacts", ""),
    ("pyarrow", "writes the artifacts", ""),
    ("great-expectations", "checks the artifacts", ""),
    ("tree-sitter", "splits code", ""),
    ("ruff", "lints Python", ""),
    ("radon", "measures Python", ""),
    ("bm25s", "mines hard negatives", ""),
    ("pypdfium2", "reads PDF", "documents"),
    ("python-docx", "reads DOCX", "documents"),
    ("python-pptx", "reads PPTX", "documents"),
    ("aiohttp", "asks models", ""),
    ("psycopg", "shares a ledger", "postgres"),
    ("tokenizers", "counts by a tokenizer.json", "tokenizer"),
    ("datasets", "opens what is exported", "dev"),
)
_PROGRAMS = (
    ("git", "reads repositories", "apt install git"),
    ("chromium", "drives the form's test", "apt install chromium"),
)


@click.command()
@options.lake
@options.as_json
def command(lake: str, as_json: bool) -> None:
    """Say what is installed, what is missing, and how to get it. Exit code 1 when something required is missing."""
    findings = [
        _python(),
        *map(_package, _PACKAGES),
        *map(_program, _PROGRAMS),
        _sandbox(),
        *_grammars(),
        *_keys(),
        _lake(lake),
    ]
    is_ready = all(finding.found or not finding.is_required for finding in findings)
    if as_json:
        click.echo(
            json.dumps({"is_ready": is_ready, "findings": [finding._asdict() for finding in findings]})
        )
    else:
        for finding in findings:
            mark = "ok     " if finding.found else "MISSING" if finding.is_required else "absent "
            tail = finding.found or f"get it: {finding.remedy}"
            click.echo(f"{mark}  {finding.name:<28} {finding.purpose:<30} {tail}")
    if not is_ready:
        sys.exit(1)


def _python() -> Finding:
    found = sys.version.split()[0] if sys.version_info >= (3, 11) else ""
    return Finding("python", found, True, "runs Tilth", "install Python 3.11 or later")


def _package(entry: tuple[str, str, str]) -> Finding:
    name, purpose, extra = entry
    try:
        found = version(name)
    except PackageNotFoundError:
        found = ""
    remedy = f"make sample EXTRAS={extra}" if extra else "make setup"
    return Finding(name, found, not extra, purpose, remedy)


def _program(entry: tuple[str, str, str]) -> Finding:
    name, purpose, remedy = entry
    return Finding(name, "found" if shutil.which(name) else "", name == "git", purpose, remedy)


def _sandbox() -> Finding:
    """Whether bubblewrap is there and does its work: a server is started, for a third of a second."""
    from tilth.sandbox import bubblewrap
    from tilth.sandbox.sandbox import Sandbox

    with Sandbox() as sandbox:
        mode, reason = sandbox.readiness()
    # Jobs in one server are ten times as quick as a server for each.
    found = {None: "", "nested": "works"}.get(mode, f"works, slowly: {reason}")
    remedy = bubblewrap.REMEDY if bubblewrap.find() is None else reason
    return Finding(bubblewrap.PROGRAM, found, False, "runs code that is not Tilth's", remedy)


def _grammars() -> list[Finding]:
    from tilth.syntax.grammars import GRAMMARS, grammar

    return [
        Finding(f"grammar of {name}", "loads" if grammar(name) else "", True, "splits code", "make setup")
        for name in GRAMMARS
    ]


def _keys() -> list[Finding]:
    """Of each provider that needs a key whether there is one; none is shown."""
    from tilth.llm.providers import PRESETS

    found = []
    for name, provider in PRESETS.items():
        if provider.needs_key and provider.key_variable:
            count = len(os.environ.get(provider.key_variable, "").replace(",", " ").split())
            held = f"{count} in {provider.key_variable}" if count else ""
            found.append(
                Finding(f"key of {name}", held, False, "asks its models", f"set {provider.key_variable}")
            )
    return found


def _lake(lake: str) -> Finding:
    from tilth.errors import TilthError
    from tilth.lake import Lake
    from tilth.settings import settings

    place = lake or settings().lake
    try:
        Lake.open(place)
    except TilthError as error:
        found = "none yet: the first build makes it" if not Path(place).exists() else ""
        return Finding("lake", found, True, "holds all artifacts", str(error))
    free = shutil.disk_usage(place).free
    return Finding("lake", f"{place}, {free / 1e9:.0f} GB free", True, "holds all artifacts", "")
