"""What an export is asked for: sides, formats, fill-in-the-middle tokens, shard size and the card's head."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field, model_validator

from tilth.config import Config

Format = Literal["parquet", "jsonl", "openai_chat", "sharegpt", "alpaca", "fim", "triplet", "preference"]
Sentinels = Literal["starcoder", "codellama", "deepseek", "qwen", "codegemma", "neutral"]
Grouping = Literal["auto", "repository", "folder"]

SIDES = ("train", "validation", "test")


class ExportConfig(Config):
    """How a mixture is parted, written and described."""

    formats: tuple[Format, ...] = Field(
        default=get_args(Format),
        description="File formats. Parquet is the version itself: it is written whether named or not.",
    )
    validation_ratio: float = Field(
        default=0.05, ge=0, lt=1, description="Share of groups on the validation side; train gets the rest."
    )
    test_ratio: float = Field(
        default=0.05, ge=0, lt=1, description="Share of groups on the test side; train gets the rest."
    )
    group_by: Grouping = Field(
        default="auto",
        description="What one side holds whole; `auto`: the repository, or its folders with fewer than ten.",
    )
    seed: int = Field(
        default=0, ge=0, lt=2**63, description="Seed of the sides and of the order inside fill-in-the-middle."
    )
    fim_sentinels: Sentinels = Field(
        default="starcoder",
        description="Model family whose fill-in-the-middle tokens are written; `neutral`: parts only.",
    )
    spm_ratio: float = Field(
        # Half and half transfers best between the two orders (Bavarian et al., arXiv:2207.14255, section
        # 4.3).
        default=0.5,
        ge=0,
        le=1,
        description="Share of fill-in-the-middle rows with the suffix first, where the family has that.",
    )
    target_shard_bytes: int = Field(
        # Loaders read shards in parallel and people copy them by hand: some hundred megabytes suit both.
        default=256 * 2**20,
        ge=2**16,
        le=2**34,
        description="Text in one shard, about, in bytes before compression (estimated from tokens).",
    )
    name: str = Field(
        default="tilth-dataset",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$",
        description="Name of the dataset, as a repository on a hub would bear it.",
    )
    pretty_name: str = Field(default="", max_length=200, description="Title of the card; empty: the name.")
    description: str = Field(default="", max_length=20_000, description="First paragraph of the card.")
    licence: str = Field(
        default="",
        max_length=100,
        description="Licence of the dataset as a hub's identifier; empty: taken from the rows.",
    )
    natural_languages: tuple[str, ...] = Field(
        default=("en",), description="ISO 639 codes of the prose in the rows, for the card's head."
    )

    @model_validator(mode="after")
    def _leaves_something_to_train_on(self) -> ExportConfig:
        if self.validation_ratio + self.test_ratio >= 1:
            raise ValueError(
                "validation_ratio + test_ratio must stay below 1, or nothing is left to train on"
            )
        return self
