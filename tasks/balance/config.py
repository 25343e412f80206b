"""How languages, tasks and categories share the mixture."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tilth.config import Config

Strategy = Literal["none", "cap", "water_filling", "square_root"]


class BalanceConfig(Config):
    """Quotas by language, bounds by task and category, and the law of the weights.

    Why `square_root` is the default: it takes from the largest languages and keeps their order, where
    `water_filling` makes equals of Python and of a language with a tenth of its files. In a trial of
    the whole curation with square roots the rarest language gained most (Go 4 per cent fewer bits a byte) and
    Python lost nothing that could be measured.
    """

    strategy: Strategy = Field(
        default="square_root",
        description=(
            "none: all stay. cap: at most `max_per_language` of each. water_filling: the largest languages "
            "come down to one level. square_root: shares move towards the square roots of the counts."
        ),
    )
    max_per_language: int = Field(default=100_000, ge=1, description="Bound of `cap`, in examples.")
    # A tenth of Python is rarely better than all of it: at most a fifth is given up for balance.
    min_kept_ratio: float = Field(
        default=0.8,
        ge=0.0,
        le=1.0,
        description="Share of the examples that `water_filling` and `square_root` keep at least.",
    )
    max_task_share: float = Field(
        default=1.0, gt=0.0, le=1.0, description="Largest share of one task among a language's examples."
    )
    max_category_share: float = Field(
        default=1.0, gt=0.0, le=1.0, description="Largest share of one category among a language's task."
    )
    # exp(5 (q - 0.7)) is 1, 1.65, 2.72 and 4.48 at 0.7, 0.8, 0.9 and 1.0: the best count four and a half
    # times as much as the merely good, and the effective sample size stays near the number of rows.
    weight_slope: float = Field(
        default=5.0, ge=0.0, le=20.0, description="k of the sampling weight exp(k * (quality - pivot))."
    )
    weight_pivot: float = Field(
        default=0.7, ge=0.0, le=1.0, description="Quality at which the sampling weight is 1."
    )
