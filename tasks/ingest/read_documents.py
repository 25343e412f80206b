"""Office documents and web pages to text: HTML, and by the extra `documents` PDF, DOCX, PPTX; EPUB.

HTML goes through html-to-markdown (MIT, a compiled parser of 7 MB without dependencies): of the readers tried
it is the fastest (15 times markdownify), keeps headings, lists, tables and code, drops scripts and
navigation, and does not overflow on hostile nesting. PDFs give text by page without its layout; their
headings, tables and pictures are not recognised. Nothing is downloaded and no file's links are followed.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.etree import ElementTree

from tasks.ingest.decode import decode
from tilth.errors import MissingExtra

if TYPE_CHECKING:
    from docx.table import Table
    from docx.text.paragraph import Paragraph


class BrokenDocument(Exception):
    """A document that cannot be read: `reason` is machine-readable, the detail for people."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


# Formats by their language's name, and the markup that their text comes out in.
MARKUP = {"html": "markdown", "docx": "markdown", "pptx": "markdown", "epub": "markdown", "pdf": "text"}
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    LookupError,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)


def read_document(language: str, data: bytes, max_bytes: int) -> str:
    """The text of a document in one of the formats of `MARKUP`; zipped ones may unpack to `max_bytes`.

    Raises `BrokenDocument`, and `MissingExtra` when the format's reader is not installed.
    """
    if language == "html":
        return _read_html_bytes(data)
    if language == "pdf":
        return _read_pdf(data)
    _check_zip(data, max_bytes)
    readers = {"docx": _read_docx, "pptx": _read_pptx, "epub": _read_epub}
    return readers[language](data)


def _tidy(text: str) -> str:
    r"""Line ends as `\n`, no trailing blanks, no more than one empty line, one line end at the end."""
    lines = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    clean = re.sub(r"\n{3,}", "\n\n", lines.replace("\0", "")).strip("\n")
    return f"{clean}\n" if clean else ""


def _read_html_bytes(data: bytes) -> str:
    decoded = decode(data)
    if decoded is None:
        raise BrokenDocument("undecodable", "no encoding fits its bytes")
    return read_html(decoded.text)


def read_html(html: str) -> str:
    r"""A web page as Markdown: headings, lists, tables and code kept, navigation, forms and scripts dropped.

    >>> read_html("<h1>Tilth</h1><script>x()</script><p>Ready <b>soil</b>.</p>")
    '# Tilth\n\nReady **soil**.\n'
    """
    from html_to_markdown import ConversionError, ConversionOptions, PreprocessingOptions, convert

    options = ConversionOptions(
        extract_metadata=False,
        skip_images=True,
        # Links of headings to themselves, and what Sphinx puts around its text.
        exclude_selectors=[".headerlink", ".anchor-link", ".sphinxsidebar", "[role=navigation]"],
        preprocessing=PreprocessingOptions(enabled=True, remove_navigation=True, remove_forms=True),
    )
    try:
        return _tidy(convert(html, options).content or "")
    except ConversionError as error:
        raise BrokenDocument("broken_document", str(error)) from None


def _check_zip(data: bytes, max_bytes: int) -> None:
    """Refuse what is no zip, is encrypted, or declares to unpack to more than is allowed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
    except _DAMAGE as error:
        # An encrypted Office file is an OLE container.
        is_ole = data.startswith(b"\xd0\xcf\x11\xe0")
        reason = "encrypted" if is_ole else "broken_document"
        raise BrokenDocument(
            reason, "it needs a password" if is_ole else f"it is no zip file: {error}"
        ) from None
    if any(info.flag_bits & 1 for info in infos):
        raise BrokenDocument("encrypted", "it needs a password")
    unpacked = sum(info.file_size for info in infos)
    if unpacked > max_bytes:
        raise BrokenDocument("zip_bomb", f"it unpacks to {unpacked} bytes, {max_bytes} are allowed")


# ------------------------------------------------------------------------------------------------------ PDF

# PDFium's error codes 3 and 4 are a damaged file and a password.
_HYPHEN_AT_LINE_END = re.compile("[\ufffe\x02]\r?\n?")


def _read_pdf(data: bytes) -> str:
    try:
        import pypdfium2
    except ImportError:
        raise MissingExtra("pypdfium2", "documents", "Reading PDF files") from None
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        reason = "encrypted" if "password" in str(error).lower() else "broken_document"
        raise BrokenDocument(reason, str(error)) from None
    try:
        pages = [page.get_textpage().get_text_range() for page in pdf]
    except pypdfium2.PdfiumError as error:
        raise BrokenDocument("broken_document", str(error)) from None
    finally:
        pdf.close()
    return _tidy("\n\n".join(_HYPHEN_AT_LINE_END.sub("", page) for page in pages))


# ----------------------------------------------------------------------------------------------------- DOCX


def _read_docx(data: bytes) -> str:
    try:
        import docx
        from docx.opc.exceptions import OpcError
        from docx.table import Table
        from lxml.etree import LxmlError  # type: ignore[import-untyped]
    except ImportError:
        raise MissingExtra("python-docx", "documents", "Reading DOCX files") from None
    try:
        # Paragraphs and tables in the order of the body: `document.paragraphs` would skip the tables.
        blocks = docx.Document(io.BytesIO(data)).iter_inner_content()
        texts = [_of_table(block) if isinstance(block, Table) else _of_paragraph(block) for block in blocks]
    except (OpcError, LxmlError, AttributeError, TypeError, *_DAMAGE) as error:
        raise BrokenDocument("broken_document", f"{type(error).__name__}: {error}") from None
    return _tidy("\n\n".join(text for text in texts if text))


def _of_paragraph(paragraph: Paragraph) -> str:
    """A paragraph in Markdown: headings by their style's level, list items with a dash."""
    text = paragraph.text.strip()
    style = (paragraph.style.name or "") if paragraph.style is not None else ""
    if not text:
        return ""
    level = re.fullmatch(r"Heading (\d)", style)
    if level is not None or style == "Title":
        return f"{'#' * min(int(level[1]), 6) if level else '#'} {text}"
    return f"- {text}" if style.startswith("List") else text


def _of_table(table: Table) -> str:
    return markdown_table([[cell.text for cell in row.cells] for row in table.rows])


def markdown_table(rows: list[list[str]]) -> str:
    """A Markdown table whose first row is its head; bars and line ends inside cells are replaced.

    >>> print(markdown_table([["a", "b"], ["1", "2|3"]]))
    | a | b |
    | --- | --- |
    | 1 | 2/3 |
    """
    if not rows or not rows[0]:
        return ""
    lines = [
        "| " + " | ".join(" ".join(cell.replace("|", "/").split()) for cell in row) + " |" for row in rows
    ]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


# ----------------------------------------------------------------------------------------------------- PPTX


def _read_pptx(data: bytes) -> str:
    try:
        import pptx
        from lxml.etree import LxmlError
        from pptx.exc import PythonPptxError
    except ImportError:
        raise MissingExtra("python-pptx", "documents", "Reading PPTX files") from None
    try:
        slides = [_of_slide(slide) for slide in pptx.Presentation(io.BytesIO(data)).slides]
    except (PythonPptxError, LxmlError, AttributeError, TypeError, *_DAMAGE) as error:
        raise BrokenDocument("broken_document", f"{type(error).__name__}: {error}") from None
    return _tidy("\n\n".join(slides))


def _of_slide(slide: Any) -> str:
    """A slide in Markdown: its title as a heading, its texts and tables, then the speaker's notes."""
    title = slide.shapes.title
    texts = (
        [f"# {' '.join(title.text_frame.text.split())}"]
        if title is not None and title.text_frame.text
        else []
    )
    for shape in _shapes_of(slide.shapes):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if shape.has_text_frame:
            texts.append(shape.text_frame.text.replace("\v", "\n"))
        elif shape.has_table:
            texts.append(markdown_table([[cell.text for cell in row.cells] for row in shape.table.rows]))
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        texts.append(slide.notes_slide.notes_text_frame.text)
    return "\n\n".join(text for text in texts if text.strip())


def _shapes_of(shapes: Any) -> Iterator[Any]:
    """Shapes in order, those inside groups in the group's place."""
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _shapes_of(shape.shapes)
        else:
            yield shape


# ----------------------------------------------------------------------------------------------------- EPUB


def _read_epub(data: bytes) -> str:
    """The chapters of a book in the order of its spine, each as a web page."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            names = set(book.namelist())
            chapters = [decode(book.read(name)) for name in _spine_of(book) if name in names]
    except (ElementTree.ParseError, *_DAMAGE) as error:
        raise BrokenDocument("broken_document", f"{type(error).__name__}: {error}") from None
    return _tidy("\n\n".join(read_html(chapter.text) for chapter in chapters if chapter is not None))


def _spine_of(book: zipfile.ZipFile) -> list[str]:
    """Names of the members that the package document puts in reading order."""
    # Expat itself stops entities that grow without bound (2.4.1 and later), and fetches nothing.
    container = ElementTree.fromstring(book.read("META-INF/container.xml"))  # noqa: S314 (see above)
    rootfile = container.find(".//{*}rootfile")
    package_name = rootfile.get("full-path", "") if rootfile is not None else ""
    package = ElementTree.fromstring(book.read(package_name))  # noqa: S314 (see above)
    folder = posixpath.dirname(package_name)
    hrefs = {item.get("id"): item.get("href", "") for item in package.iterfind(".//{*}manifest/{*}item")}
    references = [hrefs.get(item.get("idref"), "") for item in package.iterfind(".//{*}spine/{*}itemref")]
    return [posixpath.normpath(posixpath.join(folder, unquote(href))) for href in references if href]
