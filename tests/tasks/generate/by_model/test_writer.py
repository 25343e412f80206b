"""Candidates to rows, with a stand-in for the engine that answers at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tasks.generate.by_model.config import ByModelConfig
from tasks.generate.by_model.corpus import ItemCorpus
from tasks.generate.by_model.protocol import Draft, Item, Writing
from tasks.generate.by_model.writer import Candidate, Writer
from tests.tasks.generate.by_model.playing import brief, item
from tests.tasks.generate.by_model.test_domains import answered
from tilth.llm.conversation import Told, Unfit


class Talk:
    """Holds conversations one after another; `asked` counts the steps of each."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, conversations: Iterable[Writing]) -> Iterator[Told[list[Draft]]]:
        for conversation in conversations:
            yield self._held(conversation)

    def _held(self, conversation: Any) -> Told[Any]:
        told: Told[Any] = Told()
        steps, given = 0, None
        try:
            while True:
                requests = conversation.send(given)
                steps += 1
                told.request_ids += [request.key for request in requests]
                given = tuple(answered(request) for request in requests)
        except StopIteration as ended:
            told.value = ended.value
        except Unfit as reason:
            told.unfit = reason
        self.asked.append(steps)
        return told


def writer_of(talk: Talk, items: Iterable[Item] = (), **method: Any) -> tuple[Writer, ItemCorpus]:
    config = ByModelConfig.model_validate({"model": {"model": "m"}, "methods": [method]})
    corpus = ItemCorpus(items)
    return Writer(config, corpus, talk), corpus


def test_a_tree_is_grown_once_for_all_batches_and_its_requests_are_of_every_row() -> None:
    talk = Talk()
    writer, _ = writer_of(talk, method="topic_tree", domain="soil", parts=3, requests_per_leaf=1)
    batches = [[Candidate(str(number), 0, number, brief(None, number))] for number in range(3)]
    rows = [row for batch in batches for row in writer.write(batch).rows.to_pylist()]
    # Two levels, then for each candidate its requests and their answers.
    assert talk.asked == [2, 2, 2, 2]
    assert len({tuple(row["request_ids"][:4]) for row in rows}) == 1
    assert all(row["template_id"].startswith("topic_tree/expand") for row in rows)


def test_an_index_is_made_before_the_first_call_and_only_where_it_is_searched() -> None:
    passages = [item(f"Clay of bed {number} holds water, and so does loam.") for number in range(4)]
    candidates = [Candidate("k", 0, 0, brief(passages[0]))]
    found: list[bool] = []

    class Watched(Talk):
        def __call__(self, conversations: Iterable[Writing]) -> Iterator[Told[list[Draft]]]:
            found.append("passage" in corpus.indexed)
            return super().__call__(conversations)

    for ratio in (0, 1):
        writer, corpus = writer_of(Watched(), passages, method="question_answer", across_ratio=ratio)
        writer.write(candidates)
    assert found == [False, True]
