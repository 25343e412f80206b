"""What the stand-in writes at each step of each method: the least that a good model would, made of the prompt alone.

Texts are words drawn by the prompt, so that two have little in common. A translation spells words backwards, or in
other letters, so that translating it back gives the original.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tasks.generate.by_model.kept import fixed_parts
from tilth.words import terms

#: Given the user's message and all that was said, what the step answers.
Step = Callable[[str, str], dict[str, Any]]

_WORDS = ("barley clay drill ember field grain harrow iron journal kiln loam meadow nettle orchard plough quarry "
          "reed sluice tiller urn vetch willow yarrow zinc anvil beam cellar dial elm furrow").split()  # fmt: skip
_LONG_WORDS = ("fermentation temperature preparation measurement germination cultivation moisture-content "
               "observation evaporation propagation fertiliser composition laboratory technology").split()  # fmt: skip


def words(seed: str, count: int = 12, among: Sequence[str] = _WORDS) -> str:
    """A run of words drawn by a text: two texts have little in common."""
    drawn = hashlib.shake_128(seed.encode()).digest(count)
    return " ".join(among[byte % len(among)] for byte in drawn)


def tagged(prompt: str, tag: str) -> str:
    """What stands between two tags of a prompt."""
    found = re.search(rf"<{tag}[^>]*>\n?(.*?)\n?</{tag}>", prompt, re.DOTALL)
    return found.group(1) if found else ""


def line_of(prompt: str, name: str) -> str:
    """What a line of a prompt says of something: `Language: Go`."""
    found = re.search(rf"^{re.escape(name)}: (.*)$", prompt, re.MULTILINE)
    return found.group(1) if found else ""


def _system(seed: str) -> str:
    said: list[dict[str, str]] = json.loads(seed.rpartition("#")[0] if seed[-1] != "]" else seed)
    return said[0]["content"]


def _number(text: str, default: int = 2) -> int:
    """The first number of some text."""
    found = re.search(r"\d+", text)
    return int(found[0]) if found else default


def carried(text: str, word: Callable[[str], str]) -> str:
    """A text with other words: code, identifiers, addresses and figures stay."""
    kept = "|".join(re.escape(part) for part in sorted(fixed_parts(text), key=len, reverse=True)) or r"\b\B"
    return re.sub(rf"({kept})|[^\W\d_]+", lambda found: found[0] if found[1] else word(found[0]), text)


def _other_word(word: str) -> str:
    return words(word.casefold(), 1)


# ------------------------------------------------------------------------------------------------ passages


def _ask(prompt: str, seed: str) -> dict[str, Any]:
    evidence = max(tagged(prompt, "passage").split("\n"), key=len)
    asked, answered = f"What of {words(seed)}?", f"It is {words(seed + '!')}."
    return {"pairs": [{"question": asked, "answer": answered, "evidence": evidence}]}


def _check(prompt: str, seed: str) -> dict[str, Any]:
    return {"claims": [], "is_supported": True, "is_complete": True, "is_self_contained": True}


def _query(prompt: str, seed: str) -> dict[str, Any]:
    counted = Counter(term for term in terms(tagged(prompt, "passage")) if term.isalpha())
    often = [term for term, _ in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))][:3]
    return {"need": "Somebody at work.", "query": f"how to handle {' and '.join(often)}"}


def _pick(prompt: str, seed: str) -> dict[str, Any]:
    ids = re.findall(r'<candidate id="(\w+)">', prompt)
    most = _number(_system(seed).partition("taken")[2])
    picked = [
        {"id": name, "reason": f"It is about {words(name)}.", "hardness": 5 - place % 5}
        for place, name in enumerate(ids[:most])
    ]
    return {"answering": [], "negatives": picked}


def _verify(prompt: str, seed: str) -> dict[str, Any]:
    asked = terms(tagged(prompt, "query").removeprefix("how to handle"))
    there = terms(tagged(prompt, "passage"))
    return {"reason": "By its words.", "answers": set(asked) <= set(there)}


def _instruct(prompt: str, seed: str) -> dict[str, Any]:
    return {"is_usable": True, "instruction": f"Please set out {words(seed)}."}


def _rate(prompt: str, seed: str) -> dict[str, Any]:
    return {"flaws": "None.", "score": 5}


# ------------------------------------------------------------------------------------------------ tasks


def _tasks(prompt: str, seed: str) -> dict[str, Any]:
    """Tasks of self-instruct, the second of them closed, or of a domain."""
    count = _number(re.findall(r"Propose \d+ tasks", _system(seed))[0])
    level = line_of(prompt, "Wanted difficulty") or "medium"
    found = []
    for number in range(count):
        drawn = words(f"{seed}/{number}")
        options = drawn.split()[:2] if number == 1 and len(set(drawn.split()[:2])) == 2 else []
        found.append({"instruction": f"Say how {drawn} go together.", "input": "", "options": options,
                      "difficulty": level, "points": [f"It names {drawn.split()[0]}."]})  # fmt: skip
    return {"tasks": found}


def _choose(prompt: str, seed: str) -> dict[str, Any]:
    return {"reasoning": "It comes first.", "is_decidable": True, "option": line_of(prompt, "Option")}


def _evolve(prompt: str, seed: str) -> dict[str, Any]:
    task = tagged(prompt, "task")
    evolved = f"{task} Mind {words(seed, 5)} as well." if line_of(prompt, "Step") else f"List {words(seed)}."
    return {"change": "One more thing to mind.", "instruction": evolved, "input": ""}


def _judge(prompt: str, seed: str) -> dict[str, Any]:
    yes = dict.fromkeys(("is_different", "is_answerable", "is_self_contained"), True)
    return {**yes, "difficulty": 5, "reason": "It asks for more."}


def _personas(prompt: str, seed: str) -> dict[str, Any]:
    found = [f"Somebody who knows {words(f'{seed}/{number}', 6)}." for number in range(3)]
    return {"personas": [{"persona": persona, "expertise": "trained"} for persona in found]}


def _requests(prompt: str, seed: str) -> dict[str, Any]:
    count = _number(" ".join(re.findall(r"\d+ requests", _system(seed))))
    return {"requests": [f"How do I keep {words(f'{seed}/{number}')}?" for number in range(count)]}


def _parts(prompt: str, seed: str) -> dict[str, Any]:
    count = _number(re.findall(r"Name about \d+", _system(seed))[0])
    names = [words(f"{seed}/{number}", 3) for number in range(count)]
    return {
        "parts": [{"name": name, "about": f"All of {name}.", "is_leaf": False, "weight": 3} for name in names]
    }


# ------------------------------------------------------------------------------------------------ other wordings


def _text(prompt: str, seed: str) -> dict[str, Any]:
    """A text to order, or another wording of one."""
    if not line_of(prompt, "Reading difficulty"):
        return {"text": carried(tagged(prompt, "text"), _other_word)}
    count = _number(line_of(prompt, "Length"))
    # Words a sentence and long ones among them, for readability of about 10, 48 and 75.
    length, every = {"easy": (9, 99), "medium": (14, 3), "hard": (24, 2)}[
        line_of(prompt, "Reading difficulty").partition(":")[0]
    ]
    said = [line_of(prompt, name) for name in ("Keywords", "Field", "Style", "Tone")]
    head = " and ".join(part for part in said if part).split()
    body, long = words(seed, count).split(), words(seed, count, _LONG_WORDS).split()
    run = head + [long[at] if at % every == 0 and every < 99 else body[at] for at in range(count - len(head))]
    sentences = [" ".join(run[start : start + length]).capitalize() for start in range(0, len(run), length)]
    return {"text": ". ".join(sentences) + "."}


def _read(prompt: str, seed: str) -> dict[str, Any]:
    """What a reader takes a text for: of each list what occurs in it."""
    text = tagged(prompt, "text").casefold().replace(". ", " ")

    def seen(name: str) -> str:
        listed = line_of(_system(seed), name).split("; ")
        return next((one for one in listed if one.casefold() in text), "something else")

    told = {"domain": seen("Fields"), "style": seen("Styles"), "tone": seen("Tones")}
    return {**told, "complexity": "medium", "is_specific": True}


def _same(prompt: str, seed: str) -> dict[str, Any]:
    return {"lost": [], "added": [], "is_same": True, "style": "plain"}


def _counterpart(prompt: str, seed: str) -> dict[str, Any]:
    """A translation, a counterpart in another field, or a question across passages."""
    found: dict[str, Any] = {"is_possible": True, "changes": [], "counterparts": []}
    if languages := re.search(r"^From (.*) into (.*)\.$", prompt, re.MULTILINE):
        word = _in_letters if languages[2] == "Chinese" else _backwards
        found["instruction"] = carried(tagged(prompt, "request"), word)
        found["answer"] = carried(tagged(prompt, "answer"), word)
    elif ids := re.findall(r'<passage id="(\w+)">', prompt):
        found["parts"] = [{"id": name, "fact": f"It says {words(name)}."} for name in ids[:2]]
        found["question"], found["answer"] = f"What joins {words(seed)}?", f"That is {words(seed + '!')}."
    else:
        found["text"] = carried(tagged(prompt, "text"), _other_word)
    return found


def _backwards(word: str) -> str:
    return word[::-1]


# The first Chinese character of Unicode.
_HAN = 0x4E00


def _in_letters(word: str) -> str:
    return "".join(chr(_HAN + ord(letter)) if ord(letter) < 128 else letter for letter in word)


def _back(prompt: str, seed: str) -> dict[str, Any]:
    def word(said: str) -> str:
        is_han = all(ord(letter) >= _HAN for letter in said)
        return "".join(chr(ord(letter) - _HAN) for letter in said) if is_han else said[::-1]

    return {
        name: carried(tagged(prompt, tag), word)
        for name, tag in (("instruction", "request"), ("answer", "answer"))
    }


def _faults(prompt: str, seed: str) -> dict[str, Any]:
    yes = {"is_right": True, "is_natural": True, "is_true": True, "is_parallel": True}
    return {"faults": [], "fidelity": 5, "fluency": 5, "wrong_answers": [], **yes}


# ------------------------------------------------------------------------------------------------ conversations


def _plan(prompt: str, seed: str) -> dict[str, Any]:
    turns = _number(line_of(prompt, "Turns of the person"))
    return {
        "goal": f"To know {words(seed)}.",
        "intentions": [f"Asks for {words(f'{seed}{turn}', 4)}." for turn in range(turns)],
    }


def _message(prompt: str, seed: str) -> dict[str, Any]:
    return {"message": f"And what of {words(seed)}?", "is_last": False}


_CARELESS = "It is roughly so."


def _worsen(prompt: str, seed: str) -> dict[str, Any]:
    good = tagged(prompt, "good_answer").split()
    return {"flaw": "Half of it is missing.", "answer": " ".join([*good[: (len(good) + 1) // 2], _CARELESS])}


def _compare(prompt: str, seed: str) -> dict[str, Any]:
    """The careless answer loses; of two others, always the same one, wherever it stands."""
    one, other = tagged(prompt, "answer_a"), tagged(prompt, "answer_b")
    better, _ = sorted((one, other), key=lambda text: (_CARELESS in text, words(text, 40)))
    return {"flaws_a": "It could say more.", "flaws_b": "It could say more.", "winner": "a" if better == one else "b",
            "margin": "clear"}  # fmt: skip


# ------------------------------------------------------------------------------------------------ code


def _problem(prompt: str, seed: str) -> dict[str, Any]:
    name = "_".join(words(seed, 3).split())
    if line_of(prompt, "Language of the solution") in ("javascript", "typescript", "tsx", "java", "go"):
        first, *rest = name.split("_")
        name = first + "".join(part.capitalize() for part in rest)
    stated = (
        f"Write `{name}(values)`, which counts the values of {words(seed + '?', 24)}. Of none it gives 0."
    )
    return {
        "idea": f"Counting {words(seed, 3)}.",
        "title": f"Counting {words(seed, 4)}",
        "problem": stated,
        "entry_point": name,
    }


# By language: a solution and its tests.
_CODE = {
    "python": (
        "def {0}(values):\n    return len(list(values))\n",
        "assert {0}([]) == 0\nassert {0}([1, 2]) == 2\n",
    ),
    "javascript": (
        "function {0}(values) {{\n  return values.length;\n}}\n",
        "console.assert({0}([]) === 0);\n",
    ),
    "typescript": (
        "function {0}(values: number[]): number {{\n  return values.length;\n}}\n",
        "console.assert({0}([]) === 0);\n",
    ),
    "go": (
        "package main\n\nfunc {0}(values []int) int {{\n\treturn len(values)\n}}\n",
        "package main\n\nfunc check() bool {{\n\treturn {0}(nil) == 0\n}}\n",
    ),
    "rust": (
        "fn {0}(values: &[i64]) -> usize {{\n    values.len()\n}}\n",
        "#[test]\nfn holds() {{\n    assert_eq!({0}(&[]), 0);\n}}\n",
    ),
    "java": (
        "class Solution {{\n    static int {0}(int[] values) {{\n        return values.length;\n    }}\n}}\n",
        "class Check {{\n    boolean holds() {{\n        return Solution.{0}(new int[0]) == 0;\n    }}\n}}\n",
    ),
}


def _solve(prompt: str, seed: str) -> dict[str, Any]:
    name = re.findall(r"`(\w+)\(", tagged(prompt, "problem"))[0]
    language = line_of(prompt, "Language")
    solution, tests = _CODE["typescript" if language == "tsx" else language]
    return {"approach": "It counts.", "solution": solution.format(name), "tests": tests.format(name)}


_LOCAL = re.compile(
    r"^[ \t]+(?:(?:let|const|var)(?: mut)? )?([a-z]\w{2,})(?::[^=\n]+)? :?= "
    r"|^[ \t]+(?:double|int|long|String) (\w+) = ",
    re.MULTILINE,
)


def _refactor(prompt: str, seed: str) -> dict[str, Any]:
    """The code with its first local variable called otherwise."""
    code = tagged(prompt, "code")
    names = [one or other for one, other in _LOCAL.findall(code)]
    told = {"problem": "A name says little.", "request": f"Call things by their names: {words(seed)}.", "calls": [],
            "explanation": "One name is longer; nothing else changed.", "cost_before": "O(n)", "cost_after": "O(n)",
            "workload": ""}  # fmt: skip
    better = re.sub(rf"(?<![\w.]){names[0]}\b(?!=)", f"{names[0]}_in_full", code) if names else code
    return {"is_changed": bool(names), "code": better, **told}


def _counterexample(prompt: str, seed: str) -> dict[str, Any]:
    return {"counterexample": "", "is_same": True, "is_better": True}


#: By the first property that the answer's schema requires.
STEPS: dict[str, Step] = {
    "pairs": _ask,
    "claims": _check,
    "need": _query,
    "answering": _pick,
    "reason": _verify,
    "is_usable": _instruct,
    "flaws": _rate,
    "tasks": _tasks,
    "reasoning": _choose,
    "change": _evolve,
    "is_different": _judge,
    "personas": _personas,
    "requests": _requests,
    "parts": _parts,
    "text": _text,
    "domain": _read,
    "lost": _same,
    "is_possible": _counterpart,
    "instruction": _back,
    "faults": _faults,
    "goal": _plan,
    "message": _message,
    "flaw": _worsen,
    "flaws_a": _compare,
    "idea": _problem,
    "approach": _solve,
    "is_changed": _refactor,
    "counterexample": _counterexample,
}


def _answer(prompt: str, seed: str) -> str:
    return f"Begin with {words(seed)}; then see to {words(seed + '!')}."


#: Steps that are answered by text, by how their system message begins.
TEXTS: dict[str, Callable[[str, str], str]] = {"You answer": _answer, "You are an assistant": _answer}
