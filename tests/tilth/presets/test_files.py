import inspect
import textwrap

import pytest

from tasks.ingest.config import IngestConfig
from tasks.ingest.read_files import ingest_files
from tasks.ingest.survey import survey_sources
from tilth.presets.files import RULE_SETS, SourceFile, broken_rule, comment_ratio

TEXT = inspect.getsource(textwrap)


@pytest.mark.parametrize("preset", RULE_SETS)
def test_a_module_of_the_standard_library_keeps_every_rule(preset):
    assert broken_rule(preset, SourceFile("python", "textwrap.py", TEXT)) is None


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (SourceFile("python", "a.py", TEXT + f"x = '{'a' * 1000}'\n"), "starcoder.max_line_length"),
        (SourceFile("go", "a.go", ("a" * 101 + "\n") * 9), "starcoder.mean_line_length"),
        (SourceFile("c", "a.c", "{ } ; [ ] ( ) - + * x\n" * 9), "starcoder.alphanumeric_ratio"),
        (SourceFile("python", "a.py", "value = other\n" * 99), "starcoder.comment_ratio"),
        (SourceFile("java", "a.java", "// words and words\n" * 99), "starcoder.comment_ratio"),
        (SourceFile("go", "a.go", ("a" * 101 + "\n") * 9), "deepseek_coder.mean_line_length"),
        (SourceFile("go", "a.go", "a\n" * 900 + "b" * 1001), "deepseek_coder.max_line_length"),
        (SourceFile("c", "a.c", "int a = 123456789;\n" * 9), "deepseek_coder.alphabetic_ratio"),
        (
            SourceFile("php", "a.php", "\n<?xml version='1.0'?>\n<words>more words</words>\n"),
            "deepseek_coder.xml",
        ),
        (SourceFile("markdown", "a.html", "seen\n" * 30, 9000), "deepseek_coder.visible_text"),
        (SourceFile("markdown", "a.html", "seen", 8), "deepseek_coder.visible_text"),
        (SourceFile("json", "a.json", '{"name": "value"}'), "deepseek_coder.data_length"),
        (SourceFile("yaml", "a.yaml", "name: value\n" * 500), "deepseek_coder.data_length"),
    ],
)
def test_each_rule_names_itself(file, reason):
    preset = reason.partition(".")[0].replace("_", "-")
    broken = broken_rule(preset, file)
    assert broken is not None
    assert broken[0] == reason
    assert broken[1]


def test_stylesheets_of_xml_are_kept():
    text = "<?xml version='1.0'?>\n<sheet>words and words</sheet>\n"
    assert broken_rule("deepseek-coder", SourceFile("xslt", "a.xsl", text)) is None


def test_docstrings_count_as_comments():
    file = SourceFile("python", "a.py", '"""Words."""\nvalue = 1  # more\n')
    assert comment_ratio(file) == (len('"""Words."""') + len("# more")) / len(file.text)


def test_ingest_leaves_out_what_breaks_a_rule_and_says_which(tmp_path):
    (tmp_path / "good.py").write_text(TEXT)
    (tmp_path / "bare.py").write_text("value = other\n" * 99)
    config = IngestConfig(presets=("starcoder",))
    found = ingest_files(survey_sources([str(tmp_path)], config, tmp_path).rows, config)
    assert found.rows["path"].to_pylist() == ["good.py"]
    assert found.rejects["reason"].to_pylist() == ["starcoder.comment_ratio"]


def test_prose_is_not_judged_by_rules_for_code(tmp_path):
    (tmp_path / "long.md").write_text("# Words\n\n" + "word " * 400 + "\n")
    config = IngestConfig(presets=("starcoder", "deepseek-coder"))
    assert ingest_files(survey_sources([str(tmp_path)], config, tmp_path).rows, config).rows.num_rows == 1
