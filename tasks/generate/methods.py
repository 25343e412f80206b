"""The methods for code: a line each. Adding one is a file with a method and its `VERSION`, and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from tasks.generate import (
    complete_function,
    complete_in_repository,
    complete_method,
    explain_code,
    fill_in_the_middle,
    fix_after_failure,
    fix_bug,
    follow_callers,
    predict_branch,
    predict_exception,
    predict_input,
    predict_output,
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
        fill_in_the_middle.fill_in_the_middle, "fill_in_the_middle", fill_in_the_middle.VERSION
    ),
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
