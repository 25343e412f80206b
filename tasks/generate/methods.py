"""The methods for code: a line each. Adding one is a file with a method and its `VERSION`, and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from tasks.generate import (
    complete_class,
    complete_file,
    complete_function,
    complete_in_repository,
    complete_line,
    complete_method,
    complete_statements,
    explain_code,
    fill_in_the_middle,
    fix_after_failure,
    fix_bug,
    fix_lint,
    follow_callers,
    format_code,
    implement_from_description,
    implement_from_docstring,
    predict_branch,
    predict_exception,
    predict_input,
    predict_output,
    restore_comments,
    restore_names,
    restore_type_hints,
    retrieve_api,
    rewrite_idiomatically,
    spot_bug,
    trace_variables,
    translate_function,
    write_docstring,
    write_doctests,
    write_tests,
)
from tasks.generate.config import CodeMethod
from tasks.generate.protocol import BatchMethod, UnitMethod

DEFINITIONS = frozenset({"function", "method", "class"})
# A module is shown as well where a method needs all files of a repository: a file may hold no function.
_WHOLE = DEFINITIONS | {"module"}
_CALLABLE = frozenset({"function", "method"})


class Entry(NamedTuple):
    """A method, the task that its examples carry, and its version."""

    make: UnitMethod | BatchMethod
    task: str
    version: str
    kinds: frozenset[str] = DEFINITIONS  # of the units that it is shown
    # How far it looks: at one unit, at all units of a batch of files, or of a whole repository.
    scope: Literal["unit", "batch", "repository"] = "unit"


METHODS: Mapping[CodeMethod, Entry] = {
    "complete_function": Entry(
        complete_function.complete_function, "function_completion", complete_function.VERSION
    ),
    "complete_in_repository": Entry(
        complete_in_repository.complete_in_repository,
        "repository_completion",
        complete_in_repository.VERSION,
        kinds=_CALLABLE,
        scope="repository",
    ),
    "explain_code": Entry(explain_code.explain_code, "code_explanation", explain_code.VERSION),
    "retrieve_api": Entry(
        retrieve_api.retrieve_api, "api_retrieval", retrieve_api.VERSION, kinds=_CALLABLE, scope="repository"
    ),
    "translate_function": Entry(
        translate_function.translate_function,
        "code_translation",
        translate_function.VERSION,
        kinds=_CALLABLE,
        scope="repository",
    ),
    "complete_method": Entry(complete_method.complete_method, "method_completion", complete_method.VERSION),
    "write_docstring": Entry(write_docstring.write_docstring, "docstring_writing", write_docstring.VERSION),
    "fill_in_the_middle": Entry(
        fill_in_the_middle.fill_in_the_middle,
        "fill_in_the_middle",
        fill_in_the_middle.VERSION,
        DEFINITIONS | {"module"},
    ),
    "complete_class": Entry(complete_class.complete_class, "class_completion", complete_class.VERSION),
    "complete_statements": Entry(
        complete_statements.complete_statements, "statement_completion", complete_statements.VERSION
    ),
    "complete_line": Entry(complete_line.complete_line, "line_completion", complete_line.VERSION),
    "complete_file": Entry(
        complete_file.complete_file, "file_completion", complete_file.VERSION, frozenset({"module"})
    ),
    "implement_from_docstring": Entry(
        implement_from_docstring.implement_from_docstring,
        "code_from_docstring",
        implement_from_docstring.VERSION,
    ),
    "implement_from_description": Entry(
        implement_from_description.implement_from_description,
        "code_from_description",
        implement_from_description.VERSION,
    ),
    "restore_comments": Entry(
        restore_comments.restore_comments, "comment_restoration", restore_comments.VERSION
    ),
    "restore_type_hints": Entry(
        restore_type_hints.restore_type_hints, "type_hint_restoration", restore_type_hints.VERSION
    ),
    "restore_names": Entry(restore_names.restore_names, "name_restoration", restore_names.VERSION),
    "format_code": Entry(format_code.format_code, "formatting", format_code.VERSION, scope="batch"),
    "fix_lint": Entry(fix_lint.fix_lint, "lint_fixing", fix_lint.VERSION, scope="batch"),
    "predict_output": Entry(
        predict_output.predict_output, "output_prediction", predict_output.VERSION, _WHOLE, "repository"
    ),
    "predict_input": Entry(
        predict_input.predict_input, "input_prediction", predict_input.VERSION, _WHOLE, "repository"
    ),
    "predict_exception": Entry(
        predict_exception.predict_exception,
        "exception_prediction",
        predict_exception.VERSION,
        _WHOLE,
        "repository",
    ),
    "predict_branch": Entry(
        predict_branch.predict_branch, "branch_prediction", predict_branch.VERSION, _WHOLE, "repository"
    ),
    "trace_variables": Entry(
        trace_variables.trace_variables, "variable_tracing", trace_variables.VERSION, _WHOLE, "repository"
    ),
    "fix_bug": Entry(fix_bug.fix_bug, "bug_fixing", fix_bug.VERSION, _WHOLE, "repository"),
    "spot_bug": Entry(spot_bug.spot_bug, "bug_spotting", spot_bug.VERSION, _WHOLE, "repository"),
    "write_tests": Entry(write_tests.write_tests, "test_writing", write_tests.VERSION, _WHOLE, "repository"),
    "write_doctests": Entry(
        write_doctests.write_doctests, "example_writing", write_doctests.VERSION, _WHOLE, "repository"
    ),
    "rewrite_idiomatically": Entry(
        rewrite_idiomatically.rewrite_idiomatically,
        "refactoring",
        rewrite_idiomatically.VERSION,
        _WHOLE,
        "repository",
    ),
    "follow_callers": Entry(
        follow_callers.follow_callers, "execution_dialogue", follow_callers.VERSION, _WHOLE, "repository"
    ),
    "fix_after_failure": Entry(
        fix_after_failure.fix_after_failure,
        "repair_dialogue",
        fix_after_failure.VERSION,
        _WHOLE,
        "repository",
    ),
}

# Their answers stand in the file, so that they can be asked of the file in another form.
AUGMENTED: frozenset[CodeMethod] = frozenset(
    (
        "complete_function",
        "complete_method",
        "complete_class",
        "complete_statements",
        "complete_line",
        "fill_in_the_middle",
    )
)
