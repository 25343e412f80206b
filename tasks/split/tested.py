"""What a test seems to test, from its name and from what it calls."""

from __future__ import annotations

import re

_TEST = re.compile(
    r"^(?:tests?|should|check|it)_?(?=[^a-z]|_|$)|^tests?_|_?tests?$|(?<=[a-z0-9])(?:Tests?|Spec|Suite)$",
    re.I,
)
_CLASS = re.compile(r"^Tests?(?=[A-Z_])_?|_?(?:Tests?|TestCase|Spec|Suite|IT)$")
# What the most common names do not end in; a search for the pattern above costs ten times this look.
_ENDINGS = ("test", "tests", "spec", "suite")
# Two letters are in every name.
_LEAST_LETTERS = 3


def tested_name(name: str, holder: str, calls: list[str]) -> str | None:
    """The called name that a test's own name begins with, qualified by the class that its class is named after.

    A whole match goes before a part of the name, a longer part before a shorter one.

    >>> tested_name("test_push_on_full_stack", "TestStack", ["Stack", "assertEqual", "push"])
    'Stack.push'
    >>> tested_name("TestParseURL", "", ["Errorf", "Parse", "ParseURL"])
    'ParseURL'
    >>> tested_name("test_it", "", ["run"]) is None
    True
    """
    subject = _plain(_subject(name))
    owner = _CLASS.sub("", holder) if holder else ""
    best = ""
    for call in calls:
        plain = _plain(call)
        if len(plain) < _LEAST_LETTERS or len(plain) <= len(_plain(best)) or call == owner:
            continue
        if subject == plain or (subject.startswith(plain) or (subject.endswith(plain) and len(plain) > 4)):
            best = call
    if owner and owner in calls:
        return f"{owner}.{best}" if best else owner
    return best or None


def _subject(name: str) -> str:
    if name.startswith("test_") and not name.lower().endswith(_ENDINGS):
        return name[5:]
    return _TEST.sub("", name)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
