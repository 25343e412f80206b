import ast

import pytest

from tilth.harness.inputs import calls_by_name, inputs_of, stands_alone, text_of_call


def function(text):
    return ast.parse(text).body[0]


def test_recorded_calls_come_first_then_what_is_written_then_what_is_made_up(repository):
    _, node = next(
        pair for pair in repository.by_name["grain.weigh"].functions.values() if pair[0] == "heavy"
    )
    recorded = [{"args": ["[3]"], "kwargs": {}}]
    written = calls_by_name(repository.by_path.values())["heavy"]
    found = [text_of_call("heavy", call) for call in inputs_of(node, recorded, written, "00" * 16, 0, 20)]
    assert found[:3] == ["heavy([3])", "heavy([1, 11, 12], 10)", "heavy([5, 10])"]


def test_values_are_made_up_by_hints_and_names_alike_in_every_run():
    node = function("def f(count, text: str, rest=None):\n    pass\n")
    one, other = (inputs_of(node, [], [], "ab" * 16, 7, 8) for _ in range(2))
    assert one == other
    assert one
    for call in one:
        assert isinstance(ast.literal_eval(call["args"][0]), int)
        assert isinstance(ast.literal_eval(call["args"][1]), str)


def test_nothing_is_made_up_for_a_parameter_that_nothing_is_known_of():
    assert inputs_of(function("def f(whatever):\n    pass\n"), [], [], "ab" * 16, 0, 8) == []


def test_a_call_that_does_not_fit_the_parameters_is_no_input():
    calls = [
        {"args": ["1", "2"], "kwargs": {}},
        {"args": [], "kwargs": {"b": "1"}},
        {"args": ["1"], "kwargs": {}},
    ]
    assert inputs_of(function("def f(whatever):\n    pass\n"), calls, [], "ab" * 16, 0, 8) == calls[2:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[1, 'a']", True),
        ("lambda x: x + 1", True),
        ("name", False),
        ("open('f')", False),
        ("(x := 1)", False),
    ],
)
def test_an_argument_stands_alone_when_it_needs_no_name_of_its_file(text, expected):
    assert stands_alone(ast.parse(text, mode="eval").body) is expected
