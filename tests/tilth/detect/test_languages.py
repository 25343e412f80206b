import sysconfig
from pathlib import Path

import pytest

from tilth.detect.languages import is_archive, language_of, language_of_label, language_of_name

STDLIB = Path(sysconfig.get_path("stdlib"))


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("a/b.py", "python", "code"),
        ("App.JSX", "javascript", "code"),
        ("App.tsx", "typescript", "code"),
        ("main.go", "go", "code"),
        ("lib.rs", "rust", "code"),
        ("Main.java", "java", "code"),
        ("x.c", "c", "code"),
        ("x.hpp", "cpp", "code"),
        ("x.cs", "csharp", "code"),
        ("x.rb", "ruby", "code"),
        ("x.php", "php", "code"),
        ("x.kt", "kotlin", "code"),
        ("x.swift", "swift", "code"),
        ("x.scala", "scala", "code"),
        ("x.sh", "bash", "code"),
        ("README.md", "markdown", "prose"),
        ("README", "text", "prose"),
        ("index.rst", "rst", "prose"),
        ("nb.ipynb", "notebook", "prose"),
        ("Makefile", "makefile", "code"),
        ("Dockerfile.dev", "dockerfile", "code"),
        ("package.json", "json", "data"),
        ("a.yml", "yaml", "data"),
    ],
)
def test_a_name_tells_language_and_kind(path, name, kind):
    assert language_of_name(path) == (name, kind)


def test_a_name_that_tells_nothing_gives_nothing():
    assert [language_of_name(name) for name in ("LICENSE", "data.bin", "noext", ".gitignore")] == [None] * 4


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"#!/usr/bin/python3\n", "python"),
        (b"#!/usr/bin/env python3.12\n", "python"),
        (b"#!/usr/bin/env -S node --flag\n", "javascript"),
        (b"#! /bin/sh -e\n", "bash"),
    ],
)
def test_a_shebang_tells_what_the_name_does_not(line, name):
    assert language_of("bin/tool", line) == (name, "code")


def test_xml_under_the_name_of_a_language_is_data():
    assert language_of("app_de.ts", b'<?xml version="1.0"?>\n<TS/>') == ("xml", "data")


def test_a_header_with_classes_is_cpp_and_without_is_c():
    assert language_of("a.h", b"#pragma once\nclass A {};\n") == ("cpp", "code")
    assert language_of("a.h", b"struct a { int b; };\n") == ("c", "code")


def test_labels_of_kernels_and_datasets_are_understood():
    labels = ("ipython3", "Python 3", "C++", "JavaScript", "ts", "golang", "shell")
    names = [found.name if (found := language_of_label(label)) else None for label in labels]
    assert names == [None, "python", "cpp", "javascript", "typescript", "go", "bash"]


def test_the_standard_library_is_python():
    assert all(language_of_name(path.name) == ("python", "code") for path in STDLIB.glob("*.py"))


def test_archives_are_known_by_name():
    assert [
        is_archive(name) for name in ("a.zip", "a.whl", "a.tar.gz", "a.tgz", "a.tar.zst", "a.gz", "tar")
    ] == [
        *[True] * 5,
        False,
        False,
    ]
