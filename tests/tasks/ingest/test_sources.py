import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.ingest.sources import may_hold, names_explicitly, resolve_sources
from tilth.errors import RequestError


def test_a_folder_is_named_by_its_last_part(tmp_path, monkeypatch):
    (tmp_path / "proj" / "src").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "proj")
    (source,) = resolve_sources(["."], tmp_path)
    assert (source.name, source.kind, source.pattern) == ("proj", "folder", "")


def test_names_are_made_unique_and_a_source_given_twice_is_read_once(tmp_path):
    for name in ("a/src", "b/src"):
        (tmp_path / name).mkdir(parents=True)
    sources = [str(tmp_path / "a/src"), str(tmp_path / "b/src"), f"{tmp_path}/a/./src"]
    assert [source.name for source in resolve_sources(sources, tmp_path)] == ["src", "src-2"]


def test_a_glob_is_rooted_at_its_fixed_part(tmp_path):
    (tmp_path / "docs").mkdir()
    (source,) = resolve_sources([f"{tmp_path}/docs/**/*.md"], tmp_path)
    assert (source.name, source.root, source.pattern) == ("docs", tmp_path / "docs", "**/*.md")


def test_brackets_in_the_name_of_a_file_are_no_wildcards(tmp_path):
    (tmp_path / "a[1].py").write_text("x")
    (source,) = resolve_sources([f"{tmp_path}/a[1].py"], tmp_path)
    assert (source.kind, source.pattern) == ("file", "a[1].py")


def test_a_bare_repository_is_checked_out(tmp_path):
    work = tmp_path / "work"
    git = ["git", "-C", str(work), "-c", "user.name=Ada", "-c", "user.email=ada@lovelace.org"]
    work.mkdir()
    (work / "a.py").write_text("x = 1\n")
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "one"], check=True)
    subprocess.run(["git", "clone", "--quiet", "--bare", str(work), f"{tmp_path}/tool.git"], check=True)
    (bare,) = resolve_sources([f"{tmp_path}/tool.git"], tmp_path / "cache")
    assert bare.name == "tool"
    assert (bare.root / "a.py").read_text() == "x = 1\n"
    (revision,) = resolve_sources([f"{work}@HEAD"], tmp_path / "cache")
    assert (revision.name, (revision.root / "a.py").read_text()) == ("work", "x = 1\n")


@pytest.mark.parametrize(
    "source",
    ["no/such/path", "", " ", "no/*.py", "a\0b", "x" * 5000, "/dev/null", "no@v1", "~nobody-here/x", "[z-a]"],
)
def test_what_is_no_source_is_a_request_error_that_says_what_to_do(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RequestError, match=r"\. \w.+\."):
        resolve_sources([source], tmp_path)


def test_no_source_at_all_is_a_request_error(tmp_path):
    with pytest.raises(RequestError, match="No source"):
        resolve_sources([], tmp_path)


def test_a_link_that_leads_to_itself_is_a_request_error(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(RequestError):
        resolve_sources([str(tmp_path / "loop")], tmp_path)


PARTS = st.lists(st.sampled_from(["a", "b", "*", "**", "?", "a*"]), min_size=1, max_size=4)


@given(PARTS, st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=5))
def test_no_folder_above_a_match_is_passed_by(pattern, path):
    from pathspec import GitIgnoreSpec

    glob, found = "/".join(pattern), "/".join(path)
    if GitIgnoreSpec.from_lines([f"/{glob}"]).match_file(found):
        assert all(may_hold(glob, "/".join(path[:depth])) for depth in range(1, len(path)))


def test_a_wildcard_for_everything_names_no_dataset():
    assert names_explicitly("*.whl", "x.whl")
    assert names_explicitly("a/b.json", "a/b.json")
    assert not names_explicitly("*", "x.json")
    assert not names_explicitly("**/*.*", "x.json")
    assert not names_explicitly("src/**", "src/x.json")
