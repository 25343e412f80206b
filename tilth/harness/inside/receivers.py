"""Says as text with what a function was called, and of a method how the object was made that it was called on.

An object is known by the call of its class that made it, as long as that had plain arguments; what was done to it since
is not told, so that the text makes an object like it and not the same. Classes at the top of the method's own module
only.
"""

import contextlib
import functools
import inspect
import sys
import types
import weakref
from collections.abc import Callable
from typing import Any

from tilth.harness.inside import calling

# What is longer is a table that nobody works out in the head.
_MAX_TEXT = 160
# Objects that no weak reference can watch are held for as long as a test runs, and no more than so many.
_MAX_HELD = 64


class Receivers:
    """What is known of the objects that were made while a test ran."""

    def __init__(self) -> None:
        self.made: dict[int, tuple[str, object]] = {}
        self.held = 0
        self.known: dict[tuple[type, types.CodeType], types.FunctionType | None] = {}

    def _method_of(self, frame: types.FrameType) -> "types.FunctionType | None":
        """The function that runs, when it is a method of its first argument or of that one's class."""
        code = frame.f_code
        if not code.co_argcount:
            return None
        first = frame.f_locals.get(code.co_varnames[0])
        kind = first if isinstance(first, type) else type(first)
        if (kind, code) not in self.known:
            function: Any = inspect.getattr_static(kind, code.co_name, None)
            function = function.fget if isinstance(function, property) else function
            function = function.__func__ if isinstance(function, classmethod) else function
            is_it = isinstance(function, types.FunctionType) and function.__code__ is code
            self.known[kind, code] = function if is_it else None
        return self.known[kind, code]

    def call(self, frame: types.FrameType) -> dict[str, Any] | None:
        """What a function was called with, as texts; None when that cannot be said.

        A call of a method also has `on`, what it was called on, and `of`, the name of that class.
        """
        function = self._method_of(frame)
        if function is None:
            return _arguments(frame, None, 0)
        first = frame.f_locals[frame.f_code.co_varnames[0]]
        kind = first if isinstance(first, type) else type(first)
        call = _arguments(frame, function, 1)
        if not _is_at_top(kind, frame.f_code.co_filename):
            return None
        if isinstance(first, type):
            return None if call is None else {**call, "on": kind.__name__, "of": kind.__name__}
        if frame.f_code.co_name == "__init__" and kind.__init__ is function:  # type: ignore[misc]
            self._note(first, None if call is None else _text(kind.__name__, call))
        on = self.made[id(first)][0] if id(first) in self.made else _remade(first, kind)
        return {**call, "on": on, "of": kind.__name__} if call is not None and on else None

    def _note(self, made: object, text: str | None) -> None:
        """Remember how an object was made, until it goes: another one may take its address."""
        key = id(made)
        self.made.pop(key, None)
        if text is None or len(text) > _MAX_TEXT:
            return
        watch: object = made
        with contextlib.suppress(TypeError):
            # A call from C is no event of the profile, which counts them.
            watch = weakref.ref(made, functools.partial(self.made.pop, key))
        self.held += watch is made
        if watch is not made or self.held <= _MAX_HELD:
            self.made[key] = (text, watch)


def _arguments(
    frame: types.FrameType, function: "types.FunctionType | None", skipped: int
) -> dict[str, Any] | None:
    """Arguments as texts, without the first ones; of a method without those at the end that are its defaults."""
    code, given = frame.f_code, frame.f_locals
    names = code.co_varnames[: code.co_argcount]
    keywords = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    rest = code.co_varnames[code.co_argcount + code.co_kwonlyargcount :]
    values = [given.get(name) for name in names]
    named = {name: given.get(name) for name in keywords}
    more: tuple[Any, ...] = ()
    if code.co_flags & inspect.CO_VARARGS:
        more, rest = given.get(rest[0], ()), rest[1:]
    if code.co_flags & inspect.CO_VARKEYWORDS:
        named.update(given.get(rest[0], {}))
    if function is not None:
        defaults = function.__defaults__ or ()
        while not more and defaults and len(values) > skipped and values[-1] is defaults[-1]:
            values, defaults = values[:-1], defaults[:-1]
        usual = function.__kwdefaults__ or {}
        named = {
            name: value for name, value in named.items() if name not in usual or value is not usual[name]
        }
    texts = [calling.plain(value) for value in (*values[skipped:], *more)]
    words = {name: calling.plain(value) for name, value in named.items()}
    return None if None in texts or None in words.values() else {"args": texts, "kwargs": words}


def _text(name: str, call: dict[str, Any]) -> str:
    return f"{name}({', '.join([*call['args'], *(f'{key}={text}' for key, text in call['kwargs'].items())])})"


def _is_at_top(kind: type, path: str) -> bool:
    """Whether a class stands at the top of the module at a path."""
    module = sys.modules.get(kind.__module__)
    return "." not in kind.__qualname__ and getattr(module, "__file__", None) == path


def _remade(made: object, kind: type) -> str | None:
    """A call that makes an object like this one, where no function of its class did: no state, or fields alone."""
    makers: tuple[Callable[..., Any], ...] = (kind.__init__, kind.__new__)  # type: ignore[misc]
    state = getattr(made, "__dict__", None)
    if makers == (object.__init__, object.__new__):
        return f"{kind.__name__}()" if state == {} else None
    fields = kind.__dict__.get("__dataclass_fields__")
    if fields is None or state is None or "__post_init__" in kind.__dict__:
        return None
    texts = {name: calling.plain(state.get(name)) for name, field in fields.items() if field.init}
    text = _text(kind.__name__, {"args": [], "kwargs": texts})
    return text if None not in texts.values() and len(text) <= _MAX_TEXT else None
