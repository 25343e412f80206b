"""What ingest takes in, what it leaves out, and how it reads foreign datasets."""

from __future__ import annotations

from pydantic import Field, field_validator

from tasks.ingest.patterns import BadPattern, pattern_of
from tilth.config import Config
from tilth.presets.files import FilePreset


class CategoryRule(Config):
    """A category for the files whose path matches a pattern."""

    glob: str = Field(min_length=1, description="Pattern on the path inside the source, as in .gitignore.")
    category: str = Field(min_length=1, description="Category of the files that match.")

    @field_validator("glob")
    @classmethod
    def _is_pattern(cls, glob: str) -> str:
        try:
            pattern_of(glob)
        except BadPattern:
            raise ValueError(f"{glob} is no pattern that can match a path") from None
        return glob


class ColumnMapping(Config):
    """Which column of a dataset means what. Rows with messages or an output are seeds, others documents."""

    text: str = Field(default="text", min_length=1, description="Column with a document's text.")
    instruction: str = Field(default="instruction", min_length=1, description="Column with what is asked.")
    input: str = Field(default="input", min_length=1, description="Column with the instruction's material.")
    output: str = Field(default="output", min_length=1, description="Column with the answer.")
    messages: str = Field(default="messages", min_length=1, description="Column with a conversation.")
    language: str = Field(default="language", min_length=1, description="Column with the text's language.")
    licence: str = Field(default="license", min_length=1, description="Column with an SPDX licence.")
    path: str = Field(default="path", min_length=1, description="Column with the path a text came from.")
    category: str = Field(default="category", min_length=1, description="Column with the row's category.")


class IngestConfig(Config):
    """Bounds and filters of ingest."""

    # The Stack leaves out files above 1 MB; twice that keeps the largest hand-written modules.
    max_file_bytes: int = Field(
        default=2 << 20,
        gt=0,
        le=1 << 30,
        description="Larger text files are left out, and larger rows of datasets.",
    )
    max_document_bytes: int = Field(
        default=64 << 20,
        gt=0,
        le=1 << 30,
        description="Larger PDF, DOCX, PPTX, EPUB and notebook files are left out.",
    )
    # A dataset is held in memory several times over while its part is made: as bytes, text, rows and columns.
    max_dataset_bytes: int = Field(
        default=128 << 20,
        gt=0,
        le=4 << 30,
        description="Larger datasets are left out; split them into files.",
    )
    max_archive_bytes: int = Field(
        default=512 << 20,
        gt=0,
        le=8 << 30,
        description="Reading of an archive stops when it unpacks to more.",
    )
    # Source code packs 3 to 10 times, the most repetitive logs some 50 times, a bomb's zeros 1000 times.
    max_archive_ratio: int = Field(
        default=200, gt=1, le=10_000, description="Unpacked to packed size above which an archive is a bomb."
    )
    max_members: int = Field(
        default=100_000, gt=0, le=10_000_000, description="Reading of an archive stops after so many members."
    )
    max_commits: int = Field(
        default=0,
        ge=0,
        le=1_000_000,
        description="Last commits of each git repository that are read too, as messages with diffs.",
    )
    presets: tuple[FilePreset, ...] = Field(
        default=(),
        description="Published rule sets that files of code must meet: starcoder, deepseek-coder.",
    )
    respect_gitignore: bool = Field(default=True, description="Leave out what .gitignore files ignore.")
    keep_generated: bool = Field(default=False, description="Keep files that a program wrote.")
    keep_vendored: bool = Field(
        default=False, description="Keep copies of other projects (node_modules, vendor)."
    )
    keep_minified: bool = Field(default=False, description="Keep files whose lines no person writes.")
    keep_data: bool = Field(
        default=False, description="Keep JSON, YAML, TOML, XML and CSV files found in folders."
    )
    categories: tuple[CategoryRule, ...] = Field(
        default=(),
        description="Rules on the path, the first that matches wins; else the category is the source.",
    )
    columns: ColumnMapping = Field(
        default=ColumnMapping(), description="How the columns of datasets are called."
    )
