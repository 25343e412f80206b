"""What PyYAML raises for text that is no YAML: for values that its own types refuse, not only its own errors."""

from __future__ import annotations

import yaml

# `2024-99-99` is a ValueError, `!!bool maybe` a KeyError, `!!timestamp x` an AttributeError, a thousand brackets
# are a RecursionError.
NO_YAML = (
    yaml.YAMLError,
    ValueError,
    KeyError,
    AttributeError,
    OverflowError,
    RecursionError,
)
