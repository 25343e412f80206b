"""Running git on repositories that are not ours: nothing of them runs.

No hooks, no filters, no external diffs, no signatures, no `ext::` transport, no prompt, no fetch behind one's back; the
user's and the machine's settings are not read where they could change what comes out (`isolated`).
"""

from __future__ import annotations

import os
import subprocess

from tilth.errors import RequestError

# No hooks, no conversion of line ends, no large-file filter, no transport that starts a program, no signature check.
_SAFE = [
    item
    for setting in (
        "core.hooksPath=/dev/null",
        "core.autocrlf=false",
        "core.fsmonitor=false",
        "protocol.ext.allow=never",
        "fetch.recurseSubmodules=false",
        "submodule.recurse=false",
        "filter.lfs.smudge=",
        "filter.lfs.process=",
        "filter.lfs.required=false",
        "advice.detachedHead=false",
        "gc.auto=0",
        "log.showSignature=false",
        "core.pager=cat",
    )
    for item in ("-c", setting)
]
# Set while git runs a hook, and they would point at the user's own repository.
_REPOSITORY_VARIABLES = frozenset(("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"))
# A repository of some gigabytes over a slow line; after that something hangs.
TIMEOUT_S = 1800


def command(*arguments: str) -> list[str]:
    """The command line of a safe git."""
    return ["git", *_SAFE, *arguments]


def environment(*, isolated: bool = False) -> dict[str, str]:
    """The variables that git gets; isolated, no settings but the repository's own and the command line's count."""
    found = {name: value for name, value in os.environ.items() if name not in _REPOSITORY_VARIABLES}
    found |= {"GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1", "LC_ALL": "C", "GIT_NO_LAZY_FETCH": "1"}
    found.setdefault("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
    if isolated:
        found |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_ATTR_NOSYSTEM": "1"}
        # A partial clone fetches what it lacks, by a program of its own choice: no transport is allowed at all.
        found["GIT_ALLOW_PROTOCOL"] = "none"
    return found


def run_git(*arguments: str, isolated: bool = False) -> subprocess.CompletedProcess[str]:
    """Run git to its end; a return code other than 0 is the caller's to judge. Raises `RequestError` without git."""
    try:
        return subprocess.run(
            command(*arguments),
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            env=environment(isolated=isolated),
            timeout=TIMEOUT_S,
            check=False,
        )
    except FileNotFoundError:
        raise RequestError("git is not installed, and a source is a repository. Install git.") from None
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(arguments, 1, "", f"no answer within {TIMEOUT_S} seconds")
