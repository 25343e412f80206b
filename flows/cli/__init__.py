"""The command line: `tilth COMMAND`.

Commands are imported when they are called, and what they need when they run: `tilth --help` costs a tenth of a CPU
second, while Prefect alone takes two. What a person did wrong is one sentence on stderr and exit code 2; work
that failed is one sentence and exit code 1.
"""

from __future__ import annotations

import atexit
import importlib
import os
import sys

import click

from tilth.errors import RequestError, TilthError

# Each command, its module's name and its line in the list of commands.
COMMANDS = {
    "build": "Turn sources into a dataset version.",
    "plan": "Say what a build would do, and do none of it.",
    "show": "Show a version: its counts, some examples, what was left out.",
    "query": "Ask the artifacts of a version by SQL.",
    "split": "Cut code into units; no recipe, no Prefect.",
    "chunk": "Cut prose into passages; no recipe, no Prefect.",
    "generate": "Make examples by rule or by a model; no recipe, no Prefect.",
    "versions": "List the dataset versions of a lake.",
    "doctor": "Say what is installed, what is missing, and how to get it.",
}


class Commands(click.Group):
    """Finds commands by name and imports only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of a first use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"flows.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tilth", prog_name="tilth")
def cli() -> None:
    """Tilth makes training datasets from repositories, documents and examples."""


def main() -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 the request was wrong."""
    # DuckDB's binding reports its own objects as leaked when the interpreter ends after an error. The first function
    # that is registered runs last, after all that still has something to say.
    atexit.register(_hush)
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        _say("Stopped. What was finished is kept; the same command goes on from there.")
        sys.exit(130)
    except RequestError as error:
        _say(str(error))
        sys.exit(2)
    except TilthError as error:
        _say(str(error))
        sys.exit(1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _say(f"{where}{error.strerror or error}. What was finished is kept: put it right and run it again.")
        sys.exit(1)
    except MemoryError:
        _say(
            "Out of memory. What was finished is kept: run it again with TILTH_WORKERS=1, or with more memory."
        )
        sys.exit(1)


def _say(message: str) -> None:
    click.echo(f"tilth: {message}", err=True)


def _hush() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
