"""The databases that the ledger's tests run on: a file, and a PostgreSQL server of their own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PASSWORD = "only-for-tests"


@dataclass
class PostgresServer:
    """A server on loopback in a folder of its own, stopped and started at will."""

    binaries: Path
    folder: Path
    port: int
    user: str | None

    def run(self, program: str, *arguments: str) -> None:
        command = [str(self.binaries / program), *arguments]
        # It refuses to run as root.
        subprocess.run(command, check=True, capture_output=True, user=self.user, cwd=self.folder, timeout=60)

    def start(self) -> None:
        options = f"-p {self.port} -h 127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self.run("pg_ctl", "-D", "data", "-o", options, "-l", "log", "-w", "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")

    def url(self, database: str) -> str:
        return f"postgresql://tilth:{PASSWORD}@127.0.0.1:{self.port}/{database}"


def _binaries() -> Path:
    found = shutil.which("pg_ctl")
    installed = (
        [Path(found).resolve(), *sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))] if found else []
    )
    installed = installed or sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if not installed:
        pytest.skip(
            "no PostgreSQL server is installed (Debian: apt install postgresql): the ledger on it is NOT proven"
        )
    return installed[-1].parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    pytest.importorskip("psycopg", reason="psycopg is not installed: the ledger on PostgreSQL is NOT proven")
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="tilth-postgres-"))
    user = None
    if os.geteuid() == 0:
        users = {entry.pw_name for entry in pwd.getpwall()}
        user = "postgres" if "postgres" in users else "nobody"
        shutil.chown(folder, user)
    server = PostgresServer(binaries, folder, _free_port(), user)
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    server.run(
        "initdb",
        "-D",
        "data",
        "-U",
        "tilth",
        "-A",
        "scram-sha-256",
        "--pwfile=password",
        "-E",
        "UTF8",
        "--no-sync",
    )
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """The address of a database without a ledger."""
    import psycopg

    url = postgres_server.url("postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS tilth CASCADE")
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new ledger may be made, in each of the two databases."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return str(tmp_path / "ledger.sqlite")
