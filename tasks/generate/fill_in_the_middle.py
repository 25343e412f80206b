"""Fill-in-the-middle: a piece of a file is cut out, what stands around it is the question.

The middle is a node of the syntax tree, a run of neighbouring nodes, or, for the sake of cursors that stand anywhere,
a span between any two characters; the shares of the three are the config's. AST-FIM (arXiv 2506.00204) gains up to
five points over cuts at random characters alone. Prefix, middle and suffix are neighbouring slices of the file;
tokens and their order (PSM, SPM) are export's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tasks.generate.cuts import Cut, member_cuts, member_runs, node_cut, run_cut, treeless_cut
from tasks.generate.protocol import Draft, View, after, before
from tilth.fingerprint import draw

VERSION = "2"

# What is drawn for a unit here; see `tilth.fingerprint.draw`.
_PURPOSE = 2
# A byte may lie in nothing of a fitting size (a short comment, one long string); so many are tried. On the standard
# library the first suffices for nine of ten units, and ten leave one in a hundred.
_TRIES = 10
# Of a unit longer than twice this only some statements are parsed: one in ten is, and holds half of all bytes.
_PARSED_BYTES = 400

_Fits = Callable[[int, int], bool]


def fill_in_the_middle(view: View) -> Draft | str:
    """A draft for a share of the units, `fim_ratio`, drawn by the digest of their ids.

    The middle is at most `fim_middle_ratio` of what is shown.
    """
    unit, config = view.unit, view.config
    drawn = draw(unit.unit_id, _PURPOSE, config.seed)
    if (drawn & 0xFFFF) / 0x10000 >= config.fim_ratio:
        return "not_drawn"
    if unit.kind != "module" and unit.body_start is None:
        return "no_body"
    low, high = view.budget(config.min_answer_tokens), view.budget(config.max_answer_tokens)
    budget = view.budget(config.max_context_tokens)
    size, share = len(view.text), config.fim_middle_ratio

    def fits(start: int, end: int) -> bool:
        around = min(budget, start) + min(budget, size - end)
        return low <= end - start <= high and (end - start) <= share * (end - start + around)

    for cut in _cuts(view, drawn, fits):
        prefix, suffix = before(view.text, cut.start, budget), after(view.text, cut.end, budget)
        middle = cut.end - cut.start
        if middle <= share * (len(prefix) + middle + len(suffix)):
            extra = {"span_kind": cut.kind, "span": [cut.start, cut.end]}
            return Draft(cut.start, cut.end, prefix, suffix=suffix, extra=extra)
    return "no_fitting_span"


def _cuts(view: View, drawn: int, fits: _Fits) -> Iterator[Cut]:
    """Cuts that fit, in the order of trying: of the kind that was drawn, at last of any."""
    unit, config = view.unit, view.config
    weights = (config.fim_node_weight, config.fim_run_weight, config.fim_random_weight)
    point = (drawn >> 16 & 0xFFFF) / 0x10000 * sum(weights)
    if point >= weights[0] + weights[1] and weights[2]:
        yield from _random_cuts(view, fits)
        return
    wants_run = point >= weights[0]
    if unit.kind in ("module", "class"):
        members = member_cuts(view.file, unit)
        if members:
            yield from _drawn_members(view, members, fits, wants_run=wants_run)
            return
    if drawn >> 32 & 3:
        # Definitions, bodies and statements weigh most in any tree and are known without one; so only a quarter of the
        # draws look inside statements, and the parser runs for a tenth of the units.
        cut = treeless_cut(
            view.text, unit, draw(unit.unit_id, _PURPOSE, config.seed + (1 << 40)), fits, wants_run=wants_run
        )
        if cut is not None:
            yield cut
    if unit.kind == "module":
        return
    offset = unit.start + (drawn >> 24) % (unit.end - unit.start)
    piece = view.file.piece_around(unit, offset, _PARSED_BYTES)
    if piece is None:
        return
    for number, at in enumerate(_numbers(view)):
        offset = piece.start + (at >> 20) % (piece.end - piece.start)
        # Where nothing has neighbours that fit, a node alone will do.
        take = run_cut if wants_run and number < _TRIES // 2 else node_cut
        cut = take(piece, unit, offset, at, fits)
        if cut is not None:
            yield cut


def _numbers(view: View) -> Iterator[int]:
    """A number of 64 bits for each try."""
    for number in range(1, _TRIES + 1):
        yield draw(view.unit.unit_id, _PURPOSE, view.config.seed + (number << 32))


def _drawn_members(view: View, members: list[Cut], fits: _Fits, *, wants_run: bool) -> Iterator[Cut]:
    """Members of a class or a file, or runs of them; the chance of each grows with its size."""
    for pool in (member_runs(members) if wants_run else [], members):
        fitting = [cut for cut in pool if fits(cut.start, cut.end)]
        total = sum(cut.end - cut.start for cut in fitting)
        if not total:
            continue
        for at in _numbers(view):
            point = (at >> 20) % total
            for cut in fitting:
                point -= cut.end - cut.start
                if point < 0:
                    yield cut
                    break


def _random_cuts(view: View, fits: _Fits) -> Iterator[Cut]:
    """Spans between any two characters of the unit."""
    unit, config, text = view.unit, view.config, view.text
    low = view.budget(config.min_answer_tokens)
    for at in _numbers(view):
        start = unit.start + (at & 0xFFFFFFFF) % (unit.end - unit.start)
        room = min(unit.end - start, view.budget(config.max_answer_tokens)) - low
        if room > 0:
            cut = Cut(_border(text, start), _border(text, start + low + (at >> 32) % room), "random")
            if fits(cut.start, cut.end):
                yield cut


def _border(text: bytes, offset: int) -> int:
    """The offset, or the first after it where a character begins."""
    while offset < len(text) and text[offset] & 0xC0 == 0x80:
        offset += 1
    return offset
