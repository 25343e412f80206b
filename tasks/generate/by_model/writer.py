"""Candidates to rows: what a shard of them came to, by a model that is asked through the engine of the process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Lock
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


class _Ahead(NamedTuple):
    """What a method asked for ahead of its candidates: its value, and the requests and templates that it took."""

    told: Told[Any]
    template_ids: list[str]


class Written(NamedTuple):
    """What some candidates came to; each has rows or a reject. `usage` is what it took, by candidate."""

    rows: pa.Table  # EXAMPLES
    rejects: pa.Table  # REJECTS
    failed: pa.Table  # FAILED_ANSWERS
    usage: list[Usage]


class Writer:
    """Writes candidates of one config over one corpus, from any number of threads.

    What takes long to make ready, or is shared by all candidates of a method, is made once, in the thread that asks
    first: what an index of the corpus needs, and what `Method.prepare` asks for.
    """

    def __init__(self, config: ByModelConfig, corpus: Corpus, converse: Converse) -> None:
        self.config, self._corpus, self._converse = config, corpus, converse
        names = [method.method for method in config.methods]
        self._prompts = {name: load_prompt(name) if METHODS[name].has_prompts else None for name in names}
        self._ahead: dict[int, _Ahead] = {}
        self._asking = Lock()

    def write(self, candidates: Sequence[Candidate], done: Callable[[], None] | None = None) -> Written:
        """What they came to; `done` is called after each. Raises `ModelError` when the model cannot be asked at all."""
        ahead, fresh = self._made_ready(candidates)
        desks = [self._desk(candidate, ahead.get(candidate.method)) for candidate in candidates]
        rows: list[dict[str, Any]] = []
        rejects: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        usage: list[Usage] = []
        conversations = map(self._writing, candidates, desks)
        for candidate, desk, told in zip(candidates, desks, self._converse(conversations), strict=True):
            method = self.config.methods[candidate.method].method
            key, brief = candidate.key, candidate.brief
            template_ids = desk.template_ids
            if before := ahead.get(candidate.method):
                template_ids = [*before.template_ids, *template_ids]
                told.request_ids = [*before.told.request_ids, *told.request_ids]
            if asked := fresh.pop(candidate.method, None):
                # What it took, and what failed of it, is told once.
                told.usage = asked.usage.plus(told.usage)
                told.failures += asked.failures if before else []
            rows += rows_of_told(key, brief, method, METHODS[method].version, template_ids, told)
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

    def _made_ready(self, candidates: Sequence[Candidate]) -> tuple[dict[int, _Ahead], dict[int, Told[Any]]]:
        """What the candidates' methods have in common, by method; and what of it was asked just now."""
        fresh: dict[int, Told[Any]] = {}
        first = {candidate.method: candidate for candidate in reversed(candidates)}
        for number, candidate in sorted(first.items()):
            config = self.config.methods[number]
            method = METHODS[config.method]
            if method.searches(config):
                for kind in method.material:
                    self._corpus.index(kind)
            if method.prepare is None:
                continue
            with self._asking:
                if number not in self._ahead:
                    desk = self._desk(candidate, None)
                    (fresh[number],) = self._converse([method.prepare(config, desk)])
                    # Where it came to nothing each candidate asks for itself, and says what it met.
                    if fresh[number].value is not None:
                        self._ahead[number] = _Ahead(fresh[number], desk.template_ids)
        return {number: self._ahead[number] for number in first if number in self._ahead}, fresh

    def _desk(self, candidate: Candidate, ahead: _Ahead | None) -> Desk:
        method = self.config.methods[candidate.method].method
        shared = ahead.told.value if ahead else None
        return Desk(
            self.config.model,
            self._prompts[method],
            candidate.brief,
            self._corpus,
            self.config.seed,
            shared,
        )

    def _writing(self, candidate: Candidate, desk: Desk) -> Writing:
        config = self.config.methods[candidate.method]
        return METHODS[config.method].write(candidate.brief, config, desk)
