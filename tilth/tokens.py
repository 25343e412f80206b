"""How many tokens a text has: by a local `tokenizer.json` when one is named, else by an estimate.

Nothing is ever downloaded. `TokenCounter.name` says which of the two counted; the manifest records it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tilth.errors import MissingExtra, RequestError
from tilth.fingerprint import digest

# Bytes a token of a 16k byte-pair vocabulary trained on code and Markdown: measured 3.7 characters.
BYTES_PER_TOKEN = 3.7


def estimate_tokens(size_bytes: int) -> int:
    """Tokens of a text of so many bytes, by the built-in estimate; at least 1 unless empty.

    >>> estimate_tokens(0), estimate_tokens(1), estimate_tokens(370)
    (0, 1, 100)
    """
    return max(1, round(size_bytes / BYTES_PER_TOKEN)) if size_bytes else 0


class TokenCounter:
    """Counts tokens of a text. `path` names a `tokenizer.json`; without one the estimate counts.

    Raises `RequestError` when the file cannot be read as a tokenizer.
    """

    def __init__(self, path: str | None = None) -> None:
        self.name = f"estimate: {BYTES_PER_TOKEN} bytes a token"
        self._encode: Callable[[str], int] | None = None
        if path is None:
            return
        try:
            from tokenizers import Tokenizer
        except ImportError:
            raise MissingExtra("tokenizers", "tokenizer", "Counting by a tokenizer.json") from None
        try:
            content = Path(path).read_text(encoding="utf-8")
            tokenizer = Tokenizer.from_str(content)
        except (OSError, ValueError) as error:
            raise RequestError(
                f"{path} cannot be read as a tokenizer: {error}. Name a tokenizer.json."
            ) from None
        self.name = f"tokenizer: {digest(content)}"
        self._encode = lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)

    def count(self, text: str) -> int:
        """Tokens of the text."""
        if self._encode is not None:
            return self._encode(text)
        return estimate_tokens(len(text.encode("utf-8", "surrogatepass")))
