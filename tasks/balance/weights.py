"""Sampling weights, and what they do to a mixture: their normaliser and the effective sample size."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tasks.balance.config import BalanceConfig


def sampling_weights(quality: ArrayLike, config: BalanceConfig) -> NDArray[np.float64]:
    """`exp(k * (quality - pivot))` of each example, raw: divide by `weight_normaliser` to draw.

    >>> sampling_weights([0.7, 0.8, 0.9, 1.0], BalanceConfig()).round(2).tolist()
    [1.0, 1.65, 2.72, 4.48]
    """
    values = np.asarray(quality, dtype=np.float64)
    weights: NDArray[np.float64] = np.exp(config.weight_slope * (values - config.weight_pivot))
    return weights


def weight_normaliser(weights: ArrayLike) -> float:
    """Sum of the weights; a row's chance in one draw is its weight over this. The same in any order of rows.

    >>> weight_normaliser([1.0, 2.0, 5.0])
    8.0
    """
    return math.fsum(np.asarray(weights, dtype=np.float64))


def effective_sample_size(weights: ArrayLike) -> float:
    """`(sum w)**2 / sum w**2` (Kish 1965): how many equally weighted rows would vary as little; 0 for none.

    >>> effective_sample_size([1.0, 1.0, 1.0]), effective_sample_size([1.0, 0.0])
    (3.0, 1.0)
    """
    values = np.asarray(weights, dtype=np.float64)
    squares = math.fsum(values * values)
    return weight_normaliser(values) ** 2 / squares if squares else 0.0
