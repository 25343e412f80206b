"""Rule sets that judge one function: CodeSearchNet's and SelfCodeAlign's.

They look at names, words and lines as `split` found them, and parse nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

FunctionPreset = Literal["codesearchnet", "selfcodealign"]


class Function(NamedTuple):
    """What the rules ask of a function or method."""

    name: str
    owner: str  # the class that holds it; empty without one
    language: str
    text: bytes  # decorators and docstring included
    docstring: str
    lines: int
    is_test: bool
    parameters: Sequence[str]  # names, without the receiver
    imports: Sequence[str]  # modules that it uses


Rule = Callable[[Function], str | None]  # the detail of a reject; None: the rule is kept


class RuleSet(NamedTuple):
    """A published rule set: its version here, where it was published, and its rules in their order."""

    version: str
    source: str
    rules: Mapping[str, Rule]


# What every language calls a constructor, beside a method with the name of its class.
_CONSTRUCTORS = frozenset(("__init__", "__new__", "__construct", "constructor", "initialize", "init"))
# "Standard extension methods such as __str__ in Python or toString in Java" (section 3 of the paper).
_STANDARD = frozenset(
    "toString equals hashCode compareTo clone finalize to_s inspect ToString Equals GetHashCode String".split()
)
_DUNDER = re.compile(r"__\w+__")
# Marks of sections: what follows is no longer the summary.
_MARKED = re.compile(r"^\s*(?:[@:\\](?:param|returns?|throws|raises?|type|see|arg)\b|>>>|```)", re.MULTILINE)
_BLANK_LINE = re.compile(r"\n\s*\n")


def first_paragraph(docstring: str) -> str:
    r"""The first paragraph of a docstring on one line, without the marked lines that follow it.

    >>> first_paragraph("Sum of a list.\nFast.\n\n:param x: the list"), first_paragraph("@param x the list")
    ('Sum of a list. Fast.', '')
    """
    paragraph = _BLANK_LINE.split(docstring.strip(), maxsplit=1)[0]
    marked = _MARKED.search(paragraph)
    return " ".join((paragraph[: marked.start()] if marked else paragraph).split())


def _documentation(function: Function) -> str | None:
    words = len(first_paragraph(function.docstring).split())
    return f"its documentation has {words} tokens, 3 are asked" if words < 3 else None


def _length(function: Function) -> str | None:
    return f"it has {function.lines} lines, 3 are asked" if function.lines < 3 else None


def _test(function: Function) -> str | None:
    return "its name says test" if function.is_test or "test" in function.name.lower() else None


def _constructor(function: Function) -> str | None:
    is_constructor = function.name in _CONSTRUCTORS or (function.owner and function.name == function.owner)
    return "it is a constructor" if is_constructor else None


def _extension(function: Function) -> str | None:
    is_standard = function.name in _STANDARD or _DUNDER.fullmatch(function.name)
    return f"{function.name} is a standard extension method" if is_standard else None


def _documented(function: Function) -> str | None:
    return None if function.docstring.strip() else "it has no docstring"


# A keyword followed by a value on the same line.
_RETURNS_VALUE = re.compile(rb"(?m)^[^#\n]*\breturn[ \t]+[^\s;#]")


def _returns(function: Function) -> str | None:
    return None if _RETURNS_VALUE.search(function.text) else "it returns no value"


def _arguments(function: Function) -> str | None:
    return None if function.parameters else "it takes no argument"


def _unfinished(function: Function) -> str | None:
    return "it says TODO" if b"TODO" in function.text else None


def _system(function: Function) -> str | None:
    used = sorted({module.split(".")[0] for module in function.imports} & {"os", "sys"})
    return f"it uses {' and '.join(used)}" if used else None


RULE_SETS: Mapping[FunctionPreset, RuleSet] = {
    # Left to dedupe: near-duplicates.
    "codesearchnet": RuleSet(
        "1",
        "Husain et al. 2019, arXiv 1909.09436, section 3",
        {
            "documentation": _documentation,
            "length": _length,
            "test": _test,
            "constructor": _constructor,
            "extension_method": _extension,
        },
    ),
    # Left to dedupe: Jaccard 0.5; not done: pyright without an error, a model's word that the docstring suffices.
    "selfcodealign": RuleSet(
        "1",
        "Wei et al. 2024, arXiv 2410.24198, and bigcode-project/starcoder2-self-align, seed_gathering",
        {
            "docstring": _documented,
            "return_value": _returns,
            "argument": _arguments,
            "todo": _unfinished,
            "system_import": _system,
        },
    ),
}


def broken_rule(preset: FunctionPreset, function: Function) -> tuple[str, str] | None:
    """The first rule of the set that the function breaks, as reason and detail; None when it keeps all.

    >>> empty = Function("f", "", "python", b"def f(): pass", "", 1, False, (), ())
    >>> broken_rule("codesearchnet", empty)
    ('codesearchnet.documentation', 'its documentation has 0 tokens, 3 are asked')
    """
    for name, rule in RULE_SETS[preset].rules.items():
        detail = rule(function)
        if detail is not None:
            return f"{preset}.{name}", detail
    return None
