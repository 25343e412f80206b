"""Errors as people and processes see them."""

from __future__ import annotations

import pickle

import pytest

from tilth import errors
from tilth.errors import MissingExtra, RequestError, TilthError

_OF_ONE_SENTENCE = [
    error
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, TilthError) and error is not MissingExtra
]


@pytest.mark.parametrize(
    "error", [*(kind("the thing, the fact") for kind in _OF_ONE_SENTENCE), MissingExtra("a", "b", "C")]
)
def test_an_error_says_the_same_after_crossing_a_process_border(error):
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy)) == (type(error), str(error))


def test_a_missing_extra_names_the_package_and_how_to_get_it():
    error = MissingExtra("pypdfium2", "documents", "Reading PDF")
    assert isinstance(error, RequestError)
    assert "Reading PDF needs the package pypdfium2" in str(error)
    assert ".[documents]" in str(error)
