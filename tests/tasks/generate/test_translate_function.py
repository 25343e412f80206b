import json

from tests.tasks.generate.repositories import generate, repository_of

PYTHON = '''def snake_case(text):
    """Turn a name in camel case into words with underscores between them."""
    words = []
    for letter in text:
        words.append("_" + letter.lower() if letter.isupper() else letter)
    return "".join(words)


def load(path):
    """Read the recipe of a build from its file and check it."""
    with open(path) as file:
        return parse(file)
'''
JAVASCRIPT = """/** Turn a name in camel case into words with underscores between them. */
export function snakeCase(text) {
  let words = "";
  for (const letter of text) {
    words += letter === letter.toUpperCase() ? "_" + letter.toLowerCase() : letter;
  }
  return words;
}

/** Show the page of the shop to a customer who waits for it. */
export function load(page) {
  const shown = document.querySelector(page);
  shown.hidden = false;
}
"""
BOTH = {"py/names.py": PYTHON, "js/names.js": JAVASCRIPT}


def test_the_same_function_in_two_languages_is_translated_both_ways():
    rows = generate(repository_of(BOTH), "translate_function").rows.to_pylist()
    assert sorted(row["language"] for row in rows) == ["javascript", "python"]
    for row in rows:
        question, answer = (message["content"] for message in row["messages"])
        assert answer.startswith(f"```{row['language']}")
        other = "javascript" if row["language"] == "python" else "python"
        assert f"```{other}" in question
        assert "Turn a name in camel case" in answer
        assert row["oracle"] == "mined"
        assert json.loads(row["extra"])["pair"] == "mined"


def test_functions_that_only_share_a_name_are_no_translations():
    rows = generate(repository_of(BOTH), "translate_function").rows.to_pylist()
    assert not any("load" in row["messages"][0]["content"] for row in rows)


def test_one_language_alone_gives_nothing():
    assert generate(repository_of({"a.py": PYTHON}), "translate_function").rows.num_rows == 0


def test_without_docstrings_a_name_of_several_words_and_the_parameters_tell():
    python = "def unit_price(price, total_count, per):\n    share = total_count / per\n    return price * share\n\n\n"
    python += "def measure(price, total_count):\n    share = total_count\n    return price * share\n\n\n"
    python += "def read_all(path, mode):\n    file = open(path)\n    return file.read(mode)\n"
    script = "export function unitPrice(price, totalCount, per) {\n  const all = per;\n  return all;\n}\n\n"
    script += "export function measure(price, totalCount) {\n  const all = totalCount;\n  return price * all;\n}\n\n"
    script += "export function readAll(socket, size) {\n  const all = socket.read(size);\n  return all;\n}\n"
    rows = generate(repository_of({"a.py": python, "a.js": script}), "translate_function").rows.to_pylist()
    assert len(rows) == 2
    for row in rows:
        assert json.loads(row["extra"])["parameter_jaccard"] == 1.0
        assert "unit" in row["messages"][1]["content"]
