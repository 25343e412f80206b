"""C++: what C has, classes, methods inside and outside of them, operators and templates.

`template <…>` belongs to what it precedes; a namespace qualifies the names inside it, and a name with `::`
makes a method. Members that are only declared are no units, lambdas are part of the unit around them, and a
test of GoogleTest or Catch bears its macro's name.
"""

from __future__ import annotations

import re

from tasks.split.languages import c, preprocessor
from tasks.split.syntax import Syntax

_QUERY = """
(function_definition body: (try_statement (compound_statement) @body))
(function_declarator declarator: [
  (field_identifier)
  (qualified_identifier)
  (destructor_name)
  (operator_name)
  (template_function)
] @name)
(operator_cast) @name
(class_specifier name: (_) @name body: (_) @body) @class
(namespace_definition name: (_) @name) @scope
(template_declaration) @wrap
[
  (catch_clause)
  "and"
  "or"
] @decision
(for_range_loop) @branch
[
  (try_statement)
  (lambda_expression)
] @control
(call_expression function: [
  (qualified_identifier)
  (template_function)
] @call)
(new_expression type: [(type_identifier) (qualified_identifier) (template_type)] @call)
"""

_TEMPLATE = re.compile(r"<[^<>]*>")


def name_of(text: str) -> str:
    """Dotted name of a declarator, without template arguments.

    >>> name_of("Foo<std::map<K, V>>::bar"), name_of("::a::operator<<"), name_of("operator bool() const")
    ('Foo.bar', 'a.operator<<', 'operator bool')
    """
    scope, mark, operator = text.partition("operator")
    if not mark or scope[-1:].isalnum() or scope.endswith("_"):
        scope, operator = text, ""
    else:
        # A conversion is known by its type; the rest is its declarator.
        operator = mark + (operator.split("(", 1)[0] if operator[:1].isspace() else operator)
    stripped, count = _TEMPLATE.subn("", scope)
    while count:
        stripped, count = _TEMPLATE.subn("", stripped)
    parts = [part.strip() for part in stripped.split("::")] if stripped else [""]
    return ".".join(part for part in (*parts[:-1], parts[-1] + operator) if part)


SYNTAX = Syntax(
    query=c.QUERY + _QUERY,
    takes_semicolon=True,
    wrap_tail=c.WRAP_TAIL,
    qualified_is_method=True,
    doc_marks=("/*", "//"),
    no_doc_marks=c.NO_DOC_MARKS,
    joins_doc_lines=True,
    module_doc=c.MODULE_DOC,
    test_path=r"/(unit)?tests?/|/tests?[_-][^/]*\.\w+$|[_-](unit)?tests?\.\w+$|Test\.\w+$",
    test_name=r"(TYPED_)?TEST(_F|_P)?$|TEST_CASE$",
    name_of=name_of,
    parameter_style="type_first",
    repair=preprocessor.repair_heads,
    repair_part=preprocessor.repair_part,
    repaired_inside=preprocessor.HOLDERS,
)
