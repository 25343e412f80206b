"""How many of a unit's views the methods that look at its file may make, and how many those that look further.

The two are asked apart, often in other processes, and neither knows what the other made: each has its share of the
bound by the number of its methods, so that both together keep it in any order. What files leave of theirs is a
repository's, which can work it out (`from_units`); the other way that would take the whole repository, and what is left
is not used.
"""

from __future__ import annotations

from functools import lru_cache

from tasks.generate.config import GenerateConfig
from tasks.generate.methods import METHODS
from tasks.generate.protocol import Unit
from tilth.fingerprint import draw

# See `tilth.fingerprint.draw`: who gets the one that does not divide.
_PURPOSE = 61
# Who looks at a repository makes nothing of classes and modules: their views are all the file's.
_SHARED = frozenset({"function", "method"})


def views_of(unit: Unit, config: GenerateConfig, *, is_repository: bool) -> int:
    """Views that may be made of a unit, by the methods of a repository or by all others."""
    limit, own, wide = config.max_views_per_unit, *_counts(config)
    if unit.kind not in _SHARED or not wide or not own:
        is_theirs = is_repository == bool(wide and (not own or unit.kind in _SHARED))
        return limit if is_theirs else 0
    least, rest = divmod(limit * wide, own + wide)
    further = least + (draw(unit.unit_id, _PURPOSE, config.seed) % (own + wide) < rest)
    return further if is_repository else limit - further


@lru_cache(maxsize=8)
def _counts(config: GenerateConfig) -> tuple[int, int]:
    """Methods that look at files, and those that look at repositories."""
    wide = sum(METHODS[name].scope == "repository" for name in config.code_methods)
    return len(config.code_methods) - wide, wide
