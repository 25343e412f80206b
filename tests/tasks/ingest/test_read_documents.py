import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.ingest.read_documents import MARKUP, BrokenDocument, read_document, read_html

MAX_BYTES = 1 << 24


def pdf_of(*lines: str) -> bytes:
    """A one-page PDF, written by hand: pypdfium2 reads text and writes none."""
    text = " T* ".join(f"({line}) Tj" for line in lines)
    stream = f"BT /F1 12 Tf 14 TL 72 720 Td {text} ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)
    return out + b"xref\n0 5\n0000000000 65535 f \n" + table + end


def docx_of() -> bytes:
    docx = pytest.importorskip("docx")
    document = docx.Document()
    document.add_heading("Soil", level=1)
    document.add_paragraph("Tilth is its state.")
    document.add_paragraph("first", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for row, texts in zip(table.rows, (("crop", "weeks"), ("rye", "40")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.add_heading("After", level=2)
    sink = io.BytesIO()
    document.save(sink)
    return sink.getvalue()


def pptx_of() -> bytes:
    pptx = pytest.importorskip("pptx")
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = "Soil"
    slide.placeholders[1].text = "Ready for seed"
    slide.notes_slide.notes_text_frame.text = "Say it slowly."
    sink = io.BytesIO()
    presentation.save(sink)
    return sink.getvalue()


def epub_of() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as book:
        book.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="OEBPS/content.opf"/></rootfiles></container>',
        )
        book.writestr(
            "OEBPS/content.opf",
            '<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="b" href="b%20two.xhtml"/>'
            '<item id="a" href="a.xhtml"/></manifest><spine><itemref idref="a"/><itemref idref="b"/></spine>'
            "</package>",
        )
        book.writestr("OEBPS/b two.xhtml", "<html><body><h1>Two</h1><p>last</p></body></html>")
        book.writestr("OEBPS/a.xhtml", "<html><body><h1>One</h1><p>fïrst</p></body></html>")
    return sink.getvalue()


def test_a_web_page_keeps_its_headings_lists_tables_and_code():
    text = read_html(
        "<html><head><title>t</title><style>p{}</style></head><body><nav><a href='/'>Home</a></nav>"
        "<h1>One<a class='headerlink' href='#one'>¶</a></h1><p>Text &amp; <em>more</em>.</p>"
        "<ul><li>a</li><li>b</li></ul>"
        "<pre><code>x = 1\n  y</code></pre>"
        "<table><tr><th>h</th></tr><tr><td>d</td></tr></table>"
        "<h2>Two</h2><script>alert(1)</script></body></html>"
    )
    assert text.startswith("# One\n\nText & *more*.\n\n- a\n- b\n")
    assert "x = 1\n  y" in text
    assert "| h |" in text
    assert text.endswith("## Two\n")
    assert not any(gone in text for gone in ("alert", "Home", "¶", "p{}"))


def test_a_web_page_in_a_legacy_encoding_is_decoded_by_its_declaration():
    page = '<meta charset="iso-8859-2"><p>Zażółć gęślą</p>'.encode("iso-8859-2")
    assert read_document("html", page, MAX_BYTES) == "Zażółć gęślą\n"


def test_hostile_nesting_of_tags_does_no_harm():
    read_html("<div>" * 100_000 + "x")


def test_a_pdf_gives_its_lines():
    pytest.importorskip("pypdfium2")
    assert (
        read_document("pdf", pdf_of("Tilth is soil", "made ready"), MAX_BYTES)
        == "Tilth is soil\nmade ready\n"
    )


def test_a_docx_gives_headings_lists_and_tables_in_their_order():
    table = "| crop | weeks |\n| --- | --- |\n| rye | 40 |"
    text = read_document("docx", docx_of(), MAX_BYTES)
    assert text == f"# Soil\n\nTilth is its state.\n\n- first\n\n{table}\n\n## After\n"


def test_a_pptx_gives_titles_texts_and_notes():
    assert read_document("pptx", pptx_of(), MAX_BYTES) == "# Soil\n\nReady for seed\n\nSay it slowly.\n"


def test_an_epub_gives_its_chapters_in_the_order_of_the_spine():
    assert read_document("epub", epub_of(), MAX_BYTES) == "# One\n\nfïrst\n\n# Two\n\nlast\n"


@pytest.mark.parametrize("language", ["pdf", "docx", "pptx", "epub"])
def test_what_is_no_document_is_told(language):
    with pytest.raises(BrokenDocument) as caught:
        read_document(language, b"no document at all", MAX_BYTES)
    assert caught.value.reason == "broken_document"


@pytest.mark.parametrize("language", ["docx", "pptx", "epub"])
def test_a_zip_that_is_no_document_is_told(language):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(BrokenDocument) as caught:
        read_document(language, sink.getvalue(), MAX_BYTES)
    assert caught.value.reason == "broken_document"


def test_a_document_that_would_unpack_to_too_much_is_not_unpacked():
    with pytest.raises(BrokenDocument) as caught:
        read_document("docx", docx_of(), 1000)
    assert caught.value.reason == "zip_bomb"


def test_an_encrypted_office_file_is_told():
    with pytest.raises(BrokenDocument) as caught:
        read_document("docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, MAX_BYTES)
    assert caught.value.reason == "encrypted"


def test_an_encrypted_pdf_is_told():
    pytest.importorskip("pypdfium2")
    # The standard security handler, with keys that no empty password opens.
    encrypt = b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>" % (b"00" * 32, b"11" * 32)
    trailer = b"/Root 1 0 R /Encrypt %s /ID [<00> <00>] >>" % encrypt
    with pytest.raises(BrokenDocument) as caught:
        read_document("pdf", pdf_of("secret").replace(b"/Root 1 0 R >>", trailer), MAX_BYTES)
    assert caught.value.reason == "encrypted"


@given(
    st.sampled_from(["docx", "pptx", "epub", "pdf", "html"]),
    st.integers(0, 4000),
    st.binary(min_size=1, max_size=30),
)
@settings(max_examples=60, deadline=None)
def test_a_damaged_document_is_read_or_told(language, place, damage):
    makers = {
        "docx": docx_of,
        "pptx": pptx_of,
        "epub": epub_of,
        "pdf": lambda: pdf_of("x"),
        "html": lambda: b"<p>x",
    }
    data = makers[language]()
    place = min(place, len(data))
    with suppress(BrokenDocument):
        read_document(language, data[:place] + damage + data[place + len(damage) :], MAX_BYTES)


def test_every_markup_is_one_that_chunks_know():
    assert set(MARKUP.values()) == {"markdown", "text"}
