"""How hard a unit of code is: three bands of one documented sum."""

from __future__ import annotations

# A function at each of these alone is worth one point: McCabe's own limit of 10 branches, four levels of nesting
# (Linux kernel style: more than three is trouble), fifty lines (about a screen).
_COMPLEXITY, _NESTING, _LINES = 10, 4, 50


def difficulty_of(complexity: int | None, nesting: int | None, lines: int | None) -> str:
    """`easy` below 0.6 points, `hard` from 1.8, `medium` between; a measure that is not known counts nothing.

    >>> difficulty_of(1, 0, 5), difficulty_of(6, 2, 20), difficulty_of(15, 5, 90)
    ('easy', 'medium', 'hard')
    """
    points = (complexity or 0) / _COMPLEXITY + (nesting or 0) / _NESTING + (lines or 0) / _LINES
    return "easy" if points < 0.6 else "medium" if points < 1.8 else "hard"
