"""Whether an example has the parts that its kind must have.

Chat: an optional system message, then a user; no role twice in a row; the assistant has the last word and it
is trained on. Fill-in-the-middle: a middle, and something around it. Triplet: query, positive and at least
one negative, none of them the positive. Preference: two different answers of the assistant. Text: something
to train on. Does not look into the words.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.validate.batch import Batch
from tasks.validate.columns import (
    bounds,
    byte_lengths,
    column,
    equals,
    is_blank,
    is_valid,
    item,
    owners,
    truths,
)
from tasks.validate.judgement import BoolArray, IntArray, Judgement

KINDS = ("chat", "fim", "triplet", "preference", "text")


def check_shape(batch: Batch) -> Judgement:
    """1 for an example with all its parts; a part that is missing fails it."""
    judged = Judgement(np.ones(batch.size, dtype=np.bool_))
    judged.fail_where(~batch.is_kind(*KINDS), "unknown_kind", f"kinds are {', '.join(KINDS)}")
    _check_chat(batch, judged)
    judged.fail_where(batch.is_kind("text") & is_blank(batch.answer), "empty_answer", "the text is blank")
    _check_middle(batch, judged)
    _check_triplet(batch, judged)
    _check_preference(batch, judged)
    return judged


def _check_chat(batch: Batch, judged: Judgement) -> None:
    chat = batch.is_kind("chat")
    messages = column(batch.examples, "messages")
    first, end = bounds(messages)
    judged.fail_where(
        chat & (end - first < 2), "missing_message", "a chat has a user's and an assistant's message"
    )
    is_last_assistant = equals(item(messages, "role", last=True), "assistant")
    judged.fail_where(chat & ~is_last_assistant, "last_message_not_assistant", None)
    is_trained = truths(item(messages, "is_trained", last=True))
    judged.fail_where(chat & ~is_trained, "answer_not_trained", None)
    judged.fail_where(chat & _is_out_of_turn(messages), "roles_do_not_alternate", None)
    judged.fail_where(chat & is_blank(batch.answer), "empty_answer", "the last message is blank")
    judged.fail_where(
        chat & _has_blank_answer(messages), "empty_message", "a message that is trained on is blank"
    )


def _is_out_of_turn(messages: pa.Array) -> BoolArray:
    """Rows where the first who speaks is not the user, or a role comes twice in a row or is unknown.

    Results of several tools may follow one another; a system message stands only at the head.
    """
    rows, index = owners(messages)
    roles = messages.values.field("role").take(pa.array(index)).to_numpy(zero_copy_only=False)
    is_head = np.append(True, rows[1:] != rows[:-1])[: len(rows)]
    before = np.where(is_head, "", np.roll(roles, 1)) if len(rows) else roles
    is_system = roles == "system"
    bad = (roles == before) & (roles != "tool")
    bad |= is_system & ~is_head
    bad |= (roles != "user") & ~is_system & ((before == "") | (before == "system"))
    bad |= (roles == "tool") & (before == "user")
    bad |= ~np.isin(roles.astype(str), ("system", "user", "assistant", "tool"))
    found: BoolArray = np.bincount(rows, weights=bad, minlength=len(messages)) > 0
    return found


def _has_blank_answer(messages: pa.Array) -> BoolArray:
    """Rows with a message that is trained on and says nothing; one that calls a tool says that."""
    rows, index = owners(messages)
    values = messages.values.take(pa.array(index))
    is_trained, has_calls = truths(values.field("is_trained")), is_valid(values.field("tool_calls"))
    return _any(rows, is_trained & ~has_calls & is_blank(values.field("content")), len(messages))


def _check_middle(batch: Batch, judged: Judgement) -> None:
    fim = batch.is_kind("fim")
    judged.fail_where(fim & is_blank(batch.answer), "empty_answer", "the middle is blank")
    around = byte_lengths(column(batch.examples, "prefix")) + byte_lengths(column(batch.examples, "suffix"))
    judged.fail_where(fim & (around == 0), "nothing_around_middle", "prefix and suffix are both empty")


def _check_triplet(batch: Batch, judged: Judgement) -> None:
    triplet = batch.is_kind("triplet")
    query, positive = column(batch.examples, "query"), column(batch.examples, "positive")
    negatives = column(batch.examples, "negatives")
    judged.fail_where(triplet & is_blank(query), "empty_query", None)
    judged.fail_where(triplet & is_blank(positive), "empty_answer", "the positive is blank")
    same = truths(pc.equal(query, positive))
    judged.fail_where(triplet & same, "query_is_positive", None)
    first, end = bounds(negatives)
    judged.fail_where(triplet & (first == end), "missing_negative", None)
    rows, index = owners(negatives)
    texts = negatives.values.field("text").take(pa.array(index))
    clash = truths(pc.equal(texts, positive.take(pa.array(rows))))
    judged.fail_where(triplet & _any(rows, clash, batch.size), "negative_is_positive", None)
    judged.fail_where(triplet & _any(rows, is_blank(texts), batch.size), "empty_negative", None)


def _any(rows: IntArray, mask: BoolArray, size: int) -> BoolArray:
    found: BoolArray = np.bincount(rows, weights=mask, minlength=size) > 0
    return found


def _check_preference(batch: Batch, judged: Judgement) -> None:
    preference = batch.is_kind("preference")
    rejected = column(batch.examples, "rejected")
    chosen_role = equals(item(column(batch.examples, "chosen"), "role", last=True), "assistant")
    rejected_role = equals(item(rejected, "role", last=True), "assistant")
    judged.fail_where(preference & ~(chosen_role & rejected_role), "last_message_not_assistant", None)
    judged.fail_where(preference & is_blank(batch.answer), "empty_answer", "the chosen answer is blank")
    other = item(rejected, "content", last=True)
    judged.fail_where(preference & is_blank(other), "empty_rejected", "the rejected answer is blank")
    same = truths(pc.equal(batch.answer, other))
    judged.fail_where(preference & same, "rejected_is_chosen", None)
