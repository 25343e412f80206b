"""The material of a run as methods see it: searched by words, and drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from tasks.generate.by_model.protocol import Item
from tasks.generate.hard_negatives import BLOCK_TEXTS, Index
from tilth.fingerprint import draw
from tilth.words import terms

# What is drawn here; see `tilth.fingerprint.draw`.
_BLOCK, _PIECE = 110, 111


class ItemCorpus:
    """All pieces in memory, in the order of their ids.

    The index is made at the first search: over all pieces, or over a block of those that a draw by id puts together, so
    that a search stays quick in a corpus of any size (see `hard_negatives.BLOCK_TEXTS`).
    """

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = sorted(items, key=lambda item: item.item_id)

    def similar(self, text: str, count: int, but: Item) -> Sequence[tuple[Item, float]]:
        """Pieces that share words with a text (BM25), nearest first, with scores; none of the document of `but`.

        Nor any that lies on another side of the partition: an example of both would go to neither.
        """
        block = self._block_of(but)
        scores = self._index(block).scores(terms(text))
        found: list[tuple[Item, float]] = []
        for place in np.lexsort((np.arange(len(scores)), -scores)):
            item = self.items[block[place]]
            if scores[place] <= 0 or len(found) == count:
                break
            is_same = item.document_id == but.document_id if but.document_id else item.item_id == but.item_id
            if not is_same and item.side == but.side:
                found.append((item, float(scores[place])))
        return found

    def score(self, text: str, item: Item) -> float:
        """How many of a text's words a piece shares, on the scale of `similar`."""
        block = self._block_of(item)
        scores = self._index(block).scores(terms(text))
        place = next(
            (at for at, piece in enumerate(block) if self.items[piece].item_id == item.item_id), None
        )
        return 0.0 if place is None or not len(scores) else float(scores[place])

    def drawn(self, count: int, identity: str, but: Item | None = None) -> Sequence[Item]:
        """So many different pieces, fewer if there are no more, the same for the same identity (a digest)."""
        found: dict[str, Item] = {}
        avoided = but.item_id if but else None
        most = len(self.items) - (avoided is not None)
        number = 0
        while len(found) < min(count, most):
            item = self.items[draw(identity, _PIECE, number) % len(self.items)]
            if item.item_id != avoided:
                found.setdefault(item.item_id, item)
            number += 1
        return list(found.values())

    def _block_of(self, item: Item) -> list[int]:
        return self._blocks[draw(item.item_id, _BLOCK, 0) % len(self._blocks)]

    @cached_property
    def _blocks(self) -> list[list[int]]:
        count = max(1, -(-len(self.items) // BLOCK_TEXTS))
        blocks: list[list[int]] = [[] for _ in range(count)]
        for place, item in enumerate(self.items):
            blocks[draw(item.item_id, _BLOCK, 0) % count].append(place)
        return blocks

    def _index(self, block: list[int]) -> Index:
        # One index at a time: pieces come in the order of their ids, which the draw scatters, but most runs have one.
        if self._indexed is None or self._indexed[0] is not block:
            self._indexed = (block, Index([terms(self.items[place].text) for place in block]))
        return self._indexed[1]

    _indexed: tuple[list[int], Index] | None = None
