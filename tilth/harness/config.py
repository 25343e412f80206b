"""What may be spent on running mined code, and what it finds there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from tilth.config import Config
from tilth.sandbox.job import Limits


class ExecutionConfig(Config):
    """The sandbox of the methods that run code."""

    environment: Path | None = Field(
        default=None,
        description="Folder of a Python environment, mounted read-only: its packages are there for the code that runs. "
        "Without one only the standard library is.",
    )
    limits: Limits = Field(
        # Forty tests, or thirty mutants, share a job: four times what one test may take, and answers of a megabyte.
        default=Limits(cpu_s=20, wall_s=120, output_bytes=8 << 20),
        description="What one job of the sandbox may use.",
    )
    test_cpu_s: float = Field(
        # Nine of ten tests of ordinary packages take less than 50 ms; a mutant that hangs costs all of this.
        default=0.5,
        gt=0,
        le=600,
        description="Processor seconds of one test, mutant or function inside a job.",
    )
    max_code_bytes: int = Field(
        default=32_768, ge=512, le=1 << 20, description="Of a self-contained proof: code and tests together."
    )
    max_calls: int = Field(
        default=8, ge=1, le=64, description="Different calls of one function that are run."
    )
    max_questions: int = Field(
        default=2, ge=1, le=16, description="Of one kind about one function, each on another call of it."
    )
    max_mutants: int = Field(default=8, ge=1, le=256, description="Bugs tried in one function.")
    max_bugs: int = Field(
        default=2, ge=1, le=16, description="Bugs kept of one function, each of another kind."
    )
    max_tests: int = Field(default=3, ge=1, le=32, description="Tests that a function's bugs are shown to.")
    max_repository_bytes: int = Field(
        default=16 << 20,
        ge=1024,
        le=48 << 20,
        description="Python of one repository; a larger one is not run.",
    )

    def identity(self) -> dict[str, Any]:
        """Of the environment, which packages it holds, not where it lies."""
        found = super().identity()
        if self.environment is not None:
            held = self.environment.glob("lib/python*/site-packages/*.dist-info")
            found["environment"] = sorted(path.name for path in held)
        return found
