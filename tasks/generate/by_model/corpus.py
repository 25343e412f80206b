"""The material of a run as methods see it: searched by words, and drawn from; always pieces of one kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock

import numpy as np

from tasks.generate.by_model.protocol import Item, Material
from tasks.generate.hard_negatives import BLOCK_TEXTS, Scores
from tilth.fingerprint import draw
from tilth.words import terms

# What is drawn here; see `tilth.fingerprint.draw`.
_BLOCK, _PIECE = 110, 111


class ItemCorpus:
    """All pieces in memory, in the order of their ids; what is searched or drawn is of the kind of the piece at hand.

    A recipe may name methods of passages beside those of seeds or code: none meets the others' material. An index is
    over all pieces of a kind, or over blocks of those that a draw by id puts together, so that a search stays quick in
    a corpus of any size (see `hard_negatives.BLOCK_TEXTS`). `index` makes them ahead; else the first search does.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        self.items = sorted(items, key=lambda item: item.item_id)
        self._of_kind: dict[Material, list[Item]] = {}
        for item in self.items:
            self._of_kind.setdefault(item.kind, []).append(item)
        self._blocks: dict[Material, list[_Block]] = {}
        self._making = Lock()

    @property
    def indexed(self) -> frozenset[Material]:
        """The kinds of which there is an index."""
        return frozenset(self._blocks)

    def index(self, kind: Material) -> None:
        """Make what searches among the pieces of a kind need: seconds for tens of thousands of passages."""
        with self._making:
            if kind in self._blocks:
                return
            pieces = self._of_kind.get(kind, [])
            count = max(1, -(-len(pieces) // BLOCK_TEXTS))
            blocks: list[list[Item]] = [[] for _ in range(count)]
            for item in pieces:
                blocks[draw(item.item_id, _BLOCK, 0) % count].append(item)
            self._blocks[kind] = [_Block(block) for block in blocks]

    def similar(self, text: str, count: int, but: Item) -> Sequence[tuple[Item, float]]:
        """Pieces that share words with a text (BM25), nearest first, with scores; none of the document of `but`.

        Nor any that lies on another side of the partition: an example of both would go to neither.
        """
        block = self._block_of(but)
        scores = block.scores.scores(terms(text))
        found: list[tuple[Item, float]] = []
        for place in np.lexsort((np.arange(len(scores)), -scores)):
            item = block.items[place]
            if scores[place] <= 0 or len(found) == count:
                break
            is_same = item.document_id == but.document_id if but.document_id else item.item_id == but.item_id
            if not is_same and item.side == but.side:
                found.append((item, float(scores[place])))
        return found

    def score(self, text: str, item: Item) -> float:
        """How many of a text's words a piece shares, on the scale of `similar`."""
        block = self._block_of(item)
        scores = block.scores.scores(terms(text))
        place = block.places.get(item.item_id)
        return 0.0 if place is None or not len(scores) else float(scores[place])

    def drawn(self, count: int, identity: str, but: Item) -> Sequence[Item]:
        """So many different pieces, fewer if there are no more, the same for the same identity (a digest)."""
        pieces = self._of_kind.get(but.kind, [])
        found: dict[str, Item] = {}
        most = len(pieces) - 1
        number = 0
        while len(found) < min(count, most):
            item = pieces[draw(identity, _PIECE, number) % len(pieces)]
            if item.item_id != but.item_id:
                found.setdefault(item.item_id, item)
            number += 1
        return list(found.values())

    def _block_of(self, item: Item) -> _Block:
        if item.kind not in self._blocks:
            self.index(item.kind)
        blocks = self._blocks[item.kind]
        return blocks[draw(item.item_id, _BLOCK, 0) % len(blocks)]


class _Block:
    """Pieces that are searched together."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self.places = {item.item_id: place for place, item in enumerate(items)}
        self.scores = Scores([terms(item.text) for item in items])
