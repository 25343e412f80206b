"""How Prefect behaves when the command line runs it: quiet, private, patient. Set before it is imported.

What the user has set in the environment stays as it is.
"""

from __future__ import annotations

import os

_DEFAULTS = {
    # Errors reach the user as one sentence; the flow run's page has the log.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    # The embedded server takes 8 to 20 seconds on a slow machine, and Prefect's own limit is 20.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLI_PROMPT": "false",
    "DO_NOT_TRACK": "1",
}


def prepare() -> None:
    """Set the defaults that are not set."""
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
