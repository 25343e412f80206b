"""Counting tokens, by the estimate and by a tokenizer of one's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.errors import RequestError
from tilth.tokens import TokenCounter, estimate_tokens


@pytest.fixture
def word_tokenizer(tmp_path):
    """A `tokenizer.json` that gives each word of white space one token."""
    tokenizers = pytest.importorskip("tokenizers")
    vocabulary = tokenizers.models.WordLevel({"[UNK]": 0, "one": 1, "two": 2}, unk_token="[UNK]")
    tokenizer = tokenizers.Tokenizer(vocabulary)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path))
    return path


@given(st.integers(min_value=0, max_value=10**9))
def test_a_longer_text_is_never_estimated_at_fewer_tokens(size):
    assert estimate_tokens(size) <= estimate_tokens(size + 1)


def test_the_estimate_counts_the_bytes_of_utf8_and_not_characters():
    counter = TokenCounter()
    assert counter.count("ä" * 37) == counter.count("a" * 74) == 20


def test_a_named_tokenizer_counts_its_own_tokens_and_says_so(word_tokenizer):
    counter = TokenCounter(str(word_tokenizer))
    assert counter.count("one two three") == 3
    assert counter.name.startswith("tokenizer: ")


def test_the_name_of_a_tokenizer_is_its_content_and_not_its_place(word_tokenizer, tmp_path):
    elsewhere = tmp_path / "copy.json"
    elsewhere.write_bytes(word_tokenizer.read_bytes())
    assert TokenCounter(str(elsewhere)).name == TokenCounter(str(word_tokenizer)).name


def test_a_tokenizer_that_is_not_there_is_a_request_that_was_wrong(tmp_path):
    pytest.importorskip("tokenizers")
    with pytest.raises(RequestError, match=r"absent\.json cannot be read as a tokenizer"):
        TokenCounter(str(tmp_path / "absent.json"))


@pytest.mark.parametrize("content", [b"{}", b"not json", b"\xff\xfe"])
def test_a_file_that_is_no_tokenizer_is_a_request_that_was_wrong(tmp_path, content):
    pytest.importorskip("tokenizers")
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    with pytest.raises(RequestError, match="cannot be read as a tokenizer"):
        TokenCounter(str(path))
