"""The bound of views of a unit: both passes together keep it, whoever comes first."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.generate.config import CodeMethod, GenerateConfig
from tasks.generate.from_units import generate_from_units
from tasks.generate.methods import METHODS
from tasks.generate.protocol import Unit
from tasks.generate.share import views_of
from tests.tasks.generate.repositories import package

OF_A_FILE: tuple[CodeMethod, ...] = (
    "complete_function",
    "complete_statements",
    "complete_line",
    "restore_names",
    "complete_class",
)
OF_A_REPOSITORY: tuple[CodeMethod, ...] = ("complete_in_repository", "retrieve_api", "explain_code")


def unit_of(unit_id, kind):
    nothing = dict.fromkeys(Unit._fields)
    return Unit(**{**nothing, "unit_id": unit_id, "kind": kind})


@given(
    st.text("0123456789abcdef", min_size=32, max_size=32),
    st.sampled_from(["function", "method", "class", "module"]),
    st.integers(1, 16),
    st.sets(st.sampled_from(sorted(METHODS)), min_size=1),
)
def test_both_shares_together_are_the_bound(unit_id, kind, limit, methods):
    config = GenerateConfig(code_methods=tuple(sorted(methods)), max_views_per_unit=limit)
    unit = unit_of(unit_id, kind)
    shares = [views_of(unit, config, is_repository=is_wide) for is_wide in (False, True)]
    assert sum(shares) == limit
    assert min(shares) >= 0


@pytest.mark.parametrize("limit", [1, 3, 5])
def test_no_unit_has_more_views_than_the_bound_over_both_passes(limit):
    documents, units = package(json.__file__)
    kept = frozenset(units["unit_id"].to_pylist())
    config = GenerateConfig(code_methods=OF_A_FILE + OF_A_REPOSITORY, max_views_per_unit=limit)
    keys = {document_id: f"repository:{document_id}" for document_id in documents["document_id"].to_pylist()}
    counts: Counter[str] = Counter()
    for given_keys in (None, keys):
        found = generate_from_units(documents, units, kept, config, given_keys).rows["origin_id"].to_pylist()
        assert found
        counts.update(found)
    assert max(counts.values()) == limit


def test_what_files_leave_of_their_share_is_the_repositorys():
    documents, units = package(json.__file__)
    kept = frozenset(units["unit_id"].to_pylist())
    keys = {document_id: f"repository:{document_id}" for document_id in documents["document_id"].to_pylist()}

    def made(*methods):
        config = GenerateConfig(code_methods=methods, max_views_per_unit=1)
        found = generate_from_units(documents, units, kept, config, keys).rows
        return set(found["origin_id"].to_pylist())

    # No function is a class, so that its one view is never made of the file.
    assert made("complete_class", "retrieve_api") == made("retrieve_api")
    assert made("complete_function", "retrieve_api") < made("retrieve_api")
