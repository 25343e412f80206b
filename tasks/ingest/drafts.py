"""Documents as they are gathered: columns filled row by row, then what needs the whole column.

A draft's licence is known only when its archive has been read to the end, and secrets and personal data are
looked for in all texts at once; `DocumentTable` holds both back until then.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pyarrow as pa

from tasks.ingest.config import IngestConfig
from tasks.ingest.patterns import pattern_of
from tilth.detect.languages import Language
from tilth.detect.licences import Licence, licence_of_header
from tilth.detect.personal_data import find_personal_data
from tilth.detect.secrets import find_secrets
from tilth.detect.spdx import UNKNOWN, licence_class
from tilth.fingerprint import digest
from tilth.records import DOCUMENTS, REJECTS, Columns, Outcome


class Origin(NamedTuple):
    """The row of the survey that documents are made from."""

    key: str
    source: str
    repository: str
    path: str


class Draft(NamedTuple):
    """A document but for its digests, its category and its spans."""

    path: str
    language: Language
    text: str
    utf8: bytes
    encoding: str
    has_bom: bool
    licence: Licence | None  # its own; None: the inherited one
    extra: dict[str, Any]
    category: str | None = None
    kind: str | None = None  # overrides the language's


class DocumentTable:
    """Gathers documents and rejects of one shard."""

    def __init__(self, config: IngestConfig) -> None:
        self._documents = Columns(pa.schema([field for field in DOCUMENTS if field.name not in _SPANS]))
        self._rejects = Columns(REJECTS)
        self._rules = [(pattern_of(rule.glob), rule.category) for rule in config.categories]
        self._repeats: dict[str, int] = {}

    def reject(
        self, origin: Origin, path: str, reason: str, detail: str | None, line: int | None = None
    ) -> None:
        """Count a file, a member or a row out."""
        item = origin.key if path == origin.path else digest(origin.source, path)
        self._rejects.add(key=origin.key, item_id=item, path=path, line=line, reason=reason, detail=detail)

    def add(self, origin: Origin, draft: Draft, inherited: Licence) -> None:
        """Count a document in. Equal texts of one path are told apart by how often they came before."""
        kind = draft.kind or draft.language.kind
        licence = draft.licence or licence_of_header(draft.text, has_notices=kind == "code") or inherited
        document_id = digest(origin.source, draft.path, draft.utf8)
        repeat = self._repeats.get(document_id, 0)
        self._repeats[document_id] = repeat + 1
        self._documents.add(
            key=origin.key,
            document_id=digest(document_id, str(repeat)) if repeat else document_id,
            source=origin.source,
            repository=origin.repository,
            path=draft.path,
            kind=kind,
            language=draft.language.name,
            text=draft.text,
            bytes=len(draft.utf8),
            text_digest=digest(draft.utf8),
            encoding=draft.encoding,
            has_bom=draft.has_bom,
            licence=licence.expression,
            licence_class=licence_class(licence.expression),
            licence_basis=licence.basis if licence.expression != UNKNOWN else "none",
            category=draft.category or self._category_of(draft.path) or origin.source,
            extra=json.dumps(draft.extra, ensure_ascii=False, sort_keys=True) if draft.extra else None,
        )

    def _category_of(self, path: str) -> str | None:
        return next((category for spec, category in self._rules if spec.match_file(path)), None)

    def outcome(self) -> Outcome:
        """The documents with their secrets and personal data marked, and the rejects."""
        table = self._documents.table()
        texts = table.column("text").combine_chunks()
        columns = {name: table.column(name) for name in table.schema.names}
        columns |= {"secrets": find_secrets(texts), "personal_data": find_personal_data(texts)}
        return Outcome(
            pa.Table.from_arrays([columns[name] for name in DOCUMENTS.names], schema=DOCUMENTS),
            self._rejects.table(),
        )


_SPANS = ("secrets", "personal_data")
