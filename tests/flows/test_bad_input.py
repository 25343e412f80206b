"""One corpus with everything that is wrong, built whole: each is a counted reject, and the rest is a dataset."""

import io
import tarfile
import zipfile

import pytest

from tests.flows.builds import ask, run_build, write_project
from tilth.errors import LakeError, RequestError
from tilth.lake import FORMAT, write_json

pytestmark = pytest.mark.flow


def spoil(project):
    source = project / "src"
    (source / "picture.py").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(900))
    (source / "noise.md").write_bytes(bytes(range(128, 256)) * 40)
    (source / "latin.py").write_bytes("# gr\u00fc\u00dfe\nX = 'stra\u00dfe'\n".encode("latin-1"))
    (source / "nested.py").write_bytes(b"x = " + b"(\n" * 200_000)
    (source / "half.py").write_text(
        "def whole():\n    value = [1, 2]\n    return sum(value) + len(value)\n\n\ndef torn(a, (\n"
    )
    (source / "broken.ipynb").write_text('{"cells": [')
    (source / "empty.py").write_text("")
    (source / "loop").symlink_to(project)
    (source / "away.py").symlink_to("/etc/passwd")
    with (source / "line.py").open("wb") as file:
        file.seek(1 << 30)
        file.write(b"x")
    with zipfile.ZipFile(source / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.py", bytes(50_000_000))
    with tarfile.open(source / "escape.tar", "w") as archive:
        member = tarfile.TarInfo("../../outside.py")
        member.size = 6
        archive.addfile(member, io.BytesIO(b"x = 1\n"))


def test_a_corpus_of_horrors_is_built_around_them(prefect_server, one_worker, tmp_path):
    project = write_project(tmp_path)
    spoil(project)
    report = run_build(
        tmp_path / "lake", project, project / "src" / "bomb.zip", project / "src" / "escape.tar"
    )
    assert report["counts"]["exported"] > 5
    rejected = ask(
        tmp_path / "lake", "SELECT path, reason FROM rejects WHERE artifact IN ('documents', 'units')"
    )
    reasons: dict[str, set[str]] = {}
    for path, reason in rejected:
        reasons.setdefault(str(path).rpartition("/")[2], set()).add(reason)
    assert reasons["picture.py"] == {"binary"}
    assert reasons["nested.py"] == {"no_structure"}
    assert reasons["line.py"] == {"too_large"}
    assert reasons["empty.py"] == {"empty"}
    for name in ("noise.md", "broken.ipynb", "loop", "away.py", "zeros.py", "outside.py"):
        assert reasons.get(name), f"{name} is told: {reasons}"
    torn = ask(
        tmp_path / "lake",
        "SELECT name, has_error FROM units WHERE path LIKE '%half.py' AND kind = 'function'",
    )
    assert ("whole", False) in torn
    assert not (tmp_path.parent / "outside.py").exists()


def test_a_lake_written_by_a_newer_version_is_left_alone(prefect_server, tmp_path):
    write_json(tmp_path / "lake" / "format.json", {"format": FORMAT + 1, "lake_id": "x"})
    with pytest.raises(LakeError, match="Update Tilth"):
        run_build(tmp_path / "lake", write_project(tmp_path))


def test_a_missing_source_writes_nothing(prefect_server, tmp_path):
    with pytest.raises(RequestError, match=r"gone"):
        run_build(tmp_path / "lake", tmp_path / "gone")
    assert not list((tmp_path / "lake").glob("artifacts/*"))
