"""Units and passages to examples, by the rules that somebody names.

Methods that look at one unit, or at a batch of files, get the units file in batches of whole documents; methods that
look across files get one repository at a time; triplets are mined among all passages at once. Nothing is deduplicated
and nothing validated: that is the build's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flows.alone.by_document import batches_of, opened, require_columns
from flows.alone.from_files import CHUNKS_FILE
from flows.alone.given_units import NEEDED, given_units
from flows.alone.output import RowFile, row_file
from flows.alone.progress import Tell
from flows.alone.rejects import Rejects
from flows.recipe import Recipe
from tasks.generate.config import CodeMethod, GenerateConfig, ProseMethod
from tasks.generate.from_chunks import generate_from_chunks, mine_from_corpus
from tasks.generate.from_units import generate_from_units
from tasks.generate.methods import METHODS
from tilth.errors import RequestError
from tilth.memory import give_back
from tilth.pool import map_in_pool
from tilth.records import CHUNKS, EXAMPLES, Outcome, narrow

CODE_METHODS: tuple[str, ...] = get_args(CodeMethod)
# What needs a repository's code and its documents at once is a build's.
_OF_BOTH = frozenset(["describe_function"])
PROSE_METHODS: tuple[str, ...] = tuple(name for name in get_args(ProseMethod) if name not in _OF_BOTH)

MAKE_UNITS = "tilth split PATH --out units.parquet"
MAKE_CHUNKS = "tilth chunk PATH --out chunks.parquet"
# What a chunks file must have; the rest of its columns says where a passage comes from.
NEEDED_OF_CHUNKS = narrow(
    CHUNKS, "chunk_id", "document_id", "text", "start", "headings", "heading_start", "overlap_bytes", "language", "path"
)  # fmt: skip


class Request(NamedTuple):
    """What is asked for: rules, the files they work on, where given paths start, and how it is made."""

    methods: tuple[str, ...]
    units: Path | None
    chunks: Path | None
    root: Path
    recipe: Recipe


def check_methods(methods: Sequence[str]) -> None:
    """Raise `RequestError` for a method that does not exist."""
    import difflib

    known = [*CODE_METHODS, *PROSE_METHODS]
    for name in methods:
        if name in _OF_BOTH:
            raise RequestError(
                f"{name} looks at passages and code together. Name it in a recipe: tilth build"
            )
        if name not in known:
            hint = difflib.get_close_matches(name, known, n=1)
            raise RequestError(
                f"There is no method {name}. "
                + (f"Did you mean {hint[0]}? " if hint else "")
                + f"Of code there is {', '.join(CODE_METHODS)}; of prose {', '.join(PROSE_METHODS)}."
            )


def generate_alone(request: Request, out: Path, rejects_path: Path | None, tell: Tell) -> dict[str, Any]:
    """Write the examples and return counts: rows, rows by method and by task, rejects by reason, path.

    Raises `RequestError` for a wrong request, `LakeError` for a file that cannot be written.
    """
    code = tuple(name for name in CODE_METHODS if name in request.methods)
    prose = tuple(name for name in PROSE_METHODS if name in request.methods)
    config = request.recipe.generate.model_copy(update={"code_methods": code, "prose_methods": prose})
    check_methods(request.methods)
    _require(
        bool(code), request.units, f"{', '.join(code)} works on units: --units FILE, made by {MAKE_UNITS}"
    )
    _require(
        bool(prose),
        request.chunks,
        f"{', '.join(prose)} works on passages: --chunks FILE, made by {MAKE_CHUNKS}",
    )
    with ExitStack() as stack:
        made = _Made(
            stack.enter_context(row_file(out, EXAMPLES)), stack.enter_context(Rejects.to(rejects_path)), tell
        )
        tell.began("generate", 0)
        if code and request.units is not None:
            _from_units(request, request.units, config, made)
        if prose and request.chunks is not None:
            _from_chunks(request.chunks, config, made)
    return {
        "rows": made.rows.rows,
        "methods": {name: made.methods[name] for name in (*code, *prose)},
        "tasks": dict(sorted(made.tasks.items())),
        "rejects": made.rejects.by_reason(),
        "path": str(out),
    }


def _require(is_wanted: bool, path: Path | None, sentence: str) -> None:
    if is_wanted and path is None:
        raise RequestError(sentence)


class _Made:
    """What has been made so far, and where it goes."""

    def __init__(self, rows: RowFile, rejects: Rejects, tell: Tell) -> None:
        self.rows, self.rejects, self._tell = rows, rejects, tell
        self.methods: Counter[str] = Counter()
        self.tasks: Counter[str] = Counter()
        self.documents = 0

    def take(self, outcomes: Iterable[tuple[Outcome, int]]) -> None:
        """Write the outcomes of batches and count them; with each, how many documents it found."""
        for outcome, documents in outcomes:
            self.rows.add(outcome.rows)
            self.rejects.add(outcome.rejects)
            self.documents += documents
            for counter, column in ((self.methods, "method"), (self.tasks, "task")):
                for entry in pc.value_counts(outcome.rows[column].combine_chunks()).to_pylist():
                    counter[entry["values"]] += entry["counts"]
            self._tell.advanced("generate")


# ----------------------------------------------------------------------------------------------------- units


def _from_units(request: Request, path: Path, config: GenerateConfig, made: _Made) -> None:
    scopes = {METHODS[name].scope for name in config.code_methods}
    with opened(path, MAKE_UNITS) as file:
        require_columns(file, path, NEEDED)
        document = "document_id" if "document_id" in file.schema_arrow.names else "path"
        engine = partial(_of_units, request._replace(units=None, chunks=None), config)
        if scopes - {"repository"}:
            batches = batches_of(file, path, document, ("start", "end"))
            made.take(map_in_pool(partial(engine, False), batches))
        if "repository" in scopes:
            made.take(map_in_pool(partial(engine, True), _repositories(file, path)))
    if not made.documents and made.rejects.by_reason().get("file_missing"):
        raise RequestError(
            f"None of the files that {path} names is in {request.root.absolute()}. "
            "Name the folder that its column path starts from: --root DIR"
        )


def _of_units(
    request: Request, config: GenerateConfig, by_repository: bool, rows: pa.Table
) -> tuple[Outcome, int]:
    """Examples of one batch of rows, or of one repository's."""
    recipe = request.recipe
    given = given_units(rows, request.root, recipe.split, recipe.ingest.max_file_bytes)
    ids = given.documents["document_id"].to_pylist()
    keys = {document_id: document_id for document_id in ids} if by_repository else None
    outcome = generate_from_units(given.documents, given.units, given.kept, config, keys)
    count = len(ids)
    # What is left out of a file is told once, by the pass that sees single files.
    is_told = by_repository and any(METHODS[name].scope != "repository" for name in config.code_methods)
    rejects = outcome.rejects if is_told else pa.concat_tables([given.rejects, outcome.rejects])
    del given
    give_back()
    return Outcome(outcome.rows, rejects), count


def _repositories(file: pq.ParquetFile, path: Path) -> Iterable[pa.Table]:
    """The rows of one repository after the other; all of a file that does not tell them apart."""
    if "repository" not in file.schema_arrow.names:
        yield file.read(use_threads=False)
        return
    names: set[str | None] = set()
    for batch in file.iter_batches(columns=["repository"], use_threads=False):
        names.update(pc.unique(batch.column(0)).to_pylist())
    for name in sorted(name for name in names if name is not None):
        # Parquet's bounds of each row group say in which of them the repository can be.
        yield pq.read_table(path, filters=[("repository", "=", name)], use_threads=False)


# ---------------------------------------------------------------------------------------------------- chunks


def _from_chunks(path: Path, config: GenerateConfig, made: _Made) -> None:
    with opened(path, MAKE_CHUNKS) as file:
        require_columns(file, path, NEEDED_OF_CHUNKS)
        if set(config.prose_methods) - {"mine_triplets"}:
            batches = batches_of(file, path, "document_id", ("start", "chunk_id"))
            made.take(map_in_pool(partial(_of_chunks, generate_from_chunks, config), batches))
        if "mine_triplets" in config.prose_methods:
            made.take([_of_chunks(_mined, config, file.read(use_threads=False))])


_Engine = Callable[[pa.Table, pa.Table, GenerateConfig], Outcome]


def _of_chunks(engine: _Engine, config: GenerateConfig, rows: pa.Table) -> tuple[Outcome, int]:
    """Examples of some passages."""
    chunks, documents = chunks_and_documents(rows)
    return engine(chunks, documents, config), documents.num_rows


def chunks_and_documents(rows: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Rows of a chunks file as CHUNKS, and what they say of their documents."""
    columns = {
        field.name: rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(rows.num_rows, field.type)
        for field in CHUNKS_FILE
    }
    chunks = pa.table(columns)
    about = chunks.group_by("document_id", use_threads=False).aggregate(
        [(name, "min") for name in ("licence", "category", "repository")]
    )
    documents = about.rename_columns(["document_id", "licence", "category", "repository"])
    return chunks.select(CHUNKS.names), _named(documents)


def _named(documents: pa.Table) -> pa.Table:
    """Documents of which nothing is said are of an unknown licence and have no repository of their own."""
    for name, default in (("licence", "unknown"), ("category", "chunks"), ("repository", "chunks")):
        filled = pc.fill_null(documents[name], default)
        documents = documents.set_column(documents.column_names.index(name), name, filled)
    return documents


def _mined(chunks: pa.Table, documents: pa.Table, config: GenerateConfig) -> Outcome:
    keys = {document_id: document_id for document_id in documents["document_id"].to_pylist()}
    return mine_from_corpus(chunks, documents, keys, config)
