"""What the methods that ask for the outcome of a call share: the function to show, the call that is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tasks.generate.config import GenerateConfig
from tasks.generate.protocol import Draft, View
from tasks.generate.running import Called, Ground, Observed, Subject, by_repository, is_short, observed, proof
from tilth.fingerprint import draw

# A draft of some calls of an observed function: what is asked under the code, the answer, lines that prove it.
Asked = tuple[Called, str, str, str]
Ask = Callable[[Subject, Observed, Sequence[Called]], Asked | str]


def predictions(
    views: Sequence[View], config: GenerateConfig, ask: Ask, purpose: int, *, is_prose: bool = False
) -> Iterator[tuple[int, Draft | str]]:
    """One draft for each function that seems pure and is short enough to be shown with all that it needs."""

    def of_ground(
        ground: Ground, subjects: Sequence[Subject], config: GenerateConfig
    ) -> Iterator[tuple[int, Draft | str]]:
        found = observed(ground.files, config.execution, config.seed)
        for subject in subjects:
            function = found.get(subject.place)
            yield subject.number, _draft(subject, function, config, ask, purpose, is_prose=is_prose)

    return by_repository(views, config, of_ground)


def _draft(
    subject: Subject,
    function: Observed | None,
    config: GenerateConfig,
    ask: Ask,
    purpose: int,
    *,
    is_prose: bool,
) -> Draft | str:
    if function is None:
        return "not_observed"
    if not is_short(function.program.code, config):
        return "context_too_long"
    unit = subject.view.unit
    # The drawn call first, then the others, for not every call can be asked about.
    turn = draw(unit.unit_id, purpose, config.seed) % len(function.calls)
    asked = ask(subject, function, [*function.calls[turn:], *function.calls[:turn]])
    if isinstance(asked, str):
        return asked
    called, question, answer, tests = asked
    source = function.module.source(function.node)
    return Draft(
        unit.start,
        unit.end,
        function.program.code.strip().encode("utf-8"),
        subject=f"{source}\n{question}".encode(),
        answer=answer.encode("utf-8"),
        is_prose=is_prose,
        remark=question.encode("utf-8"),
        variables={"call": called.expression},
        oracle="execution",
        code=function.program.code,
        tests=proof(function.program, tests),
        extra={"call": called.expression},
    )
