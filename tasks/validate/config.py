"""What validate asks of an example, and how much each check counts."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from tilth.config import Config

# In the order in which they are asked: the first that fails names the reason of the reject.
CheckName = Literal["shape", "length", "in_place", "hygiene", "syntax", "lint", "complexity"]
ALL_CHECKS: tuple[CheckName, ...] = (
    "shape",
    "length",
    "in_place",
    "hygiene",
    "syntax",
    "lint",
    "complexity",
)
LicenceClass = Literal["permissive", "copyleft", "other", "unknown"]
RuffRule = Annotated[str, Field(pattern=r"^[A-Z]{1,5}[0-9]{0,4}$")]


class ValidateConfig(Config):
    """Checks, their bounds, and the quality below which an example is left out."""

    checks: tuple[CheckName, ...] = Field(
        default=ALL_CHECKS, min_length=1, description="Checks to run; their order does not count."
    )
    # A whole file's lint and complexity say less about one answer than that it parses and has substance.
    weights: dict[CheckName, Annotated[float, Field(ge=0.0, le=100.0)]] = Field(
        default={"lint": 2.0, "complexity": 2.0, "length": 1.0, "hygiene": 1.0},
        description="Weight of a check's score in the quality. A check that is not named counts 0.5.",
    )
    min_quality: float = Field(
        default=0.3, ge=0.0, le=1.0, description="Examples of less quality are rejects `low_quality`."
    )
    min_tokens: int = Field(default=8, ge=1, description="Fewest tokens of a whole example.")
    max_tokens: int = Field(default=8192, ge=1, description="Most tokens of a whole example.")
    # 32 tokens are about three lines of code: less gives a gradient little to hold on to.
    substantial_answer_tokens: int = Field(
        default=32, ge=1, description="Answers of at least this many tokens have the full score of length."
    )
    closed_tasks: tuple[str, ...] = Field(
        default=("choose_option",),
        description="Tasks whose answer is one of given options: how short it is does not count.",
    )
    allowed_licence_classes: tuple[LicenceClass, ...] = Field(
        default=("permissive", "copyleft", "other", "unknown"),
        description="Licence classes an origin may have. All by default: people build from what is theirs.",
    )
    personal_data: Literal["score", "reject"] = Field(
        default="score", description="Whether personal data in an origin lowers the score or rejects."
    )
    # E9 are errors at run time, F is Pyflakes, B is bugbear: likely defects, not matters of style.
    ruff_rules: tuple[RuffRule, ...] = Field(
        default=("E9", "F", "B"), min_length=1, description="Ruff rules or prefixes whose findings count."
    )
    # What a star import brings cannot be seen in one file, so each use of it would be a finding.
    ruff_ignored_rules: tuple[RuffRule, ...] = Field(
        default=("F403", "F405"), description="Ruff rules or prefixes whose findings do not count."
    )
    max_findings_per_line: float = Field(
        default=0.5, gt=0.0, le=10.0, description="More Ruff findings a line than this reject the answer."
    )
    # Radon's rank F, "very high risk, error-prone, unstable", begins at 41; 60 leaves the standard
    # library's large dispatchers in, which are long rather than tangled.
    max_complexity: int = Field(
        default=60, ge=1, description="Most cyclomatic complexity of a function the answer stands in."
    )
    # A syntax tree of Python objects takes 50 to 100 bytes a byte of text: 1 MiB is about 100 MB at a time.
    max_measured_bytes: int = Field(
        default=1 << 20,
        ge=1,
        description="Longer texts are not linted or measured; a lexical count stands in.",
    )

    @model_validator(mode="after")
    def _bounds_can_be_met(self) -> Self:
        if self.min_tokens > self.max_tokens:
            raise PydanticCustomError(
                "bounds",
                "min_tokens is {least}, above max_tokens, which is {most}",
                {"least": self.min_tokens, "most": self.max_tokens},
            )
        return self
