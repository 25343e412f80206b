import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.ingest.read_notebooks import BrokenNotebook, Notebook, read_notebook


def notebook(*cells: tuple[str, str], **metadata: object) -> str:
    return json.dumps(
        {
            "nbformat": 4,
            "metadata": metadata,
            "cells": [
                {
                    "cell_type": kind,
                    "source": source.splitlines(keepends=True),
                    "outputs": [{"text": "SECRET"}],
                }
                for kind, source in cells
            ],
        }
    )


def test_prose_and_code_are_told_apart_and_outputs_dropped():
    found = read_notebook(
        notebook(("markdown", "# Title"), ("code", "a = 1\n"), ("code", "b = 2"), ("raw", "x"))
    )
    assert found == Notebook("# Title\n", "a = 1\n\nb = 2\n", "python")


def test_lines_for_ipython_become_comments_so_that_the_code_parses():
    found = read_notebook(
        notebook(
            ("code", "%matplotlib inline\n!pip list\nx = 1"),
            ("code", "%%bash\nls"),
            ("code", "%%time\ny = 2"),
        )
    )
    assert found.code == "# %matplotlib inline\n# !pip list\nx = 1\n\ny = 2\n"
    compile(found.code, "notebook", "exec")


def test_the_kernel_tells_the_language():
    assert read_notebook(notebook(("code", "x <- 1"), language_info={"name": "R"})).language == "r"
    assert read_notebook(notebook(("code", "1"), kernelspec={"language": "julia"})).language == "julia"
    assert read_notebook(notebook(("code", "1"), kernelspec={"name": "python3"})).language == "python"


def test_the_older_format_with_worksheets_is_read():
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["Part"]},
        {"cell_type": "code", "input": ["x = 1\n", "y = 2"]},
    ]
    found = read_notebook(json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}))
    assert found == Notebook("## Part\n", "x = 1\ny = 2\n", "python")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"cells": 3}', '{"cells": [1]}', "[" * 100_000])
def test_what_is_no_notebook_is_told(text):
    with pytest.raises(BrokenNotebook):
        read_notebook(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["cells", "source", "metadata", "cell_type", "level", "worksheets", "kernelspec"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_a_notebook_or_a_broken_one(value):
    with suppress(BrokenNotebook):
        read_notebook(json.dumps(value))
