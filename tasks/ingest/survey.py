"""The survey: one row a file to be read, in a fixed order, and rejects for what is not worth opening.

It tells what a file's documents depend on: its content's digest, the project folder it belongs to, the
licence it inherits. `location` is where the file lies on this machine; it is for the engine alone and reaches
neither an artifact nor a digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

import pyarrow as pa

from tasks.ingest.config import IngestConfig
from tasks.ingest.inherited_licences import MAX_LICENCE_BYTES, Inheritance, state_licences
from tasks.ingest.open_file import digest_of_file, text_at
from tasks.ingest.patterns import pattern_of
from tasks.ingest.read_history import FOLDER, list_commits
from tasks.ingest.sources import Source, may_hold, names_explicitly, resolve_sources
from tasks.ingest.walk import Folder, Found, FoundFile, LeftOut, walk
from tilth.detect.languages import extension_of, is_archive
from tilth.detect.licences import Licence
from tilth.errors import RequestError
from tilth.fingerprint import digest
from tilth.records import REJECTS, Columns, Outcome

SURVEY = pa.schema(
    [
        ("key", pa.string()),  # digest of source name and path inside it
        ("row_digest", pa.string()),  # of all that the row's documents depend on; the location is not of it
        ("source", pa.string()),
        ("repository", pa.string()),
        ("path", pa.string()),
        ("role", pa.string()),  # file | archive | dataset | commit
        ("location", pa.string()),  # on this machine; of a commit its repository's
        ("bytes", pa.int64()),
        ("content_digest", pa.string()),
        ("licence", pa.string()),  # inherited from the folders above
        ("licence_basis", pa.string()),
    ]
)

DATASETS = frozenset(("json", "jsonl", "ndjson", "yaml", "yml", "csv", "tsv", "parquet"))
# Formats whose text is a small part of the file.
DOCUMENTS = frozenset(("pdf", "docx", "pptx", "epub", "ipynb", "html", "htm", "xhtml"))
# What makes a folder a project of its own.
_MARKERS = frozenset(
    (
        ".git",
        ".hg",
        "pyproject.toml",
        "setup.py",
        "package.json",
        "go.mod",
        "Cargo.toml",
        "pom.xml",
        "build.gradle",
        "build.gradle.kts",
        "composer.json",
        "Gemfile",
        "CMakeLists.txt",
    )
)


def survey_sources(sources: Sequence[str], config: IngestConfig, cache_dir: Path) -> Outcome:
    """All files of all sources by source and path, as SURVEY, and what was left out.

    Repositories named by address are fetched into `cache_dir`, archives are listed as one row. Raises
    `RequestError` for a source that does not exist or holds no file at all.
    """
    rows: list[tuple[str, str, dict[str, str | int]]] = []
    rejects: list[tuple[str, str, str, str | None]] = []
    for source in resolve_sources(sources, cache_dir, config.max_commits):
        found = chain(_survey_source(source, config), _survey_history(source, config))
        files = 0
        for item in found:
            if isinstance(item, LeftOut):
                rejects.append((source.name, item.path, item.reason, item.detail))
                files += item.reason != "version_control"
            else:
                rows.append((source.name, str(item["path"]), item))
                files += 1
        if not files:
            what = "matches nothing" if source.kind == "glob" else "holds no file"
            raise RequestError(f"{source.shown} {what}. Name a source that holds files.")
    return Outcome(_table_of_rows(rows), _table_of_rejects(rejects))


def _table_of_rows(rows: list[tuple[str, str, dict[str, str | int]]]) -> pa.Table:
    columns = Columns(SURVEY)
    for _, _, row in sorted(rows, key=lambda item: item[:2]):
        columns.add(**row)
    return columns.table()


def _table_of_rejects(rejects: list[tuple[str, str, str, str | None]]) -> pa.Table:
    columns = Columns(REJECTS)
    for source, path, reason, detail in sorted(rejects, key=lambda item: item[:3]):
        key = digest(source, path)
        columns.add(key=key, item_id=key, path=path, line=None, reason=reason, detail=detail)
    return columns.table()


def _survey_source(source: Source, config: IngestConfig) -> Iterator[dict[str, str | int] | LeftOut]:
    inheritance = Inheritance()
    projects: dict[str, str | None] = {}

    def read(path: str) -> str:
        return text_at(source.root / path, MAX_LICENCE_BYTES)

    for item in _found_of(source, config):
        if isinstance(item, Folder):
            state_licences(inheritance, item.path, item.names, read)
            projects[item.path] = _project_of(item, projects)
        elif isinstance(item, LeftOut):
            yield item
        else:
            project = projects[item.path.rpartition("/")[0]]
            yield _survey_file(source, item, project, inheritance.of(item.path), config)


# A diff with whole functions has some kilobytes: enough to cut the work into batches by.
_COMMIT_BYTES = 8192


def _survey_history(source: Source, config: IngestConfig) -> Iterator[dict[str, str | int] | LeftOut]:
    """A row for each of the last commits of a repository; they carry the licence of its root."""
    if source.git_dir is None or not config.max_commits:
        return
    commits = list_commits(source.git_dir, source.revision, config.max_commits)
    if commits is None:
        yield LeftOut(FOLDER, "history_unreadable", "git cannot read the repository's commits")
        return
    inheritance = Inheritance()
    names = tuple(sorted(entry.name for entry in source.root.iterdir()))
    state_licences(inheritance, "", names, lambda path: text_at(source.root / path, MAX_LICENCE_BYTES))
    licence = inheritance.of("")
    for commit in commits:
        path = f"{FOLDER}/{commit}"
        yield {
            "key": digest(source.name, path),
            "row_digest": digest(commit, source.name, "commit", *licence),
            "source": source.name,
            "repository": source.name,
            "path": path,
            "role": "commit",
            "location": str(source.git_dir),
            "bytes": _COMMIT_BYTES,
            "content_digest": commit,
            "licence": licence.expression,
            "licence_basis": licence.basis,
        }


def _found_of(source: Source, config: IngestConfig) -> Iterator[Found]:
    """What the walk finds, narrowed to the file or the glob that the source asks for."""
    if source.kind == "folder":
        yield from walk(source.root, config)
    elif source.kind == "file":
        yield from _found_beside(source.root, source.pattern)
    else:
        spec = pattern_of(f"/{source.pattern}")
        for item in walk(source.root, config, partial(may_hold, source.pattern)):
            if isinstance(item, Folder) or spec.match_file(item.path):
                yield item


def _found_beside(root: Path, name: str) -> Iterator[Found]:
    """One file, and the folder it lies in for the licence files there."""
    try:
        names = tuple(sorted(entry.name for entry in root.iterdir()))
    except OSError:
        # A folder may let its files be read and not be listed: then nothing beside the file is known.
        names = ()
    yield Folder("", names)
    try:
        yield FoundFile(name, (root / name).stat().st_size)
    except OSError as error:
        yield LeftOut(name, "unreadable", error.strerror)


def _project_of(folder: Folder, projects: dict[str, str | None]) -> str | None:
    """The topmost project folder that the folder is in or is; None where there is none."""
    above = projects[folder.path.rpartition("/")[0]] if folder.path else None
    if above is not None:
        return above
    return folder.path if _MARKERS.intersection(folder.names) else None


def _role_of(source: Source, path: str) -> str:
    """An `archive` or `dataset` that is asked for is opened; whatever lies in a folder is a `file`."""
    if source.kind == "file" or (source.kind == "glob" and names_explicitly(source.pattern, path)):
        if is_archive(path):
            return "archive"
        if extension_of(path) in DATASETS:
            return "dataset"
    return "file"


def max_bytes_of(path: str, role: str, config: IngestConfig) -> int:
    """The size above which a file is not read."""
    if role == "archive":
        return config.max_archive_bytes
    if role == "dataset":
        return config.max_dataset_bytes
    is_document = extension_of(path) in DOCUMENTS
    return max(config.max_file_bytes, config.max_document_bytes) if is_document else config.max_file_bytes


def _survey_file(
    source: Source, found: FoundFile, project: str | None, licence: Licence, config: IngestConfig
) -> dict[str, str | int] | LeftOut:
    role = _role_of(source, found.path)
    limit = max_bytes_of(found.path, role, config)
    if found.bytes > limit:
        return LeftOut(found.path, "too_large", f"{found.bytes} bytes, {limit} are allowed")
    location = str(source.root / found.path)
    try:
        content_digest = digest_of_file(location)
    except OSError as error:
        return LeftOut(found.path, "unreadable", error.strerror)
    repository = f"{source.name}/{project}" if project else source.name
    return {
        "key": digest(source.name, found.path),
        "row_digest": digest(content_digest, repository, role, *licence),
        "source": source.name,
        "repository": repository,
        "path": found.path,
        "role": role,
        "location": location,
        "bytes": found.bytes,
        "content_digest": content_digest,
        "licence": licence.expression,
        "licence_basis": licence.basis,
    }
