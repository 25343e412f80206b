"""Repositories as a whole: imports, order, calls and tests, on small repositories in several languages."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.split.by_syntax import split_documents
from tasks.split.config import SplitConfig
from tilth.syntax.reexports import reexports
from tilth.syntax.repository import (
    CALLS,
    IMPORTS,
    ORDER,
    TESTS,
    calls_between,
    code_under_tests,
    dependency_order,
    imports_between,
)

SHOP = {
    "src/shop/__init__.py": "from .cart import Cart\n",
    "src/shop/cart.py": "from shop.money import total\n\n"
    "class Cart:\n    def sum(self):\n        return total(self.items)\n",
    "src/shop/money.py": "import decimal\n\ndef total(items):\n    return rounded(items)\n\n"
    "def rounded(x):\n    return x\n",
    "tests/test_money.py": "from shop.money import total\n\ndef test_total():\n    assert total([]) == 0\n",
    "web/app.ts": "import { get } from './api';\nimport React from 'react';\n"
    "export function show() { return get(1) }\n",
    "web/api/index.ts": "export function get(id: number) { return id }\n",
    "cmd/main.go": 'package main\nimport "example.org/shop/pkg/store"\nfunc main() { store.Open() }\n',
    "pkg/store/open.go": "package store\nfunc Open() { closeIt() }\n",
    "pkg/store/close.go": "package store\nfunc closeIt() {}\n",
    "java/org/shop/Main.java": "package org.shop;\nimport org.shop.util.Text;\n"
    "class Main { void run() { Text.trim(); } }\n",
    "java/org/shop/util/Text.java": "package org.shop.util;\npublic class Text { static void trim() {} }\n",
    "c/main.c": '#include "list.h"\nint main(void) { return push(1); }\n',
    "c/list.h": "static int push(int a) { return a; }\n",
}
LANGUAGES = {"py": "python", "ts": "typescript", "go": "go", "java": "java", "c": "c", "h": "c"}


def documents(files: dict[str, str], repository: str = "shop") -> pa.Table:
    return pa.table(
        {
            "document_id": [f"{repository}:{path}" for path in files],
            "repository": [repository] * len(files),
            "path": list(files),
            "language": [LANGUAGES[path.rsplit(".", 1)[-1]] for path in files],
            "text": list(files.values()),
        }
    )


def view(table: pa.Table) -> tuple[pa.Table, pa.Table]:
    units = split_documents(table, SplitConfig()).rows
    return units, imports_between(table, units)


DOCUMENTS = documents(SHOP)
UNITS, EDGES = view(DOCUMENTS)


def test_imports_lead_to_the_files_they_mean() -> None:
    found = {
        (row["importer"].removeprefix("shop:"), row["imported"].removeprefix("shop:"))
        for row in EDGES.to_pylist()
    }
    assert found == {
        ("src/shop/__init__.py", "src/shop/cart.py"),
        ("src/shop/cart.py", "src/shop/money.py"),
        ("tests/test_money.py", "src/shop/money.py"),
        ("web/app.ts", "web/api/index.ts"),
        ("cmd/main.go", "pkg/store/open.go"),
        ("cmd/main.go", "pkg/store/close.go"),
        ("java/org/shop/Main.java", "java/org/shop/util/Text.java"),
        ("c/main.c", "c/list.h"),
    }
    assert EDGES.schema == IMPORTS
    assert not any(EDGES["is_guess"].to_pylist())


def test_an_import_that_several_files_could_be_is_a_guess() -> None:
    files = {"a/util.py": "x = 1\n", "b/util.py": "x = 1\n", "main.py": "import util\n"}
    _, edges = view(documents(files))
    assert [(row["imported"], row["is_guess"]) for row in edges.to_pylist()] == [("shop:a/util.py", True)]


def test_what_is_imported_comes_before_what_imports_it() -> None:
    order = dependency_order(DOCUMENTS, EDGES)
    place = dict(zip(order["document_id"].to_pylist(), order["position"].to_pylist(), strict=True))
    assert sorted(place.values()) == list(range(len(SHOP)))
    for row in EDGES.to_pylist():
        assert place[row["imported"]] < place[row["importer"]]
    assert order.schema == ORDER


def test_files_that_import_each_other_are_all_in_the_order() -> None:
    files = {"a.py": "import b\n", "b.py": "import c\nimport d\n", "c.py": "import a\n", "d.py": ""}
    table = documents(files)
    order = dependency_order(table, view(table)[1])["document_id"].to_pylist()
    assert order == ["shop:d.py", "shop:a.py", "shop:c.py", "shop:b.py"]


@settings(max_examples=40, deadline=None)
@given(edges=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30), turn=st.randoms())
def test_the_order_holds_every_file_once_and_depends_on_no_order_of_rows(edges, turn) -> None:
    files = documents({f"f{number}.py": "" for number in range(10)})
    rows = [
        {"repository": "shop", "importer": f"shop:f{a}.py", "imported": f"shop:f{b}.py", "is_guess": False}
        for a, b in sorted(set(edges))
        if a != b
    ]
    order = dependency_order(files, pa.Table.from_pylist(rows, schema=IMPORTS))
    assert sorted(order["document_id"].to_pylist()) == sorted(files["document_id"].to_pylist())
    turn.shuffle(rows)
    assert dependency_order(files, pa.Table.from_pylist(rows, schema=IMPORTS)) == order


def named(column: pa.ChunkedArray) -> list[str]:
    names = dict(zip(UNITS["unit_id"].to_pylist(), UNITS["qualified_name"].to_pylist(), strict=True))
    return [names[unit_id] for unit_id in column.to_pylist()]


def test_calls_lead_through_imports_and_packages() -> None:
    calls = calls_between(DOCUMENTS, UNITS, EDGES)
    assert calls.schema == CALLS
    found = dict(
        zip(
            zip(named(calls["caller"]), named(calls["callee"]), strict=True),
            calls["is_guess"].to_pylist(),
            strict=True,
        )
    )
    assert found == {
        ("Cart.sum", "total"): False,
        ("total", "rounded"): False,
        ("test_total", "total"): False,
        ("show", "get"): False,
        ("main", "Open"): False,
        ("Open", "closeIt"): False,
        ("Main.run", "Text.trim"): True,
        ("main", "push"): False,
    }


def test_a_test_is_linked_to_the_code_it_calls() -> None:
    links = code_under_tests(UNITS, calls_between(DOCUMENTS, UNITS, EDGES))
    assert links.schema == TESTS
    assert (named(links["test"]), named(links["tested"]), links["basis"].to_pylist()) == (
        ["test_total"],
        ["total"],
        ["name"],
    )


def test_two_repositories_are_never_linked() -> None:
    both = pa.concat_tables([documents({"a.py": "import b\n"}, "one"), documents({"b.py": "x = 1\n"}, "two")])
    assert view(both)[1].num_rows == 0


PACKAGES = {
    "src/shop/__init__.py": "from .cart import Cart, total as sum_of\nfrom .goods import pick\nfrom .tools import *\n",
    "src/shop/cart.py": "class Cart:\n    pass\n\n\ndef total(items):\n    return 1\n",
    "src/shop/tools.py": "def trim(text):\n    return text\n\n\ndef _hidden():\n    return 1\n",
    "src/shop/goods/__init__.py": "from .shelf import pick\n",
    "src/shop/goods/shelf.py": "def pick(name):\n    return name\n\n\ndef stack():\n    return 1\n",
    "tests/test_shop.py": "from shop import (\n    Cart,  # a cart\n    sum_of as added,\n    trim,\n)\n"
    "import shop\n\n\n"
    "def test_all(self):\n"
    "    assert added(Cart()) and shop.pick(1) and trim(2) and stack() and _hidden()\n",
    "tests/test_other.py": "import shop\n\n\ndef test_other(self):\n    assert self.trim()\n",
}


def test_what_a_package_hands_on_is_found_where_it_is_defined() -> None:
    files = documents(PACKAGES)
    units, edges = view(files)
    names = dict(zip(units["unit_id"].to_pylist(), units["qualified_name"].to_pylist(), strict=True))

    def found(table: pa.Table) -> set[str]:
        assert not any(table["is_guess"].to_pylist())
        return {names[callee] for callee in table["callee"].to_pylist()}

    assert found(calls_between(files, units, edges)) == set()
    calls = calls_between(files, units, edges, reexports(files))
    # What it does not hand on, and what a star leaves out, is not found.
    assert found(calls) == {"Cart", "total", "pick", "trim"}
    shuffled = files.take(list(reversed(range(files.num_rows))))
    assert calls_between(shuffled, units, edges, reexports(shuffled)) == calls
    assert {names[tested] for tested in code_under_tests(units, calls)["tested"].to_pylist()} == found(calls)


def test_packages_that_hand_on_in_a_circle_end() -> None:
    files = documents({"a/__init__.py": "from b import x\n", "b/__init__.py": "from a import x\n"})
    assert reexports(files).num_rows <= 2
