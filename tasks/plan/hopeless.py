"""When a cell is hopeless: by Clopper and Pearson's upper bound (1934) of its share of fruitful candidates.

The bound of k fruitful among n candidates lies below p exactly when so few are improbable at p, that is when
P(X <= k) < 0.05 for X binomial of n and p; so the decision needs one sum, and no inverse of any distribution.
It is asked after every round, not once, so a cell near the border is given up more often than in one case of
twenty: in simulations with `max_attempts` 20 and 100 rows wanted, two of three with a yield of 0.05, one in ten of
0.07, none of 0.1.
"""

from __future__ import annotations

import math

# One-sided: of cells that are just worth it, one look gives up one in twenty.
DOUBT = 0.05


def at_most(successes: int, trials: int, share: float) -> float:
    """P(X <= successes) for X binomial.

    >>> round(at_most(0, 59, 1 / 20), 4), at_most(3, 3, 0.5), at_most(0, 3, 1.0)
    (0.0485, 1.0, 0.0)
    """
    if successes >= trials:
        return 1.0
    if not 0 < share < 1:
        return 1.0 if share <= 0 else 0.0
    odds, log = math.log(share) - math.log1p(-share), trials * math.log1p(-share)
    total = math.exp(log)
    for drawn in range(successes):
        log += math.log((trials - drawn) / (drawn + 1)) + odds
        total += math.exp(log)
    return min(total, 1.0)


def upper_bound(successes: int, trials: int) -> float:
    """The greatest share of fruitful candidates that what was seen leaves possible, 95 % sure; 1 before the first.

    >>> round(upper_bound(0, 59), 4), round(upper_bound(5, 10), 4), upper_bound(0, 0)
    (0.0495, 0.7776, 1.0)
    """
    low, high = 0.0, 1.0
    if successes >= trials:
        return high
    # Forty halvings: a millionth of a millionth.
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if at_most(successes, trials, middle) < DOUBT else (middle, high)
    return high


def is_hopeless(fruitful: int, trials: int, share: float) -> bool:
    """Whether the share of fruitful candidates is surely below `share`.

    >>> is_hopeless(0, 58, 1 / 20), is_hopeless(0, 59, 1 / 20), is_hopeless(1, 93, 1 / 20)
    (False, True, True)
    """
    # The median of a binomial is its mean or next to it: there the sum is about one half, and need not be made.
    if fruitful >= trials * share:
        return False
    return at_most(fruitful, trials, share) < DOUBT
