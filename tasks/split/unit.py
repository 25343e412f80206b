"""A unit while a document is swept, and the white space around it."""

from __future__ import annotations

# Farther than this, a comment is not of the definition below it, nor an import of the run above it: the bound
# keeps a look back cheap in a file without newlines.
REACH_BYTES = 4096


class Unit:
    """A definition while it is swept: spans in bytes.

    `parent` is the definition or scope around it, `owner` the unit around it that becomes a row.
    """

    __slots__ = (
        "body_end",
        "body_start",
        "comments",
        "docs",
        "end",
        "has_error",
        "head",
        "is_test",
        "kind",
        "name",
        "owner",
        "parent",
        "path",
        "row",
        "start",
    )

    def __init__(self, kind: str, start: int, end: int, head: int, parent: Unit | None) -> None:
        self.kind = kind
        self.start, self.end, self.head = start, end, head
        self.parent = self.owner = parent
        self.name: str | None = None
        # Dotted names from the outermost definition to this one.
        self.path = ""
        # Of the node that is the body; -1 without one.
        self.body_start = self.body_end = -1
        self.docs: list[tuple[int, int]] = []
        self.comments: list[tuple[int, int]] = []
        # Its place among the rows of the batch.
        self.row = -1
        self.is_test = False
        self.has_error = False


def stands_alone(data: bytes, start: int) -> bool:
    r"""Whether only white space stands before `start` on its line.

    >>> stands_alone(b"a = 1 # b", 6), stands_alone(b"a\n  # b", 4)
    (False, True)
    """
    reach = max(0, start - REACH_BYTES)
    line = max(data.rfind(b"\n", reach, start) + 1, reach)
    return not data[line:start].strip()


def retreat(data: bytes, end: int) -> int:
    r"""The offset after the last byte before `end` that is no white space.

    >>> retreat(b"ab  \n", 5)
    2
    """
    # 32 is a space, and nothing above it is white.
    if end > 0 and data[end - 1] > 32:
        return end
    # Mostly a line's indentation is all there is.
    step = 64
    while end > 0:
        reach = max(0, end - step)
        left = len(data[reach:end].rstrip())
        if left:
            return reach + left
        end, step = reach, REACH_BYTES
    return 0
