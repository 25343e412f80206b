import io
import json
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.ingest.config import CategoryRule, IngestConfig
from tasks.ingest.decode import encode
from tasks.ingest.read_files import ingest_files
from tasks.ingest.survey import survey_sources
from tilth.records import DOCUMENTS, REJECTS, Outcome

STDLIB = Path(sysconfig.get_path("stdlib"))
LICENCE = """Permission is hereby granted, free of charge, to any person obtaining a copy
without restriction. The above copyright notice and this permission notice shall be included."""
TOKEN = "gh" + "p_q7Zr1vT0pLk3Wm9XsB2nD4fG6hJ8yC5uE0aR"


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def ingest(source: Path | str, config: IngestConfig | None = None) -> Outcome:
    config = config or IngestConfig()
    survey = survey_sources([str(source)], config, Path("unused")).rows
    outcome = ingest_files(survey, config)
    # Nothing is lost: every row of the survey is a document, a reject, or both.
    keys = set(outcome.rows["key"].to_pylist()) | set(outcome.rejects["key"].to_pylist())
    assert keys == set(survey["key"].to_pylist())
    assert outcome.rows.schema == DOCUMENTS
    assert outcome.rejects.schema == REJECTS
    return outcome


def documents(outcome: Outcome, *names: str) -> list[tuple[Any, ...]]:
    return list(zip(*(outcome.rows[name].to_pylist() for name in names), strict=True))


def reasons(outcome: Outcome) -> dict[str, str]:
    return dict(zip(outcome.rejects["path"].to_pylist(), outcome.rejects["reason"].to_pylist(), strict=True))


def test_a_file_becomes_a_document_that_can_be_given_back(tmp_path):
    files: dict[str, str | bytes] = {
        "a.py": "x = 'ü'\r\n",
        "b.py": b"\xef\xbb\xbfx = 1\n",
        "c.md": "# Größe\n".encode("utf-16"),
        "d.py": b"# coding: latin-1\n# \xe9\n",
    }
    outcome = ingest(write(tmp_path / "p", files))
    assert len(outcome.rows) == 4
    for path, text, encoding, has_bom in documents(outcome, "path", "text", "encoding", "has_bom"):
        assert (
            encode(str(text), str(encoding), has_bom=bool(has_bom))
            == (tmp_path / "p" / str(path)).read_bytes()
        )


def test_bytes_and_digest_are_of_the_utf8_and_the_id_is_of_source_path_and_text(tmp_path):
    one = ingest(write(tmp_path / "1" / "p", {"a.py": "x = 'ü'\n", "b.py": "x = 'ü'\n"}))
    two = ingest(write(tmp_path / "2" / "p", {"a.py": "x = 'ü'\n".encode("cp1252"), "b.py": "y = 1\n"}))
    assert one.rows["bytes"].to_pylist()[0] == len("x = 'ü'\n".encode())
    assert len(set(one.rows["text_digest"].to_pylist())) == 1
    assert len(set(one.rows["document_id"].to_pylist())) == 2
    assert one.rows["document_id"][0] == two.rows["document_id"][0]


BAD: dict[str, tuple[str | bytes, str]] = {
    "jpeg.py": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "binary"),
    "nul.py": (b"x = 1\0\n", "binary"),
    "empty.py": ("", "empty"),
    "blank.py": ("\n \n", "empty"),
    "package.json": ("{}", "data_file"),
    "package-lock.json": ("{}", "generated"),
    "api_pb2.py": ("x = 1\n", "generated"),
    "app.min.js": ("x=1;\n", "generated"),
    "bundle.js": ("x=1;" * 2000, "minified"),
    "LICENSE": (LICENCE, "licence_text"),
    "what.bin": ("text\n", "unknown_language"),
    "broken.ipynb": ('{"cells": ', "broken_notebook"),
    "inner.zip": (b"PK\x03\x04", "nested_archive"),
    "broken.docx": (b"PK\x03\x04 cut", "broken_document"),
    "third_party/x.py": ("x = 1\n", "vendored"),
}


def test_every_kind_of_bad_file_is_a_reject_with_its_reason(tmp_path):
    root = write(
        tmp_path / "p", {path: content for path, (content, _) in BAD.items()} | {"good.py": "x = 1\n"}
    )
    survey = survey_sources([str(root)], IngestConfig(), tmp_path)
    outcome = ingest_files(survey.rows, IngestConfig())
    found = reasons(outcome) | {
        "third_party/x.py": reasons(Outcome(survey.rows, survey.rejects))["third_party"]
    }
    assert found == {path: reason for path, (_, reason) in BAD.items()}
    assert outcome.rows["path"].to_pylist() == ["good.py"]


def test_what_the_config_keeps_is_a_document_that_says_why_it_was_doubtful(tmp_path):
    config = IngestConfig(keep_generated=True, keep_vendored=True, keep_minified=True, keep_data=True)
    root = write(
        tmp_path / "p",
        {path: BAD[path][0] for path in ("api_pb2.py", "bundle.js", "third_party/x.py", "package.json")},
    )
    outcome = ingest(root, config)
    flags = {
        path: sorted(json.loads(str(extra))) if extra else []
        for path, extra in documents(outcome, "path", "extra")
    }
    assert flags == {
        "api_pb2.py": ["generated"],
        "bundle.js": ["minified"],
        "package.json": [],
        "third_party/x.py": ["vendored"],
    }
    assert set(outcome.rows["kind"].to_pylist()) == {"code"}


def test_a_header_overrules_the_folder_and_a_folder_the_repository(tmp_path):
    files: dict[str, str | bytes] = {
        "LICENSE": LICENCE,
        "a.py": "x = 1\n",
        "b.py": "# SPDX-License-Identifier: GPL-3.0-or-later\nx = 1\n",
        "sub/package.json": '{"license": "ISC"}',
        "sub/c.js": "x = 1\n",
    }
    found = documents(ingest(write(tmp_path, files)), "path", "licence", "licence_class", "licence_basis")
    assert found == [
        ("a.py", "MIT", "permissive", "file"),
        ("b.py", "GPL-3.0-or-later", "copyleft", "header"),
        ("sub/c.js", "ISC", "permissive", "metadata"),
    ]


def test_without_a_licence_it_is_unknown(tmp_path):
    found = documents(ingest(write(tmp_path, {"a.py": "x"})), "licence", "licence_class", "licence_basis")
    assert found == [("unknown", "unknown", "none")]


def test_secrets_and_personal_data_are_marked_where_they_stand(tmp_path):
    text = f"# ü ada@lovelace.org\nkey = '{TOKEN}'\n"
    outcome = ingest(write(tmp_path, {"a.py": text, "b.py": "x = 1\n"}))
    ((secrets, personal), nothing) = documents(outcome, "secrets", "personal_data")
    data = text.encode()
    assert [data[span["start"] : span["end"]].decode() for span in secrets] == [TOKEN]
    assert [data[span["start"] : span["end"]].decode() for span in personal] == ["ada@lovelace.org"]
    assert nothing == ([], [])


def test_categories_come_from_the_first_rule_that_matches_else_from_the_source(tmp_path):
    rules = (CategoryRule(glob="tests/", category="tests"), CategoryRule(glob="*.py", category="code"))
    root = write(tmp_path / "p", {"tests/a.py": "x", "b.py": "x", "c.md": "x"})
    found = documents(ingest(root, IngestConfig(categories=rules)), "path", "category")
    assert found == [("b.py", "code"), ("c.md", "p"), ("tests/a.py", "tests")]


def test_a_notebook_becomes_prose_and_code(tmp_path):
    cells = [{"cell_type": "markdown", "source": "# T"}, {"cell_type": "code", "source": ["x = 1"]}]
    outcome = ingest(write(tmp_path, {"n.ipynb": json.dumps({"cells": cells})}))
    assert documents(outcome, "kind", "language", "text") == [
        ("prose", "markdown", "# T\n"),
        ("code", "python", "x = 1\n"),
    ]


def test_a_web_page_becomes_markdown(tmp_path):
    outcome = ingest(write(tmp_path, {"a.html": "<h1>T</h1><p>x</p>"}))
    assert documents(outcome, "kind", "language", "text", "encoding") == [
        ("prose", "markdown", "# T\n\nx\n", "utf-8")
    ]


def test_without_the_extra_a_document_is_a_reject_that_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    outcome = ingest(write(tmp_path, {"a.pdf": b"%PDF-1.4\n"}))
    assert reasons(outcome) == {"a.pdf": "missing_extra"}
    assert "[documents]" in outcome.rejects["detail"][0].as_py()


def wheel(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tool/__init__.py", (STDLIB / "this.py").read_text())
        archive.writestr("tool/logo.png", b"\x89PNG\r\n\x1a\n\0")
        archive.writestr("../evil.py", "x = 1\n")
        archive.writestr("tool-1.dist-info/METADATA", "Name: tool\nLicense-Expression: Zlib\n\nText")
        archive.writestr("tool-1.dist-info/RECORD", "tool/__init__.py,,\n")
    return path


def test_a_wheel_gives_its_members_under_its_own_metadatas_licence(tmp_path):
    outcome = ingest(wheel(tmp_path / "tool-1-py3-none-any.whl"))
    name = "tool-1-py3-none-any.whl"
    assert documents(outcome, "path", "source", "licence") == [(f"{name}/tool/__init__.py", name, "Zlib")]
    assert reasons(outcome) == {
        f"{name}/tool/logo.png": "binary",
        f"{name}/../evil.py": "unsafe_path",
        f"{name}/tool-1.dist-info/METADATA": "unknown_language",
        f"{name}/tool-1.dist-info/RECORD": "unknown_language",
    }


def test_each_member_of_an_archive_is_a_document_or_a_reject(tmp_path):
    members = [*sorted(STDLIB.glob("[a-c]*.py"))[:20], *sorted(Path(sys.prefix).glob("*.cfg"))]
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as archive:
        for path in members:
            archive.add(path, f"lib/{path.name}")
        archive.addfile(info := tarfile.TarInfo("lib/zero.py"), io.BytesIO(b""))
    assert info.size == 0
    outcome = ingest(tmp_path / "x.tar.gz")
    assert len(outcome.rows) + len(outcome.rejects) == len(members) + 1
    assert {reasons(outcome)["x.tar.gz/lib/zero.py"]} == {"empty"}


def test_a_licence_at_the_end_of_an_archive_holds_for_what_came_before(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("p/a.py", "x = 1\n")
        archive.writestr("p/LICENSE", LICENCE)
    assert documents(ingest(tmp_path / "x.zip"), "licence", "licence_basis") == [("MIT", "file")]


def test_an_archive_with_nothing_in_it_is_a_reject(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w"):
        pass
    assert reasons(ingest(tmp_path / "x.zip")) == {"x.zip": "empty"}


def test_rows_of_a_dataset_are_seeds_documents_or_rejects_with_their_line(tmp_path):
    rows = [
        {"instruction": "Add.", "output": "3", "category": "sums"},
        {"text": "def f(): pass", "language": "Python", "license": "mit"},
        {"text": "Prose."},
        {"text": "package a", "path": "src/a.go"},
        {"other": 1},
        {"messages": [{"role": "wizard", "content": "x"}]},
    ]
    lines = [json.dumps(row) for row in rows]
    root = write(tmp_path, {"d.jsonl": "\n".join([*lines, "{broken"])})
    outcome = ingest(root / "d.jsonl")
    assert documents(outcome, "kind", "language", "licence", "category") == [
        ("seed", "text", "unknown", "sums"),
        ("code", "python", "MIT", "d.jsonl"),
        ("prose", "text", "unknown", "d.jsonl"),
        ("code", "go", "unknown", "d.jsonl"),
    ]
    assert list(
        zip(outcome.rejects["line"].to_pylist(), outcome.rejects["reason"].to_pylist(), strict=True)
    ) == [
        (5, "no_text"),
        (6, "bad_messages"),
        (7, "bad_row"),
    ]
    messages = json.loads(outcome.rows["extra"][0].as_py())["messages"]
    assert messages == [{"role": "user", "content": "Add."}, {"role": "assistant", "content": "3"}]


def test_equal_rows_of_a_dataset_have_different_ids(tmp_path):
    root = write(tmp_path, {"d.jsonl": '{"text": "x"}\n' * 3})
    assert len(set(ingest(root / "d.jsonl").rows["document_id"].to_pylist())) == 3


def test_a_dataset_inside_a_folder_is_a_data_file(tmp_path):
    assert reasons(ingest(write(tmp_path, {"d.jsonl": '{"text": "x"}\n'}))) == {"d.jsonl": "data_file"}


def test_a_file_that_changed_or_went_since_the_survey_is_a_reject(tmp_path):
    survey = survey_sources([str(write(tmp_path, {"a.py": "x", "b.py": "x"}))], IngestConfig(), tmp_path).rows
    (tmp_path / "a.py").write_text("y")
    (tmp_path / "b.py").unlink()
    (tmp_path / "b.py").symlink_to("/etc/passwd")
    assert reasons(ingest_files(survey, IngestConfig())) == {
        "a.py": "changed_while_reading",
        "b.py": "unreadable",
    }


def test_documents_do_not_depend_on_how_the_survey_is_cut(tmp_path):
    config = IngestConfig()
    survey = survey_sources([str(STDLIB / "[a-d]*.py")], config, tmp_path).rows
    whole = ingest_files(survey, config)
    parts = [ingest_files(survey.slice(start, 7), config) for start in range(0, len(survey), 7)]
    assert pa.concat_tables([part.rows for part in parts]).equals(whole.rows)
    assert pa.concat_tables([part.rejects for part in parts]).equals(whole.rejects)
    assert set(whole.rows["language"].to_pylist()) == {"python"}


def test_no_document_tells_where_it_lies_on_this_machine(tmp_path):
    outcome = ingest(write(tmp_path / "p", {"a.py": "x = 1\n", "bad.py": b"\0"}))
    assert str(tmp_path) not in str(outcome.rows.to_pylist()) + str(outcome.rejects.to_pylist())


def test_an_empty_survey_gives_empty_tables(tmp_path):
    survey = survey_sources([str(write(tmp_path, {"a.py": "x"}))], IngestConfig(), tmp_path).rows.slice(0, 0)
    outcome = ingest_files(survey, IngestConfig())
    assert (outcome.rows.num_rows, outcome.rejects.num_rows) == (0, 0)


NAMES = st.sampled_from(
    ["a.py", "b.md", "c.html", "d.ipynb", "e.json", "f.pdf", "g.docx", "LICENSE", "h", "i.ts"]
)


@given(st.dictionaries(NAMES, st.binary(max_size=100) | st.text(max_size=60), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_any_bytes_under_any_name_end_as_documents_or_rejects(tmp_path_factory, files):
    ingest(
        write(
            tmp_path_factory.mktemp("any"),
            {k: v if isinstance(v, bytes) else v.encode("utf-8", "replace") for k, v in files.items()},
        )
    )


def test_importing_the_engine_leaves_the_document_readers_alone():
    code = "import sys, tasks.ingest.read_files as _; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": "."}
    )
    heavy = {
        "docx",
        "pptx",
        "lxml",
        "pypdfium2",
        "html_to_markdown",
        "charset_normalizer",
        "pandas",
        "prefect",
    }
    assert not heavy & set(loaded.stdout.split())
