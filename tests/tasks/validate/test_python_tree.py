import ast

import pytest

from tasks.validate.python_tree import count_tree

KINDS_OF_PATHS = '''
@decorated(1 + 2)
class Outer(Base or Other, key=1 if x else 2):
    """Words."""
    def method(self, a=1 or 2):
        assert a and self.b, a + 1
        for x in a:
            while x and a:
                x -= 1
            else:
                x = -x
        try:
            y = [i * j for i in a if i for j in i if j < 3 <= i]
        except (A, B):
            pass
        except C:
            raise
        else:
            y = lambda z: z if z else 1
        finally:
            y.z = a.b * 3 + a.b
        match y:
            case [1, *rest] if rest:
                return 1
            case True | None:
                return 2
            case _:
                return 3
        def closure(b):
            return b if b else not b
        class Local:
            def inner(self):
                return self or 1
        return closure
    class Inner:
        def far(self):
            if self: return 1
    async def waits(self):
        async for x in y:
            async with x as z: return z
        else:
            return 2
if a and b or c:
    def g(): return 1 + 1 + True
'''


def radon(tree):
    from radon.visitors import ComplexityVisitor, HalsteadVisitor

    paths, words = ComplexityVisitor.from_ast(tree), HalsteadVisitor.from_ast(tree)
    functions, classes = list(paths.functions), list(paths.classes)
    figures = {}
    while classes:
        block = classes.pop()
        functions += block.methods
        classes += block.inner_classes
    while functions:
        block = functions.pop()
        functions += block.closures
        figures[block.lineno] = block.complexity
    distinct = words.distinct_operators + words.distinct_operands
    return (paths.total_complexity, words.operators, words.operands, distinct), figures


def assert_as_radon(text):
    tree = ast.parse(text)
    counts, (totals, figures) = count_tree(tree), radon(tree)
    assert (counts.complexity, counts.operators, counts.operands, counts.distinct) == totals
    own = {first: complexity for first, _, complexity in counts.functions}
    assert figures.items() <= own.items()


def test_counts_are_radons_for_every_kind_of_path():
    assert_as_radon(KINDS_OF_PATHS)


def test_counts_are_radons_over_the_standard_library(library):
    for text in library.documents["text"].to_pylist():
        assert_as_radon(text)


def test_a_method_of_a_local_class_has_its_own_figure():
    counts = count_tree(ast.parse(KINDS_OF_PATHS))
    line = KINDS_OF_PATHS[: KINDS_OF_PATHS.index("def inner")].count("\n") + 1
    assert (line, line + 1, 2) in counts.functions


@pytest.mark.parametrize("depth", [5_000])
def test_depth_costs_no_recursion(depth):
    node: ast.expr = ast.Constant(1)
    for _ in range(depth):
        node = ast.UnaryOp(ast.USub(), node)
    assert count_tree(ast.Module([ast.Expr(node)], [])).operators == depth
