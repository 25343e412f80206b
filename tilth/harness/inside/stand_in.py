"""What most tests need of pytest: `raises`, `approx`, `parametrize`, and marks that change nothing."""

# It is text for programs that carry no types.
# mypy: ignore-errors
# ruff: noqa: ARG004, D102 - its options are pytest's, and are not all heeded

import contextlib
import itertools
import re
import unittest


class pytest:  # noqa: N801 - it takes the place of a module
    """A stand-in for the module of that name."""

    class raises(contextlib.AbstractContextManager):  # noqa: N801 - as in pytest
        """Expects an exception in its block, or in a call."""

        def __new__(cls, expected, *arguments, **options):
            self = super().__new__(cls)
            self.expected, self.match = expected, options.pop("match", None)
            if arguments:
                with self:
                    arguments[0](*arguments[1:], **options)
            return self

        def __exit__(self, kind, error, trace):
            assert kind is not None, f"did not raise {self.expected}"
            self.type, self.value = kind, error
            if not issubclass(kind, self.expected):
                return False
            assert self.match is None or re.search(self.match, str(error)), (
                f"{error} does not match {self.match!r}"
            )
            return True

    class approx:  # noqa: N801 - as in pytest
        """Equal to a number, or to several, within a millionth."""

        def __init__(self, expected, rel=1e-6, abs=1e-12):  # noqa: A002 - as in pytest
            self.expected, self.rel, self.abs = expected, rel, abs

        def __eq__(self, other):
            if isinstance(self.expected, list | tuple):
                return len(self.expected) == len(other) and all(
                    pytest.approx(mine, self.rel, self.abs) == its
                    for mine, its in zip(self.expected, other, strict=True)
                )
            return abs(other - self.expected) <= max(self.rel * abs(self.expected), self.abs)

        __hash__ = None  # type: ignore[assignment]

        def __repr__(self):
            return f"approx({self.expected!r})"

    class _Marks(type):
        def __getattr__(cls, name):
            def marked(*arguments, **options):
                is_bare = len(arguments) == 1 and callable(arguments[0]) and not options
                return arguments[0] if is_bare else lambda function: function

            return marked

    class mark(metaclass=_Marks):  # noqa: N801 - as in pytest
        """Marks: `parametrize` is remembered, all others change nothing."""

        @staticmethod
        def parametrize(names, values, **options):
            """Remember what a test is called with."""

            def marked(function):
                listed = (
                    [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
                )
                cases = []
                for value in values:
                    plain = value if not isinstance(value, pytest.param) else value.values
                    is_one = len(listed) == 1 and not isinstance(value, pytest.param)
                    cases.append(dict(zip(listed, [plain] if is_one else plain, strict=True)))
                function.cases = [*getattr(function, "cases", ()), cases]
                return function

            return marked

    class param:  # noqa: N801 - as in pytest
        """Values of one case."""

        def __init__(self, *values, **options):
            self.values = values

    @staticmethod
    def cases(function):
        """The arguments of each case of a parametrized test."""
        for several in itertools.product(*function.cases):
            yield {name: value for case in several for name, value in case.items()}

    @staticmethod
    def skip(reason="", **options):
        """Leave the test."""
        raise unittest.SkipTest(reason)

    @staticmethod
    def importorskip(name, **options):
        """The module, or leave the test."""
        try:
            return __import__(name)
        except ImportError:
            raise unittest.SkipTest(name) from None

    @staticmethod
    def fail(reason="", **options):
        """Fail the test."""
        raise AssertionError(reason)

    @staticmethod
    def fixture(*arguments, **options):
        """Tests that want a fixture are not run, so a fixture is a function like any other."""
        return arguments[0] if arguments and callable(arguments[0]) else lambda function: function
