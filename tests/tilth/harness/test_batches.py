import pytest

from tilth.harness.batches import run_tasks
from tilth.sandbox.sandbox import Sandbox


def program_task(code, tests="", cpu_s=0.3):
    return {"kind": "tests", "cpu_s": cpu_s, "code": code, "tests": tests}


def calls_task(code, *calls, traced=False):
    listed = [{"args": list(call), "kwargs": {}} for call in calls]
    return {"kind": "calls", "cpu_s": 1.0, "code": code, "function": "f", "calls": listed, "traced": traced}


def test_each_task_has_its_own_answer_whatever_its_neighbours_do(sandbox):
    tasks = [
        program_task("x = 1", "assert x == 1"),
        program_task("while True: pass"),
        program_task("import os; os._exit(3)"),
        program_task("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
        program_task("x = 2", "assert x == 1"),
    ]
    passed, hung, left, killed, failed = run_tasks(sandbox, tasks)
    assert passed.value == {"passed": True}
    assert [answer.outcome for answer in (hung, left, killed)] == ["lost"] * 3
    assert failed.value["message"] == "in: assert x == 1\nleft: 2\nright: 1\nAssertionError"


def test_a_task_that_ends_its_job_takes_no_other_with_it(sandbox):
    spoiler = "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"
    answers = run_tasks(
        sandbox, [program_task("x = 1", "assert x"), program_task(spoiler), program_task("y = 1", "assert y")]
    )
    assert [answer.value for answer in (answers[0], answers[2])] == [{"passed": True}] * 2
    assert answers[1].value is None


def test_a_message_names_no_path_and_no_address(sandbox):
    code = "def f():\n    raise KeyError(object(), '/srv/grain/file.py')\n"
    (answer,) = run_tasks(sandbox, [program_task(code, "f()")])
    assert answer.value["error"] == "KeyError"
    assert "in f: raise KeyError" in answer.value["message"]
    assert "/srv" not in answer.value["message"].splitlines()[-1]
    assert "0x…" in answer.value["message"]


def test_calls_give_values_errors_and_the_lines_they_went_through(sandbox):
    code = "def f(x):\n    y = x + 1\n    return 1 / y\n"
    (answer,) = run_tasks(sandbox, [calls_task(code, ["1"], ["-1"], ["object()"], traced=True)])
    fine, raised, odd = answer.value["calls"]
    assert fine["value"] == "0.5"
    assert [event[1] for event in fine["events"]] == [1, 2, 2]
    assert fine["events"][1][2] == {"x": "1", "y": "2"}
    assert raised["error"] == ["ZeroDivisionError", "division by zero"]
    assert raised["raised_at"] == "return 1 / y"
    assert odd["error"][0] == "TypeError"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def f(x):\n    open('a', 'w').write(x)\n    return 1\n", "open"),
        ("def f(x):\n    print(x)\n    return 1\n", "prints"),
        ("seen = []\n\n\ndef f(x):\n    seen.append(x)\n    return 1\n", "globals"),
        ("n = 0\n\n\ndef f(x):\n    global n\n    n += 1\n    return n\n", "differs"),
        ("def f(x):\n    return object()\n", "value"),
    ],
)
def test_what_does_more_than_give_a_value_is_told(sandbox, code, reason):
    (answer,) = run_tasks(sandbox, [calls_task(code, ["'a'"])])
    assert answer.value["calls"] == [{"impure": reason}]


def test_another_hash_seed_shows_what_depends_on_the_order_of_a_set(sandbox):
    task = calls_task("def f(x):\n    return list(set(x))\n", ["['barley', 'oats', 'rye', 'spelt', 'wheat']"])
    (one,), (other,) = (run_tasks(sandbox, [task], is_reseeded=flag) for flag in (False, True))
    assert one.value["calls"][0]["value"] != other.value["calls"][0]["value"]


def test_answers_are_the_same_whatever_the_number_of_workers(sandbox):
    tasks = [program_task(f"x = {number}", "assert x % 3") for number in range(40)]
    with Sandbox(sandbox.limits, workers=2) as other:
        assert run_tasks(other, tasks, tasks_a_job=7) == run_tasks(sandbox, tasks)
