"""What can go wrong, as people should hear of it: the thing, the fact, the next step.

Every error that a user can cause derives from `TilthError` and prints as one sentence or two; the command
line shows it without a traceback. `RequestError` means the request itself was wrong (exit code 2), any
other that the work failed (exit code 1). All are picklable: they cross process borders.
"""

from __future__ import annotations


class TilthError(Exception):
    """Base of everything Tilth raises on purpose."""


class RequestError(TilthError):
    """The request cannot be carried out as it was put: a bad path, key, bound or value."""


class LakeError(TilthError):
    """The lake cannot be read or written: it is newer, damaged, or the disk is full."""


class CheckError(TilthError):
    """An artifact broke an expectation that is an error; the message names the rows."""


class ServerError(TilthError):
    """Prefect's server does not answer, or not as it should."""


class TransientError(TilthError):
    """A fault that may pass: the same work is worth trying again."""


class MissingExtra(RequestError):
    """A reader or engine needs an optional dependency that is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(package, extra, purpose)
        self.package, self.extra, self.purpose = package, extra, purpose

    def __str__(self) -> str:
        return (
            f"{self.purpose} needs the package {self.package}, which is not installed. "
            f"Install the extra: .venv/bin/uv pip install -c constraints.txt -e '.[{self.extra}]'"
        )


class ModelError(TilthError):
    """Calls of a model cannot go on: its key, its name, its address or its account is at fault."""
