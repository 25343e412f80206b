"""Triplets whose negatives a model picks, with answers handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tasks.generate.by_model.corpus import ItemCorpus
from tasks.generate.by_model.hard_negatives import HardNegatives, write
from tasks.generate.by_model.protocol import Brief, Desk, Draft
from tests.tasks.generate.by_model.playing import brief, item, play
from tilth.llm.config import ModelConfig
from tilth.llm.conversation import NoAnswer, Unfit
from tilth.llm.prompts import load_prompt
from tilth.llm.request import ChatRequest
from tilth.llm.structured import AnswerReject

PLUMS = item(
    "Prune plum trees in summer, when the sap flows and the wound closes before silver leaf finds it."
)
APPLES = item("Prune apple trees in winter: without leaves the frame of the tree can be seen.")
PEARS = item("Pear trees are trained along a wall and kept flat by pruning them each August.")
SALE = item("Plum trees are sold with bare roots from November on, and planted before the frost.")
CORPUS = [APPLES, PEARS, SALE]
QUERY = {"need": "A gardener.", "query": "when to prune plum trees"}
IS, IS_NOT = {"reason": "It says so.", "answers": True}, {"reason": "Another tree.", "answers": False}
PLAIN = HardNegatives(forms=("keywords",), negatives=2)


def picked(*names: str, answering: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "answering": list(answering),
        "negatives": [
            {"id": name, "reason": f"reason {name}", "hardness": place} for place, name in enumerate(names, 1)
        ],
    }


def test_the_model_picks_among_passages_of_the_corpus_and_each_is_looked_at_by_itself() -> None:
    played = play(PLAIN, brief(PLUMS), [QUERY, picked("c1", "c2"), IS, IS_NOT, IS_NOT], CORPUS)
    draft = played.drafts[0]
    assert (draft.kind, draft.task, draft.query, draft.positive) == (
        "triplet", "retrieve_passage", QUERY["query"], PLUMS.text,
    )  # fmt: skip
    # The hardest first, each with the reason that the model gave.
    assert [negative.reason for negative in draft.negatives] == ["reason c2", "reason c1"]
    assert [negative.text for negative in draft.negatives] == [one.text for one in draft.beside]
    assert all(one in CORPUS for one in draft.beside)
    assert (draft.oracle, draft.extra["picked_by"], draft.extra["hardness"]) == (
        "model_check",
        "model",
        [2, 1],
    )
    assert "Form of the query: keywords" in played.said[0]
    assert all(one.text in played.said[1] for one in CORPUS)
    assert [len(step) for step in played.asked] == [1, 1, 3]


def test_a_passage_that_answers_after_all_is_no_negative() -> None:
    played = play(PLAIN, brief(PLUMS), [QUERY, picked("c1", "c2"), IS, IS, IS_NOT], CORPUS)
    assert [negative.reason for negative in played.drafts[0].negatives] == ["reason c1"]
    with pytest.raises(Unfit, match="false_negatives"):
        play(PLAIN, brief(PLUMS), [QUERY, picked("c1"), IS, IS], CORPUS)


def test_a_look_that_failed_costs_its_negative_alone() -> None:
    played = play(PLAIN, brief(PLUMS), [QUERY, picked("c1", "c2"), IS, None, IS_NOT], CORPUS)
    assert len(played.drafts[0].negatives) == 1


@pytest.mark.parametrize(
    ("reason", "replies"),
    [
        (
            "query_quotes_passage",
            [{**QUERY, "query": "plum trees in summer when the sap flows and the wound"}],
        ),
        ("query_without_words", [{**QUERY, "query": "what is it?"}]),
        ("no_hard_negative", [QUERY, picked(answering=("c1", "c2", "c3"))]),
        ("ids_not_among_candidates", [QUERY, picked("c9", "passage 2")]),
        ("positive_does_not_answer", [QUERY, picked("c1"), IS_NOT, IS_NOT]),
        ("positive_not_checked", [QUERY, picked("c1"), None, IS_NOT]),
    ],
)
def test_what_a_rule_speaks_against_is_refused(reason: str, replies: list[Any]) -> None:
    with pytest.raises(Unfit) as refused:
        play(PLAIN, brief(PLUMS), replies, CORPUS)
    assert refused.value.reason == reason


def test_what_the_model_says_answers_the_query_is_never_its_negative() -> None:
    played = play(
        PLAIN.model_copy(update={"is_checked": False}),
        brief(PLUMS),
        [QUERY, picked("c1", "c2", answering=("c1",))],
        CORPUS,
    )
    assert [negative.reason for negative in played.drafts[0].negatives] == ["reason c2"]
    assert played.drafts[0].oracle == "model"


def test_without_a_passage_that_shares_words_there_is_no_candidate() -> None:
    with pytest.raises(Unfit, match="no_candidate"):
        play(PLAIN, brief(PLUMS), [QUERY], [item("Bread rises.")])


def test_copies_of_the_positive_and_its_own_section_elsewhere_are_no_candidates() -> None:
    titled = PLUMS._replace(title="Trees > Plums")
    copy = item(PLUMS.text + " So it is.")
    edition = item("When to prune plums: July.", title="Trees > Plums")
    with pytest.raises(Unfit, match="no_candidate"):
        play(PLAIN, brief(titled), [QUERY], [copy, edition])


def fails(
    at: str, config: HardNegatives, given: Brief, answers: Mapping[str, Any]
) -> tuple[list[Draft], list[str]]:
    """What is made when every request of one step brings nothing."""
    desk = Desk(ModelConfig(model="m"), load_prompt("hard_negatives"), given, ItemCorpus([PLUMS, *CORPUS]))
    writing = write(given, config, desk)
    steps: list[str] = []
    send: Callable[[Any], tuple[ChatRequest, ...]] = writing.send
    reply: Any = None
    try:
        while True:
            requests = send(reply)
            step = desk.template_ids[-1].split("/")[1].split("@")[0]
            steps.append(step)
            if step == at:
                send = writing.throw
                reply = NoAnswer(AnswerReject("unparseable", "no object", requests[0], ("?",), ("k",)))
            else:
                send = writing.send
                reply = tuple(answers[step] for _ in requests)
    except StopIteration as ended:
        return ended.value, steps


def test_where_the_model_fails_the_rule_picks_and_says_so() -> None:
    drafts, _ = fails("pick", PLAIN, brief(PLUMS), {"query": QUERY})
    assert (drafts[0].oracle, drafts[0].extra["picked_by"]) == ("mined", "rule")
    assert drafts[0].negatives
    for negative in drafts[0].negatives:
        assert "with the query" in (negative.reason or "")
        assert (negative.score or 0) <= 0.95 * drafts[0].extra["positive_score"] + 1e-3
    unchecked, _ = fails("verify", PLAIN, brief(PLUMS), {"query": QUERY, "pick": picked("c1")})
    assert unchecked[0].extra["picked_by"] == "rule"


def test_without_a_query_of_the_models_the_headings_are_one_if_they_say_enough() -> None:
    titled = PLUMS._replace(title="Trees > When to prune plums")
    drafts, steps = fails(
        "query", PLAIN.model_copy(update={"is_checked": False}), brief(titled), {"pick": picked("c1")}
    )
    assert (drafts[0].query, drafts[0].extra["query_by"], steps) == (
        titled.title,
        "headings",
        ["query", "pick"],
    )
    with pytest.raises(NoAnswer):
        fails("query", PLAIN, brief(PLUMS._replace(title="Plums")), {})


def test_a_cell_says_which_query_is_asked_for() -> None:
    given = brief(PLUMS, cell={"form": "problem", "difficulty": "hard", "category": "trees"})
    played = play(PLAIN, given, [QUERY, picked("c1"), IS, IS_NOT], CORPUS)
    assert "Form of the query: problem\ndifficulty: hard\n" in played.said[0]
    assert "category" not in played.said[0]


def test_the_same_candidate_asks_the_same_whatever_the_order_of_the_corpus() -> None:
    replies = [QUERY, picked("c1"), IS, IS_NOT]
    one = play(PLAIN, brief(PLUMS), replies, CORPUS)
    other = play(PLAIN, brief(PLUMS), replies, CORPUS[::-1])
    assert one == other


def test_no_negative_is_mined_on_another_side_of_the_partition() -> None:
    here, *others = [piece._replace(side="train" if piece is APPLES else "test") for piece in CORPUS]
    corpus = ItemCorpus([PLUMS._replace(side="train"), here, *others])
    found = corpus.similar("when to prune plum trees", 5, PLUMS._replace(side="train"))
    assert [one.text for one, _ in found] == [APPLES.text]
