from importlib.metadata import distribution

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.detect.licence_metadata import is_metadata_file, licence_of_metadata

NAMES = (
    "pyproject.toml",
    "setup.cfg",
    "PKG-INFO",
    "METADATA",
    "package.json",
    "Cargo.toml",
    "pom.xml",
    "composer.json",
)


@pytest.mark.parametrize(
    ("name", "text", "expression"),
    [
        ("pyproject.toml", '[project]\nlicense = "MIT"\n', "MIT"),
        ("pyproject.toml", '[project]\nlicense = {text = "BSD-3-Clause"}\n', "BSD-3-Clause"),
        ("pyproject.toml", '[tool.poetry]\nlicense = "ISC"\n', "ISC"),
        (
            "pyproject.toml",
            '[project]\nclassifiers = ["License :: OSI Approved :: Apache Software License"]\n',
            "Apache-2.0",
        ),
        ("setup.cfg", "[metadata]\nlicense = MIT\n", "MIT"),
        ("METADATA", "Name: x\nLicense-Expression: MIT AND CNRI-Python\n\nbody", "MIT AND CNRI-Python"),
        ("PKG-INFO", "Name: x\nLicense: MIT License\n", "MIT"),
        ("package.json", '{"license": "(MIT OR Apache-2.0)"}', "(MIT OR Apache-2.0)"),
        ("package.json", '{"licenses": [{"type": "MIT"}]}', "MIT"),
        ("package.json", '{"license": "UNLICENSED"}', "unknown"),
        ("Cargo.toml", '[package]\nlicense = "MIT/Apache-2.0"\n', "MIT OR Apache-2.0"),
        (
            "pom.xml",
            "<project><license><name>Apache License, Version 2.0</name></license></project>",
            "Apache-2.0",
        ),
    ],
)
def test_each_kind_of_metadata_declares_its_licence(name, text, expression):
    assert is_metadata_file(name)
    assert licence_of_metadata(name, text) == expression


def test_an_installed_distribution_declares_its_licence():
    assert licence_of_metadata("METADATA", str(distribution("pytest").read_text("METADATA"))) == "MIT"


@given(st.sampled_from(NAMES), st.text(max_size=200))
def test_broken_metadata_declare_nothing_and_raise_nothing(name, text):
    assert licence_of_metadata(name, text)
