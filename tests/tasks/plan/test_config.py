from __future__ import annotations

import pytest
from pydantic import ValidationError

from tasks.plan.config import PlanConfig, Target
from tilth.fingerprint import digest_json


def cells_of(config):
    return [(*target.cell.values(), target.count) for target in config.all_cells]


def test_every_combination_of_values_is_a_cell():
    config = PlanConfig(cells={"language": ("python", "go"), "difficulty": ("easy", "hard")}, per_cell=50)
    assert cells_of(config) == [
        ("easy", "python", 50),
        ("easy", "go", 50),
        ("hard", "python", 50),
        ("hard", "go", 50),
    ]


def test_a_cell_that_is_named_itself_has_its_own_count_and_zero_leaves_it_out():
    config = PlanConfig(
        targets=(
            Target(cell={"language": "go"}, count=0),
            Target(cell={"language": "rust"}, count=7),
            Target(cell={"language": "python"}, count=300),
        ),
        cells={"language": ("python", "go", "ada")},
        per_cell=50,
    )
    assert cells_of(config) == [("python", 300), ("ada", 50), ("rust", 7)]


def test_the_order_of_keys_changes_neither_the_cells_nor_the_identity():
    one = PlanConfig(cells={"language": ("python", "go"), "category": ("web", "cli")}, per_cell=1)
    other = PlanConfig(cells={"category": ("web", "cli"), "language": ("python", "go")}, per_cell=1)
    assert one.all_cells == other.all_cells
    assert digest_json(one.identity()) == digest_json(other.identity())


def test_a_plan_may_be_one_number_or_nothing():
    assert [target.count for target in PlanConfig(targets=(Target(count=9),)).all_cells] == [9]
    assert PlanConfig().all_cells == ()


def test_cells_of_different_columns_stand_together_where_no_row_can_belong_to_both():
    apart = (
        Target(cell={"language": "go"}, count=1),
        Target(cell={"language": "python", "difficulty": "hard"}, count=2),
    )
    assert len(PlanConfig(targets=apart).all_cells) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"cells": {"language": ["go"]}}, "cells and per_cell go together"),
        ({"per_cell": 5}, "cells and per_cell go together"),
        ({"cells": {"language": ["go", "go"]}, "per_cell": 5}, "cells.language names go twice"),
        ({"cells": {"language": []}, "per_cell": 5}, "at least 1 item"),
        ({"cells": {"Language": ["go"]}, "per_cell": 5}, "should match pattern"),
        (
            {"targets": [{"cell": {"language": "go"}, "count": 5}, {"cell": {"language": "go"}, "count": 6}]},
            "targets names language=go twice: name it once, with the count that is meant",
        ),
        (
            {
                "targets": [
                    {"cell": {"language": "go"}, "count": 5},
                    {"cell": {"difficulty": "easy"}, "count": 6},
                ]
            },
            "a row can belong to two cells, difficulty=easy and language=go: give both the same columns",
        ),
        ({"targets": [{"count": 5}, {"cell": {"language": "go"}, "count": 6}]}, "all rows and language=go"),
        ({"targets": [{"cell": {"language": "go"}, "count": -1}]}, "greater than or equal to 0"),
        ({"cells": {"a": [str(n) for n in range(200)], "b": [str(n) for n in range(200)]}, "per_cell": 1},
         "the plan has 40000 cells, more than 10000"),
        ({"max_attempts": 0}, "greater than or equal to 1"),
        ({"rounds": 3}, "Extra inputs are not permitted"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_or_is_out_of_bounds_is_refused(content, message):
    with pytest.raises(ValidationError, match=message):
        PlanConfig.model_validate(content)
