"""The presets of rules on functions, asked of a view: `split`'s facts in the words of `tilth.presets.functions`."""

from __future__ import annotations

from tasks.generate.protocol import View
from tilth.presets.functions import Function, broken_rule

_RECEIVERS = frozenset(("self", "cls"))


def function_of(view: View) -> Function:
    """The function or method as the rules see it."""
    unit, owner = view.unit, view.owner
    facts = view.file.facts[unit.unit_id]
    names = (parameter["name"] or "" for parameter in facts.parameters)
    return Function(
        name=unit.name,
        owner=owner.name if owner is not None else "",
        language=view.file.language,
        text=view.text[unit.start : unit.end],
        docstring=unit.docstring or "",
        lines=unit.lines or 0,
        is_test=unit.is_test,
        parameters=[name for name in names if name not in _RECEIVERS],
        imports=facts.imports,
    )


def refusal(view: View) -> tuple[str, str] | None:
    """Reason and detail of the first rule that a function breaks, of the presets that the config names; else None."""
    if view.unit.kind not in ("function", "method") or not view.config.presets:
        return None
    function = function_of(view)
    found = (broken_rule(preset, function) for preset in view.config.presets)
    return next((broken for broken in found if broken is not None), None)
