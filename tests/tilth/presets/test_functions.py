import pytest

from tilth.presets.functions import RULE_SETS, Function, broken_rule

GOOD = Function(
    name="add",
    owner="",
    language="python",
    text=b'def add(a, b):\n    """Add two numbers."""\n    return a + b\n',
    docstring="Add two numbers.",
    lines=3,
    is_test=False,
    parameters=("a", "b"),
    imports=(),
)


@pytest.mark.parametrize("preset", RULE_SETS)
def test_a_documented_function_that_returns_something_keeps_every_rule(preset):
    assert broken_rule(preset, GOOD) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"docstring": "Adds."}, "codesearchnet.documentation"),
        ({"docstring": "Add.\n\nTwo numbers are added."}, "codesearchnet.documentation"),
        ({"lines": 2}, "codesearchnet.length"),
        ({"is_test": True}, "codesearchnet.test"),
        ({"name": "latest_of"}, "codesearchnet.test"),
        ({"name": "__init__"}, "codesearchnet.constructor"),
        ({"name": "Silo", "owner": "Silo"}, "codesearchnet.constructor"),
        ({"name": "__str__"}, "codesearchnet.extension_method"),
        ({"name": "toString"}, "codesearchnet.extension_method"),
        ({"docstring": " "}, "selfcodealign.docstring"),
        ({"text": b"def f(a):\n    return\n"}, "selfcodealign.return_value"),
        ({"text": b"def f(a):\n    # return a\n"}, "selfcodealign.return_value"),
        ({"parameters": ()}, "selfcodealign.argument"),
        ({"text": b"def f(a):\n    # TODO\n    return a\n"}, "selfcodealign.todo"),
        ({"imports": ("os.path",)}, "selfcodealign.system_import"),
    ],
)
def test_each_rule_names_itself(change, reason):
    preset = reason.partition(".")[0]
    broken = broken_rule(preset, GOOD._replace(**change))
    assert broken is not None
    assert broken[0] == reason
    assert broken[1]


def test_every_rule_set_says_its_version_and_its_source():
    for rules in RULE_SETS.values():
        assert rules.version
        assert "arXiv" in rules.source
