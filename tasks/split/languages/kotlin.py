"""Kotlin: classes, interfaces, objects and functions.

A companion without a name is called `Companion`, as the language does.
A function that extends a type bears its name: `String.ext`. Properties, initialisers and lambdas belong to the
unit around them.
"""

from __future__ import annotations

import re

from tasks.split import import_lines
from tasks.split.syntax import Syntax, plain_name

_QUERY = """
(class_declaration name: (_) @name) @class
(class_declaration [(class_body) (enum_class_body)] @body)
(object_declaration name: (_) @name) @class
(object_declaration (class_body) @body)
(companion_object name: (_) @name) @class
(companion_object !name (class_body) @name) @class
(companion_object (class_body) @body)
(function_declaration name: (_) @name) @function
(function_declaration (function_body [(block) @body ("=" . (_) @body)]))
(secondary_constructor "constructor" @name) @method
(secondary_constructor (block) @body)
(annotation) @attribute
(line_comment) @comment
(block_comment) @comment
(source_file (import) @imports)
[
  (if_expression)
  (for_statement)
  (while_statement)
  (do_while_statement)
] @branch
(if_expression (if_expression) @chain)
[
  (catch_block)
  (when_entry)
  "&&"
  "||"
  "?:"
] @decision
[
  (try_expression)
  (when_expression)
] @control
(call_expression . (identifier) @call)
(call_expression . (navigation_expression (identifier) @call .))
"""

# Names that the grammar takes for keywords: those that begin with one and a digit (`in1`), and words that are keywords
# elsewhere (`set = set or 1`, `override(it)`, `constructor ?: return`).
_KEYWORD_NAME = re.compile(
    rb"(?<![\w$])(?:(?:in|is|as)(?=\d)|(?:set|get|constructor|open|inner)"
    rb"(?=[ \t]*(?:[-=+*%.)\],;?]|x?or\b|and\b|sh[lr]\b))"
    rb"|(?:override|suspend|inner|data|open|value)(?=\())"
)
# What the grammar has no rule for: a class's own `constructor` behind modifiers or on a line of its own, the
# visibility of an accessor behind a semicolon, the parameters of `fun(a) {`, and a line that begins with `catch`.
_UNKNOWN = re.compile(
    rb"(?<=[\w>])\s+(?:(?:@[\w.]+(?:\([^()]*\))?|internal|private|protected|public)\s+)*constructor(?=\s*\()"
    rb"|;[ \t]*(?:private|internal|protected)[ \t]+set(?=[ \t]*[\r\n])"
    rb"|(?<=\bfun\()\w+(?:,\s*\w+)*(?=\))|(?<=\})\s+(?=(?:catch|finally)\b)"
)


def name_of(text: str) -> str:
    """A name without backticks; of a companion, whose text is its body when it has no name, the language's own.

    >>> name_of("`a b`"), name_of("{ fun f() {} }")
    ('a b', 'Companion')
    """
    return "Companion" if text.startswith("{") else plain_name(text)


def repair(data: bytes) -> bytes:
    """Mask names that are read as keywords, and what the grammar knows nothing of.

    >>> repair(b"val in1 = set or 1; class A @B internal constructor(c: D)")
    b'val xx1 = xxx or 1; class A                        (c: D)'
    """
    named = _KEYWORD_NAME.sub(lambda found: b"x" * len(found[0]), data)
    return _UNKNOWN.sub(lambda found: b" " * len(found[0]), named)


SYNTAX = Syntax(
    query=_QUERY,
    doc_marks=("/**",),
    no_doc_marks=("/**/",),
    test_path=r"/src/\w*[tT]est/|/tests?/|Tests?\.kt$",
    test_attribute=r"@(Test|ParameterizedTest|RepeatedTest|Before\w*|After\w*)\b",
    name_of=name_of,
    imports_of=import_lines.dotted,
    repair=repair,
)
