"""A repository as a whole: which file imports which, in what order they build on each other, who calls whom.

Pure over tables: DOCUMENTS (`document_id`, `repository`, `path`, `language`) and UNITS; all functions take any
number of repositories at once and never link two, so a caller bounds memory by the repositories it passes. Links
are by name: `is_guess` says where a name or the end of a path has more than one meaning or one that is not
proved by the import. Types are not inferred: a method called on an object is every method of that name that the
file can see, and each of them is a guess.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence

import duckdb
import pyarrow as pa

from tilth.records import rows_of
from tilth.syntax.imports_between import FAMILIES, keys_meant, keys_of
from tilth.syntax.reexports import REEXPORTS

IMPORTS = pa.schema(
    [
        ("repository", pa.string()),
        ("importer", pa.string()),
        ("imported", pa.string()),
        ("is_guess", pa.bool_()),
    ]
)
ORDER = pa.schema([("repository", pa.string()), ("document_id", pa.string()), ("position", pa.int32())])
CALLS = pa.schema([("caller", pa.string()), ("callee", pa.string()), ("is_guess", pa.bool_())])
TESTS = pa.schema([("test", pa.string()), ("tested", pa.string()), ("basis", pa.string())])

# A file has several keys and an import several meanings: the likeliest meaning that any file has, and of the files
# that have it the one with the shortest path. In Go all files of the folder are meant.
_IMPORTS_SQL = """
    WITH matches AS (
        SELECT
            meant.repository, meant.document_id AS importer, files.document_id AS imported, meant.rank,
            meant.module, files.path, meant.family, starts_with(meant.key, '/') AS is_whole,
            dense_rank() OVER (
                PARTITION BY meant.document_id, meant.module
                ORDER BY meant.rank, CASE WHEN meant.family = 'go' THEN '' END, length(files.folder), files.folder
            ) AS choice,
            count(DISTINCT files.folder) OVER (PARTITION BY meant.document_id, meant.module, meant.rank) AS folders,
            row_number() OVER (
                PARTITION BY meant.document_id, meant.module, meant.rank, files.folder ORDER BY files.path
            ) AS place
        FROM meant JOIN files USING (repository, family, key)
        WHERE meant.document_id <> files.document_id
    )
    SELECT repository, importer, imported, bool_and(NOT is_whole AND folders > 1) AS is_guess
    FROM matches
    WHERE choice = 1 AND (family = 'go' OR place = 1)
    GROUP BY repository, importer, imported
    ORDER BY repository, importer, imported
"""

# What a file sees: itself, what it imports, and in these languages its folder, which is a package.
_CALLS_SQL = """
    WITH definitions AS (
        SELECT unit_id, units.document_id, name, kind, parent_id, documents.repository, documents.folder,
            documents.language
        FROM units JOIN documents USING (document_id)
        WHERE kind IN ('function', 'method', 'class')
    ),
    visible AS (
        SELECT document_id AS reader, document_id AS holder, 0 AS distance FROM documents
        UNION ALL
        SELECT importer, imported, CASE WHEN is_guess THEN 3 ELSE 1 END FROM imports
        UNION ALL
        SELECT mine.document_id, theirs.document_id, 2
        FROM documents AS mine JOIN documents AS theirs USING (repository, folder, language)
        WHERE mine.document_id <> theirs.document_id AND language IN ('go', 'java', 'kotlin', 'scala', 'swift')
    ),
    called AS (
        SELECT unit_id, document_id, unnest(calls) AS name FROM units WHERE len(calls) > 0
    ),
    meant AS (
        SELECT called.unit_id, called.name, definitions.unit_id AS callee, definitions.kind, distance
        FROM called
        JOIN visible ON visible.reader = called.document_id
        JOIN definitions ON definitions.document_id = visible.holder AND definitions.name = called.name
        UNION ALL
        -- What a package hands on is as near as what it defines.
        SELECT called.unit_id, called.name, definitions.unit_id, definitions.kind, 1
        FROM called
        JOIN reexports ON reexports.reader = called.document_id
            AND coalesce(reexports.name, called.name) = called.name
            AND (reexports.name IS NOT NULL OR NOT starts_with(called.name, '_'))
        JOIN definitions ON definitions.document_id = reexports.definer
            AND definitions.name = coalesce(reexports.original, called.name)
        WHERE definitions.kind <> 'method'
    ),
    found AS (
        SELECT
            unit_id AS caller, callee, kind, min(distance) AS distance,
            rank() OVER (PARTITION BY unit_id, name ORDER BY min(distance)) AS choice,
            count(*) OVER (PARTITION BY unit_id, name, min(distance)) AS meanings
        FROM meant
        GROUP BY unit_id, name, callee, kind
    )
    SELECT caller, callee, bool_and(meanings > 1 OR kind = 'method' OR distance > 2) AS is_guess
    FROM found
    WHERE choice = 1
    GROUP BY caller, callee
    ORDER BY caller, callee
"""

_TESTS_SQL = """
    WITH linked AS (
        SELECT
            tests.unit_id AS test, code.unit_id AS tested,
            code.name = split_part(tests.test_of, '.', -1) OR code.qualified_name = tests.test_of AS is_named
        FROM units AS tests
        JOIN calls ON calls.caller = tests.unit_id
        JOIN units AS code ON code.unit_id = calls.callee
        WHERE tests.is_test AND NOT code.is_test
    )
    SELECT test, tested, CASE WHEN coalesce(is_named, FALSE) THEN 'name' ELSE 'call' END AS basis
    FROM linked
    ORDER BY test, tested
"""


def imports_between(documents: pa.Table, units: pa.Table) -> pa.Table:
    """IMPORTS: which file of a repository imports which other, for the languages of `FAMILIES`."""
    places = {row[0]: row[1:] for row in rows_of(documents, "document_id", "repository", "path", "language")}
    files: list[tuple[str, str, str, str, str, str]] = []
    meant: list[tuple[str, str, str, str, str, int]] = []
    for document_id, (repository, path, language) in places.items():
        family = FAMILIES.get(language or "")
        if family is not None:
            folder = path.rpartition("/")[0]
            files += [(document_id, repository, path, folder, family, key) for key in keys_of(path, family)]
    for document_id, kind, modules in rows_of(units, "document_id", "kind", "imports"):
        if kind != "module" or not modules or document_id not in places:
            continue
        repository, path, language = places[document_id]
        family = FAMILIES.get(language or "")
        for module in modules if family is not None else ():
            keys = keys_meant(module, path, family or "")
            meant += [
                (document_id, repository, module, family or "", key, rank) for rank, key in enumerate(keys)
            ]
    with duckdb.connect() as connection:
        connection.register(
            "files", _table(files, "document_id", "repository", "path", "folder", "family", "key")
        )
        connection.register(
            "meant", _table(meant, "document_id", "repository", "module", "family", "key", "rank")
        )
        return connection.sql(_IMPORTS_SQL).to_arrow_table().cast(IMPORTS)


def _table(rows: Sequence[tuple[str | int, ...]], *names: str) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    kinds = [pa.int32() if name == "rank" else pa.string() for name in names]
    return pa.table(
        [pa.array(values, kind) for values, kind in zip(columns, kinds, strict=True)], names=list(names)
    )


def dependency_order(documents: pa.Table, imports: pa.Table) -> pa.Table:
    """ORDER: the files of each repository, what is imported before what imports it.

    Among files that wait for none the first by path comes first. Where all wait for each other, the one that waits
    for the fewest does (as DeepSeek-Coder orders repositories, arXiv:2401.14196, section 2.2).
    """
    paths: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for document_id, repository, path in rows_of(documents, "document_id", "repository", "path"):
        paths[repository].append((path, document_id))
    edges: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for repository, importer, imported in rows_of(imports, "repository", "importer", "imported"):
        edges[repository].append((importer, imported))
    rows = [
        (repository, document_id, position)
        for repository in sorted(paths)
        for position, document_id in enumerate(_ordered(sorted(paths[repository]), edges[repository]))
    ]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        [pa.array(values, kind) for values, kind in zip(columns, ORDER.types, strict=True)], schema=ORDER
    )


def _ordered(files: list[tuple[str, str]], edges: Iterable[tuple[str, str]]) -> list[str]:
    place = {document_id: number for number, (_, document_id) in enumerate(files)}
    waits = [0] * len(files)
    users: list[list[int]] = [[] for _ in files]
    for importer, imported in edges:
        if importer in place and imported in place:
            waits[place[importer]] += 1
            users[place[imported]].append(place[importer])
    # Stale entries stay in the heap and are passed over: a file is pushed again whenever it waits for one less.
    heap = [(count, number) for number, count in enumerate(waits)]
    heapq.heapify(heap)
    is_done = [False] * len(files)
    order: list[str] = []
    while heap:
        count, number = heapq.heappop(heap)
        if is_done[number] or count != waits[number]:
            continue
        is_done[number] = True
        order.append(files[number][1])
        for user in users[number]:
            waits[user] -= 1
            if not is_done[user]:
                heapq.heappush(heap, (waits[user], user))
    return order


def calls_between(
    documents: pa.Table, units: pa.Table, imports: pa.Table, handed_on: pa.Table | None = None
) -> pa.Table:
    """CALLS: from a unit to the units of that name that its file can see, the nearest only.

    Nearest is the file itself, then what it imports, then its package. What an imported package has from its modules
    is seen with `handed_on`, REEXPORTS. Callers of a unit are the same table read the other way.
    """
    with duckdb.connect() as connection:
        connection.register(
            "all_documents", documents.select(["document_id", "repository", "path", "language"])
        )
        connection.sql(
            "CREATE TEMP VIEW documents AS SELECT *, regexp_replace(path, '[^/]*$', '') AS folder FROM all_documents"
        )
        connection.register(
            "units", units.select(["unit_id", "document_id", "name", "kind", "parent_id", "calls"])
        )
        connection.register("imports", imports)
        connection.register("reexports", REEXPORTS.empty_table() if handed_on is None else handed_on)
        return connection.sql(_CALLS_SQL).to_arrow_table().cast(CALLS)


def code_under_tests(units: pa.Table, calls: pa.Table) -> pa.Table:
    """TESTS: from a test to the code it calls; basis `name` where the test is named after it, else `call`."""
    columns = ["unit_id", "name", "qualified_name", "is_test", "test_of"]
    with duckdb.connect() as connection:
        connection.register("units", units.select(columns))
        connection.register("calls", calls)
        return connection.sql(_TESTS_SQL).to_arrow_table().cast(TESTS)
