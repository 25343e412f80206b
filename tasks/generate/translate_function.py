"""Translation: one project has the same function in two languages, and each is the other's translation.

Two functions are taken for the same when their names agree but for case and underscores, so do their classes, and
their docstrings share most of their words; where one has no docstring, when they are called alike by a name of several
words and most of their parameters are. That is mined, not proved: nobody runs them, so the oracle says `mined`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from tasks.generate.config import GenerateConfig
from tasks.generate.hard_negatives import jaccard
from tasks.generate.protocol import Draft, View, line_start
from tasks.generate.variables import LANGUAGE_NAMES
from tasks.generate.write_docstring import dedented
from tilth.tokens import BYTES_PER_TOKEN
from tilth.words import terms

VERSION = "2"

# Half of the distinct words: translated documentation swaps types and idioms (`None` for `null`, `list` for
# `array`) and keeps the subject. On shorter texts one word would decide.
_MIN_JACCARD = 0.5
_MIN_WORDS = 4
# One parameter of a name may be any function's.
_MIN_PARAMETERS = 2
_SEVERAL_WORDS = re.compile(r"[A-Za-z0-9]_+[A-Za-z0-9]|[a-z0-9][A-Z]")
_NO_PARAMETERS = frozenset(("self", "cls", "this"))
# Without a body of two lines there is nothing to translate.
_MIN_LINES = 3


def translate_function(views: Sequence[View], config: GenerateConfig) -> Iterator[tuple[int, Draft | str]]:
    """A draft for each function whose repository has it in another language too; the function is the answer."""
    groups: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    words: dict[int, frozenset[str]] = {}
    for number, view in enumerate(views):
        unit = view.unit
        if unit.is_test or unit.body_start is None or (unit.lines or 0) < _MIN_LINES:
            yield number, "is_test" if unit.is_test else "body_too_short"
            continue
        words[number] = frozenset(terms(unit.docstring or ""))
        if len(words[number]) < _MIN_WORDS and not _SEVERAL_WORDS.search(unit.name):
            yield number, "no_docstring"
            continue
        owner = normalised(view.owner.name) if view.owner is not None else ""
        groups[view.file.repository, owner, normalised(unit.name)].append(number)
    for members in groups.values():
        for number in members:
            yield number, _draft_of(views, number, members, words, config)


def normalised(name: str) -> str:
    """A name without its language's way of writing names.

    >>> normalised("parse_url") == normalised("parseURL") == normalised("ParseUrl")
    True
    """
    return name.replace("_", "").lower()


def _draft_of(
    views: Sequence[View],
    number: int,
    members: Sequence[int],
    words: dict[int, frozenset[str]],
    config: GenerateConfig,
) -> Draft | str:
    view = views[number]
    others = [other for other in members if views[other].file.language != view.file.language]
    if not others:
        return "no_other_language"
    # The most alike, by docstrings before parameters; of equals the first by language, path and place.
    ranked = min(
        (*_alike(view, views[other], words[number], words[other]), views[other].file.language, views[other].file.path,
         views[other].unit.start, other)
        for other in others
    )  # fmt: skip
    is_by_parameters, similarity, source = ranked[0], -ranked[1], views[ranked[-1]]
    if similarity < _MIN_JACCARD:
        return "parameters_differ" if is_by_parameters else "docstrings_differ"
    start, end = _whole(view)
    context = dedented(source.text[slice(*_whole(source))])
    if (end - start) / BYTES_PER_TOKEN > config.max_answer_tokens:
        return "answer_too_long"
    if len(context) / BYTES_PER_TOKEN > config.max_context_tokens + config.max_answer_tokens:
        return "context_too_long"
    return Draft(
        start,
        end,
        context,
        context_language=source.file.language,
        variables={"source_language": LANGUAGE_NAMES.get(source.file.language, source.file.language)},
        oracle="mined",
        beside=((source.file.document_id, *_whole(source)),),
        extra={
            "pair": "mined",
            "parameter_jaccard" if is_by_parameters else "docstring_jaccard": round(similarity, 4),
            "source_path": source.file.path,
        },
    )


def _alike(one: View, other: View, words: frozenset[str], others: frozenset[str]) -> tuple[bool, float]:
    """Whether parameters had to tell, and how alike the two are, negative."""
    if min(len(words), len(others)) >= _MIN_WORDS:
        return False, -jaccard(words, others)
    names = [
        {
            normalised(re.sub(r"\W", "", parameter["name"] or ""))
            for parameter in view.file.facts[view.unit.unit_id].parameters
            if parameter["name"] not in _NO_PARAMETERS
        }
        for view in (one, other)
    ]
    if len(names[0] & names[1]) < _MIN_PARAMETERS or not _SEVERAL_WORDS.search(one.unit.name):
        return True, 0.0
    return True, -len(names[0] & names[1]) / len(names[0] | names[1])


def _whole(view: View) -> tuple[int, int]:
    """The function with its documentation, from the beginning of its line."""
    unit = view.unit
    first = min(unit.start, unit.docstring_start if unit.docstring_start is not None else unit.start)
    return line_start(view.text, first), max(unit.end, unit.docstring_end or 0)
