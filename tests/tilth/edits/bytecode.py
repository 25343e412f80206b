"""What two versions of a Python text do, read off their bytecode: the oracle of renaming."""

from __future__ import annotations

import dis
import warnings
from types import CodeType

# The compiler sorts closures by name, so their order is a matter of names.
_ORDER_OF_CELLS = {"MAKE_CELL", "COPY_FREE_VARS", "CACHE", "RESUME", "NOP"}


def compiled(text: bytes) -> CodeType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compile(text, "unit", "exec", dont_inherit=True)


def behaviour(code: CodeType, names: dict[str, str]) -> list[object]:
    """Operations with their arguments; a variable under its new name, and nested code in place.

    Both versions are read with the same names: a constant that happens to be an old name then stays equal to itself.
    """
    steps: list[object] = []
    closures: list[str] = []
    for step in dis.get_instructions(code):
        if step.opname in _ORDER_OF_CELLS:
            continue
        is_variable = step.opcode in dis.haslocal or step.opcode in dis.hasfree
        value = step.argval
        if is_variable and isinstance(value, tuple):
            value = tuple(names.get(part, part) for part in value)
        elif is_variable:
            value = names.get(value, value)
        elif isinstance(value, CodeType):
            value = behaviour(value, names)
        elif isinstance(value, str) and step.opname == "LOAD_CONST":
            # Names of parameters that have annotations or defaults are constants, alone or in tuples.
            value = names.get(value, value)
        elif isinstance(value, tuple):
            value = tuple(names.get(part, part) if isinstance(part, str) else part for part in value)
        # From 3.13 on a cell is loaded like any other variable when it is handed on.
        is_handed_on = step.opname == "LOAD_FAST" and step.argval in code.co_cellvars + code.co_freevars
        if step.opname == "LOAD_CLOSURE" or is_handed_on:
            closures.append(repr(value))
            continue
        if closures:
            steps.append(sorted(closures))
            closures = []
        steps.append((step.opname, repr(value) if not isinstance(value, list) else value))
    return steps
