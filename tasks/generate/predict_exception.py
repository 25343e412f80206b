"""Exception prediction: whether a call of a pure function raises, and what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tasks.generate.config import GenerateConfig
from tasks.generate.observing import Called, Observed, assertion
from tasks.generate.predictions import Asked, predictions
from tasks.generate.protocol import Draft, View
from tasks.generate.running import Subject
from tilth.fingerprint import draw

VERSION = "2"
# See `tilth.fingerprint.draw`: the call, and whether it is one that raises.
_PURPOSE, _KIND = 43, 44


def predict_exception(views: Sequence[View], config: GenerateConfig) -> Iterator[tuple[int, Draft | str]]:
    """Drafts for each function that some call makes raise, or that could; two in three raise where one does."""
    return predictions(views, config, _ask, _PURPOSE, is_prose=True, with_edges=True)


def _ask(subject: Subject, function: Observed, calls: Sequence[Called]) -> Asked | str:
    raising = [called for called in calls if called.error]
    fine = [called for called in calls if called.value is not None]
    if not raising and "raise " not in function.program.code:
        return "never_raises"
    wants_error = draw(subject.view.unit.unit_id, _KIND, subject.view.config.seed) % 3 < 2
    called = (raising if (wants_error and raising) or not fine else fine)[0]
    question = f"```python\n{called.expression}\n```"
    if called.value is not None:
        return called, question, f"No exception is raised; it returns `{called.value}`.", assertion(called)
    message = f" with the message `{called.message}`" if called.message and "\n" not in called.message else ""
    answer = f"It raises `{called.error}`{message}."
    if called.raised_at:
        answer += f" The line that raises is `{called.raised_at}`."
    return called, question, answer, assertion(called)
