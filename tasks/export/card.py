"""The dataset card: README.md with the head that a hub and `datasets` read, and a text for people.

Made from the manifest alone, every value from the data escaped. States counts, licences, how the rows were
made and what the numbers do not say. Does not judge licences: it repeats what the sources declare.
"""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from tasks.export.config import SIDES

# SPDX identifiers that a hub knows under another name than their lower case.
_HUB_LICENCES = {
    "GPL-2.0-only": "gpl-2.0",
    "GPL-2.0-or-later": "gpl-2.0",
    "GPL-3.0-only": "gpl-3.0",
    "GPL-3.0-or-later": "gpl-3.0",
    "AGPL-3.0-only": "agpl-3.0",
    "AGPL-3.0-or-later": "agpl-3.0",
    "LGPL-2.1-only": "lgpl-2.1",
    "LGPL-2.1-or-later": "lgpl-2.1",
    "LGPL-3.0-only": "lgpl-3.0",
    "LGPL-3.0-or-later": "lgpl-3.0",
}
_SAME_LICENCES = [
    "apache-2.0",
    "mit",
    "bsd-2-clause",
    "bsd-3-clause",
    "bsd-3-clause-clear",
    "isc",
    "unlicense",
    "mpl-2.0",
    "zlib",
    "artistic-2.0",
    "bsl-1.0",
    "cc0-1.0",
    "cc-by-3.0",
    "cc-by-4.0",
    "cc-by-sa-3.0",
    "cc-by-sa-4.0",
    "cc-by-nc-4.0",
    "cc-by-nc-sa-4.0",
    "cc-by-nd-4.0",
    "epl-1.0",
    "epl-2.0",
    "eupl-1.1",
    "eupl-1.2",
    "ecl-2.0",
    "ms-pl",
    "ncsa",
    "ofl-1.1",
    "osl-3.0",
    "postgresql",
    "wtfpl",
    "odbl",
    "gpl-2.0",
    "gpl-3.0",
    "agpl-3.0",
    "lgpl-2.1",
    "lgpl-3.0",
]

_TASKS_OF_KIND = {
    "chat": ("text-generation",),
    "fim": ("text-generation",),
    "text": ("text-generation",),
    "preference": ("text-generation",),
    "triplet": ("sentence-similarity",),
}

# What the column `language` says of prose is its markup; everything else there is a programming language.
_MARKUP = frozenset(
    [
        "markdown",
        "text",
        "html",
        "restructuredtext",
        "rst",
        "notebook",
        "jupyter",
        "pdf",
        "docx",
        "pptx",
        "epub",
        "asciidoc",
        "unknown",
    ]
)

# A card is read by people: longer tables are in the manifest.
_ROWS_SHOWN = 30

_FORMAT_NAMES = {
    "parquet": "Parquet, all columns",
    "jsonl": "JSON Lines, all columns",
    "openai_chat": "chat messages with a weight a turn",
    "sharegpt": "ShareGPT conversations",
    "alpaca": "Alpaca instruction, input, output, history",
    "fim": "fill-in-the-middle text and its parts",
    "triplet": "anchor, positive, negative",
    "preference": "prompt, chosen and rejected messages, as TRL's DPO trainer reads them",
}


def escaped(text: object) -> str:
    r"""A value inside a Markdown line or table cell: no markup, no line break, no HTML.

    >>> escaped("a|b <i>*x*\n")
    'a\\|b &lt;i&gt;\\*x\\*'
    """
    flat = " ".join(str(text).split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]()#|~!])", r"\\\1", flat)


def size_category(rows: int) -> str:
    """The hub's name for an order of magnitude.

    >>> size_category(999), size_category(1000), size_category(2_500_000)
    ('n<1K', '1K<n<10K', '1M<n<10M')
    """
    if rows < 1000:
        return "n<1K"
    names = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")
    step = min(len(str(rows)) - 4, len(names) - 2)
    return f"{names[step]}<n<{names[step + 1]}"


def hub_licence(spdx: str) -> str | None:
    """A hub's identifier of an SPDX licence; None for one that it does not list, or for several.

    >>> hub_licence("MIT"), hub_licence("GPL-3.0-or-later"), hub_licence("MIT OR Apache-2.0")
    ('mit', 'gpl-3.0', None)
    """
    name = _HUB_LICENCES.get(spdx, spdx.lower())
    return name if name in _SAME_LICENCES else None


def _licence_head(manifest: dict[str, Any]) -> dict[str, str]:
    asked = manifest["config"]["licence"]
    if asked:
        return {"license": asked}
    names = sorted(manifest["counts"]["by"]["licence"])
    known = hub_licence(names[0]) if len(names) == 1 else None
    if known:
        return {"license": known}
    return {
        "license": "other",
        "license_name": "see-the-column-licence",
        "license_link": "README.md#licences",
    }


def _languages(manifest: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Codes for the head's `language`, and the programming languages."""
    programming = [name for name in manifest["counts"]["by"]["language"] if name.lower() not in _MARKUP]
    return [*manifest["config"]["natural_languages"], *(["code"] if programming else [])], programming


def _loading_head(manifest: dict[str, Any], name: str, folder: str) -> dict[str, Any]:
    """The part of a head that loaders follow: which files are which side, and what the columns are.

    A side without rows is not named: a pattern without files is an error to loaders.
    """
    held = manifest["formats"][name]
    ending = "parquet" if name == "parquet" else "jsonl"
    sides = [side for side in SIDES if held["rows"][side]]
    files = [{"split": side, "path": f"{folder}{side}-*.{ending}"} for side in sides]
    return {
        "configs": [{"config_name": "default", "data_files": files}],
        "dataset_info": [{"config_name": "default", "features": held["features"]}],
    }


def card_head(manifest: dict[str, Any]) -> dict[str, Any]:
    """The card's head. It names the Parquet files alone, because a card is read with one kind of reader."""
    codes, programming = _languages(manifest)
    kinds = manifest["counts"]["by"]["kind"]
    tasks = sorted({task for kind in kinds for task in _TASKS_OF_KIND.get(kind, ())})
    return {
        "pretty_name": manifest["config"]["pretty_name"] or manifest["name"],
        "language": codes,
        **_licence_head(manifest),
        "size_categories": [size_category(manifest["counts"]["exported"])],
        **({"task_categories": tasks} if tasks else {}),
        "tags": ["tilth", *programming],
        **(_loading_head(manifest, "parquet", "data/") if manifest["counts"]["exported"] else {}),
    }


def _table(heads: list[str], rows: list[list[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *[[escaped(cell) for cell in row] for row in rows]]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _by_side(title: str, counts: dict[str, dict[str, int]]) -> str:
    order = sorted(counts.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    rows: list[list[object]] = [
        [value, *(sides[side] for side in SIDES)] for value, sides in order[:_ROWS_SHOWN]
    ]
    table = _table([title, *SIDES], rows)
    more = len(order) - _ROWS_SHOWN
    return table + (f"\n\n{more} more in `manifest.json`." if more > 0 else "")


def _distinct(manifest: dict[str, Any]) -> str:
    """What of the rows is their own: rows can be made at will, so their number alone says little."""
    found, tokens = manifest["counts"]["distinct"], sum(manifest["counts"]["tokens"].values())
    heads = ["task", "examples", "concepts", "functions and passages", "distinct answers"]
    order = sorted(found["by_task"].items(), key=lambda item: (-item[1]["examples"], item[0]))
    rows: list[list[object]] = [
        [task, *(counts[name] for name in ("examples", "concepts", "origins", "answers"))]
        for task, counts in order[:_ROWS_SHOWN]
    ]
    return (
        f"{found['origins']} functions, classes and passages, {found['answers']} distinct answers and "
        f"{found['task_concepts']} pairs of a task and a concept; about {found['tokens']} tokens are unique, of "
        f"{tokens} that the rows hold. A concept is the words of a name or a heading. Answers are compared "
        f"without white space, contexts as they are.\n\n{_table(heads, rows)}"
    )


def _formats(manifest: dict[str, Any]) -> str:
    rows: list[list[object]] = []
    for name, held in manifest["formats"].items():
        skipped = ", ".join(f"{reason} {count}" for reason, count in held["skipped"].items())
        folder = "data" if name == "parquet" else name
        rows.append([folder, _FORMAT_NAMES[name], *(held["rows"][side] for side in SIDES), skipped or "none"])
    return _table(["folder", "shape", *SIDES, "examples it cannot say"], rows)


def _fenced(value: object) -> str:
    """JSON as a code block; the fence is longer than any run of backticks inside."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}json\n{text}\n{fence}"


def _partition(manifest: dict[str, Any]) -> str:
    parts = manifest["partition"]
    unit = {"repository": "a repository", "folder": "a folder of a repository"}.get(
        parts["grouped_by"], "a group"
    )
    groups = ", ".join(f"{parts['groups'][side]} on {side}" for side in SIDES)
    rejects = ", ".join(f"{escaped(reason)} {count}" for reason, count in manifest["rejects"].items())
    notes = "".join(f"\n- {escaped(note)}" for note in parts["notes"])
    held_out = manifest["counts"]["held_out_wordings"]
    return (
        f"Each group, here {unit}, stands whole on one side ({groups}), chosen by a hash of its "
        f"name and the seed {parts['seed']}, so a row keeps its side from version to version. "
        f"Left out because they would leak: {rejects or 'none'}. "
        f"On the test side {held_out['reworded']} of {held_out['chats']} conversations are asked in words that no "
        f"row of another side uses; their `template_id` ends in `/held_out`.{chr(10) if notes else ''}{notes}"
    )


def _headed(head: dict[str, Any], text: str) -> str:
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=100)}---\n\n{text}\n"


def _loading(manifest: dict[str, Any]) -> str:
    others = [name for name, held in manifest["formats"].items() if name != "parquet" and held["examples"]]
    calls = [
        f'load_dataset("path/to/this/folder{place}")' for place in ("", *(f"/{name}" for name in others[:1]))
    ]
    code = "```python\nfrom datasets import load_dataset\n\n" + "\n".join(calls) + "\n```"
    return code + ("\n\nEach folder of another format has a card of its own." if others else "")


def render_format_card(manifest: dict[str, Any], name: str) -> str:
    """README.md of the folder of one format, by which loaders open it as a dataset of its own."""
    held = manifest["formats"][name]
    sides = ", ".join(f"{held['rows'][side]} {side}" for side in SIDES)
    text = (
        f"# {escaped(manifest['config']['pretty_name'] or manifest['name'])}: {name}\n\n"
        f"{_FORMAT_NAMES[name]}. Lines: {sides}. One format of version `{manifest['version']}`; "
        "licences, counts and lineage are in the card one folder up."
    )
    return _headed(_loading_head(manifest, name, ""), text)


def render_card(manifest: dict[str, Any]) -> str:
    """The whole README.md of a version."""
    config, counts = manifest["config"], manifest["counts"]
    about = "\n\n".join(escaped(text) for text in config["description"].split("\n\n") if text.strip())
    sides = ", ".join(f"{counts[side]} {side}" for side in SIDES)
    tokens = sum(counts["tokens"].values())
    train = manifest["weights"]["train"]
    sections = [
        f"# {escaped(config['pretty_name'] or manifest['name'])}",
        about,
        f"{counts['exported']} examples ({sides}), about {tokens} tokens. "
        f"Version `{manifest['version']}`, made by Tilth.",
        f"## Load\n\n{_loading(manifest)}",
        f"## Files\n\n{_formats(manifest)}",
        f"## How much of it is unique\n\n{_distinct(manifest)}",
        "## What is in it",
        *(_by_side(name, counts["by"][name]) for name in ("task", "language", "category", "difficulty")),
        f"## Sides\n\n{_partition(manifest)}",
        "## Licences\n\nEach row carries the licence that its source declares, in the column `licence`; "
        "`unknown` means that none was found, not that there is none.\n\n"
        + _by_side("licence", counts["by"]["licence"]),
        "## How it was made\n\nThe recipe and the digests of what each stage made; "
        "the same inputs give the same version.",
        _fenced(manifest["lineage"]),
        "## Limits\n\n- `weight` is a raw sampling weight, exp(k · (quality − p)) with the recipe's `weight_slope` and "
        "`weight_pivot` as k and p, in the Parquet and JSON Lines files only; "
        f"divide by {train['normaliser']} on the train side "
        f"(effective sample size {train['effective_sample_size']}).\n"
        "- `rank` orders the rows by difficulty within a file; whoever wants another order shuffles.\n"
        "- Groups are parted by a hash, so the sides' shares of rows only come near the ratios asked for.\n"
        "- Quality is a score of automatic checks; it is no promise that an answer is right.",
    ]
    return _headed(card_head(manifest), "\n\n".join(section for section in sections if section))
