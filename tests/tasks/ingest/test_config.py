import pytest
from pydantic import ValidationError

from tasks.ingest.config import CategoryRule, IngestConfig


@pytest.mark.parametrize(
    "settings",
    [
        {"max_file_bytes": 0},
        {"max_archive_ratio": 1},
        {"max_membres": 3},
        {"categories": [{"glob": "[z-a]", "category": "x"}]},
        {"categories": [{"glob": "*.py", "category": ""}]},
    ],
)
def test_impossible_bounds_unknown_keys_and_bad_patterns_are_refused(settings):
    with pytest.raises(ValidationError):
        IngestConfig.model_validate(settings)


def test_every_field_is_described():
    for model in (IngestConfig, CategoryRule):
        assert all(field.description for field in model.model_fields.values())
