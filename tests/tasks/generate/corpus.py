"""Real code in several languages, small enough for a test: what is bundled as a sample, and the standard library."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from tasks.generate.config import GenerateConfig
from tasks.generate.from_units import generate_from_units
from tasks.split.by_syntax import split_documents
from tasks.split.config import SplitConfig
from tilth.fingerprint import ROOT, digest
from tilth.records import DOCUMENTS, Columns, Outcome

_SUFFIXES = {
    ".py": "python",
    ".js": "javascript",
    ".ts": "typescript",
    ".go": "go",
    ".rs": "rust",
    ".java": "java",
}


def documents_of(**texts: tuple[str, str]) -> pa.Table:
    """Documents of code: name=(language, text)."""
    rows = Columns(DOCUMENTS)
    for name, (language, text) in texts.items():
        rows.add(
            key=name,
            document_id=digest(name, text),
            source="s",
            repository="s",
            path=f"src/{name}",
            kind="code",
            language=language,
            text=text,
            bytes=len(text.encode()),
            licence="MIT",
            licence_class="permissive",
            secrets=[],
            personal_data=[],
            category="s",
            extra="{}",
        )
    return rows.table()


def corpus_of_languages() -> dict[str, tuple[str, str]]:
    """Every file of code in the bundled sample."""
    return {
        str(path.relative_to(ROOT)): (_SUFFIXES[path.suffix], path.read_text(encoding="utf-8"))
        for path in sorted(Path(ROOT, "data", "sample").rglob("*"))
        if path.suffix in _SUFFIXES
    }


def library_of(**texts: tuple[str, str]) -> tuple[pa.Table, pa.Table]:
    """Documents and their units."""
    documents = documents_of(**texts)
    return documents, split_documents(documents, SplitConfig()).rows


def generated(library: tuple[pa.Table, pa.Table], *methods: str, **config: object) -> Outcome:
    """What these methods make of all units."""
    documents, units = library
    kept = frozenset(units["unit_id"].to_pylist())
    settings = {"max_views_per_unit": 16, **config}
    return generate_from_units(
        documents, units, kept, GenerateConfig.model_validate({"code_methods": methods, **settings})
    )


def code_in(message: str) -> str:
    """What stands in the last block of code of a message."""
    fence = message.rstrip().rsplit("\n", 1)[-1]
    return message.rsplit(f"\n{fence}", 1)[0].split(fence, 1)[1].split("\n", 1)[1]
