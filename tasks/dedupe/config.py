"""What counts as a duplicate."""

from __future__ import annotations

from pydantic import Field

from tilth.config import Config


class DedupeConfig(Config):
    """How alike two items must be for the lesser one to fall.

    Similarity is the Jaccard similarity of the sets of word n-grams. With n-grams of 5 words, e scattered
    edits in a text of N words leave about (N - 5e) / (N + 5e): 0.7 is 3.5 edits in 100 words, 0.8 is 2.2.
    """

    # 3.5 edits in 100 words: another version of the same file, whose loss costs a training set nothing.
    threshold: float = Field(
        default=0.7,
        ge=0.3,
        le=1,
        description="Least Jaccard similarity (0.3 to 1) at which the lesser item falls.",
    )
    shingle_words: int = Field(
        default=5, ge=1, le=32, description="Words in a shingle: the n of the n-grams compared."
    )
    # At 0.7 it chooses 25 bands of 5 rows (0.99); pairs above the threshold are caught more often still.
    recall: float = Field(
        default=0.98,
        ge=0.5,
        le=0.999,
        description="Share of pairs just at the threshold that the bands are to find.",
    )
    is_near: bool = Field(default=True, description="Remove near-duplicates too, not only exact ones.")


class ExampleDedupeConfig(DedupeConfig):
    """The same for examples, whose subjects are short: two edits in 100 words can be the point of a second one."""

    threshold: float = Field(
        default=0.8,
        ge=0.3,
        le=1,
        description="Least Jaccard similarity (0.3 to 1) at which the lesser item falls.",
    )
