"""What work the stage plans: which files depend on which."""

import duckdb
import pyarrow as pa
import pytest

from tasks.chunk.by_structure import chunk_documents
from tasks.chunk.config import ChunkConfig
from tasks.generate.config import GenerateConfig
from tasks.generate.stage import wanted
from tests.tasks.generate.repositories import repository_of

FILES = {
    "a.py": "def one():\n    return 1\n",
    "b.py": "def two():\n    return 2\n",
    "README.md": "# One\n\n## What it is\n\nIt is one of many things, and it is small.\n",
}


def plan(files, *more, **config):
    documents, units = repository_of(files)
    others = [repository_of(other, name=f"other-{number}") for number, other in enumerate(more)]
    documents = pa.concat_tables([documents, *(tables[0] for tables in others)])
    units = pa.concat_tables([units, *(tables[1] for tables in others)])
    prose = documents.filter([kind == "prose" for kind in documents["kind"].to_pylist()])
    part = {"documents": documents, "units": units, "chunks": chunk_documents(prose, ChunkConfig()).rows}
    with duckdb.connect() as connection:
        for name, table in part.items():
            connection.register(f"{name}_rows", table)
            connection.execute(f"CREATE VIEW {name} AS SELECT *, 'p-{name}' AS part FROM {name}_rows")
        for name, item in (("document", "document_id"), ("unit", "unit_id")):
            connection.execute(f"CREATE VIEW surviving_{name}s AS SELECT {item} AS item_id FROM {name}s")
        connection.execute(
            "CREATE VIEW units_keys AS SELECT key, sum(hash(unit_id, start)) AS digest_sum, "
            "bit_xor(hash(unit_id, start)) AS digest_xor FROM units GROUP BY key"
        )
        return wanted(connection, GenerateConfig.model_validate({"prose_methods": (), **config})).to_pylist()


def joint(rows, repository="project"):
    return {
        row["document_id"]: row["work_digest"] for row in rows if row["joint"] == f"repository:{repository}"
    }


def test_without_a_method_for_repositories_each_file_is_work_of_its_own():
    assert [row["joint"] for row in plan(FILES, code_methods=("complete_function",))] == [None] * 3


def test_one_changed_file_is_work_for_its_whole_repository_and_no_other():
    methods = {"code_methods": ("retrieve_api",)}
    other = {"c.py": "def three():\n    return 3\n"}
    once = plan(FILES, other, **methods)
    again = plan(FILES | {"b.py": "def two():\n    return 22\n"}, other, **methods)
    assert len(joint(once)) == len(joint(again)) == 2
    assert not set(joint(once).values()) & set(joint(again).values())
    assert joint(once, "other-0") == joint(again, "other-0")


@pytest.mark.parametrize(("methods", "files"), [((), 2), (("describe_function",), 3)])
def test_passages_count_only_for_who_reads_them(methods, files):
    rows = plan(FILES, code_methods=("retrieve_api",), prose_methods=methods)
    assert len(joint(rows)) == files
    changed = plan(
        FILES | {"README.md": "# Two\n\nAnother text.\n"},
        code_methods=("retrieve_api",),
        prose_methods=methods,
    )
    assert (set(joint(rows).values()) == set(joint(changed).values())) == (not methods)


def test_commits_are_work_of_their_own():
    documents, _ = repository_of({"a.txt": "Change it\n\ndiff --git a/a b/a\n"})
    row = documents.to_pylist()[0] | {"kind": "commit", "language": "diff"}
    with duckdb.connect() as connection:
        connection.register("rows", pa.Table.from_pylist([row], schema=documents.schema))
        connection.execute("CREATE VIEW documents AS SELECT *, 'p' AS part FROM rows")
        connection.execute("CREATE VIEW surviving_documents AS SELECT document_id AS item_id FROM rows")
        for name, columns in (
            ("units", "'' AS key, '' AS part, '' AS unit_id, '' AS kind"),
            ("surviving_units", "'' AS item_id"),
            ("units_keys", "'' AS key, 0 AS digest_sum, 0 AS digest_xor"),
            ("chunks", "'' AS key, '' AS part, '' AS chunk_id, '' AS headings"),
        ):
            connection.execute(f"CREATE VIEW {name} AS SELECT {columns} WHERE FALSE")
        (work,) = wanted(connection, GenerateConfig(prose_methods=())).to_pylist()
    assert (work["document_id"], work["joint"]) == (row["document_id"], None)


def test_a_large_repository_is_work_in_parts_that_change_alone():
    def big(name, value):
        return f"# {'x' * 700_000}\ndef {name}():\n    return {value}\n"

    files = {"a/one.py": big("one", 1), "b/two.py": big("two", 2)}
    files["tests/test_two.py"] = "from b.two import two\n\n\ndef test_two():\n    assert two() == 2\n"
    methods = {"code_methods": ("retrieve_api",), "max_repository_mb": 1}
    once, again = (
        {row["document_id"]: row for row in plan(files | more, **methods) if row["joint"]}
        for more in ({}, {"a/one.py": big("one", 3)})
    )
    held: dict[str, list[str]] = {}
    for row in once.values():
        held.setdefault(row["joint"], []).append(row["document_id"])
    # The test is where the code is that it imports.
    assert sorted(map(len, held.values())) == [1, 2]
    kept = once.keys() & again.keys()
    assert len(kept) == 2
    assert {once[name]["work_digest"] for name in kept} == {again[name]["work_digest"] for name in kept}
