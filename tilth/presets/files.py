"""Rule sets that judge one file of code: StarCoder's and DeepSeek-Coder's.

Lengths are of characters. Left out of both: stars of the repository, which no file tells; characters a token, which
belong to a tokenizer; near-duplicates, personal data and contamination, which are stages or checks here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Literal, NamedTuple

FilePreset = Literal["starcoder", "deepseek-coder"]


class SourceFile:
    """A file as the rules see it; what several rules ask is computed once."""

    def __init__(self, language: str, path: str, text: str, page_bytes: int | None = None) -> None:
        self.language, self.path, self.text = language, path, text
        self.page_bytes = page_bytes  # of the HTML that `text` was read from; None for all other files

    @cached_property
    def longest_line(self) -> int:
        """Characters of the longest line."""
        return max(map(len, self.text.split("\n")))

    @cached_property
    def mean_line(self) -> float:
        """Characters of a line, on average; what follows the last line end counts when it is not empty."""
        lines = self.text.count("\n") + (not self.text.endswith("\n"))
        return (len(self.text) - self.text.count("\n")) / max(1, lines)


Rule = Callable[[SourceFile], str | None]  # the detail of a reject; None: the rule is kept


class RuleSet(NamedTuple):
    """A published rule set: its version here, where it was published, and its rules in their order."""

    version: str
    source: str
    rules: Mapping[str, Rule]


def _longest(file: SourceFile) -> str | None:
    if file.page_bytes is not None or file.longest_line <= 1000:
        return None
    return f"its longest line has {file.longest_line} characters, 1000 are allowed"


def _mean(file: SourceFile) -> str | None:
    if file.page_bytes is not None or file.mean_line <= 100:
        return None
    return f"its lines have {file.mean_line:.0f} characters on average, 100 are allowed"


def _alphanumeric(file: SourceFile) -> str | None:
    return _share(sum(map(str.isalnum, file.text)), file.text, "letters and digits")


def _alphabetic(file: SourceFile) -> str | None:
    return _share(sum(map(str.isalpha, file.text)), file.text, "letters")


def _share(found: int, text: str, what: str) -> str | None:
    ratio = found / max(1, len(text))
    return f"{ratio:.0%} of it are {what}, 25 % are asked" if ratio < 0.25 else None


def _comments(file: SourceFile) -> str | None:
    # The filter of bigcode-dataset knows these three languages.
    if file.language not in ("python", "java", "javascript"):
        return None
    ratio = comment_ratio(file)
    if ratio is None or 0.01 <= ratio <= 0.8:
        return None
    return f"{ratio:.1%} of it are comments, 1 % to 80 % are asked"


def comment_ratio(file: SourceFile) -> float | None:
    """Characters in comments and docstrings, as a share of all; None where the file cannot be parsed in time."""
    from tilth.edits.comments import comment_spans
    from tilth.edits.docstrings import docstring_nodes
    from tilth.edits.source import read_source
    from tilth.syntax.grammars import ParseTimeout

    data = file.text.encode("utf-8")
    try:
        source = read_source(data, file.language, file.path)
    except ParseTimeout:
        return None
    if source is None:
        return None
    spans = comment_spans(source)
    if file.language == "python":
        spans += [(node.start_byte, node.end_byte) for node, _ in docstring_nodes(source)]
    return sum(len(data[start:end].decode("utf-8")) for start, end in spans) / max(1, len(file.text))


def _xml(file: SourceFile) -> str | None:
    is_xml = "<?xml" in file.text[:100] and not file.path.lower().endswith((".xsl", ".xslt"))
    return "it begins like XML" if is_xml else None


def _page(file: SourceFile) -> str | None:
    if file.page_bytes is None:
        return None
    ratio = len(file.text) / max(1, file.page_bytes)
    if len(file.text) >= 100 and ratio >= 0.2:
        return None
    return f"{len(file.text)} characters are seen, {ratio:.0%} of the page; 100 and 20 % are asked"


def _data(file: SourceFile) -> str | None:
    if file.language not in ("json", "yaml") or 50 <= len(file.text) <= 5000:
        return None
    return f"it has {len(file.text)} characters, 50 to 5000 are asked"


RULE_SETS: Mapping[FilePreset, RuleSet] = {
    "starcoder": RuleSet(
        "1",
        "Li et al. 2023, arXiv 2305.06161, section 3; defaults of bigcode-project/bigcode-dataset",
        {
            "max_line_length": _longest,
            "mean_line_length": _mean,
            "alphanumeric_ratio": _alphanumeric,
            "comment_ratio": _comments,
        },
    ),
    "deepseek-coder": RuleSet(
        "1",
        "Guo et al. 2024, arXiv 2401.14196, section 2.1",
        {
            "mean_line_length": _mean,
            "max_line_length": _longest,
            "alphabetic_ratio": _alphabetic,
            "xml": _xml,
            "visible_text": _page,
            "data_length": _data,
        },
    ),
}


def broken_rule(preset: FilePreset, file: SourceFile) -> tuple[str, str] | None:
    """The first rule of the set that the file breaks, as reason and detail; None when it keeps all.

    >>> broken_rule("deepseek-coder", SourceFile("go", "a.go", "//" + "x" * 1100))
    ('deepseek_coder.mean_line_length', 'its lines have 1102 characters on average, 100 are allowed')
    """
    for name, rule in RULE_SETS[preset].rules.items():
        detail = rule(file)
        if detail is not None:
            return f"{preset.replace('-', '_')}.{name}", detail
    return None
