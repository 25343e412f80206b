"""What a template may speak of: the variables of a unit."""

from __future__ import annotations

from collections.abc import Mapping

from tasks.generate.protocol import View

LANGUAGE_NAMES = {
    "python": "Python",
    "javascript": "JavaScript",
    "typescript": "TypeScript",
    "go": "Go",
    "rust": "Rust",
    "java": "Java",
    "c": "C",
    "cpp": "C++",
    "csharp": "C#",
    "ruby": "Ruby",
    "php": "PHP",
    "kotlin": "Kotlin",
    "swift": "Swift",
    "scala": "Scala",
    "bash": "Bash",
}


def variables_of_unit(view: View) -> Mapping[str, str]:
    """The unit's names, its signature and its purpose; empty where it has none."""
    unit, owner = view.unit, view.owner
    purpose = (unit.docstring or "").strip().split("\n\n")[0].replace("\n", " ").strip().rstrip(".")
    return {
        "language": LANGUAGE_NAMES.get(view.file.language, view.file.language),
        "name": unit.name or "",
        "qualified_name": unit.qualified_name or "",
        "kind": unit.kind,
        "path": view.file.path,
        "class_name": owner.name if owner is not None else "",
        "signature": unit.signature or "",
        # A first sentence of one to twenty words says what the unit is for; more would give the answer away.
        "purpose": purpose if 0 < len(purpose.split()) <= 20 and "{" not in purpose else "",
    }
