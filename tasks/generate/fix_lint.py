"""Lint fixes: a Python function and what Ruff says of it are the question, the function with Ruff's fixes the answer.

Only rules about what stands inside a function, only fixes that Ruff calls safe, and only what Python still reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tasks.generate.config import GenerateConfig
from tasks.generate.protocol import Draft, View, line_start
from tasks.generate.whole_function import function_refusal
from tilth.edits.edit import Edit, OverlappingEdits, apply, in_order
from tilth.edits.lint import Fix, find_fixes
from tilth.edits.same_syntax import python_tree

VERSION = "1"

# Rules whose fixes Ruff calls safe, that a function shows by itself: superfluous branches and statements, comparisons,
# calls, literals. Left out are those of imports, of type hints and of a file's head.
RULES = (
    *(
        "B009",
        "B010",
        "C413",
        "C420",
        "E703",
        "E713",
        "E714",
        "F541",
        "F841",
        "FURB105",
        "FURB110",
        "FURB122",
    ),
    *(
        "FURB129",
        "FURB136",
        "FURB168",
        "FURB188",
        "ISC001",
        "PIE790",
        "PIE804",
        "PIE808",
        "PLC0208",
        "PLC1802",
    ),
    *(
        "PLR1711",
        "PLR1730",
        "PLR1733",
        "PLR5501",
        "PLW0120",
        "RET501",
        "RET502",
        "RET505",
        "RET506",
        "RET507",
    ),
    *(
        "RET508",
        "RSE102",
        "RUF010",
        "RUF019",
        "RUF021",
        "RUF051",
        "SIM114",
        "SIM118",
        "SIM208",
        "SIM300",
        "SIM905",
    ),
    *("SIM910", "UP003", "UP008", "UP015", "UP018", "UP020", "UP024", "UP032", "UP034"),
)


def fix_lint(views: Sequence[View], _config: GenerateConfig) -> Iterator[tuple[int, Draft | str]]:
    """A draft for each Python function and method in which Ruff finds something to mend. Raises `MissingExtra`."""
    files = list({id(view.file): view.file for view in views if view.file.language == "python"}.values())
    found = dict(zip(map(id, files), find_fixes([file.text for file in files], RULES), strict=True))
    for number, view in enumerate(views):
        yield number, _draft(view, found[id(view.file)]) if id(view.file) in found else "not_python"


def _draft(view: View, fixes: Sequence[Fix]) -> Draft | str:
    unit = view.unit
    refused = function_refusal(view)
    if refused is not None:
        return refused
    start = line_start(view.text, unit.start)
    taken, edits = _apart([fix for fix in fixes if _is_inside(fix, start, unit.end)], len(view.text))
    if not taken:
        return "nothing_to_mend"
    before = view.text[start : unit.end]
    after = apply(before, [Edit(first - start, last - start, said) for first, last, said in edits])
    # A definition that is indented is a program below a head of its own.
    head = b"if True:\n" if before[:1].isspace() else b""
    if python_tree(head + after) is None or python_tree(head + before) is None:
        return "syntax_error"
    line = view.text.count(b"\n", 0, start)
    remark = "\n".join(f"- line {fix.line - line}: {fix.message} ({fix.rule})" for fix in taken)
    return Draft(
        start,
        unit.end,
        before,
        answer=after,
        remark=remark.encode("utf-8"),
        oracle="detector",
        extra={"rules": sorted({fix.rule for fix in taken})},
    )


def _is_inside(fix: Fix, start: int, end: int) -> bool:
    return bool(fix.edits) and all(start <= edit.start and edit.end <= end for edit in fix.edits)


def _apart(fixes: Sequence[Fix], size: int) -> tuple[list[Fix], list[Edit]]:
    """The fixes that do not touch what an earlier one changes, and their edits."""
    taken: list[Fix] = []
    edits: list[Edit] = []
    for fix in fixes:
        try:
            edits = in_order([*edits, *fix.edits], size)
        except OverlappingEdits:
            continue
        taken.append(fix)
    return taken, edits
