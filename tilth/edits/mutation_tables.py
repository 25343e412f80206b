"""What a mutation looks for: kinds of nodes by their role, operators and names that are mistaken for each other.

Node kinds are one table for all grammars, for their names agree or do not clash; what differs by language (scopes,
how a name is declared, how a statement is negated) is a `Dialect`. A further language is a dialect more.
"""

from __future__ import annotations

from typing import NamedTuple

COMPARISONS = frozenset(("comparison_operator",))
BINARIES = frozenset(
    "binary_operator boolean_operator comparison_operator binary_expression binary infix_expression"
    " comparison_expression equality_expression additive_expression multiplicative_expression"
    " conjunction_expression disjunction_expression".split()
)
AUGMENTED = frozenset(
    "augmented_assignment augmented_assignment_expression assignment_expression assignment_statement"
    " compound_assignment_expr operator_assignment assignment".split()
)
INTEGERS = frozenset(
    "integer number int_literal decimal_integer_literal number_literal integer_literal".split()
)
BOOLEANS = frozenset(("true", "false", "True", "False", "boolean_literal", "boolean"))
FLIPPED = {b"true": b"false", b"false": b"true", b"True": b"False", b"False": b"True"}
ARGUMENTS = frozenset(("argument_list", "arguments", "value_arguments"))
# Arguments that have a name of their own, or stand for many.
NAMED_ARGUMENTS = frozenset(
    "keyword_argument list_splat dictionary_splat spread_element variadic_argument pair hash_splat_argument"
    " splat_argument block_argument variadic_unpacking generator_expression value_argument_label".split()
)
INDEXES = frozenset(
    "subscript slice subscript_expression index_expression slice_expression array_access element_reference"
    " bracketed_argument_list subscript_argument_list range_expression element_access_expression".split()
)
IFS = frozenset(("if_statement", "if_expression", "if"))
LOOPS = frozenset(
    "for_statement while_statement for_in_statement enhanced_for_statement for_expression while_expression"
    " loop_expression foreach_statement do_statement for_range_loop".split()
)
BLOCKS = frozenset(
    "block statement_block statement_list compound_statement body_statement statements function_body then"
    " block_body module program declaration_list".split()
)
RETURNS = frozenset(("return_statement", "return_expression", "return", "control_transfer_statement"))
# A body that ends in one of these leaves its `if` for good: the `if` is a guard.
EXITS = RETURNS | frozenset(
    "raise_statement throw_statement throw_expression continue_statement break_statement continue_expression"
    " break_expression next break".split()
)
JUMPS = {
    "break_statement": (b"break", b"continue"),
    "continue_statement": (b"continue", b"break"),
    "break_expression": (b"break", b"continue"),
    "continue_expression": (b"continue", b"break"),
}
NOTS = frozenset(
    ("not_operator", "unary_expression", "prefix_unary_expression", "unary", "unary_op_expression")
)
AWAITS = frozenset(("await", "await_expression"))
TERNARIES = frozenset(("conditional_expression", "ternary_expression", "conditional"))
STATEMENTS = frozenset(("expression_statement", "inc_statement", "dec_statement", "assignment_statement"))
# Calls and changes: what a statement does that is not a declaration.
EFFECTS = frozenset(
    "call call_expression method_invocation invocation_expression member_call_expression function_call_expression"
    " augmented_assignment augmented_assignment_expression assignment assignment_expression update_expression"
    " compound_assignment_expr await await_expression postfix_unary_expression operator_assignment delete_statement"
    " postfix_expression prefix_unary_expression".split()
)
# Nothing inside these is changed: words, types, and what is read before the program runs.
OPAQUE = frozenset(
    "string concatenated_string template_string string_literal raw_string_literal interpreted_string_literal"
    " char_literal character_literal regex line_string_literal multi_line_string_literal encapsed_string heredoc"
    " interpolated_string_expression verbatim_string_literal heredoc_body text_block raw_string"
    " type type_annotation type_arguments type_parameters type_argument_list type_parameter_list generic_type"
    " array_type pointer_type map_type slice_type qualified_type reference_type function_type user_type"
    " sized_type_specifier"
    " union_type predefined_type primitive_type type_identifier scoped_type_identifier type_predicate_annotation"
    " template_argument_list template_parameter_list where_clause trait_bounds type_alias_statement"
    " interface_declaration type_alias_declaration enum_declaration abstract_type declaration_modifiers"
    " decorator marker_annotation annotation attribute_item attribute_list modifiers inner_attribute_item"
    " import_statement import_from_statement future_import_statement import_declaration using_directive"
    " use_declaration namespace_use_declaration macro_invocation macro_definition throws global_statement"
    " nonlocal_statement preproc_include preproc_def preproc_function_def preproc_call dimensions"
    " jsx_text jsx_closing_element label statement_identifier superclasses assert_statement".split()
)
DEFAULTS = frozenset(
    "default_parameter typed_default_parameter assignment_pattern optional_parameter required_parameter"
    " simple_parameter parameter".split()
)

# Both sides of a comparison that is off by its bound, and of one that means something else.
BOUNDS = {b"<": b"<=", b"<=": b"<", b">": b">=", b">=": b">"}
COMPARED = {
    b"<": b">", b">": b"<", b"<=": b">=", b">=": b"<=", b"==": b"!=", b"!=": b"==", b"===": b"!==", b"!==": b"===",
    b"is": b"is not", b"is not": b"is", b"in": b"not in", b"not in": b"in",
}  # fmt: skip
ARITHMETIC = {
    b"+": b"-", b"-": b"+", b"*": b"+", b"/": b"*", b"//": b"*", b"%": b"*", b"**": b"*", b"<<": b">>", b">>": b"<<",
    b"&": b"|", b"|": b"&", b"^": b"|",
}  # fmt: skip
LOGICAL = {b"and": b"or", b"or": b"and", b"&&": b"||", b"||": b"&&"}
ASSIGNED = {b"+=": b"-=", b"-=": b"+=", b"*=": b"+=", b"/=": b"*=", b"//=": b"*=", b"|=": b"&=", b"&=": b"|="}
ACCUMULATED = frozenset((b"+=", b"-=", b"*=", b"/=", b"|=", b"&=", b"//="))

_PAIRS = """
append/extend min/max startswith/endswith lower/upper lstrip/rstrip find/rfind index/rindex split/rsplit any/all
partition/rpartition keys/values popleft/pop appendleft/append add/discard union/intersection floor/ceil get/pop
read/readline items/keys first/last push/unshift pop/shift startsWith/endsWith toLowerCase/toUpperCase
trimStart/trimEnd indexOf/lastIndexOf some/every find/filter slice/splice padStart/padEnd floor/round
addFirst/addLast getFirst/getLast removeFirst/removeLast peekFirst/peekLast anyMatch/allMatch isEmpty/isBlank
HasPrefix/HasSuffix TrimLeft/TrimRight TrimPrefix/TrimSuffix ToUpper/ToLower Index/LastIndex Min/Max Floor/Ceil
Before/After Lock/Unlock StartsWith/EndsWith Any/All First/Last TrimStart/TrimEnd IndexOf/LastIndexOf
starts_with/ends_with to_lowercase/to_uppercase trim_start/trim_end is_some/is_none is_ok/is_err any/all
push_front/push_back pop_front/pop_back front/back begin/end start_with?/end_with? upcase/downcase any?/all?
addAll/add containsKey/containsValue setLeft/setRight isAfter/isBefore
"""


def _both_ways(pairs: str) -> dict[bytes, bytes]:
    """Each name with the one it is mistaken for; the first pair that has a name decides."""
    family: dict[bytes, bytes] = {}
    for pair in pairs.split():
        one, other = pair.encode().split(b"/")
        family.setdefault(one, other)
        family.setdefault(other, one)
    return family


FAMILY = _both_ways(_PAIRS)


class Dialect(NamedTuple):
    """What mutations must know of one language beyond the common kinds of nodes."""

    functions: frozenset[str]
    """Nodes that open a scope of names."""
    names: frozenset[str] = frozenset(("identifier",))
    """Kinds of a node that is a variable's name."""
    is_typed: bool = False
    """Whether one variable may stand for another only if both were declared of the same type."""
    is_unused_error: bool = False
    """Whether a variable that nobody reads is an error of the compiler."""
    negation: tuple[bytes, bytes] = (b"!(", b")")
    has_empty_blocks: bool = True
    may_drop_return: bool = False
    """Whether a function that ends without a value is no error."""
    is_declared_by_assignment: bool = False
    own: bytes = b"this"
    separator: bytes = b"."


_BRACED = frozenset(
    "method_declaration constructor_declaration function_declaration function_expression arrow_function"
    " lambda_expression"
    " method_definition generator_function_declaration generator_function func_literal function_item closure_expression"
    " function_definition local_function_statement block for_statement enhanced_for_statement statement_block"
    " for_in_statement catch_clause compound_statement foreach_statement if_statement switch_body class_body"
    " lambda_literal anonymous_function for_range_loop for_expression match_arm".split()
)
_TYPED = Dialect(_BRACED, is_typed=True)
_SCRIPT = Dialect(_BRACED, may_drop_return=True)
DIALECTS: dict[str, Dialect] = {
    "c": _TYPED,
    "cpp": _TYPED._replace(separator=b"->"),
    "csharp": _TYPED,
    "go": _TYPED._replace(is_unused_error=True, own=b""),
    "java": _TYPED,
    "javascript": _SCRIPT,
    "kotlin": _TYPED,
    "php": Dialect(_BRACED, frozenset(("variable_name",)), is_declared_by_assignment=True, own=b""),
    "python": Dialect(
        frozenset(
            "function_definition lambda class_definition list_comprehension set_comprehension"
            " dictionary_comprehension generator_expression".split()
        ),
        negation=(b"not (", b")"),
        has_empty_blocks=False,
        may_drop_return=True,
        is_declared_by_assignment=True,
        own=b"self",
    ),
    "ruby": Dialect(
        frozenset(("method", "block", "do_block", "lambda", "class")), is_declared_by_assignment=True, own=b""
    ),
    "rust": _TYPED._replace(own=b""),
    "scala": _TYPED,
    "typescript": _SCRIPT,
}
