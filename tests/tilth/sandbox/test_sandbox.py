"""What a well-meaning job finds, and what is said of it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tilth.sandbox.conftest import NARROW, force, require
from tilth.errors import RequestError
from tilth.sandbox.job import Job, Verdict
from tilth.sandbox.sandbox import Sandbox


def test_a_program_runs_as_main_with_its_arguments_and_its_input(any_sandbox):
    source = "import sys; print(__name__, sys.argv[1:], sys.stdin.read()); print('é', file=sys.stderr)"
    verdict = any_sandbox.run(Job(source, argv=("a", "b c"), stdin=b"in\n" * 50_000))
    assert verdict.outcome == "ok"
    assert verdict.stdout.startswith(b"__main__ ['a', 'b c'] in\nin\n")
    assert verdict.stderr == "é\n".encode()


def test_a_program_gives_back_a_value_on_its_third_handle(sandbox):
    assert sandbox.run(Job("import os, json; os.write(3, json.dumps({'a': [1, 2.5]}).encode())")).value == {
        "a": [1, 2.5]
    }


@pytest.mark.parametrize("junk", [b"", b"{", b"[" * 100_000, b"\xff", b"1" * 10_000])
def test_a_value_that_is_no_json_is_none(junk):
    assert Verdict("ok", result=junk).value is None


def test_it_says_of_an_exception_what_the_interpreter_says_of_it(sandbox):
    source = "def f(x):\n    return 1 / x\n\nf(0)\n"
    verdict = sandbox.run(Job(source))
    fresh = subprocess.run([sys.executable, "-I", "-c", source], capture_output=True, check=False)
    assert (verdict.outcome, verdict.exit_code) == ("failed", fresh.returncode)
    assert b"    return 1 / x\n" in verdict.stderr
    assert (
        verdict.stderr.splitlines()[-1]
        == fresh.stderr.splitlines()[-1]
        == b"ZeroDivisionError: division by zero"
    )
    assert b"inside" not in verdict.stderr


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("import sys; sys.exit()", 0),
        ("raise SystemExit(7)", 7),
        ("raise SystemExit(-1)", 255),
        ("import sys; sys.exit('why')", 1),
        ("import os; os._exit(3)", 3),
        ("def f(:", 1),
        ("x = '\udcff'", 0),
        ("\0", 1),
        ("import os; os.close(1); print('x')", 120),
        ("import atexit; atexit.register(print, 'late')", 0),
        ("import threading; threading.Timer(0.01, print, ['late']).start()", 0),
        ("class A:\n    def __del__(self): print('late')\na = A()", 0),
    ],
)
def test_its_exit_code_is_the_interpreter_s(sandbox, source, code):
    verdict = sandbox.run(Job(source))
    assert verdict.exit_code == code
    assert verdict.outcome == ("failed" if code else "ok")
    assert (b"late" in verdict.stdout) == ("late" in source)


def test_without_proc_a_job_runs_too():
    with Sandbox(NARROW) as sandbox:
        require(sandbox)
        force(sandbox, "bare")
        verdict = sandbox.run(Job("import os; print(os.listdir('/proc'), os.listdir('/tmp'), os.getuid())"))
    assert verdict.stdout == b"[] [] 65534\n"


def test_its_files_lie_in_its_folder_and_can_be_imported(any_sandbox):
    files = {"a/b.py": b"X = 5", "data.bin": bytes(range(256))}
    verdict = any_sandbox.run(
        Job("from a.b import X; print(X, len(open('data.bin', 'rb').read()))", files=files)
    )
    assert verdict.stdout == b"5 256\n"


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../../x", "a\0b", "__job__.py"])
def test_a_file_cannot_be_called_what_lies_elsewhere(name):
    with pytest.raises(RequestError, match="A job's file cannot be called"):
        Job("", files={name: b""})


@pytest.mark.parametrize("files", [{"a": b"", "a/b": b""}, {"a": bytes(3 << 20)}])
def test_files_that_do_not_fit_are_said_to_be_so(sandbox, files):
    verdict = sandbox.run(Job("", files=files))
    assert verdict.outcome == "sandbox_error"
    assert "do not fit" in verdict.detail


def test_many_verdicts_come_in_the_order_of_their_jobs():
    with Sandbox(NARROW, workers=2) as sandbox:
        require(sandbox)
        jobs = (Job(f"import time; time.sleep({(i % 3) / 500}); print({i})") for i in range(40))
        assert [int(verdict.stdout) for verdict in sandbox.run_many(jobs)] == list(range(40))


def test_a_server_is_renewed_and_nothing_of_it_is_seen(monkeypatch):
    monkeypatch.setattr("tilth.sandbox.sandbox._JOBS_A_SERVER", 2)
    with Sandbox(NARROW) as sandbox:
        require(sandbox)
        assert [v.outcome for v in sandbox.run_many([Job("pass")] * 5)] == ["ok"] * 5
        assert len(sandbox._all) <= 1


def test_sets_have_the_same_order_in_every_run():
    source = "print({'a', 'b', 'c', 'd', 'e'}, hash('x'))"
    with Sandbox(NARROW) as one, Sandbox(NARROW) as other:
        require(one)
        assert one.run(Job(source)).stdout == other.run(Job(source)).stdout != b""


def test_no_job_finds_what_another_left(sandbox):
    leave = (
        "import builtins, json, os, sys\nbuiltins.left = json.left = 1\nsys.modules['left'] = json\n"
        "os.environ['LEFT'] = '1'\nos.makedirs('/tmp/left')\nopen('left', 'w').write('1')\nos.nice(5)\n"
        "import random; random.seed(5)"
    )
    find = (
        "import builtins, json, os, sys, random\nprint(hasattr(builtins, 'left'), hasattr(json, 'left'), 'left' in "
        "sys.modules, 'LEFT' in os.environ, os.listdir('/tmp'), os.path.exists('left'), os.nice(0))"
    )
    assert sandbox.run(Job(leave)).outcome == "ok"
    assert sandbox.run(Job(find)).stdout == b"False False False False [] False 0\n"


@given(st.text(max_size=200))
def test_any_text_at_all_gets_a_verdict(sandbox, source):
    assert sandbox.run(Job(source)).outcome in {"ok", "failed"}


def test_tests_of_a_repository_run_on_a_copy_of_its_tree(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text(
        "def double(x):\n    '''\n    >>> double(2)\n    4\n    '''\n    return 2 * x\n"
    )
    (tmp_path / "package" / "other.py").write_text("from package import double\n")
    (tmp_path / "dangling").symlink_to("/nowhere")
    test = "import doctest, package, package.other; print(doctest.testmod(package)); open('package/new', 'w').close()"
    broken = {
        "package/__init__.py": (tmp_path / "package" / "__init__.py").read_bytes().replace(b"2 * x", b"3 * x")
    }
    tmp_path.chmod(0o755)
    with Sandbox(NARROW, source=tmp_path) as sandbox:
        require(sandbox)
        before, after, again = sandbox.run_many([Job(test), Job(test, files=broken), Job(test)])
    assert before.stdout == again.stdout == b"TestResults(failed=0, attempted=1)\n"
    assert b"failed=1" in after.stdout
    assert sorted(path.name for path in (tmp_path / "package").iterdir()) == ["__init__.py", "other.py"]


def test_a_job_changes_its_copy_of_the_tree_and_no_other(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "kept").write_text("kept")
    (tmp_path / "folder" / "script").write_text("#!/bin/sh\necho ran\n")
    (tmp_path / "folder" / "script").chmod(0o755)
    os.mkfifo(tmp_path / "pipe")
    tmp_path.chmod(0o755)
    change = """
import os, shutil, subprocess
subprocess.run(['folder/script'])
open('folder/kept', 'a').write('changed'); os.rename('folder/script', 'moved'); os.mkdir('folder/new')
for place in ('/tree', '/source'):
    try: open(place + '/folder/kept', 'a').write('changed'); print('wrote', place)
    except OSError: pass
shutil.rmtree('folder'); print(os.listdir())
"""
    look = (
        "import os; print(sorted(os.listdir('.')), sorted(os.listdir('folder')), open('folder/kept').read())"
    )
    with Sandbox(NARROW, source=tmp_path) as sandbox:
        require(sandbox)
        changed, seen = sandbox.run_many([Job(change), Job(look)])
        force(sandbox, "single")
        copied = sandbox._threads.submit(sandbox._try_twice, Job(look)).result()
    assert changed.outcome == "ok"
    assert b"wrote" not in changed.stdout
    assert b"ran" in changed.stdout
    assert seen.stdout == copied.stdout == b"['__job__.py', 'folder'] ['kept', 'script'] kept\n"
    assert (tmp_path / "folder" / "kept").read_text() == "kept"


def test_a_tree_that_nobody_may_read_is_said_to_be_so(tmp_path):
    tmp_path.chmod(0o000)
    with Sandbox(NARROW, source=tmp_path) as sandbox:
        verdict = sandbox.run(Job("pass"))
    tmp_path.chmod(0o700)
    assert verdict.outcome.startswith("sandbox_")
    assert "Permission denied: '/source'" in verdict.detail or "bwrap" in verdict.detail


def test_an_environment_s_packages_can_be_imported_and_not_changed(tmp_path):
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    packages = next((environment / "lib").glob("python*")) / "site-packages"
    (packages / "only_there.py").write_text("PLACE = __file__")
    source = (
        "import only_there, sys, subprocess; print(only_there.PLACE, sys.prefix)\n"
        "again = [sys.executable, '-c', 'import only_there, sys; print(sys.prefix)']\n"
        "print(subprocess.run(again, capture_output=True))\n"
        "open(only_there.PLACE, 'a')"
    )
    with Sandbox(NARROW, environment=environment) as sandbox:
        require(sandbox)
        verdict = sandbox.run(Job(source))
    assert b"/env/lib/" in verdict.stdout
    assert b"stdout=b'/env\\n'" in verdict.stdout
    assert b"Read-only file system" in verdict.stderr or b"Permission denied" in verdict.stderr
    assert str(tmp_path).encode() not in verdict.stdout + verdict.stderr


def test_an_environment_s_start_up_code_runs_as_nobody_and_without_rights(tmp_path):
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    packages = next((environment / "lib").glob("python*")) / "site-packages"
    note = "import os, sys; sys.noted = (os.getuid(), open('/proc/self/status').read())\n"
    (packages / "note.pth").write_text(note)
    with Sandbox(NARROW, environment=environment) as sandbox:
        require(sandbox)
        noted = sandbox.run(Job("import sys; print(sys.noted[0], sys.noted[1])")).stdout.decode()
    assert noted.startswith("65534 ")
    assert "CapEff:\t0000000000000000" in noted
    assert "CapPrm:\t0000000000000000" in noted


def test_without_an_environment_there_is_the_standard_library_alone(sandbox):
    assert b"ModuleNotFoundError" in sandbox.run(Job("import pyarrow")).stderr
    assert sandbox.run(Job("import sqlite3, ssl, xml.etree.ElementTree, zoneinfo")).outcome == "ok"


@pytest.mark.parametrize("kind", ["environment", "source"])
def test_a_folder_that_is_not_there_is_said_at_once(tmp_path, kind):
    with pytest.raises(RequestError, match="nowhere"):
        Sandbox(**{kind: tmp_path / "nowhere"})
