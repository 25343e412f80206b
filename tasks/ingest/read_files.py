"""The engine: surveyed files to documents and rejects.

One row of the survey may give many documents (an archive, a dataset) or two (a notebook); each of its files,
members or rows ends as documents or as a reject. The same function judges a file of a folder and a member of
an archive. Nothing is written to disk, and a file is read only as far as the survey allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from tasks.ingest.config import IngestConfig
from tasks.ingest.decode import Decoded, decode
from tasks.ingest.drafts import DocumentTable, Draft, Origin
from tasks.ingest.inherited_licences import Inheritance, state_licences, states_licence
from tasks.ingest.open_file import digest_of_bytes, digest_of_file, read_at_most
from tasks.ingest.read_archives import Member, read_archive
from tasks.ingest.read_datasets import BadMessages, BadRow, Record, messages_of, read_dataset, text_of
from tasks.ingest.read_documents import MARKUP, BrokenDocument, read_document
from tasks.ingest.read_history import BadCommit, read_commits
from tasks.ingest.read_notebooks import BrokenNotebook, read_notebook
from tasks.ingest.survey import max_bytes_of
from tilth.detect.files import binary_reason, generated_reason, minified_reason, vendored_reason
from tilth.detect.languages import Language, is_archive, language_of, language_of_label, language_of_name
from tilth.detect.licences import Licence, is_licence_file
from tilth.detect.spdx import normalise_expression
from tilth.errors import MissingExtra
from tilth.presets.files import SourceFile, broken_rule
from tilth.records import Outcome, rows_of

_TEXT = Language("text", "prose")
_DIFF = Language("diff", "commit")


class _LeftOut(Exception):
    """A file is not taken: a machine-readable reason and a detail."""

    def __init__(self, reason: str, detail: str | None = None) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


def ingest_files(survey: pa.Table, config: IngestConfig) -> Outcome:
    """DOCUMENTS and REJECTS of some rows of the survey (its schema: SURVEY), in the rows' order, commits last."""
    table = DocumentTable(config)
    names = (
        "key",
        "source",
        "repository",
        "path",
        "role",
        "location",
        "content_digest",
        "licence",
        "licence_basis",
    )
    histories: dict[tuple[str, str], dict[str, tuple[Origin, Licence]]] = {}
    for key, source, repository, path, role, location, content_digest, *licence in rows_of(survey, *names):
        origin = Origin(key, source, repository, path)
        inherited = Licence(*licence)
        if role == "commit":
            histories.setdefault((location, source), {})[content_digest] = (origin, inherited)
            continue
        try:
            data = _read(location, role, content_digest, max_bytes_of(path, role, config))
            if role == "archive":
                _ingest_archive(table, origin, location, inherited, config)
            elif role == "dataset":
                _ingest_dataset(table, origin, data, inherited, config)
            else:
                for draft in _drafts_of(path, data, config):
                    _check_presets(draft, data, config)
                    table.add(origin, draft, inherited)
        except _LeftOut as left:
            table.reject(origin, path, left.reason, left.detail)
    for (location, _), asked in histories.items():
        _ingest_history(table, location, asked)
    return table.outcome()


def _read(location: str, role: str, content_digest: str, max_bytes: int) -> bytes:
    """The file's content if it is still the one surveyed; an archive's is only compared, not held."""
    try:
        data = b"" if role == "archive" else read_at_most(location, max_bytes + 1)
        found = digest_of_file(location) if role == "archive" else digest_of_bytes(data)
    except OSError as error:
        raise _LeftOut("unreadable", error.strerror or str(error)) from None
    if found != content_digest:
        raise _LeftOut("changed_while_reading", "its content is no longer the one surveyed; run again")
    return data


# ------------------------------------------------------------------------------------------------- one file


def _drafts_of(path: str, data: bytes, config: IngestConfig) -> Iterator[Draft]:
    """The documents of one file: one, or two of a notebook. Raises `_LeftOut`."""
    flags: dict[str, Any] = {}
    _check_name(path, config, flags)
    if not data:
        raise _LeftOut("empty", None)
    named = language_of_name(path)
    if named is not None and named.name in MARKUP:
        yield _draft_of_document(path, named.name, data, config)
        return
    binary = binary_reason(data)
    if binary is not None:
        raise _LeftOut("binary", f"it holds {binary}")
    language = _language_of(path, data, config)
    decoded = decode(data)
    if decoded is None:
        raise _LeftOut("undecodable", "no encoding fits its bytes")
    if not decoded.text.strip():
        raise _LeftOut("empty", "it holds blanks only")
    if language.name == "notebook":
        yield from _drafts_of_notebook(path, decoded)
    elif language.name in MARKUP:
        yield _draft_of_document(path, language.name, data, config)
    else:
        if language.kind == "code":
            _check_content(path, data, config, flags)
        kind = "code" if language.kind == "data" else None
        yield Draft(path, language, *decoded, licence=None, extra=flags, kind=kind)


def _check_name(path: str, config: IngestConfig, flags: dict[str, Any]) -> None:
    """What the path alone tells; a reason that the config lets pass becomes a flag."""
    if is_licence_file(path.rpartition("/")[2]):
        raise _LeftOut("licence_text", "it is told to the files beside it")
    if is_archive(path):
        raise _LeftOut("nested_archive", "name it as a source of its own to open it")
    _leave_out("vendored", vendored_reason(path), config.keep_vendored, flags)


def _check_content(path: str, data: bytes, config: IngestConfig, flags: dict[str, Any]) -> None:
    _leave_out("generated", generated_reason(path, data), config.keep_generated, flags)
    _leave_out("minified", minified_reason(data), config.keep_minified, flags)


def _leave_out(reason: str, detail: str | None, keep: bool, flags: dict[str, Any]) -> None:
    if detail is None:
        return
    if not keep:
        raise _LeftOut(reason, detail)
    flags[reason] = detail


def _check_presets(draft: Draft, data: bytes, config: IngestConfig) -> None:
    """Leave out a file of code, or a page of HTML, that breaks a published rule."""
    is_page = draft.extra.get("read_from") == "html"
    is_code = (draft.kind or draft.language.kind) == "code"
    if not config.presets or not (is_page or is_code):
        return
    file = SourceFile(draft.language.name, draft.path, draft.text, len(data) if is_page else None)
    for preset in config.presets:
        broken = broken_rule(preset, file)
        if broken is not None:
            raise _LeftOut(*broken)


# A shebang or an HTML head stands in the first lines.
_HEAD_BYTES = 8192


def _language_of(path: str, data: bytes, config: IngestConfig) -> Language:
    language = language_of(path, data[:_HEAD_BYTES])
    if language is None:
        raise _LeftOut("unknown_language", "neither its name nor its first line tells a language")
    if language.kind == "data" and not config.keep_data:
        why = generated_reason(path, b"") if not config.keep_generated else None
        raise _LeftOut(
            "generated" if why else "data_file", why or f"{language.name} in a folder is no training text"
        )
    return language


def _draft_of_document(path: str, name: str, data: bytes, config: IngestConfig) -> Draft:
    try:
        text = read_document(name, data, config.max_archive_bytes)
    except BrokenDocument as broken:
        raise _LeftOut(broken.reason, broken.detail) from None
    except MissingExtra as missing:
        raise _LeftOut("missing_extra", str(missing)) from None
    if not text:
        raise _LeftOut("empty", f"the {name} holds no text")
    decoded = decode(data) if name == "html" else None
    encoding, has_bom = (decoded.encoding, decoded.has_bom) if decoded else ("binary", False)
    utf8 = text.encode("utf-8", "replace")
    return Draft(
        path,
        Language(MARKUP[name], "prose"),
        utf8.decode("utf-8"),
        utf8,
        encoding,
        has_bom,
        None,
        {"read_from": name},
    )


def _drafts_of_notebook(path: str, decoded: Decoded) -> Iterator[Draft]:
    try:
        markdown, code, language = read_notebook(decoded.text)
    except BrokenNotebook as broken:
        raise _LeftOut("broken_notebook", str(broken)) from None
    if not markdown and not code:
        raise _LeftOut("empty", "the notebook holds no text")
    for text, made in ((markdown, Language("markdown", "prose")), (code, Language(language, "code"))):
        if text:
            utf8 = text.encode("utf-8")
            extra = {"read_from": "notebook"}
            yield Draft(path, made, text, utf8, decoded.encoding, decoded.has_bom, None, extra)


# ----------------------------------------------------------------------------------------------- an archive


def _ingest_archive(
    table: DocumentTable, origin: Origin, location: str, inherited: Licence, config: IngestConfig
) -> None:
    """Each member as a file of its own; licences are told by the archive's own files, which may come last."""
    drafts: list[Draft] = []
    stating: dict[str, str] = {}
    is_empty = True
    for member in read_archive(
        location, origin.path, lambda name: max_bytes_of(name, "file", config), config
    ):
        is_empty = False
        path = f"{origin.path}/{member.path}" if member.path else origin.path
        if not isinstance(member, Member):
            table.reject(origin, path, member.reason, member.detail)
            continue
        _keep_licence(stating, member)
        try:
            for draft in _drafts_of(path, member.data, config):
                _check_presets(draft, member.data, config)
                drafts.append(draft)
        except _LeftOut as left:
            table.reject(origin, path, left.reason, left.detail)
    if is_empty:
        table.reject(origin, origin.path, "empty", "the archive holds no file")
    inheritance = _inheritance_of(stating, inherited)
    for draft in drafts:
        table.add(origin, draft, inheritance.of(draft.path[len(origin.path) + 1 :]))


def _keep_licence(stating: dict[str, str], member: Member) -> None:
    name = member.path.rpartition("/")[2]
    if states_licence(name) or name in ("RECORD", "top_level.txt"):
        stating[member.path] = member.data.decode("utf-8", "replace")


def _inheritance_of(stating: dict[str, str], inherited: Licence) -> Inheritance:
    """The licences that an archive's files state; where they state none, what its own folder states."""
    inheritance = Inheritance()
    inheritance.state("", inherited)
    folders: dict[str, set[str]] = {}
    for path in stating:
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder, set()).add(name)
        above, _, folder_name = folder.rpartition("/")
        if folder:
            folders.setdefault(above, set()).add(folder_name)
    for folder in sorted(folders):
        state_licences(inheritance, folder, sorted(folders[folder]), lambda path: stating.get(path, ""))
    return inheritance


# ----------------------------------------------------------------------------------------------- a history


def _ingest_history(table: DocumentTable, location: str, asked: Mapping[str, tuple[Origin, Licence]]) -> None:
    """Commits of one repository, each a document or a reject."""
    for found in read_commits(location, list(asked)):
        origin, licence = asked[found.commit]
        if isinstance(found, BadCommit):
            table.reject(origin, origin.path, found.reason, found.detail)
            continue
        extra = {"message_bytes": found.message_bytes, "files": found.files, "tests": found.tests}
        table.add(
            origin,
            Draft(origin.path, _DIFF, found.text, found.utf8, found.encoding, False, licence, extra),
            licence,
        )


# ----------------------------------------------------------------------------------------------- a dataset


def _ingest_dataset(
    table: DocumentTable, origin: Origin, data: bytes, inherited: Licence, config: IngestConfig
) -> None:
    """Each row as a seed or a document, or a reject with its line."""
    rows = 0
    for record in read_dataset(origin.path, data, config):
        rows += 1
        if isinstance(record, BadRow):
            table.reject(origin, origin.path, record.reason, record.detail, record.line)
            continue
        try:
            draft = _draft_of_record(origin, record, config)
            _check_presets(draft, b"", config)
            table.add(origin, draft, inherited)
        except _LeftOut as left:
            table.reject(origin, origin.path, left.reason, left.detail, record.line)
    if not rows:
        table.reject(origin, origin.path, "empty", "the dataset holds no row")


def _draft_of_record(origin: Origin, record: Record, config: IngestConfig) -> Draft:
    columns, mapping = record.columns, config.columns
    try:
        messages = messages_of(columns, mapping)
    except BadMessages as bad:
        raise _LeftOut("bad_messages", str(bad)) from None
    text = (
        "\n\n".join(message["content"] for message in messages)
        if messages
        else text_of(columns, mapping.text)
    )
    if not text or not text.strip():
        wanted = f"{mapping.messages}, {mapping.output} or {mapping.text}"
        raise _LeftOut("no_text", f"it has no column {wanted}; its columns are {', '.join(sorted(columns))}")
    utf8 = text.encode("utf-8")
    if len(utf8) > config.max_file_bytes:
        raise _LeftOut("too_large", f"{len(utf8)} bytes, {config.max_file_bytes} are allowed")
    declared = text_of(columns, mapping.licence)
    extra: dict[str, Any] = {"line": record.line}
    inner_path = text_of(columns, mapping.path)
    if inner_path is not None:
        extra["path"] = inner_path
    if messages:
        extra["messages"] = messages
    return Draft(
        origin.path,
        _language_of_record(columns, inner_path, config),
        text,
        utf8,
        "utf-8",
        has_bom=False,
        licence=Licence(normalise_expression(declared), "metadata") if declared else None,
        extra=extra,
        category=text_of(columns, mapping.category),
        kind="seed" if messages else None,
    )


def _language_of_record(columns: dict[str, Any], inner_path: str | None, config: IngestConfig) -> Language:
    """By the row's language, else by the path it came from, else text."""
    label = text_of(columns, config.columns.language)
    found = language_of_label(label) if label else None
    if found is None and inner_path is not None:
        found = language_of_name(inner_path)
    return found if found is not None and found.kind in ("code", "prose") else _TEXT
