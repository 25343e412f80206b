"""What can be chosen of the methods that ask a model: which model, which methods, each with its own options."""

from __future__ import annotations

from pydantic import Field

from tasks.generate.by_model.question_answer import QuestionAnswer
from tilth.config import Config
from tilth.llm.config import ModelConfig

#: A method's config, told apart by `method`; with a second one this becomes a union that `method` discriminates.
AnyMethod = QuestionAnswer


class ByModelConfig(Config):
    """Examples written by a model."""

    model: ModelConfig = Field(description="The model that writes, and what it may cost.")
    methods: tuple[AnyMethod, ...] = Field(min_length=1, description="Methods, each with its own options.")
    seed: int = Field(default=0, ge=0, le=2**31, description="Changes what is drawn.")
