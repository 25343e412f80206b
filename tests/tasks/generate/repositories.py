"""Repositories for the tests of generate: files as documents, and their units."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tasks.generate.config import GenerateConfig
from tasks.generate.from_units import generate_from_units
from tasks.split.by_syntax import split_documents
from tasks.split.config import SplitConfig
from tilth.detect.languages import language_of_name
from tilth.fingerprint import digest
from tilth.records import DOCUMENTS, Columns, Outcome

Repository = tuple[pa.Table, pa.Table]


def repository_of(files: Mapping[str, str], name: str = "project") -> Repository:
    """Documents and units of a repository whose files are given by path; what is no code has no units."""
    rows = Columns(DOCUMENTS)
    for path, text in files.items():
        language = language_of_name(path)
        assert language is not None
        rows.add(
            key=path,
            document_id=digest(name, path, text),
            source=name,
            repository=name,
            path=path,
            kind=language.kind,
            language=language.name,
            text=text,
            bytes=len(text.encode()),
            licence="MIT",
            licence_class="permissive",
            secrets=[],
            personal_data=[],
            category=name,
            extra="{}",
        )
    documents = rows.table()
    code = documents.filter(pc.equal(documents["kind"], "code"))
    return documents, split_documents(code, SplitConfig()).rows


def package(module: str, name: str = "project") -> Repository:
    """A package of this machine's Python as a repository."""
    folder = Path(module).parent
    files = sorted(folder.rglob("*.py"))
    return repository_of(
        {f"{folder.name}/{path.relative_to(folder).as_posix()}": path.read_text("utf-8") for path in files},
        name,
    )


def generate(repository: Repository, method: str, **config: object) -> Outcome:
    """What a method makes of a repository."""
    documents, units = repository
    code = documents.filter(pc.equal(documents["kind"], "code"))
    keys = {document_id: f"repository:{document_id}" for document_id in code["document_id"].to_pylist()}
    settings = GenerateConfig.model_validate({"code_methods": (method,), "max_views_per_unit": 16, **config})
    kept = frozenset(units["unit_id"].to_pylist())
    return generate_from_units(code, units, kept, settings, keys)
