import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.detect.spdx import licence_class, normalise_expression


@pytest.mark.parametrize(
    ("written", "expression"),
    [
        ("mit", "MIT"),
        ("The MIT License", "MIT"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("Apache Software License", "Apache-2.0"),
        ("BSD License", "LicenseRef-BSD"),
        ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
        ("(mit or apache-2.0) and bsd-3-clause", "(MIT OR Apache-2.0) AND BSD-3-Clause"),
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("SEE LICENSE IN LICENSE.txt", "unknown"),
        ("UNLICENSED", "unknown"),
        ("Proprietary", "unknown"),
        ("", "unknown"),
        ("OR", "unknown"),
        ("MIT OR", "unknown"),
    ],
)
def test_what_people_write_becomes_an_expression_or_unknown(written, expression):
    assert normalise_expression(written) == expression


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("MIT", "permissive"),
        ("GPL-3.0-or-later", "copyleft"),
        ("LGPL-2.1", "copyleft"),
        ("MPL-2.0", "copyleft"),
        ("CC-BY-NC-4.0", "other"),
        ("LicenseRef-Own", "other"),
        ("unknown", "unknown"),
        ("GPL-2.0 OR MIT", "permissive"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "copyleft"),
        ("MIT AND BUSL-1.1", "other"),
        ("(MIT OR GPL-2.0) AND BUSL-1.1", "other"),
        ("(GPL-2.0 OR MIT) AND Apache-2.0", "permissive"),
    ],
)
def test_or_gives_the_freest_side_and_and_the_strictest(expression, kind):
    assert licence_class(expression) == kind


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing(text):
    once = normalise_expression(text)
    assert normalise_expression(once, is_spdx=True) == once
    assert licence_class(once) in ("permissive", "copyleft", "other", "unknown")
