"""Fill-in-the-middle: a syntactic piece of a file is cut out, what stands around it is the question.

The middle is a whole body or a run of whole statements of it, never cut inside a line: AST-FIM (arXiv 2506.00204)
gains up to five points over cuts at random characters. Prefix, middle and suffix are neighbouring slices of the file;
tokens and their order (PSM, SPM) are export's business.
"""

from __future__ import annotations

from tasks.generate.protocol import Draft, View, after, before
from tilth.fingerprint import draw
from tilth.tokens import BYTES_PER_TOKEN

VERSION = "1"

# What is drawn for a unit here; see `tilth.fingerprint.draw`.
_PURPOSE = 2

# A line that begins so belongs to the statement before it, in the six languages' ways of laying out code.
_CONTINUES = (b"}", b")", b"]", b"else", b"elif", b"except", b"finally", b"catch", b".", b"case", b"default")


def fill_in_the_middle(view: View) -> Draft | str:
    """A draft for a share of the units, `fim_ratio`, drawn by the digest of their ids."""
    unit, config = view.unit, view.config
    if unit.body_start is None or unit.body_end is None:
        return "no_body"
    drawn = draw(unit.unit_id, _PURPOSE, config.seed)
    if (drawn & 0xFFFF) / 0x10000 >= config.fim_ratio:
        return "not_drawn"
    start, end = unit.body_start, unit.body_end
    if drawn >> 16 & 1:
        start, end = statement_run(view.text, start, end, drawn >> 20)
    tokens = (end - start) / BYTES_PER_TOKEN
    if tokens < config.min_answer_tokens:
        return "answer_too_short"
    if tokens > config.max_answer_tokens:
        return "answer_too_long"
    budget = int(config.max_context_tokens * BYTES_PER_TOKEN)
    prefix, suffix = before(view.text, start, budget), after(view.text, end, budget)
    if not prefix and not suffix:
        return "nothing_around"
    return Draft(start, end, prefix, suffix=suffix)


def statement_run(text: bytes, start: int, end: int, drawn: int) -> tuple[int, int]:
    r"""A run of whole statements of a body, by the body's own indentation; the body itself when it has but one.

    >>> statement_run(b"  a = 1\n  if a:\n    b()\n  c()\n", 0, 30, 1)
    (8, 24)
    """
    first = text[start:end]
    indent = len(first) - len(first.lstrip(b" \t"))
    starts: list[int] = []
    offset = start
    for line in first.splitlines(keepends=True):
        stripped = line.lstrip(b" \t")
        if len(line) - len(stripped) == indent and stripped.strip() and not stripped.startswith(_CONTINUES):
            starts.append(offset)
        offset += len(line)
    if len(starts) < 2:
        return start, end
    low = drawn % len(starts)
    # At most a third of the statements, at least one: what is left must say what is missing.
    count = 1 + (drawn >> 8) % max(1, len(starts) // 3)
    high = low + count
    return starts[low], starts[high] if high < len(starts) else end
