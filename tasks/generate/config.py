"""What examples are made, and within which bounds."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tasks.generate.by_model.config import ByModelConfig
from tilth.config import Config
from tilth.harness.config import ExecutionConfig
from tilth.presets.functions import FunctionPreset

CodeMethod = Literal[
    "complete_function",
    "complete_method",
    "write_docstring",
    "fill_in_the_middle",
    "complete_class",
    "complete_statements",
    "complete_line",
    "complete_file",
    "implement_from_docstring",
    "implement_from_description",
    "restore_comments",
    "restore_type_hints",
    "restore_names",
    "format_code",
    "fix_lint",
    "predict_output",
    "predict_input",
    "predict_exception",
    "predict_branch",
    "trace_variables",
    "fix_bug",
    "spot_bug",
    "write_tests",
    "write_doctests",
    "rewrite_idiomatically",
    "follow_callers",
    "fix_after_failure",
    "complete_in_repository",
    "explain_code",
    "retrieve_api",
    "translate_function",
]
Augmentation = Literal[
    "strip_comments", "rename_variables", "remove_type_hints", "reorder_methods", "reformat"
]
CommitMethod = Literal["write_commit_message", "apply_change", "fix_from_history"]
ProseMethod = Literal[
    "heading_to_passage", "definition_question", "mine_triplets", "show_usage", "describe_function"
]


class GenerateConfig(Config):
    """Which methods run, and the bounds of what they make."""

    code_methods: tuple[CodeMethod, ...] = Field(
        default=("complete_function", "complete_method", "write_docstring", "fill_in_the_middle"),
        description="Methods that make examples of code, by their names.",
    )
    augmentations: tuple[Augmentation, ...] = Field(
        default=(),
        description="Further views of completions and of middles, from the same file written in another way; "
        "they take what is left of `max_views_per_unit`.",
    )
    prose_methods: tuple[ProseMethod, ...] = Field(
        default=("heading_to_passage", "definition_question", "mine_triplets"),
        description="Methods that make examples of prose, by their names.",
    )
    commit_methods: tuple[CommitMethod, ...] = Field(
        default=("write_commit_message", "apply_change", "fix_from_history"),
        description="Methods that make examples of commits, by their names; `ingest.max_commits` reads them.",
    )
    presets: tuple[FunctionPreset, ...] = Field(
        default=(),
        description="Published rule sets that functions and methods must meet: codesearchnet, selfcodealign.",
    )
    keep_seeds: bool = Field(default=True, description="Take imported examples over as they are.")
    max_views_per_unit: int = Field(
        default=3,
        ge=1,
        le=16,
        description="Examples made of one unit of code at most, by all methods together.",
    )
    max_context_tokens: int = Field(
        default=512,
        ge=16,
        le=131_072,
        description="Tokens shown before an answer, and after it where both sides are.",
    )
    max_answer_tokens: int = Field(
        default=1024, ge=1, le=131_072, description="Answers longer than this are not made."
    )
    min_answer_tokens: int = Field(
        default=6, ge=1, le=1024, description="Answers shorter than this are not made."
    )
    # Bavarian et al. 2022 (arXiv 2207.14255): 0.5 to 0.9 costs left-to-right completion nothing.
    fim_ratio: float = Field(
        default=0.5, ge=0, le=1, description="Share of units of which a middle is cut out."
    )
    # The three shares are Tilth's own choice: AST-FIM (arXiv 2506.00204) cuts nodes and runs of neighbours, and
    # spans of characters serve cursors that stand anywhere (Bavarian et al. 2022).
    fim_node_weight: float = Field(
        default=0.7, ge=0, le=1, description="Share of middles that are a node of the syntax tree."
    )
    fim_run_weight: float = Field(
        default=0.2, ge=0, le=1, description="Share of middles that are a run of neighbouring nodes."
    )
    fim_random_weight: float = Field(
        default=0.1, ge=0, le=1, description="Share of middles between any two characters."
    )
    fim_middle_ratio: float = Field(
        default=0.33, gt=0, lt=1, description="Share of what is shown that a middle takes at most."
    )
    negatives: int = Field(default=3, ge=1, le=64, description="Hard negatives mined for one query, at most.")
    # NV-Retriever (arXiv 2407.15831): a negative scores at most 95 % of the positive.
    negative_margin_ratio: float = Field(
        default=0.05,
        ge=0,
        lt=1,
        description="How far below its positive's score a negative must lie, as a share.",
    )
    # 31 MB of Python (1,758 files) took 1,045 MiB, in parts of 16 at most 718 and in parts of 8 656; but of 16,302 rows
    # across files parts of 16 give 13,356 and parts of 8 9,371. What runs code holds 28 bytes more for each of Python.
    max_repository_mb: int = Field(
        default=16,
        ge=1,
        le=1024,
        description="Text of one repository that is looked at together, in MB; a larger one is cut by its folders.",
    )
    execution: ExecutionConfig = Field(
        default=ExecutionConfig(), description="The sandbox of the methods that run code."
    )
    seed: int = Field(
        default=0, ge=0, le=2**31, description="Changes which units are cut and how they are worded."
    )

    by_model: ByModelConfig | None = Field(
        default=None, description="Examples that a model writes, beside those made by rule."
    )

    def identity(self) -> dict[str, Any]:
        """What is made by rule: of the sandbox's environment what it holds, not where it lies; of models nothing."""
        own = {**super().identity(), "execution": self.execution.identity()}
        del own["by_model"]
        return own
