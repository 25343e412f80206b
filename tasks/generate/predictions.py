"""What the methods that ask for the outcome of a call share: the function to show, the call that is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tasks.generate.config import GenerateConfig
from tasks.generate.observing import Called, Observed, is_told, observed, told_calls
from tasks.generate.protocol import Draft, View
from tasks.generate.running import Ground, Subject, by_repository, is_short, proof
from tilth.fingerprint import draw

# A draft of some calls of an observed function: what is asked under the code, the answer, lines that prove it.
Asked = tuple[Called, str, str, str]
Ask = Callable[[Subject, Observed, Sequence[Called]], Asked | str]


def predictions(
    views: Sequence[View],
    config: GenerateConfig,
    ask: Ask,
    purpose: int,
    *,
    is_prose: bool = False,
    with_edges: bool = False,
) -> Iterator[tuple[int, Draft | str]]:
    """Drafts for each function or method that seems pure and is short enough to be shown with all that it needs.

    Those who ask `with_edges` see, after the calls that were made, one that the function does not bear.
    """

    def of_ground(
        ground: Ground, subjects: Sequence[Subject], config: GenerateConfig
    ) -> Iterator[tuple[int, Draft | str]]:
        found = observed(ground.files, config.execution, config.seed)
        for subject in subjects:
            function = found.get(subject.place)
            drafts = _drafts(
                subject, function, config, ask, purpose, is_prose=is_prose, with_edges=with_edges
            )
            yield from ((subject.number, draft) for draft in drafts)

    return by_repository(views, config, of_ground)


def _drafts(
    subject: Subject,
    function: Observed | None,
    config: GenerateConfig,
    ask: Ask,
    purpose: int,
    *,
    is_prose: bool,
    with_edges: bool,
) -> Iterator[Draft | str]:
    """As many questions as the config allows, each about another call; or why there is none."""
    if function is None or not is_short(function.program.code, config):
        yield "not_observed" if function is None else "context_too_long"
        return
    told = told_calls(function.program.code)
    calls = [called for called in function.calls if not is_told(called.bare, told)]
    turn = draw(subject.view.unit.unit_id, purpose, config.seed) % max(len(calls), 1)
    # The drawn call first, then the others, for not every call can be asked about.
    calls = [*calls[turn:], *calls[:turn]]
    if with_edges:
        calls += _edges(function, told)
    for made in range(config.execution.max_questions):
        asked = ask(subject, function, calls) if calls else "docstring_tells"
        if isinstance(asked, str):
            if not made:
                yield asked
            return
        yield _draft(subject, function, asked, is_prose=is_prose)
        calls.remove(asked[0])


def _edges(function: Observed, told: set[str]) -> list[Called]:
    """A call with an argument that the function does not bear, if there is one; best where its author says so."""
    edges = [called for called in function.edges if called.error and not is_told(called.bare, told)]
    return sorted(edges, key=lambda called: not called.raised_at.startswith(("raise", "assert")))[:1]


def _draft(subject: Subject, function: Observed, asked: Asked, *, is_prose: bool) -> Draft:
    unit = subject.view.unit
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
