"""Ruby: modules and classes, methods of instances and of classes.

A module is a class that has no instances. `class << self` holds methods of the class around it and is no unit.
Blocks that a test framework names (`describe`, `it`) are calls, not definitions.
"""

from __future__ import annotations

from tasks.split.syntax import Syntax, plain_name

_QUERY = """
(module name: (_) @name) @class
(module body: (_) @body)
(class name: (_) @name) @class
(class body: (_) @body)
(singleton_class) @scope
(method name: (_) @name) @function
(method body: (_) @body)
(singleton_method name: (_) @name) @function
(singleton_method body: (_) @body)
(comment) @comment
(program (call) @imports)
[
  (if)
  (unless)
  (while)
  (until)
  (for)
] @branch
[
  (elsif)
  (when)
  (in_clause)
  (rescue)
  (rescue_modifier)
  (if_modifier)
  (unless_modifier)
  (while_modifier)
  (until_modifier)
  (conditional)
  "&&"
  "||"
  "and"
  "or"
] @decision
[
  (case)
  (case_match)
  (begin)
] @control
(call method: (identifier) @call)
"""


def name_of(text: str) -> str:
    """Dotted name of a module or method; none for `self`.

    >>> name_of("::A::B"), name_of("self"), name_of("<=>"), name_of("[]=")
    ('A.B', '', '<=>', '[]=')
    """
    if text == "self":
        return ""
    plain = text.removeprefix("::")
    return plain.replace("::", ".") if plain[:1].isalpha() else text or plain_name(text)


SYNTAX = Syntax(
    query=_QUERY,
    has_keyword_blocks=True,
    import_text=r"(require|require_relative|load|autoload)\b",
    doc_marks=("#", "=begin"),
    no_doc_marks=(
        "#!",
        "# frozen_string_literal",
        "# rubocop:",
        "# -*-",
        "# encoding",
        "#--",
        "# ---",
        "# ===",
    ),
    joins_doc_lines=True,
    test_path=r"/(tests?|spec|features)/|_(test|spec)\.rb$|/test_[^/]*\.rb$",
    test_name=r"test_|Test[A-Z]",
    name_of=name_of,
    parameter_style="ruby",
)
