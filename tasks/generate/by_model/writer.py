"""Candidates to rows: what a shard of them came to, by a model that is asked through the engine of the process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from tasks.generate.by_model.config import ByModelConfig
from tasks.generate.by_model.methods import METHODS
from tasks.generate.by_model.protocol import Brief, Corpus, Desk, Draft, Writing
from tasks.generate.by_model.rows import failures_of, reject_of, rows_of_told
from tilth.llm.conversation import Told, Usage
from tilth.llm.prompts import load_prompt
from tilth.records import EXAMPLES, FAILED_ANSWERS, REJECTS

#: Holds conversations and gives back what each came to, in their order.
Converse = Callable[[Iterable[Writing]], Iterator[Told[list[Draft]]]]


class Candidate(NamedTuple):
    """A brief under its key, for the method of this number; it is the method's `turn`-th candidate in its cell."""

    key: str
    method: int
    turn: int
    brief: Brief


class Written(NamedTuple):
    """What some candidates came to; each has rows or a reject. `usage` is what it took, by candidate."""

    rows: pa.Table  # EXAMPLES
    rejects: pa.Table  # REJECTS
    failed: pa.Table  # FAILED_ANSWERS
    usage: list[Usage]


class Writer:
    """Writes candidates of one config over one corpus."""

    def __init__(self, config: ByModelConfig, corpus: Corpus, converse: Converse) -> None:
        self.config, self._corpus, self._converse = config, corpus, converse
        names = [method.method for method in config.methods]
        self._prompts = {name: load_prompt(name) if METHODS[name].has_prompts else None for name in names}

    def write(self, candidates: Sequence[Candidate], done: Callable[[], None] | None = None) -> Written:
        """What they came to; `done` is called after each. Raises `ModelError` when the model cannot be asked at all."""
        desks = [self._desk(candidate) for candidate in candidates]
        rows: list[dict[str, Any]] = []
        rejects: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        usage: list[Usage] = []
        conversations = map(self._writing, candidates, desks)
        for candidate, desk, told in zip(candidates, desks, self._converse(conversations), strict=True):
            method = self.config.methods[candidate.method].method
            key, brief = candidate.key, candidate.brief
            rows += rows_of_told(key, brief, method, METHODS[method].version, desk.template_ids, told)
            reject = reject_of(key, brief, told)
            rejects += [] if reject is None else [reject]
            failed += failures_of(key, brief, told)
            usage.append(told.usage)
            if done:
                done()
        return Written(
            pa.Table.from_pylist(rows, schema=EXAMPLES),
            pa.Table.from_pylist(rejects, schema=REJECTS),
            pa.Table.from_pylist(failed, schema=FAILED_ANSWERS),
            usage,
        )

    def _desk(self, candidate: Candidate) -> Desk:
        method = self.config.methods[candidate.method].method
        return Desk(self.config.model, self._prompts[method], candidate.brief, self._corpus, self.config.seed)

    def _writing(self, candidate: Candidate, desk: Desk) -> Writing:
        config = self.config.methods[candidate.method]
        return METHODS[config.method].write(candidate.brief, config, desk)
