"""Input prediction: a pure function and a value are the question, a call that gives it is the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tasks.generate.config import GenerateConfig
from tasks.generate.observing import Called, Observed, assertion
from tasks.generate.predictions import Asked, predictions
from tasks.generate.protocol import Draft, View
from tasks.generate.running import Subject

VERSION = "2"
# See `tilth.fingerprint.draw`.
_PURPOSE = 42


def predict_input(views: Sequence[View], config: GenerateConfig) -> Iterator[tuple[int, Draft | str]]:
    """A draft for each function with a value that not every call gives."""
    return predictions(views, config, _ask, _PURPOSE)


def _ask(_: Subject, __: Observed, calls: Sequence[Called]) -> Asked | str:
    values = [called.value for called in calls]
    if len(set(values)) < 2:
        # Any call would do, or none that differs is left to ask about.
        return "one_value"
    # The rarer a value, the more it says of its input.
    called = min(
        (called for called in calls if called.value not in (None, "None")),
        default=None,
        key=lambda called: values.count(called.value),
    )
    if called is None:
        return "no_value"
    return called, f"```python\n{called.value}\n```", called.expression, assertion(called)
