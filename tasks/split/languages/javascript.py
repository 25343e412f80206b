"""JavaScript and JSX."""

from __future__ import annotations

from tasks.split import import_lines
from tasks.split.languages import ecmascript
from tasks.split.syntax import Syntax

_QUERY = """
(field_definition property: (_) @name value: [
  (arrow_function body: (_) @body)
  (function_expression body: (_) @body)
]) @method
"""

SYNTAX = Syntax(
    query=ecmascript.QUERY + _QUERY,
    import_text=ecmascript.IMPORT,
    takes_semicolon=True,
    doc_marks=("/**",),
    module_doc=ecmascript.MODULE_DOC,
    test_path=ecmascript.TEST_PATH,
    name_of=ecmascript.name_of,
    parameter_style="ecmascript",
    imports_of=import_lines.ecmascript,
)
