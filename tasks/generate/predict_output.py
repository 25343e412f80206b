"""Output prediction: a pure function and a call are the question, the value that it really gave is the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tasks.generate.config import GenerateConfig
from tasks.generate.observing import Called, Observed, assertion
from tasks.generate.predictions import Asked, predictions
from tasks.generate.protocol import Draft, View
from tasks.generate.running import Subject

VERSION = "2"
# See `tilth.fingerprint.draw`.
_PURPOSE = 41


def predict_output(views: Sequence[View], config: GenerateConfig) -> Iterator[tuple[int, Draft | str]]:
    """A draft for each function that gives a plain value."""
    return predictions(views, config, _ask, _PURPOSE)


def _ask(_: Subject, __: Observed, calls: Sequence[Called]) -> Asked | str:
    called = next((called for called in calls if called.value not in (None, "None")), None)
    if called is None:
        return "no_value"
    assert called.value is not None
    return called, f"```python\n{called.expression}\n```", called.value, assertion(called)
