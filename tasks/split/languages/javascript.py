"""JavaScript and JSX."""

from __future__ import annotations

from tasks.split.languages import ecmascript
from tasks.split.syntax import Syntax

_QUERY = """
(field_definition property: (_) @name value: [(arrow_function) (function_expression)]) @method
(field_definition value: (_ body: (_) @body))
"""

SYNTAX = Syntax(
    query=ecmascript.QUERY + _QUERY,
    doc_marks=("/**",),
    module_doc=ecmascript.MODULE_DOC,
    test_path=ecmascript.TEST_PATH,
    name_of=ecmascript.name_of,
)
