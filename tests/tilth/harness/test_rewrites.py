import ast
import statistics
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from tilth.harness.modules import Repository
from tilth.harness.rewrites import rewrites

INPUTS: tuple[list[int], ...] = ([], [1], [0, 1, 2], [3, 3, -1])
# One function for each idiom; each takes a list of numbers.
LONGHAND = {
    "comprehension": """
        def f(xs):
            ys = []
            for x in xs:
                if x > 0:
                    ys.append(x * 2)
            return ys
    """,
    "any_or_all": """
        def f(xs):
            for x in xs:
                if x < 0:
                    return False
            return True
    """,
    "join": """
        def f(xs):
            s = ""
            for x in xs:
                s += str(x)
            return s
    """,
    "conditional_expression": """
        def f(xs):
            if xs:
                n = xs[0]
            else:
                n = None
            return n
    """,
    "guard_clause": """
        def f(xs):
            if not xs:
                return "none"
            else:
                total = sum(xs)
                return total
    """,
    "merged_condition": """
        def f(xs):
            if xs:
                if xs[0] > 0:
                    return "positive"
            return "other"
    """,
    "augmented_assignment": """
        def f(xs):
            n = 0
            for x in xs:
                n = n + x
            return n
    """,
    "get_with_default": """
        def f(xs):
            d = {1: "one"}
            k = len(xs)
            return d[k] if k in d else "many"
    """,
}


def values_of(source):
    names: dict[str, Callable[[list[int]], object]] = {}
    exec(source, names)
    return [names["f"](list(xs)) for xs in INPUTS]


@pytest.mark.parametrize("kind", LONGHAND)
def test_longhand_becomes_the_idiom_and_does_the_same(kind):
    source = textwrap.dedent(LONGHAND[kind]).lstrip()
    idioms = [rewrite for rewrite in rewrites(source) if rewrite.is_idiom and rewrite.kind == kind]
    assert idioms
    assert all(values_of(idiom.text) == values_of(source) for idiom in idioms)


@pytest.mark.parametrize("kind", sorted(LONGHAND.keys() - {"get_with_default"}))
def test_the_idiom_can_be_written_out_again_and_does_the_same(kind):
    source = textwrap.dedent(LONGHAND[kind]).lstrip()
    idiom = next(rewrite for rewrite in rewrites(source) if rewrite.is_idiom and rewrite.kind == kind)
    back = [rewrite for rewrite in rewrites(idiom.text) if not rewrite.is_idiom and rewrite.kind == kind]
    assert back
    assert all(values_of(longhand.text) == values_of(source) for longhand in back)


def test_every_rewrite_of_real_functions_parses_and_differs():
    texts = [Path(str(module.__file__)).read_bytes() for module in (statistics, textwrap)]
    made = 0
    for text in texts:
        module = Repository([("m.py", text)]).by_name["m"]
        for _, node in module.functions.values():
            source = textwrap.dedent(module.source(node))
            for rewrite in rewrites(source):
                made += 1
                assert ast.dump(ast.parse(rewrite.text)) != ast.dump(ast.parse(source))
    assert made > 30


def test_comments_and_the_way_literals_are_written_are_kept():
    source = 'def f(x):\n    # why\n    if x:\n        return r"\\d"\n    else:\n        return "it"\n'
    texts = [rewrite.text for rewrite in rewrites(source)]
    assert texts
    assert all("# why" in text and 'r"\\d"' in text for text in texts)


def test_a_loop_variable_that_is_used_later_keeps_its_loop():
    source = "def f(xs):\n    ys = []\n    for x in xs:\n        ys.append(x)\n    return ys, x\n"
    assert [rewrite for rewrite in rewrites(source) if rewrite.kind == "comprehension"] == []
