"""Explanation: the code without its docstring is the question, what its author says about how and why the answer.

Only the running text of the docstring counts, from its beginning to the first list of parameters, example or
block; it takes part when it has two sentences or more and speaks of reasons, conditions or ways. Nothing is added.
"""

from __future__ import annotations

import re

from tasks.generate.protocol import Draft, View
from tasks.generate.write_docstring import undocumented
from tilth.sentences import sentence_starts
from tilth.tokens import BYTES_PER_TOKEN

VERSION = "1"

# Two sentences of the fifteen words that technical prose averages, less the terse style of docstrings.
_MIN_WORDS = 20
_MIN_SENTENCES = 2
# Where running text ends: sections of Google's, NumPy's and reST's style, tags, examples, blocks, lists.
_END = re.compile(
    r"^[ \t]*(?:(?:args|arguments|parameters|params|returns?|yields?|raises|throws|examples?|usage|notes?|see also|"
    r"references|attributes|warnings?|todo|keyword args|other parameters|doctests?)\b"
    r"[ \t]*(?:::?[ \t]*$|\n[ \t]*[-=~]{3})"
    r"|[@\\:](?:param|returns?|throws|raises?|type|rtype|see|since|arg|example|code)\b|#+[ \t]|>>>|\.\. |```|~~~"
    r"|[-*+][ \t]|\d+[.)][ \t]|[-=~]{3,}[ \t]*$|\|)",
    re.IGNORECASE | re.MULTILINE,
)
# Words that tell how or why, not what: reasons, conditions, order, means.
_HOW_OR_WHY = re.compile(
    r"\b(?:because|since|so that|therefore|thus|hence|in order to|to avoid|otherwise|instead|unless|whenever|if|when|"
    r"by \w+ing|using|uses|first|then|until|while|rather than|without|means|ensures?|prevents?|allows?|due to|"
    r"internally|algorithm|note that|after|before|does not|cannot|must)\b",
    re.IGNORECASE,
)


def explain_code(view: View) -> Draft | str:
    """A draft for a function, method or class whose docstring explains it."""
    unit, config = view.unit, view.config
    start, end = unit.docstring_start, unit.docstring_end
    if start is None or end is None or not unit.docstring:
        return "no_docstring"
    text = running_text(unit.docstring)
    utf8 = text.encode("utf-8")
    if len(text.split()) < _MIN_WORDS or 1 + len(sentence_starts(utf8, 0, len(utf8))) < _MIN_SENTENCES:
        return "docstring_too_short"
    if not _HOW_OR_WHY.search(text):
        return "explains_nothing"
    if len(utf8) / BYTES_PER_TOKEN > config.max_answer_tokens:
        return "answer_too_long"
    context = undocumented(view)
    if len(context) / BYTES_PER_TOKEN > config.max_context_tokens + config.max_answer_tokens:
        return "context_too_long"
    return Draft(start, end, context, subject=utf8 + context, answer=utf8, is_prose=True)


def running_text(docstring: str) -> str:
    r"""The paragraphs that open a docstring, up to the first section, list, example or block.

    >>> running_text("Sum of a list.\n\nIt is exact.\n\nArgs:\n    x: the list\n")
    'Sum of a list.\n\nIt is exact.'
    """
    found = _END.search(docstring)
    text = docstring[: found.start()] if found else docstring
    text = text.rstrip()
    # What announces an example is left without it.
    while text.endswith(":"):
        text = text[: max(text.rfind("\n\n"), 0)].rstrip()
    return text
