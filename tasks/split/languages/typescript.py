"""TypeScript and TSX: JavaScript's definitions, and interfaces, enums, overloads and namespaces.

An interface, an enum and an abstract class are classes; a method or function without a body is a unit whose
body is null; a namespace qualifies the names inside it; a type alias is no unit.
"""

from __future__ import annotations

from tasks.split import import_lines
from tasks.split.languages import ecmascript
from tasks.split.syntax import Syntax

_QUERY = """
(abstract_class_declaration name: (_) @name body: (_) @body) @class
(interface_declaration name: (_) @name body: (_) @body) @class
(enum_declaration name: (_) @name body: (_) @body) @class
(function_signature name: (_) @name) @function
(method_signature name: (_) @name) @method
(abstract_method_signature name: (_) @name) @method
(public_field_definition name: (_) @name value: [
  (arrow_function body: (_) @body)
  (function_expression body: (_) @body)
]) @method
(internal_module name: (_) @name) @scope
(module name: (_) @name) @scope
(export_statement declaration: [
  (abstract_class_declaration)
  (interface_declaration)
  (enum_declaration)
  (function_signature)
  (ambient_declaration)
]) @wrap
(ambient_declaration [
  (function_signature)
  (class_declaration)
  (abstract_class_declaration)
  (interface_declaration)
  (enum_declaration)
]) @wrap
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
