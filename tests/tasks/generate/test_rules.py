import heapq
from pathlib import Path

import pytest

from tasks.generate.config import GenerateConfig
from tasks.generate.from_units import generate_from_units
from tests.tasks.generate.repositories import generate, repository_of


@pytest.fixture(scope="module")
def library():
    return repository_of({"heapq.py": Path(heapq.__file__).read_text()})


def run(library, *presets):
    documents, units = library
    kept = frozenset(units["unit_id"].to_pylist())
    return generate_from_units(documents, units, kept, GenerateConfig(presets=presets))


def test_a_function_that_breaks_a_rule_is_a_reject_under_the_rules_name(library):
    reasons = set(run(library, "codesearchnet").rejects["reason"].to_pylist())
    assert {"codesearchnet.documentation", "codesearchnet.extension_method"} & reasons
    reasons = set(run(library, "selfcodealign").rejects["reason"].to_pylist())
    assert {"selfcodealign.docstring", "selfcodealign.return_value"} <= reasons


def test_what_breaks_a_rule_gives_no_example_by_any_method(library):
    every, some = run(library), run(library, "codesearchnet", "selfcodealign")
    left = {
        row["item_id"]
        for row in some.rejects.to_pylist()
        if row["reason"].startswith(("codesearchnet.", "selfcodealign."))
    }
    assert left
    assert not left & set(some.rows["origin_id"].to_pylist())
    assert set(some.rows["origin_id"].to_pylist()) == set(every.rows["origin_id"].to_pylist()) - left


def test_a_repositorys_methods_keep_the_rules_too(library):
    assert (
        generate(library, "retrieve_api", presets=("selfcodealign",)).rows.num_rows
        < generate(library, "retrieve_api").rows.num_rows
    )
