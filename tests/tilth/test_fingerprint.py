"""Digests of values and of engines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth import fingerprint
from tilth.fingerprint import digest, digest_json, engine_digest, engine_modules

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.fixture
def a_house(tmp_path, monkeypatch):
    """A house of its own: `tasks.cut` imports `tilth.words`, which imports `tilth.letters`."""
    files = {
        "tasks/__init__.py": "",
        "tasks/cut.py": "import numpy\nfrom tilth.words import count\n",
        "tilth/__init__.py": "",
        "tilth/words.py": "from tilth import letters\n",
        "tilth/letters.py": "VOWELS = 'aeiou'\n",
        "tilth/numbers.py": "ZERO = 0\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(fingerprint, "ROOT", tmp_path)
    engine_modules.cache_clear()
    engine_digest.cache_clear()
    yield tmp_path
    engine_modules.cache_clear()
    engine_digest.cache_clear()


def _digest_after(path, text, *modules):
    path.write_text(text, encoding="utf-8")
    engine_modules.cache_clear()
    engine_digest.cache_clear()
    return engine_digest(*modules)


@given(st.lists(st.text()), st.lists(st.text()))
def test_different_sequences_of_strings_have_different_digests(left, right):
    assert (digest(*left) == digest(*right)) == (left == right)


def test_text_and_its_utf8_bytes_are_the_same_thing():
    assert digest("Straße") == digest("Straße".encode())


def test_a_lone_surrogate_has_a_digest_too():
    assert digest("\ud800") != digest("?")


@given(st.dictionaries(st.text(), _JSON))
def test_the_order_of_keys_does_not_count(value):
    assert digest_json(value) == digest_json(dict(reversed(value.items())))


def test_an_engine_is_its_module_and_all_of_the_house_that_it_imports(a_house):
    assert engine_modules("tasks.cut") == ("tasks.cut", "tilth", "tilth.letters", "tilth.words")


def test_editing_a_module_that_an_engine_imports_changes_the_engine(a_house):
    before = engine_digest("tasks.cut")
    assert _digest_after(a_house / "tilth/letters.py", "VOWELS = 'aeiouy'\n", "tasks.cut") != before


def test_editing_a_module_that_an_engine_does_not_import_changes_nothing(a_house):
    before = engine_digest("tasks.cut")
    assert _digest_after(a_house / "tilth/numbers.py", "ZERO = 1 - 1\n", "tasks.cut") == before


def test_the_order_in_which_engines_are_named_does_not_count(a_house):
    assert engine_digest("tasks.cut", "tilth.numbers") == engine_digest("tilth.numbers", "tasks.cut")


def test_a_library_counts_by_its_version_and_so_does_its_absence(a_house):
    without = engine_digest("tasks.cut")
    absent = engine_digest("tasks.cut", packages=("no-such-distribution",))
    present = engine_digest("tasks.cut", packages=("numpy",))
    assert len({without, absent, present}) == 3
