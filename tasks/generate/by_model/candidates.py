"""Which candidate is what: numbered inside its cell beforehand, so that any run asks for the same in the same order."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence

from tasks.generate.by_model.config import ByModelConfig
from tasks.generate.by_model.methods import METHODS
from tasks.generate.by_model.protocol import Brief, Item
from tilth.errors import RequestError
from tilth.fingerprint import digest, draw

# What is drawn here; see `tilth.fingerprint.draw`.
_ORDER = 112
# Columns of a cell that a piece of material has.
_ITEM_COLUMNS = ("language", "category", "licence", "difficulty")


class Candidates:
    """Briefs by cell, method and number. Material is taken in an order drawn by the seed, then from its start again.

    Each cell starts at a place of its own: methods that can ask nothing of a cell would else give all of them one row.

    Raises `RequestError` when a method needs material of a kind that there is none of.
    """

    def __init__(self, config: ByModelConfig, items: Sequence[Item]) -> None:
        self.config, self._items = config, items
        self._eligible: dict[tuple[int, str], list[Item]] = {}
        for method in config.methods:
            kinds, is_optional = METHODS[method.method].material, METHODS[method.method].is_material_optional
            if kinds and not is_optional and not any(item.kind in kinds for item in items):
                raise RequestError(
                    f"{method.method} works on {' or '.join(_PLURALS[kind] for kind in kinds)}, and there are none."
                )

    def count(self, method: int, cell: Mapping[str, str]) -> int:
        """How many pieces of material a method has for a cell; 0 for one that needs none, or finds none."""
        return len(self._pieces(method, cell))

    def brief(
        self,
        method: int,
        cell: Mapping[str, str],
        ordinal: int,
        turn: int,
        avoid: tuple[str, ...] = (),
        suggested: Collection[str] = (),
    ) -> Brief | None:
        """The candidate of this number, which is the method's `turn`-th in its cell; None where no material fits it.

        `suggested` are columns of the cell whose values are no target.
        """
        name = self.config.methods[method].method
        pieces = self._pieces(method, cell)
        if METHODS[name].material and not METHODS[name].is_material_optional and not pieces:
            return None
        first = self._first(pieces, {name: cell[name] for name in cell.keys() - set(suggested)})
        item = pieces[(first + turn) % len(pieces)] if pieces else None
        key = json.dumps(cell, sort_keys=True)
        seed = str(self.config.seed)
        lap = turn // len(pieces) if pieces else 0
        # Of its place among the others it knows nothing, so that a changed file changes its own candidates alone.
        numbered = f"{item.item_id}/{lap}" if item else str(ordinal)
        candidate_id = digest("candidate", name, key, numbered, seed)
        return Brief(candidate_id, ordinal, cell, item, avoid, lap, turn, frozenset(suggested))

    def _first(self, pieces: Sequence[Item], targets: Mapping[str, str]) -> int:
        """Where a cell begins: between the same two pieces, whatever others come or go."""
        if not targets:
            return 0
        seed = self.config.seed
        drawn = draw(digest("cell", json.dumps(targets, sort_keys=True)), _ORDER, seed)
        return bisect_left(pieces, drawn, key=lambda item: draw(item.item_id, _ORDER, seed))

    def _pieces(self, method: int, cell: Mapping[str, str]) -> list[Item]:
        entry = METHODS[self.config.methods[method].method]
        chosen = {name: cell[name] for name in sorted(entry.chosen_by & cell.keys()) if name in _ITEM_COLUMNS}
        known = (method, json.dumps(chosen))
        if known not in self._eligible:
            fitting = [
                item
                for item in self._items
                if item.kind in entry.material
                and all(getattr(item, name) == value for name, value in chosen.items())
            ]
            seed = self.config.seed
            fitting.sort(key=lambda item: (draw(item.item_id, _ORDER, seed), item.item_id))
            self._eligible[known] = fitting
        return self._eligible[known]


_PLURALS = {"seed": "seeds", "passage": "passages", "unit": "units of code", "row": "rows"}
