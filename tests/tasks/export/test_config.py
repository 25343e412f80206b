from __future__ import annotations

import pytest
from pydantic import ValidationError

from tasks.export.config import ExportConfig


def test_ratios_that_leave_nothing_to_train_on_are_refused():
    with pytest.raises(ValidationError, match="nothing is left to train on"):
        ExportConfig(validation_ratio=0.5, test_ratio=0.5)


def test_an_unknown_key_or_format_is_refused():
    with pytest.raises(ValidationError, match="shard_size"):
        ExportConfig.model_validate({"shard_size": 1})
    with pytest.raises(ValidationError, match="xml"):
        ExportConfig.model_validate({"formats": ["xml"]})


def test_every_field_is_described_and_bounded_by_its_type():
    assert all(field.description for field in ExportConfig.model_fields.values())
