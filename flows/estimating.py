"""What the part of a build that asks a model will cost, before any of it: from a sample of the sources and the ledger.

Some megabytes of the surveyed files are read and cut as a build would; candidates are counted and their first prompts
written, and both are scaled up to all files. No call is made, unless a preview is asked for: that one writes a few
candidates through the ledger, spends, and says what it spent.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from flows.model_calls import ModelRun
from flows.recipe import Recipe
from flows.secret import secret_keys
from tasks.chunk.by_structure import chunk_documents
from tasks.generate.by_model.candidates import Candidates
from tasks.generate.by_model.config import ByModelConfig
from tasks.generate.by_model.corpus import ItemCorpus
from tasks.generate.by_model.materials import items_of_chunks, items_of_seeds, items_of_units
from tasks.generate.by_model.methods import METHODS
from tasks.generate.by_model.protocol import Desk, Item
from tasks.generate.by_model.writer import Candidate, Writer
from tasks.ingest.read_files import ingest_files
from tasks.plan.shares import method_of
from tasks.split.by_syntax import split_documents
from tilth.errors import RequestError
from tilth.fingerprint import draw
from tilth.lake import Lake
from tilth.ledger.entry import Reservation, Usage
from tilth.ledger.ledger import open_ledger
from tilth.llm.conversation import Unfit
from tilth.llm.estimate import Estimate, estimate
from tilth.llm.open_engine import open_engine
from tilth.llm.prices import load_prices
from tilth.llm.prompts import load_prompt
from tilth.llm.request import ChatAnswer, ChatRequest
from tilth.llm.structured import input_bound
from tilth.settings import settings

# Read, cut and worded in some seconds; its passages are some thousand.
_SAMPLE_BYTES = 2_000_000
# First prompts that are written: their mean size is known to a few per cent.
_PROMPTS = 200
# What is drawn here; see `tilth.fingerprint.draw`.
_FILE = 113
# Where nothing is known, half of what a method writes stands its checks: the middle of what papers report
# (Self-Instruct 54 %, WizardLM's elimination, roundtrip consistency).
_YIELD = 0.5


class Asked:
    """A sample of the build's candidates, and how many there are in all."""

    def __init__(self, recipe: Recipe, files: pa.Table) -> None:
        config = recipe.generate.by_model
        assert config is not None
        self.config: ByModelConfig = config
        self.items, scale = _sampled(recipe, files)
        self.candidates = Candidates(config, self.items)
        self.corpus = ItemCorpus(self.items)
        self.count, self.is_bounded = self._counted(recipe, scale)

    def _counted(self, recipe: Recipe, scale: float) -> tuple[int, bool]:
        """Candidates in all, and whether material alone says how many."""
        if recipe.plan is not None:
            wanted = sum(target.count for target in recipe.plan.all_cells)
            return round(wanted / _YIELD), False
        most = self.config.max_items
        counts = (self.candidates.count(number, {}) for number in range(len(self.config.methods)))
        return sum(min(round(count * scale), most) for count in counts), True

    def first(self, count: int) -> list[Candidate]:
        """So many candidates, all methods by their shares."""
        weights = [method.weight for method in self.config.methods]
        turns = [0] * len(weights)
        found = []
        for ordinal in range(count):
            method = method_of(ordinal, weights)
            suggested = {"difficulty": "medium"}
            brief = self.candidates.brief(
                method, suggested, ordinal, turns[method], suggested=suggested.keys()
            )
            turns[method] += 1
            if brief is not None:
                found.append(Candidate(f"preview-{ordinal:06d}", method, turns[method] - 1, brief))
        return found

    def requests(self) -> list[tuple[ChatRequest, int]]:
        """Requests of first steps, each with the number of steps that its method has."""
        found: list[tuple[ChatRequest, int]] = []
        for _, number, _, brief in self.first(_PROMPTS):
            chosen = self.config.methods[number]
            prompts = load_prompt(chosen.method) if METHODS[chosen.method].has_prompts else None
            desk = Desk(self.config.model, prompts, brief, self.corpus, self.config.seed)
            writing = METHODS[chosen.method].write(brief, chosen, desk)
            try:
                found += [(request, METHODS[chosen.method].steps) for request in next(writing)]
            except (StopIteration, Unfit):
                continue
            finally:
                writing.close()
        return found


def estimate_calls(recipe: Recipe, files: pa.Table, lake: Lake | None) -> dict[str, Any]:
    """Calls, tokens, dollars and seconds, as intervals; no call is made and nothing is written."""
    asked = Asked(recipe, files)
    requests = asked.requests()
    ledger = settings().ledger or (lake.ledger if lake and lake.ledger.is_file() else None)
    known = (
        asyncio.run(_known(ledger, asked.config, [request for request, _ in requests]))
        if ledger
        else _Known()
    )
    return _told(asked, _sizes(requests), known)


class _Known(NamedTuple):
    """What the ledger holds: earlier calls of the model, and the share of the sample's requests that are answered."""

    history: Sequence[Usage] = ()
    answered_ratio: float = 0.0


async def _known(ledger: str | Path, config: ByModelConfig, requests: Sequence[ChatRequest]) -> _Known:
    # A ledger that only replays grants no claim and writes nothing.
    async with open_ledger(ledger, is_replay=True) as opened:
        found = [await opened.claim(request, Reservation()) for request in requests]
        answered = sum(isinstance(outcome, ChatAnswer) for outcome in found) / max(len(found), 1)
        return _Known(await opened.history(config.model.provider, config.model.model), answered)


def _sizes(requests: Sequence[tuple[ChatRequest, int]]) -> list[int]:
    """Upper bounds in tokens of all steps: what follows a first one shows the same material, or what came of it."""
    return [size for request, steps in requests for size in [input_bound(request)] * steps]


def preview_calls(recipe: Recipe, files: pa.Table, lake: Lake, count: int) -> dict[str, Any]:
    """Write so many candidates, and estimate from what they took. Their answers stay in the ledger."""
    asked = Asked(recipe, files)
    config = asked.config
    keys = secret_keys(config)
    with open_engine(config.model, settings().ledger or lake.ledger, f"recipe-{recipe.name}", keys) as engine:
        run = ModelRun(engine, config.model, lambda _stage, _words: None)
        first = asked.first(count)
        written = Writer(config, asked.corpus, run.converse).write(first)
        history = engine.ask_ledger(
            lambda ledger: ledger.history(config.model.provider, config.model.model, 10 * count)
        )
    used = run.spend.usage
    calls = (used.calls + used.replayed) / max(len(first), 1)
    sizes = [usage.input_bytes for usage in history] or _sizes(asked.requests())
    told = _told(asked, sizes, _Known(history), calls)
    return {
        **told,
        "preview": {
            "candidates": len(first),
            "rows": written.rows.num_rows,
            "rejects": dict(Counter(written.rejects["reason"].to_pylist()).most_common()),
            "calls": used.calls,
            "replayed": used.replayed,
            "failed": used.failed,
            "cost_usd": run.spend.cost_usd,
            "examples": written.rows.select(["task", "messages", "query", "positive"])
            .slice(0, 3)
            .to_pylist(),
        },
    }


def _told(
    asked: Asked, sizes: Sequence[int], known: _Known, calls_each: float | None = None
) -> dict[str, Any]:
    config = asked.config
    steps = [METHODS[method.method].steps for method in config.methods]
    each = calls_each or sum(steps) / len(steps)
    calls = round(asked.count * each)
    replayed = round(calls * known.answered_ratio)
    price = load_prices().price(config.model.provider, config.model.model, datetime.now(UTC).date())
    scaled = [sizes[place % len(sizes)] for place in range(calls - replayed)] if sizes else []
    found: Estimate = estimate(
        scaled,
        config.model.max_tokens,
        known.history,
        price,
        max_in_flight=config.model.calls.max_in_flight,
        replayed=replayed,
    )
    return {
        "candidates": asked.count,
        "calls": found.calls,
        "replayed": found.replayed,
        "basis": found.basis,
        "earlier_calls": found.samples,
        "is_priced": price is not None,
        "input_tokens": asdict(found.input_tokens),
        "output_tokens": asdict(found.output_tokens) if found.output_tokens else None,
        "usd": {name: value / 1e6 for name, value in asdict(found.microusd).items()}
        if found.microusd
        else None,
        "ceiling_usd": None if found.ceiling_microusd is None else found.ceiling_microusd / 1e6,
        "seconds": asdict(found.seconds) if found.seconds else None,
        "budget_usd": config.model.budget_usd,
    }


def _sampled(recipe: Recipe, files: pa.Table) -> tuple[list[Item], float]:
    """Material of some files, and how many times as many bytes all files have."""
    if not files.num_rows:
        raise RequestError("There is no file to make material of. Name other sources.")
    keys, sizes = files["key"].to_pylist(), files["bytes"].to_pylist()
    order = sorted(range(len(keys)), key=lambda place: (draw(keys[place], _FILE, 0), place))
    chosen: list[int] = []
    read = 0
    for place in order:
        if chosen and read + sizes[place] > _SAMPLE_BYTES:
            continue
        chosen.append(place)
        read += sizes[place]
    documents = ingest_files(files.take(pa.array(sorted(chosen))), recipe.ingest).rows
    items: list[Item] = []
    for kind, cut, made in (
        ("prose", chunk_documents, items_of_chunks),
        ("code", split_documents, items_of_units),
    ):
        own = documents.filter(pc.equal(documents["kind"], kind))
        if own.num_rows:
            items += made(cut(own, getattr(recipe, "chunk" if kind == "prose" else "split")).rows, own)
    items += items_of_seeds(documents.filter(pc.equal(documents["kind"], "seed")))
    return items, sum(sizes) / max(read, 1)
