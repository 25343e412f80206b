"""What the functions and methods of a repository really do when they are called, as far as they seem pure.

A method is called on an object that a call of its class makes; its program shows of that class what the method needs.
The first run has the whole class, the second one what is shown, so that what is kept is the same for both.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from tasks.generate.running import Files, Ground, ground_of, sandbox_of
from tilth.fingerprint import digest
from tilth.harness.batches import run_tasks
from tilth.harness.config import ExecutionConfig
from tilth.harness.cut import Cut
from tilth.harness.excerpt import Excerpt
from tilth.harness.inputs import Call, calls_by_name, documented_calls, inputs_of, on_the_edge, text_of_call
from tilth.harness.modules import Function, Module, parse_python
from tilth.harness.survey import Place

# Whoever asks the clock or chance is no function of its arguments, even when it answers twice alike.
_IMPURE = frozenset(
    "random time secrets uuid os socket threading multiprocessing subprocess tempfile asyncio platform locale logging"
    " getpass ctypes signal select urllib.request http.client".split()
)
# Calls that try what a function bears; of these only one in a question is of use.
_EDGES = 4


class Called(NamedTuple):
    """A call that did the same twice: as text, and what came of it; see `tilth.harness.inside.calling`."""

    call: str
    value: str | None  # text of the value; null when it raised
    is_iterator: bool
    error: str  # kind of exception; empty without
    message: str
    raised_at: str  # line of the code that raised
    events: Sequence[Sequence[Any]]
    bare: str  # the call without the object that it is made on

    @property
    def expression(self) -> str:
        """The call, its items listed where it gives an iterator."""
        return f"list({self.call})" if self.is_iterator else self.call


class Observed(NamedTuple):
    """A function that seems pure, as a program that stands by itself, and its calls."""

    module: Module
    node: Function
    program: Cut
    reference: str  # what the program calls it: `name`, `Class.name`, of a property the function that gets it
    calls: Sequence[Called]
    edges: Sequence[Called]  # calls with an argument that it may not be made for

    @property
    def owner(self) -> str:
        """The class of a method; empty for a function."""
        return self.reference.partition(".")[0] if "." in self.reference else ""


class _Method(NamedTuple):
    node: Function
    owner: str  # its class
    kind: str  # see `_kind`
    identity: str


class _Candidate(NamedTuple):
    place: Place
    module: Module
    node: Function
    reference: str
    whole: Cut
    shown: Sequence[Cut]  # what may be shown in its place, the shortest first
    calls: Sequence[Call]
    edges: Sequence[Call]


@lru_cache(maxsize=1)
def observed(files: Files, execution: ExecutionConfig, seed: int) -> Mapping[Place, Observed]:
    """The functions and methods that seem pure, by their place, with what calls of them gave."""
    ground = ground_of(files, execution)
    written = calls_by_name(ground.repository.by_path.values())
    candidates = [
        candidate
        for module in ground.repository.by_path.values()
        if not module.is_test
        for candidate in _candidates(ground, module, written, execution, seed)
    ]
    with sandbox_of(execution) as sandbox:
        first = run_tasks(sandbox, [_task(one, one.whole, execution, traced=True) for one in candidates])
        found: dict[Place, Observed] = {}
        for turn in range(2):
            waiting = [
                pair
                for pair in zip(candidates, first, strict=True)
                if pair[0].place not in found and turn < len(pair[0].shown)
            ]
            tasks = [_task(one, one.shown[turn], execution, traced=False) for one, _ in waiting]
            second = run_tasks(sandbox, tasks, is_reseeded=True)
            for (one, here), there in zip(waiting, second, strict=True):
                observation = _observation(one, one.shown[turn], here.value, there.value)
                if observation is not None:
                    found[one.place] = observation
    return found


def _observation(one: _Candidate, shown: Cut, here: Any, there: Any) -> Observed | None:
    """What is kept of a function's calls; None where nothing is."""
    kept = list(_alike(one, here, there))
    calls = [called for number, called in kept if number < len(one.calls)]
    edges = [called for number, called in kept if number >= len(one.calls)]
    return Observed(one.module, one.node, shown, one.reference, calls, edges) if calls else None


def _candidates(
    ground: Ground, module: Module, written: Mapping[str, list[Call]], execution: ExecutionConfig, seed: int
) -> Iterator[_Candidate]:
    receivers = _receivers(ground, module)
    for line, (name, node) in module.functions.items():
        owner, _, method = name.rpartition(".")
        if method.startswith("__") or "." in owner or (owner and owner not in module.bindings):
            continue
        place, identity = (module.path, line), digest(module.path, name)
        recorded = ground.survey.calls.get(place, ())
        kind = _kind(node) if owner else "function"
        count = execution.max_calls
        if kind == "function":
            calls = inputs_of(node, recorded, written.get(name, ()), identity, seed, count)
        else:
            makers = receivers.get(owner, ()) if kind in ("method", "property") else [owner]
            calls = _of_method(_Method(node, owner, kind, identity), recorded, makers, seed, count)
        programs = _programs(ground, module, owner, method) if calls else []
        shown = [program for program in programs[1:] if not _is_impure(program.code)]
        if not shown:
            continue
        reference = f"{name}.fget" if kind == "property" else name
        edges = on_the_edge(calls, identity, seed, _EDGES)
        yield _Candidate(place, module, node, reference, programs[0], shown, calls, edges)


def _programs(ground: Ground, module: Module, owner: str, name: str) -> list[Cut]:
    """The program with the whole class, then those that may be shown: for a function itself; none where cuts fail."""
    whole = ground.cutter.cut([(module, owner or name)], "", module)
    if not isinstance(whole, Cut):
        return []
    if not owner:
        return [whole, whole]
    excerpts = (Excerpt(module, owner, name, is_wide=is_wide) for is_wide in (False, True))
    cuts = [ground.cutter.cut([(module, owner)], "", module, excerpt) for excerpt in excerpts]
    return [whole, *dict.fromkeys(cut for cut in cuts if isinstance(cut, Cut))]


def _kind(node: Function) -> str:
    """What a method is: static, class, property or method."""
    names = {decorator.id for decorator in node.decorator_list if isinstance(decorator, ast.Name)}
    return next((name for name in ("staticmethod", "classmethod", "property") if name in names), "method")


def _receivers(ground: Ground, module: Module) -> dict[str, list[str]]:
    """What makes an object of each class of a module: the calls that tests made."""
    found: dict[str, set[str]] = {}
    for line in module.functions:
        for call in ground.survey.calls.get((module.path, line), ()):
            if call.get("on", "").endswith(")"):
                found.setdefault(call["of"], set()).add(call["on"])
    # Short ones are worked out more easily.
    return {owner: sorted(texts, key=lambda text: (len(text), text)) for owner, texts in found.items()}


def _of_method(
    one: _Method, recorded: Sequence[Call], makers: Sequence[str], seed: int, count: int
) -> list[Call]:
    """At most so many calls of a method: those that tests made, then others on the same objects in turn."""
    is_bound = one.kind in ("method", "property")
    own = [call for call in recorded if call.get("of", one.owner) == one.owner and ("on" in call) == is_bound]
    given = [{"args": call["args"], "kwargs": call["kwargs"]} for call in own]
    others = inputs_of(one.node, given, (), one.identity, seed, count, int(one.kind != "staticmethod"))
    mark = {"is_property": True} if one.kind == "property" else {}
    found: list[Call] = []
    pairs = [(call, call["on"]) for call in own if is_bound]
    for turn in range(len(makers)):
        pairs += [(call, makers[(number + turn) % len(makers)]) for number, call in enumerate(others)]
    for call, on in pairs:
        made: Call = {"args": call["args"], "kwargs": call["kwargs"], "on": on, **mark}
        if made not in found:
            found.append(made)
    return found[:count]


def _task(one: _Candidate, program: Cut, execution: ExecutionConfig, *, traced: bool) -> dict[str, Any]:
    return {
        "kind": "calls",
        "cpu_s": execution.test_cpu_s,
        "code": program.code + "\n" + program.tests,
        "function": one.reference,
        "calls": [*one.calls, *one.edges],
        "traced": traced,
    }


def _is_impure(code: str) -> bool:
    """Whether a program imports what a function of its arguments has no use for."""
    lines = (line.split() for line in code.splitlines())
    return any(
        len(words) > 1 and words[0] in ("import", "from") and words[1].rstrip(",") in _IMPURE
        for words in lines
    )


def _alike(candidate: _Candidate, one: Any, other: Any) -> Iterator[tuple[int, Called]]:
    """The calls that gave the same in two fresh jobs, and had no effect that was seen, with their numbers."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return
    name, calls = candidate.node.name, (*candidate.calls, *candidate.edges)
    answers = zip(calls, one.get("calls", ()), other.get("calls", ()), strict=False)
    for number, (call, first, second) in enumerate(answers):
        events = first.get("events", [])
        if {**first, "events": []} != {**second, "events": []} or "impure" in first:
            continue
        error, message = first.get("error", ["", ""])
        # What a call that does not fit its function raises says nothing of the function.
        if error and not first.get("own"):
            continue
        yield (
            number,
            Called(
                text_of_call(name, call),
                first.get("value"),
                bool(first.get("is_iterator")),
                error,
                message,
                first.get("raised_at", ""),
                events,
                text_of_call(name, {"args": call["args"], "kwargs": call["kwargs"]}),
            ),
        )


def assertion(called: Called) -> str:
    """Lines that raise unless the call still gives what it gave."""
    if called.value is None:
        return (
            f"try:\n    {called.expression}\nexcept Exception as error:\n"
            f"    assert type(error).__name__ == {called.error!r}, error\n"
            f"else:\n    raise AssertionError('nothing was raised')"
        )
    return (
        f"value = {called.expression}\nassert value == {called.value}, value\n"
        f"assert repr(value) == {called.value!r}, value"
    )


def told_calls(code: str) -> set[str]:
    """Calls that the docstrings of a program show with their values, which a question may not ask for."""
    tree = parse_python(code.encode("utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, Function)] if tree is not None else []
    return {text_of_call(name, call) for node in functions for name, call in documented_calls(node)}


def is_told(call: str, told: set[str]) -> bool:
    """Whether a call is told, or is one that is told with what may be its defaults written out.

    >>> is_told("cut('a', 2)", {"cut('a')"}), is_told("cut('ab')", {"cut('a')"})
    (True, False)
    """
    return any(call.startswith((one, f"{one[:-1]}, ")) for one in told)
