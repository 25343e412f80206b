import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.detect.licences import Licence, is_licence_file, licence_of_header, licence_of_text

MIT = """MIT License

Copyright (c) 2026 Ada

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights.

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.
"""
BSD_2 = """Redistributions of source code must retain the above copyright notice.
Redistributions in binary form must reproduce the above copyright notice."""
BSD_3 = f"{BSD_2}\nNor may the names be used to endorse or promote products derived from this software."
GPL_HEADER = """# This program is free software: you can redistribute it and/or modify
# it under the terms of the GNU General Public License as published by
# the Free Software Foundation, either version 3 of the License, or
# (at your option) any later version.
"""


@pytest.mark.parametrize(
    ("text", "expression"), [(MIT, "MIT"), (BSD_2, "BSD-2-Clause"), (BSD_3, "BSD-3-Clause")]
)
def test_a_licence_text_is_known_by_its_phrases(text, expression):
    assert licence_of_text(text) == expression
    commented = "\n".join(f" * {line}" for line in text.splitlines())
    assert licence_of_text(commented) == expression


def test_the_first_of_several_texts_is_the_projects_own():
    assert licence_of_text(f"{BSD_3}\n\nThis product bundles x:\n{MIT}") == "BSD-3-Clause"


def test_an_unknown_text_is_unknown():
    assert licence_of_text("All rights reserved. Do not copy.") == "unknown"


@pytest.mark.parametrize(
    ("head", "expression"),
    [
        ("// SPDX-License-Identifier: Apache-2.0\n", "Apache-2.0"),
        ("/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */\n", "(MIT OR GPL-2.0-only)"),
        ("<!-- SPDX-License-Identifier: CC-BY-4.0 -->\n", "CC-BY-4.0"),
        (GPL_HEADER, "GPL-3.0-or-later"),
        ("# Licensed under the Apache License, Version 2.0 (the 'License');\n", "Apache-2.0"),
    ],
)
def test_a_header_states_the_licence_of_its_file(head, expression):
    assert licence_of_header(f"{head}\nx = 1\n") == Licence(expression, "header")


def test_prose_is_believed_only_when_it_is_tagged():
    assert licence_of_header("Code licensed under the MIT license.", has_notices=False) is None
    assert licence_of_header("SPDX-License-Identifier: MIT", has_notices=False) == Licence("MIT", "header")


def test_code_that_only_speaks_of_licences_states_none():
    assert licence_of_header("def license_of(path):\n    return 'unknown'\n") is None


def test_names_of_licence_files_are_known():
    yes = ("LICENSE", "LICENCE.md", "License-MIT", "COPYING.LESSER", "UNLICENSE", "APACHE-LICENSE.txt")
    no = ("license.py", "licenses.json", "licensing.rs", "README")
    assert all(map(is_licence_file, yes))
    assert not any(map(is_licence_file, no))


@given(st.text(max_size=500))
def test_any_text_gives_some_answer(text):
    assert licence_of_text(text)
    licence_of_header(text)
