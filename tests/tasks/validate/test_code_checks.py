"""What is computed once a text: syntax, lint and complexity."""

from __future__ import annotations

import ast

import pytest

from tasks.validate.config import ValidateConfig
from tasks.validate.python_metrics import measure_python
from tasks.validate.ruff_findings import find_with_ruff
from tasks.validate.verdicts import validate_examples
from tilth.errors import RequestError


def parts(shard, check, **config):
    """What one check says of each example, by example_id."""
    chosen = (check, "complexity") if config.pop("with_ast", False) else (check,)
    asked = ValidateConfig.model_validate({"checks": chosen, "min_quality": 0.0} | config)
    outcome = validate_examples(shard.examples, shard.documents, asked)
    return {
        row["example_id"]: next((part for part in row["checks"] if part["check"] == check), None)
        for row in outcome.rows.to_pylist()
    }


SOURCES = {
    "python": ("def good(a):\n    return a + 1\n", "def bad(a):\n    return (a +\n", ".py"),
    "javascript": ("function good(a) { return a + 1; }\n", "function bad(a) { return a +; }\n", ".js"),
    "typescript": (
        "function good(a: number) { return a + 1; }\n",
        "function bad(a: number) { return ) a; }\n",
        ".ts",
    ),
    "go": ("func good(a int) int { return a + 1 }\n", "func bad(a int) int { return a + }\n", ".go"),
    "rust": ("fn good(a: i32) -> i32 { a + 1 }\n", "fn bad(a: i32) -> i32 { let = a; a }\n", ".rs"),
    "java": (
        "class A { int good(int a) { return a + 1; } }\n",
        "class B { int bad() { return + ; } }\n",
        ".java",
    ),
}


@pytest.mark.parametrize("language", sorted(SOURCES))
def test_an_error_costs_its_own_function_and_not_its_neighbour(shard, language):
    good, bad, suffix = SOURCES[language]
    text = good + "\n" + bad
    document_id = shard.document(text, path=f"file{suffix}", language=language)
    fine = shard.chat(good.strip(), document_id, text, language=language)
    wrong = shard.chat(bad.strip(), document_id, text, language=language)
    said = parts(shard, "syntax")
    assert said[fine]["passed"]
    assert said[wrong]["reason"] == "syntax_error"
    assert said[wrong]["detail"].startswith("line ")


def test_functions_before_the_cut_of_a_cut_file_are_whole(shard):
    text = "function one(a) { return a + 1; }\nclass Cut { two(b) { if (b) { return"
    document_id = shard.document(text, path="a.js", language="javascript")
    one = shard.chat("return a + 1;", document_id, text)
    cut = shard.chat("if (b) { return", document_id, text)
    said = parts(shard, "syntax")
    assert said[one]["passed"]
    assert not said[cut]["passed"]


def test_syntax_is_the_same_with_and_without_the_tree_that_complexity_needs(shard):
    text = "def a():\n    return 1\n\n\ndef b():\n    return (1\n"
    document_id = shard.document(text)
    for answer in ("return 1", "return (1"):
        shard.chat(answer, document_id, text)
    assert parts(shard, "syntax") == parts(shard, "syntax", with_ast=True)


def test_the_reassembled_file_is_looked_at_when_an_example_brings_one(shard):
    code = "def f(x):\n    return x +\n"
    wrong = shard.example("chat", code=code, answer_start=14, answer_end=24)
    assert parts(shard, "syntax")[wrong]["reason"] == "syntax_error"


def test_prose_and_languages_without_a_grammar_have_no_syntax(shard):
    document_id = shard.document("# Head\n", language="markdown", kind="prose", path="a.md")
    prose = shard.chat("Head", document_id, "# Head\n")
    assert parts(shard, "syntax")[prose] is None


def test_an_error_planted_in_any_real_function_is_found(shard, library):
    ids, texts = library.documents["document_id"].to_pylist(), library.documents["text"].to_pylist()
    data_of = {document_id: text.encode() for document_id, text in zip(ids, texts, strict=True)}
    for row in library.examples.to_pylist()[::40]:
        data, start, end = data_of[row["origins"][0]["document_id"]], row["answer_start"], row["answer_end"]
        code = (data[:end] + b" ) (" + data[end:]).decode()
        shard.example("chat", code=code, answer_start=start, answer_end=end + 4)
    said = parts(shard, "syntax")
    assert len(said) > 15
    assert {part["reason"] for part in said.values()} == {"syntax_error"}


LINTED = """\
import os


def clean(values):
    total = 0
    for value in values:
        total += value
    return total


def careless(values, seen=[]):
    unused = 1
    try:
        return undefined_name + other_name
    except:
        raise ValueError("x")
"""


def test_findings_count_for_the_answer_on_whose_lines_they_are(shard):
    document_id = shard.document(LINTED)
    clean = shard.chat("total = 0\n    for value in values:", document_id, LINTED)
    careless = shard.chat(LINTED[LINTED.index("def careless") :].strip(), document_id, LINTED)
    said = parts(shard, "lint")
    assert said[clean]["score"] == 1.0
    assert said[clean]["reason"] is None
    assert said[careless]["score"] < 0.2
    assert {"B006", "F821", "F841"} <= {word.split(" ")[0] for word in said[careless]["detail"].split(", ")}


def test_too_many_findings_a_line_reject_the_answer(shard):
    wrong = shard.chat(LINTED.split("\n\n\n")[2].strip(), shard.document(LINTED), LINTED)
    said = parts(shard, "lint", max_findings_per_line=0.2)
    assert said[wrong]["reason"] == "lint_findings"


def test_one_text_that_kills_ruff_does_not_take_the_others_with_it():
    deep = b"x = " + b"-" * 200_000 + b"1\n"
    texts = [b"import os\n", deep, b"import re\n", b"x = 1\n"]
    found = find_with_ruff(texts, [".py"] * 4, ValidateConfig())
    assert found[1] is None
    assert [[item.code for item in of_text or []] for of_text in found] == [["F401"], [], ["F401"], []]


def test_a_folder_called_build_is_linted_like_any_other(tmp_path, monkeypatch):
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / ".gitignore").write_text("*")
    (tmp_path / "build" / "ruff.toml").write_text("lint.select = []")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "build"))
    assert find_with_ruff([b"import os\n"], [".py"], ValidateConfig()) == [[(0, "F401")]]


def test_a_rule_that_ruff_does_not_know_is_a_clear_error():
    with pytest.raises(RequestError, match="Correct ruff_rules"):
        find_with_ruff([b"x = 1\n"], [".py"], ValidateConfig(ruff_rules=("ZZZ9",)))


def branches(count):
    return (
        "def f(x):\n"
        + "".join(f"    if x == {n}:\n        return {n}\n" for n in range(count))
        + "    return 0\n"
    )


def test_a_tangled_function_scores_less_and_a_hopeless_one_fails(shard):
    said = {}
    for count in (3, 30, 90):
        text = branches(count)
        body = text[text.index("if") :].strip()
        said[count] = parts_of_one(shard, text, body)
    assert said[3]["score"] == 1.0
    assert said[30]["score"] < 0.6
    assert said[90]["reason"] == "too_complex"


def parts_of_one(shard, text, body, **document):
    example_id = shard.chat(body, shard.document(text, **document), text)
    return parts(shard, "complexity")[example_id]


def test_complexity_is_that_of_the_function_and_not_of_its_file(shard):
    text = branches(40) + "\n\ndef simple(x):\n    return x\n"
    assert parts_of_one(shard, text, "return x")["score"] > 0.9


def test_other_languages_are_scored_by_the_decisions_in_the_answer(shard):
    calm = "function f(a) { return a; }"
    busy = "function g(a) { " + "if (a && b || c) { a = a ? 1 : 2; } " * 10 + "}"
    said = [
        parts_of_one(shard, text, text, language="javascript", path=f"{number}.js")
        for number, text in enumerate((calm, busy))
    ]
    assert said[0]["score"] == 1.0
    assert said[1]["score"] < 0.3


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "x = " + "-" * 200_000 + "1\n",
        "x = " + "+".join(["1"] * 50_000) + "\n",
        "x = 1\0\n",
        "x = " + "9" * 6000,
        "print 'two'\n",
        "if 1:\n" + "".join(" " * n + "if 1:\n" for n in range(1, 300)),
    ],
)
def test_hostile_text_is_a_verdict_and_not_a_crash(shard, text):
    (metrics,) = measure_python([text.encode()])
    assert not metrics.parses
    assert metrics.problem
    shard.chat(text[:40], shard.document(text), text)
    outcome = validate_examples(shard.examples, shard.documents, ValidateConfig())
    assert outcome.rows.num_rows == 1


def test_complexity_and_index_are_radons_own(library):
    from radon.complexity import cc_visit
    from radon.metrics import mi_rank, mi_visit

    for text in library.documents["text"].to_pylist():
        if len(text) > 20_000:
            continue
        (metrics,) = measure_python([text.encode()])
        index = mi_visit(text, multi=True)
        # The line counts are cheaper than Radon's; on 140 files they moved the index by 0.8 on average.
        assert metrics.maintainability == pytest.approx(index, abs=8)
        assert mi_rank(metrics.maintainability) == mi_rank(index)
        assert metrics.line_complexity is not None
        for block in cc_visit(text):
            if block.letter in "FM" and not block.closures:
                assert metrics.line_complexity[block.lineno - 1] == block.complexity


def test_a_text_that_is_too_long_to_measure_is_counted_by_its_words(shard):
    text = branches(5)
    example_id = shard.chat(text.strip(), shard.document(text), text)
    assert parts(shard, "complexity", max_measured_bytes=10)[example_id]["score"] == 1.0
    assert parts(shard, "lint", max_measured_bytes=10)[example_id] is None
    assert parts(shard, "syntax", max_measured_bytes=10)[example_id]["passed"]


def test_measuring_leaves_the_collector_as_it_was():
    import gc

    measure_python([b"x = 1\n", b"x = ("])
    assert gc.isenabled()
    assert isinstance(ast.parse("x"), ast.Module)
