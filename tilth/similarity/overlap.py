"""Two short texts compared word by word: ROUGE-L, and runs of words that stand in both.

For a few texts of up to some hundred words, where sketches would be too coarse; whole datasets are compared by
sketches and shingles. Order counts, inflection does.
"""

from __future__ import annotations

from collections.abc import Sequence

from tilth.words import words


def longest_common(left: Sequence[str], right: Sequence[str]) -> int:
    """Length of the longest common subsequence, a word of `right` at a time over all of `left` (Hyyrö 2004).

    >>> longest_common("a b c d".split(), "b x d".split())
    2
    """
    places: dict[str, int] = {}
    for place, word in enumerate(left):
        places[word] = places.get(word, 0) | 1 << place
    every = (1 << len(left)) - 1
    # A bit falls to 0 for each word of `left` that the subsequence takes.
    row = every
    for word in right:
        taken = row & places.get(word, 0)
        row = ((row + taken) | (row - taken)) & every
    return len(left) - row.bit_count()


def rouge_l(left: str, right: str) -> float:
    """ROUGE-L as an F-measure (Lin 2004): 0 for no word in common, 1 for the same words in the same order.

    >>> rouge_l("Name three trees.", "name three old trees")
    0.8571428571428571
    """
    one, other = words(left), words(right)
    if not one or not other:
        return 0.0
    return 2 * longest_common(one, other) / (len(one) + len(other))


def has_common_run(left: str, right: str, length: int) -> bool:
    """Whether so many words in a row stand in both texts.

    >>> has_common_run("Clay holds water well.", "It holds water; well?", 3)
    True
    """
    one, other = words(left), words(right)
    runs = {tuple(one[place : place + length]) for place in range(len(one) - length + 1)}
    return any(tuple(other[place : place + length]) in runs for place in range(len(other) - length + 1))
