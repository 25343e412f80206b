"""Documents become passages: cut where their structure allows, at most so many tokens, with overlap.

The text of a passage is its bytes in the document, nothing added or taken; the passages of a document hold
every byte that is not white space. The strategy `topic` differs in where a passage may start anew and in
nothing else. A document is cut alone, so that it gives the same passages in any company. It does not read
binary formats or HTML: a reader before it turns them into text.
"""

from __future__ import annotations

from bisect import bisect_right

import pyarrow as pa
import pyarrow.compute as pc

from tasks.chunk.by_topic import topic_breaks
from tasks.chunk.config import ChunkConfig
from tasks.chunk.layout import Kind, Layout, lay_out
from tasks.chunk.packing import Document, Passage, heading_pieces, pack
from tasks.chunk.pieces import cut_blocks
from tasks.chunk.ruler import Ruler
from tilth.fingerprint import digest
from tilth.records import CHUNKS, REJECTS, Columns, Outcome, rows_of
from tilth.tokens import TokenCounter


def _common_heading(layout: Layout, sections: set[int]) -> int:
    """The innermost heading that all the sections stand under, -1 without one."""
    rest = set(sections)
    while len(rest) > 1:
        # A heading's index is above its parent's, so the greatest is never an ancestor of another.
        deepest = max(rest)
        rest.discard(deepest)
        rest.add(layout.headings[deepest].parent)
        if -1 in rest:
            return -1
    return rest.pop() if rest else -1


def _heading_of(document: Document, passage: Passage) -> int:
    """What a passage as a whole stands under: the heading common to its text, headings themselves aside."""
    layout, blocks = document.layout, document.pieces.blocks
    touched = range(blocks[passage.first], blocks[passage.last] + 1)
    sections = {layout.sections[block] for block in touched if layout.kinds[block] is not Kind.HEADING}
    return _common_heading(layout, sections or {layout.sections[block] for block in touched})


def _cut(data: bytes, language: str | None, counter: TokenCounter, config: ChunkConfig) -> Document:
    layout = lay_out(data, language)
    ruler = Ruler(data, counter, is_estimate=config.tokenizer is None)
    pieces = cut_blocks(data, layout, ruler, config)
    breaks = heading_pieces(layout, pieces)
    document = Document(data, layout, pieces, breaks, ruler)
    if config.strategy == "topic":
        return document._replace(breaks=sorted({*breaks, *topic_breaks(data, layout, pieces)}))
    return document


def _add_passages(
    rows: Columns, document: Document, config: ChunkConfig, document_id: str, language: str, path: str
) -> None:
    data, layout, blocks = document.data, document.layout, document.pieces.blocks
    previous_end = 0
    for ordinal, passage in enumerate(pack(document, config)):
        heading = _heading_of(document, passage)
        start, end = passage.start, passage.end
        rows.add(
            key=document_id,
            chunk_id=digest("chunk", document_id, f"{start}:{end}"),
            document_id=document_id,
            ordinal=ordinal,
            text=data[start:end],
            start=start,
            end=end,
            headings=list(layout.headings[heading].path) if heading >= 0 else [],
            heading_start=layout.headings[heading].start if heading >= 0 else None,
            paragraph_first=max(0, bisect_right(layout.starts, start) - 1),
            paragraph_last=blocks[passage.last],
            overlap_bytes=previous_end - start if start < passage.own else 0,
            tokens=passage.tokens,
            language=language,
            path=path,
        )
        previous_end = end


def chunk_documents(documents: pa.Table, config: ChunkConfig) -> Outcome:
    """CHUNKS of each document of a DOCUMENTS table, in its order; a document without text is a reject.

    Every document gives at least one passage or one reject (`empty`). Raises `RequestError` when the
    configured tokenizer cannot be read, `MissingExtra` when its package is not installed.
    """
    counter = TokenCounter(config.tokenizer)
    rows, rejects = Columns(CHUNKS), Columns(REJECTS)
    texts = pc.cast(documents.column("text"), pa.binary())
    for position, (document_id, language, path) in enumerate(
        rows_of(documents, "document_id", "language", "path")
    ):
        data = texts[position].as_py()
        before = len(rows)
        if data:
            _add_passages(rows, _cut(data, language, counter, config), config, document_id, language, path)
        if len(rows) == before:
            rejects.add(
                key=document_id,
                item_id=document_id,
                path=path,
                line=None,
                reason="empty",
                detail="the document has no text but white space" if data else "the document has no text",
            )
    return Outcome(rows.table(), rejects.table())
