"""What a cell has enough of, and how hard its next rows are to be. Functions of what was accepted, and of nothing else.

Topics are words and pairs of words of the rows' subjects, by `tilth.words`: no embeddings, no topic model. Function
words of languages other than English may come out as topics where all cells but one are in English; a script that
is written without spaces gives none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from tasks.plan.progress import CellProgress
from tasks.plan.rounds import Candidate
from tilth.words import surfaces, terms

# A prompt that forbids a page of things is about what it forbids.
_MOST_TOPICS = 8
# The latest three hundred say what is being made: a topic of one row in twenty is told from chance (15 rows, give or
# take 4), and reading them takes 40 ms a cell and round; all of a large cell would cost more with each round.
_LATEST = 300
# What stands in more than half of a cell's rows is what the cell is about, and cannot be avoided.
_ABOUT = 2
# Two alike may be chance; a topic is too frequent when it has one row in twenty.
_FEWEST, _TOO_OFTEN = 3, 20
# A word that has a third more rows than a pair of which it is part says more than the pair.
_WIDER = 4 / 3
# A subject may be a whole function: its head says what it is about.
_READ_CHARACTERS = 600

BANDS = ("easy", "medium", "hard")


def avoid_of(
    subjects: Sequence[Sequence[str]], cells: Sequence[Mapping[str, str]]
) -> tuple[tuple[str, ...], ...]:
    """For each cell at most eight topics that it has enough of, the most over-represented first.

    `subjects` are the accepted rows' of each cell, in the order in which they were accepted. A topic is
    over-represented by the rows that it has more than its share in the other cells lets expect. Words of the
    cell's own values do not count.

    >>> garden = ["Water tomatoes", "Watering tomatoes at noon", "Prune tomatoes", "Prune roses", "Sow peas",
    ...           "Compost leaves", "Dig beds"]
    >>> avoid_of([garden, ["Sort a list", "Sow a seed"]], [{"topic": "garden"}, {"topic": "python"}])
    (('tomatoes',), ())
    """
    latest = [[_topics(subject) for subject in rows[-_LATEST:]] for rows in subjects]
    counts = [Counter(topic for row in rows for topic in row) for rows in latest]
    totals: Counter[str] = Counter()
    for count in counts:
        totals.update(count)
    rows_in_all = sum(map(len, latest))
    return tuple(
        _over_represented(rows, count, totals, rows_in_all, cell)
        for rows, count, cell in zip(latest, counts, cells, strict=True)
    )


def _topics(subject: str) -> dict[str, str]:
    """Words and pairs of neighbouring words of a subject, by their terms, each as the subject spells it."""
    head = subject[:_READ_CHARACTERS]
    spelt = surfaces(head)
    words = terms(head)
    found = {word: spelt[word] for word in words if len(word) > 1 and not word.isdigit()}
    for left, right in pairwise(words):
        if left in found and right in found and left != right:
            found[f"{left} {right}"] = f"{spelt[left]} {spelt[right]}"
    return found


def _over_represented(
    rows: Sequence[Mapping[str, str]],
    counts: Counter[str],
    totals: Counter[str],
    rows_in_all: int,
    cell: Mapping[str, str],
) -> tuple[str, ...]:
    own = {term for value in cell.values() for term in terms(value.replace("_", " "))}
    fewest, most = max(_FEWEST, len(rows) / _TOO_OFTEN), len(rows) / _ABOUT
    others = rows_in_all - len(rows)
    excess = {}
    for topic, count in counts.items():
        words = topic.split()
        expected = (totals[topic] - count) / others * len(rows) if others else 0.0
        is_frequent = count >= fewest and count > expected and all(counts[word] <= most for word in words)
        if is_frequent and own.isdisjoint(words):
            excess[topic] = count - expected
    ranked = sorted(excess, key=lambda topic: (-excess[topic], -len(topic), topic))
    chosen = _without_repetition(ranked, counts)[:_MOST_TOPICS]
    return tuple(_spelling(topic, rows) for topic in chosen)


def _without_repetition(ranked: Sequence[str], counts: Counter[str]) -> list[str]:
    """Topics no two of which share a word. A pair stands for its words, unless one of them goes far beyond it."""
    in_pairs: Counter[str] = Counter()
    for topic in ranked:
        for word in topic.split() if " " in topic else ():
            in_pairs[word] = max(in_pairs[word], counts[topic])
    chosen: list[str] = []
    taken: set[str] = set()
    for topic in ranked:
        words = topic.split()
        is_told_by_a_pair = len(words) == 1 and counts[topic] < in_pairs[topic] * _WIDER
        if taken.isdisjoint(words) and not is_told_by_a_pair:
            chosen.append(topic)
            taken.update(words)
    return chosen


def _spelling(topic: str, rows: Sequence[Mapping[str, str]]) -> str:
    spelt = Counter(row[topic] for row in rows if topic in row)
    return min(spelt, key=lambda words: (-spelt[words], words))


def difficulty_for(cell: CellProgress, candidate: Candidate) -> str:
    """The band of a candidate whose cell leaves difficulty open: it rises as the cell fills, a third of the rows each.

    The candidates of a round are taken to fill what is short evenly, so that one round that fills a cell has all
    three.

    >>> cell = CellProgress({}, 6)
    >>> [difficulty_for(cell, Candidate(0, number, number, 6)) for number in range(6)]
    ['easy', 'easy', 'medium', 'medium', 'hard', 'hard']
    """
    # In whole numbers: (accepted + short * position / of) / count, in thirds.
    filled = cell.accepted * candidate.of + max(cell.short, 0) * candidate.position
    return BANDS[min(filled * len(BANDS) // (cell.count * candidate.of), len(BANDS) - 1)]
