"""Programming problems inspired by real code or prose, each with a solution and tests (OSS-Instruct).

After Magicoder (Wei et al. 2023, arXiv 2312.02120): the snippet is an idea, not the answer. By rule the problem must
stand alone and the solution must parse, define what the problem names, use the standard library only (where it is
known) and not be the snippet again. Nothing is run here: a draft carries `code` and `tests`, so that validation can.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from tasks.generate.by_model.elimination import MOST_OVERLAP, fault_of_task
from tasks.generate.by_model.protocol import Brief, Desk, Draft, MethodConfig, Writing, chat
from tilth.llm.conversation import Unfit
from tilth.similarity.overlap import has_common_run, rouge_l
from tilth.syntax.grammars import ParseTimeout, parse, parser_for

if TYPE_CHECKING:
    from tree_sitter import Parser

TASK = "solve_problem"
# A problem states edges and an example; three times Self-Instruct's bound on a bare instruction.
_MOST_WORDS = 450
# As in instruction back-translation: longer than a name or a set phrase.
_COPIED_WORDS = 10
_SPEAKS_OF_IT = re.compile(
    r"\b(?:(?:the|this) (?:given |above |provided |original )?(?:snippet|code fragment)|inspired by)\b",
    re.IGNORECASE,
)
_PYTHON_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([A-Za-z_]\w*)[\w.]*[ \t]+import\b|import[ \t]+([^\n#;]+))", re.MULTILINE
)


class OssInstruct(MethodConfig):
    """Programming problems after an idea from a unit of code or a passage, solved with tests."""

    method: Literal["oss_instruct"] = "oss_instruct"
    language: str = Field(
        default="python",
        min_length=1,
        description="Programming language where neither the cell nor a unit of code says it.",
    )
    statement_language: str = Field(
        default="English", min_length=2, description="Language in which problems are stated."
    )
    # The paper shows 1 to 15 lines; whole functions give better ideas, but a class of 200 lines only costs.
    most_snippet_words: int = Field(
        default=600, ge=20, le=10_000, description="Words of the material that are shown, from its start."
    )


def write(brief: Brief, config: OssInstruct, desk: Desk) -> Writing:
    """The draft of one problem; a cell's language is that of the solution, its other columns are asked for."""
    item = brief.material
    snippet = _shown(item.text, config.most_snippet_words)
    own = item.language if item.kind == "unit" else ""
    language = brief.cell.get("language") or own or config.language
    wanted = {"difficulty": "medium", **brief.wanted("language")}
    values = {
        "statement_language": config.statement_language,
        "language": language,
        "wanted": wanted,
        "avoid": brief.avoid,
        "snippet": snippet,
    }
    (stated,) = yield (desk.ask("problem", values),)
    _check_problem(stated, snippet)
    asked = {
        "statement_language": config.statement_language,
        "language": language,
        "problem": stated["problem"].strip(),
    }
    (solved,) = yield (desk.ask("solve", asked),)
    solution, tests = _bare(solved["solution"]), _bare(solved["tests"])
    is_parsed = _check_solution(solution, tests, _name(stated), language)
    if item.kind == "unit" and rouge_l(solution, item.text) >= MOST_OVERLAP:
        raise Unfit("solution_is_the_snippet", item.title)
    draft = _draft(stated, solved["approach"].strip(), solution, tests, language)
    return [replace(draft, oracle="parse" if is_parsed else "model", difficulty=wanted["difficulty"])]


def _shown(text: str, most_words: int) -> str:
    """The start of a text up to so many words, cut between lines where it has any."""
    kept: list[str] = []
    count = 0
    for line in text.splitlines():
        count += len(line.split())
        if kept and count > most_words:
            break
        kept.append(line)
    return "\n".join(kept)


def _name(stated: Mapping[str, Any]) -> str:
    """The entry point without its class or package."""
    return str(re.split(r"[.:#]+", stated["entry_point"].strip().removesuffix("()"))[-1])


def _check_problem(stated: Mapping[str, Any], snippet: str) -> None:
    """Raises `Unfit` for a problem that needs its snippet, gives it away or names nothing to define."""
    problem, name = stated["problem"], _name(stated)
    reason = fault_of_task(stated["title"] + " " + problem, (), most_words=_MOST_WORDS)
    if reason:
        raise Unfit(reason, stated["title"])
    if not name.isidentifier() or name not in _names_in(problem):
        raise Unfit("entry_point_not_in_problem", stated["entry_point"])
    if spoken := _SPEAKS_OF_IT.search(problem):
        raise Unfit("problem_speaks_of_its_snippet", spoken[0])
    if has_common_run(problem, snippet, _COPIED_WORDS):
        raise Unfit("problem_copies_its_snippet", stated["title"])


def _names_in(text: str) -> set[str]:
    """The names of a text, as code writes them."""
    return set(re.findall(r"\w+", text))


def _bare(code: str) -> str:
    """Code without the fence that models put around it in spite of everything."""
    fenced = re.fullmatch(r"```\w*\n(.*?)\n?```", code.strip(), re.DOTALL)
    return (fenced[1] if fenced else code).strip("\n") + "\n"


def _check_solution(solution: str, tests: str, name: str, language: str) -> bool:
    """Whether a grammar vouches for solution and tests. Raises `Unfit` for what a rule can tell."""
    for code, called in ((solution, "solution"), (tests, "tests")):
        if name not in _names_in(code):
            raise Unfit(f"entry_point_not_in_{called}", name)
        package = _foreign_package(code) if language == "python" else ""
        if package:
            raise Unfit(f"package_in_{called}", package)
    if language == "python" and not re.search(
        rf"^[ \t]*(?:async )?(?:def|class)[ \t]+{name}\b", solution, re.MULTILINE
    ):
        raise Unfit("entry_point_not_defined", name)
    parser = parser_for(language)
    if parser is None:
        return False
    for code, called in ((solution, "solution"), (tests, "tests")):
        if _has_error(parser, code):
            raise Unfit(f"syntax_error_in_{called}", name)
    return True


def _has_error(parser: Parser, code: str) -> bool:
    try:
        # A lone surrogate, which JSON can hold, is an error in any language.
        return parse(parser, code.encode("utf-8", "surrogatepass")).root_node.has_error
    except ParseTimeout:
        return True


def _foreign_package(code: str) -> str:
    """The first package that Python code imports from outside the standard library; empty when there is none."""
    for whole, several in _PYTHON_IMPORT.findall(code):
        for one in (whole, *several.split(",")):
            top = one.strip().split(".")[0].split(" ")[0]
            if top and top not in sys.stdlib_module_names:
                return str(top)
    return ""


def _draft(stated: Mapping[str, Any], approach: str, solution: str, tests: str, language: str) -> Draft:
    return chat(
        TASK,
        stated["problem"].strip(),
        f"{approach}\n\n```{language}\n{solution}```",
        code=solution,
        tests=tests,
        language=language,
        extra={"title": stated["title"], "idea": stated["idea"], "entry_point": stated["entry_point"]},
    )
