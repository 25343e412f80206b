import ast
import json
from pathlib import Path

from tilth.harness.modules import Repository, parse_python


def test_modules_are_named_from_the_folder_that_holds_their_package(repository):
    assert set(repository.by_name) == {"grain", "grain.weigh", "grain.units", "test_weigh"}
    assert repository.roots == (["src"], ["tests"])


def test_an_empty_init_that_was_dropped_is_put_back_where_a_relative_import_needs_it():
    repository = Repository([("pkg/a.py", b"from .b import x\n"), ("pkg/b.py", b"x = 1\n")])
    assert set(repository.by_name) == {"pkg.a", "pkg.b"}
    assert repository.tree()["pkg/__init__.py"] == b""


def test_what_does_not_parse_is_no_module():
    for text in (b"def f(:", b"\0", b"(" * 5000, b"\xff"):
        assert parse_python(text) is None


def test_every_statement_is_found_again_at_its_span():
    text = Path(json.decoder.__file__).read_bytes()
    module = Repository([("decoder.py", text)]).by_name["decoder"]
    for statement in module.body:
        assert ast.dump(ast.parse(module.source(statement)).body[0]) == ast.dump(statement)


def test_a_name_is_bound_by_what_changes_it_too():
    module = Repository([("m.py", b"T = {}\nT['a'] = 1\nT.update(b=2)\nif T:\n    U = 1\n")]).by_name["m"]
    assert module.bindings["T"] == [0, 1, 2]
    assert module.bindings["U"] == [3]
