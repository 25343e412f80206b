"""What `tilth generate --model` is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tilth.llm.config import ModelConfig


class ModelRequest(NamedTuple):
    """What is asked for: a method, the model, and the files that it works on."""

    method: str
    model: ModelConfig
    rows: Path | None = None
    seeds: Path | None = None
    units: Path | None = None
    chunks: Path | None = None
    schema: Path | None = None
    columns: Path | None = None
    prompt: str = ""
    system: str = ""
    wanted: int | None = None
    root: Path = Path()
    overrides: tuple[str, ...] = ()
    lake: str = ""
