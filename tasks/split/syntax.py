"""What the engine knows of a language: one query and a few conventions, all data.

The query's captures are the whole contract between a language and the engine:

| capture | node |
|---|---|
| `class`, `function`, `method` | a definition; a `function` directly in a class becomes a method |
| `scope` | names what stands inside, but is no unit (namespace, Rust's `mod`, an object literal) |
| `name`, `body`, `receiver` | of the definition open at that place; the receiver qualifies the name |
| `open` | the brace that opens the body, where the body is no node of its own |
| `wrap` | statement around one definition that belongs to it: decorators, `export`, `const … ;` |
| `attribute` | decorator, annotation or attribute; one that stands before a definition belongs to it |
| `docstring` | literal that documents the definition (or module) it is the first statement of |
| `comment`, `imports` | comments anywhere; import statements of the module |
| `branch`, `decision`, `control` | one more path and one level deeper; one more path; one level deeper |
| `chain` | the `if` of an `else if`: one more path, no deeper |
| `call` | name of what is called; of a path its last part counts |
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from tasks.split.import_lines import ImportsOf, quoted


def plain_name(text: str) -> str:
    """A name without generics and without the quotes of a string key; the last part of a path.

    >>> plain_name("Foo<T>"), plain_name("'a-b'"), plain_name("a::B<'x>")
    ('Foo', 'a-b', 'B')
    """
    head = re.split(r"[<\[({]", text.strip().lstrip("&*"), maxsplit=1)[0].strip()
    return head.rsplit("::", 1)[-1].strip("\"'` ") or text.strip()


class Syntax(NamedTuple):
    """One language: its query and its conventions."""

    query: str
    # True: a block is made by indentation and its docstring stands inside; False: by braces.
    has_indented_blocks: bool = False
    # Blocks end with a keyword: a brace that a body starts with is part of it.
    has_keyword_blocks: bool = False
    # Matched from the start of an `imports` node: only then it is one.
    import_text: str | None = None
    # A semicolon right behind a definition is its last byte.
    takes_semicolon: bool = False
    # False: its query may tell no bodies, and a head is one line.
    has_bodies: bool = True
    # A definition `A.b` is a method of `A`.
    qualified_is_method: bool = False
    # Bytes that may follow a definition in the statement around it.
    wrap_tail: bytes = b"; \t\r\n"
    # Comments that begin so, right before a definition, are its docstring.
    doc_marks: tuple[str, ...] = ()
    # … save those that begin so.
    no_doc_marks: tuple[str, ...] = ()
    # Several doc comments in a row are one docstring (`///`, Go); else only the nearest is.
    joins_doc_lines: bool = False
    # A leading comment that matches documents the module.
    module_doc: str | None = None
    # Searched in the path from `/`: all of the file is a test.
    test_path: str = r"/tests?/"
    # Matched from the start of a definition's name, and searched in its attributes.
    test_name: str | None = None
    test_attribute: str | None = None
    # How a parameter is written, see `signatures.py`.
    parameter_style: str = "name_first"
    # Text of an import -> names it binds and modules.
    imports_of: ImportsOf = quoted
    # A name may hold dots; else the last part of a dotted name is the definition's.
    has_dotted_names: bool = False
    # Of a text in which the parser had to guess, one of the same length in which what the grammar trips
    # over (macros, torn conditionals) is masked; offsets stay, and names are read from the text itself.
    repair: Callable[[bytes], bytes] | None = None
    # What costs too much for a whole text, done after it only to the parts that hold an error; see `repair_parts`.
    repair_part: Callable[[bytes], bytes] | None = None
    # Nodes that are no such part, but hold some.
    repaired_inside: frozenset[str] = frozenset()
    # Text of a `name` or `receiver` node -> dotted name.
    name_of: Callable[[str], str] = plain_name
