"""What can be chosen of the methods that ask a model: which model, which methods, each with its own options."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from tasks.generate.by_model.back_translation import BackTranslation
from tasks.generate.by_model.bootstrap import Bootstrap
from tasks.generate.by_model.controlled import Controlled
from tasks.generate.by_model.cross_lingual import CrossLingual
from tasks.generate.by_model.evol_instruct import EvolInstruct
from tasks.generate.by_model.hard_negatives import HardNegatives
from tasks.generate.by_model.multi_turn import MultiTurn
from tasks.generate.by_model.oss_instruct import OssInstruct
from tasks.generate.by_model.paraphrase import Paraphrase
from tasks.generate.by_model.persona import Persona
from tasks.generate.by_model.preference import Preference
from tasks.generate.by_model.question_answer import QuestionAnswer
from tasks.generate.by_model.refactor import Refactor
from tasks.generate.by_model.self_instruct import SelfInstruct
from tasks.generate.by_model.template import FromTemplate
from tasks.generate.by_model.topic_tree import TopicTree
from tilth.config import Config
from tilth.llm.config import ModelConfig

#: A method's config, told apart by `method`.
AnyMethod = Annotated[
    BackTranslation
    | Bootstrap
    | Controlled
    | CrossLingual
    | EvolInstruct
    | FromTemplate
    | HardNegatives
    | MultiTurn
    | OssInstruct
    | Paraphrase
    | Persona
    | Preference
    | QuestionAnswer
    | Refactor
    | SelfInstruct
    | TopicTree,
    Field(discriminator="method"),
]


class ByModelConfig(Config):
    """Examples written by a model."""

    model: ModelConfig = Field(description="The model that writes, and what it may cost.")
    methods: tuple[AnyMethod, ...] = Field(min_length=1, description="Methods, each with its own options.")
    max_items: int = Field(
        default=50_000,
        ge=1,
        le=1_000_000,
        description="Passages, units and seeds that may be material, of each kind; of more, as many are drawn.",
    )
    seed: int = Field(default=0, ge=0, le=2**31, description="Changes what is drawn.")

    def identity(self) -> dict[str, Any]:
        """What rows depend on: of the model what can change an answer, of a method's domain pack its content."""
        methods = [method.identity() for method in self.methods]
        return {**super().identity(), "model": self.model.identity(), "methods": methods}
