"""Material as methods search it and draw from it."""

from __future__ import annotations

from tasks.generate.by_model.corpus import ItemCorpus
from tests.tasks.generate.by_model.playing import item

PASSAGES = [item(f"Clay of bed {number} holds water.") for number in range(5)]
SEEDS = [item(f"Why does clay of bed {number} hold water?", "seed") for number in range(5)]


def test_a_passage_meets_passages_and_a_seed_meets_seeds() -> None:
    corpus = ItemCorpus([*PASSAGES, *SEEDS])
    for own in (PASSAGES, SEEDS):
        found = [piece for piece, _ in corpus.similar(own[0].text, 10, own[0])]
        assert sorted(found) == sorted(own[1:])
        assert sorted(corpus.drawn(10, "00", own[0])) == sorted(own[1:])
        assert corpus.score(own[0].text, own[0]) > 0


def test_an_index_that_was_made_ahead_finds_the_same() -> None:
    ahead, late = ItemCorpus(PASSAGES), ItemCorpus(PASSAGES)
    ahead.index("passage")
    assert ahead.similar("clay of bed 3", 3, PASSAGES[0]) == late.similar("clay of bed 3", 3, PASSAGES[0])
