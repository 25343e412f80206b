"""Templates of prompts: strict about names, bounded, and the same on every machine."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.errors import RequestError
from tilth.llm.template import Template
from tilth.llm.template_language import PromptError

ROW = {
    "title": "On soil", "text": "Loam.\nClay.", "count": 3, "note": None, "tags": ["a", "b"],
    "person": {"name": "Ada", "items": 1}, "seeds": [{"task": "dig", "n": 2}, {"task": "sow", "n": 1}],
}  # fmt: skip


def rendered(source, row=ROW):
    return Template(source).render(row)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Summarise {{ title }}: {{ text }}", "Summarise On soil: Loam.\nClay."),
        ("{{ note }}|{{ note | default('none') }}|{{ note or 'x' }}", "|none|x"),
        ("{{ person.name }}, {{ person['items'] }}, {{ tags[1] }}, {{ tags[-1] }}", "Ada, 1, b, b"),
        ("{{ tags }} {{ person }} {{ count == 3 }}", '["a", "b"] {"name": "Ada", "items": 1} true'),
        (
            "{% for s in seeds %}\n{{ loop.index }}. {{ s.task }}{{ ',' if not loop.last }}\n{% endfor %}",
            "1. dig,\n2. sow\n",
        ),
        ("{% for k, v in person | items %}{{ k }}={{ v }};{% endfor %}", "name=Ada;items=1;"),
        ("{{ seeds | join(' & ', attribute='task') }}", "dig & sow"),
        ("{{ seeds | sort(attribute='n') | join(',', attribute='task') }}", "sow,dig"),
        ("{% set n = count * 2 %}{{ n + 1 }} {{ n // 4 }} {{ n % 4 }} {{ title ~ ' ' ~ n }}", "7 1 2 On soil 6"),
        ("{{ text | indent(2) }}|{{ title | truncate(4) }}", "Loam.\n  Clay.|On …"),
        ("{{ title | upper | replace('SOIL', 'X') }}", "ON X"),
        ("{% if 'a' in tags and count > 2 %}yes{% else %}no{% endif %}", "yes"),
        ("{% for x in note %}{{ x }}{% else %}nothing{% endfor %}", "nothing"),
        ("{{ ['b', 'a', 'b'] | unique | join }}{{ tags | first }}{{ tags | reverse | join }}", "baaba"),
        ("{{ text[:4] }}{{ person | tojson }}", 'Loam{"name": "Ada", "items": 1}'),
    ],
)  # fmt: skip
def test_a_template_says_what_its_row_holds(source, text):
    assert rendered(source) == text


def test_dates_are_rendered_as_iso_and_text_of_a_row_is_never_a_template():
    assert rendered("{{ day }}", {"day": date(2026, 11, 1)}) == "2026-11-01"
    assert rendered("{{ text }}", {"text": "{{ title }} {% raise %}"}) == "{{ title }} {% raise %}"


def test_an_unknown_variable_is_named_with_the_columns_there_are():
    with pytest.raises(
        RequestError,
        match=r"summary uses 'titel', which is no column; there are: text, title\. Did you mean title\?",
    ):
        Template("{{ titel }}", "summary").check_names(["title", "text"])
    Template("{% for s in seeds %}{{ s.task }}{{ loop.index }}{% endfor %}").check_names(["seeds"])


def test_the_head_is_what_all_rows_share():
    assert Template("You judge.\n{# a comment #}Text: {{ text }} end").head == "You judge.\nText: "
    assert Template("{% if note %}a{% endif %}b").head == ""


@pytest.mark.parametrize(
    ("source", "fact"),
    [
        ("{{ title", "is no template: line 1"),
        ("a\n{% if %}", "line 2"),
        ("{{ title | shout }}", "line 1: No filter named 'shout'"),
        ("{% include 'x' %}", "Include"),
        ("{% macro m() %}{% endmacro %}", "Macro"),
        ("{{ title.upper() }}", "Call"),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "Call"),
        ("{% set a = [title, title] %}", "lists of constants"),
        ("{{ 2 ** 99 }}", "Pow"),
        ("{% set a %}x{% endset %}", "AssignBlock"),
        ("{{ " + "(" * 2000 + "1" + ")" * 2000 + " }}", "nested too deeply"),
        ("{% for a in tags %}" * 30 + "{% endfor %}" * 30, "nested too deeply"),
        ("{{ " + "-" * 3000 + "1 }}", "nested too deeply"),
        ("x" * 200_001, "may have 200,000"),
    ],
)  # fmt: skip
def test_what_is_no_template_is_told_with_its_line(source, fact):
    with pytest.raises(RequestError, match=fact):
        Template(source, "summary")


@pytest.mark.parametrize(
    ("source", "fact"),
    [
        ("{{ person.age }}", "no 'age' in dict"),
        ("{{ note.age }}", "no 'age' in null"),
        ("{{ title.__class__ }}", "no '__class__' in str"),
        ("{{ person['__class__'] }}", "no '__class__' in dict"),
        ("{{ title < 1 }}", "not supported"),
        ("{{ 1 // (count - 3) }}", "by zero"),
        ("{{ title * 3 }}", r"operator \* is for two numbers"),
        ("{{ tags + tags }}", "operator"),
        ("{% for x in count %}{% endfor %}", "not iterable"),
        ("{{ raw }}", "type bytes"),
        ("{{ '%999999999d' % 1 }}", "operator"),
        ("{{ 9223372036854775807 * 9 }}", "64 bits"),
        ("{{ title | indent(999999999) }}", "characters"),
        ("{{ title | replace('', title * 2) }}", "operator"),
        ("{% set a = 'x' %}" + "{% set a = a ~ a %}" * 60, "characters"),
        ("{% set a = 'x' %}" + "{% set a = a + a %}" * 60, "characters"),
        ("{% set a = 'xx' %}" + "{% set a = a | replace('x', a) %}" * 9, "characters"),
        ("{% set a = 'x' %}" + "{% set a = a | join(a) ~ a %}" * 60, "characters|often"),
        ("{% for a in long %}{% for b in long %}{% for c in long %}{% endfor %}{% endfor %}{% endfor %}", "often"),
        ("{% for a in long %}{% for b in long %}{{ long }}{% endfor %}{% endfor %}", "characters"),
        ("{% for a in long %}{% for b in long %}{% if big == big2 %}{% endif %}{% endfor %}{% endfor %}", "often"),
        ("{% for a in long %}{% for b in long %}{% set x = big[1:] %}{% endfor %}{% endfor %}", "often"),
        ("{% for a in long %}{% for b in long %}{% set x = big | reverse %}{% endfor %}{% endfor %}", "often"),
        ("{% for a in long %}{% for b in long %}{% if 'z' in big %}{% endif %}{% endfor %}{% endfor %}", "often"),
        ("{% for a in long %}{% for b in long %}" + "{% if a %}{% endif %}" * 5000 + "{% endfor %}" * 2, "often"),
        ("{{ circle }}", "Circular"),
    ],
)  # fmt: skip
def test_a_row_that_makes_no_prompt_and_a_hostile_template_end_in_an_error(source, fact):
    circle: list[object] = []
    circle.append(circle)
    row = {
        **ROW,
        "raw": b"x",
        "long": "x" * 5000,
        "big": "y" * 10**6,
        "big2": "y" * 10**6 + "z",
        "circle": circle,
    }
    with pytest.raises(PromptError, match=fact):
        rendered(source, row)


@given(st.text())
def test_any_text_is_a_template_or_told_not_to_be(source):
    with suppress(RequestError, PromptError):
        Template(source).render(ROW)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(_VALUES, st.sampled_from([
    "{{ v }}", "{{ v | default(1) }}", "{{ v | length }}", "{{ v | join(',') }}", "{{ v | sort }}", "{{ v.a }}",
    "{{ v[0] }}", "{{ v + 1 }}", "{{ v | upper }}", "{{ v | items }}", "{{ v | int }}", "{{ v | round(2) }}",
    "{{ v | tojson(2) }}", "{% for x in v %}{{ x }}{% endfor %}", "{{ v is even }}", "{{ v | first }}",
]))  # fmt: skip
def test_any_value_is_rendered_or_told_and_twice_alike(value, source):
    template = Template(source)
    with suppress(PromptError):
        assert template.render({"v": value}) == template.render({"v": value})
