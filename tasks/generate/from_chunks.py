"""From passages of prose to rows: each method that the config names, over whole tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from tasks.generate import (
    definition_question,
    describe_function,
    heading_to_passage,
    mine_triplets,
    show_usage,
)
from tasks.generate.config import GenerateConfig, ProseMethod
from tasks.generate.templates import Template, load_templates
from tilth.records import EXAMPLES, REJECTS, Outcome

_Method = Callable[[pa.Table, pa.Table, Mapping[str, tuple[Template, ...]], GenerateConfig], Outcome]

# A line each; adding one is a file and a line. Those of one document first.
_OF_A_DOCUMENT: Mapping[ProseMethod, _Method] = {
    "heading_to_passage": heading_to_passage.generate_from_chunks,
    "definition_question": definition_question.generate_from_chunks,
    "show_usage": show_usage.generate_from_chunks,
}


def generate_from_chunks(chunks: pa.Table, documents: pa.Table, config: GenerateConfig) -> Outcome:
    """Examples of the passages by the methods that look at one document.

    A passage that gives none by any of them is one reject, with the reason of the first method that was asked.
    """
    templates = load_templates("prose.yaml")
    outcomes = [
        method(chunks, documents, templates, config)
        for name, method in _OF_A_DOCUMENT.items()
        if name in config.prose_methods
    ]
    if not outcomes or not chunks.num_rows:
        return Outcome(EXAMPLES.empty_table(), REJECTS.empty_table())
    rows = pa.concat_tables([outcome.rows for outcome in outcomes])
    used = pc.unique(rows["origin_id"])
    first = outcomes[0].rejects
    return Outcome(rows, first.filter(pc.invert(pc.is_in(first["item_id"], value_set=used))))


def mine_from_corpus(
    chunks: pa.Table, documents: pa.Table, keys: Mapping[str, str], config: GenerateConfig
) -> Outcome:
    """Triplets of all passages of the corpus; `keys` names the key of each document's rows and rejects."""
    found = mine_triplets.generate_from_chunks(chunks, documents, load_templates("prose.yaml"), config)
    by_chunk = dict(zip(chunks["chunk_id"].to_pylist(), chunks["document_id"].to_pylist(), strict=True))
    return Outcome(
        _keyed(found.rows, [by_chunk[chunk_id] for chunk_id in found.rows["origin_id"].to_pylist()], keys),
        _keyed(
            found.rejects, [by_chunk[chunk_id] for chunk_id in found.rejects["item_id"].to_pylist()], keys
        ),
    )


def describe_repository(
    chunks: pa.Table, documents: pa.Table, units: pa.Table, keys: Mapping[str, str], config: GenerateConfig
) -> Outcome:
    """What the documents of a repository say about its code; `keys` as above."""
    templates = load_templates("prose.yaml")
    rows = describe_function.generate_from_repository(chunks, documents, units, templates, config).rows
    return Outcome(_keyed(rows, rows["key"].to_pylist(), keys), REJECTS.empty_table())


def _keyed(table: pa.Table, document_ids: list[str], keys: Mapping[str, str]) -> pa.Table:
    column = pa.array([keys[document_id] for document_id in document_ids], pa.string())
    return table.set_column(table.schema.get_field_index("key"), "key", column)
