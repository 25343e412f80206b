"""Which stage brings about which artifact: what people hear of is the stage, what lies in the lake the artifact."""

from __future__ import annotations

from collections.abc import Mapping

STAGE_OF: Mapping[str, str] = {
    "documents": "ingest",
    "surviving_documents": "dedupe_documents",
    "chunks": "chunk",
    "units": "split",
    "surviving_units": "dedupe_units",
    "examples": "generate",
    "verdicts": "validate",
    "surviving_examples": "dedupe_examples",
    "mixture": "balance",
    "version": "export",
}
