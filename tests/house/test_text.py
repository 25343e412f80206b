"""What no tracked text may hold: paths of one machine, and addresses of package indexes.

The bundled sample in data/sample is other people's text and is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.house.checkout import ROOT, tracked_files

# Written so that these lines do not hold what they look for. The homes of nobody in particular are examples.
_MACHINE_PATH = re.compile(r"(?<![\w.$}/~-])/(?:root|work|(?:home|Users)/(?!(?:you|user|alice|bob)\b)\w+)/")
_PACKAGE_INDEX = re.compile("|".join(["py" + r"pi\.org", "python" + r"hosted\.org", r"index-" + "url ?[=:]"]))


def _lines() -> Iterator[tuple[str, str]]:
    for path in tracked_files():
        if path.parts[0] == "data" and path.parts[1:2] == ("sample",):
            continue
        content = (ROOT / path).read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode("utf-8").splitlines(), 1):
            yield f"{path}:{number}", line


def test_no_tracked_text_names_a_path_of_one_machine():
    assert [where for where, line in _lines() if _MACHINE_PATH.search(line)] == []


def test_no_tracked_text_names_the_address_of_a_package_index():
    assert [where for where, line in _lines() if _PACKAGE_INDEX.search(line)] == []
