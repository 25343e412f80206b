import codecs
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.ingest.decode import Decoded, decode, encode

STDLIB = Path(sysconfig.get_path("stdlib"))
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200)


def decoded_from(data: bytes) -> Decoded:
    found = decode(data)
    assert found is not None
    return found


@given(
    TEXTS.filter(lambda text: not text.startswith("\ufeff")),
    st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]),
)
def test_text_behind_a_byte_order_mark_is_given_back(text, encoding):
    # UTF-16's mark and a NUL are UTF-32's mark: such a text cannot be told apart by anyone.
    if encoding == "utf-16-le" and text.startswith("\0"):
        return
    data = encode(text, encoding, has_bom=True)
    decoded = decoded_from(data)
    assert encode(decoded.text, decoded.encoding, has_bom=True) == data
    assert decoded == (text, text.encode("utf-8"), encoding, True)


@given(TEXTS.filter(lambda text: not text.encode().startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF8))))
def test_utf8_is_taken_as_it_is(text):
    assert decode(text.encode()) == (text, text.encode(), "utf-8", False)


@given(st.binary(max_size=300))
def test_what_any_bytes_decode_to_encodes_to_those_bytes(data):
    decoded = decode(data)
    if decoded is not None:
        assert encode(decoded.text, decoded.encoding, has_bom=decoded.has_bom) == data
        assert decoded.utf8.decode("utf-8") == decoded.text


def test_newlines_are_untouched():
    assert decoded_from(b"a\r\nb\rc\n").text == "a\r\nb\rc\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("x = 'café'\n", "cp1252"),
        ("Größe und Maß\n", "cp1252"),
        ("Привет, мир! Это обычный русский текст для проверки.\n" * 5, "cp1251"),
        ("こんにちは、世界。これは日本語の文章です。\n" * 5, "shift_jis"),
    ],
)
def test_the_usual_legacy_encodings_are_guessed(text, encoding):
    assert decoded_from(text.encode(encoding)).text == text


def test_a_declared_encoding_is_believed():
    data = "# -*- coding: koi8-r -*-\n# привет\n".encode("koi8-r")
    assert decoded_from(data)[2:] == ("koi8-r", False)
    assert decoded_from(data).text.endswith("привет\n")


def test_a_declared_codec_that_is_no_charset_is_not_used():
    for name in ("rot13", "unicode_escape", "idna", "zlib", "nonsense"):
        decoded = decoded_from(f"# coding: {name}\n# caf".encode() + b"\xe9\n")
        assert decoded.text.endswith("# café\n")


def test_every_file_of_the_standard_library_can_be_given_back():
    for path in sorted(STDLIB.glob("*.py")):
        data = path.read_bytes()
        decoded = decoded_from(data)
        assert encode(decoded.text, decoded.encoding, has_bom=decoded.has_bom) == data
