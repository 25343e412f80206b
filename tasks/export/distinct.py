r"""How much of a version is its own: concepts, origins, answers and tokens that are counted once.

Rows can be made at will from one file (eighteen of them may hold 1.4 times its tokens), so that their number says
little. Counted here, over the exported rows:

- *origins*: units and passages that rows were made from; views of one share it;
- *answers*: distinct answers, compared without their white space;
- *tokens*: of distinct answers and distinct contexts (what a question shows under its instruction, prefix and suffix,
  a query), by the built-in estimate;
- *task × concept*: a concept is a label mined from names: of a unit the words of its name, split at `_` and capitals,
  in lower case, in the order of the alphabet, without those that name nothing (`get`, `init`, `test` …); where none is
  left, those of what holds it. Of a passage it is the words of its innermost heading, or of its file's name.

Texts are compared by 64-bit hashes: among a million the chance of one collision is 3 in 10^8. It looks at no meaning:
`parse_date` and `read_day` are two concepts.
"""

from __future__ import annotations

from typing import Any

import duckdb

from tasks.export.partition import relations
from tilth.tokens import BYTES_PER_TOKEN

# Words of names that say how and not what.
_EMPTY_WORDS = (
    "get set is has do to of the an and or for in on by with from as new make init main run call test tests self cls "
    "impl helper util utils default base index"
)

# Borders inside a word: before a capital after a small letter, and before the last of several capitals.
_MACRO = """
CREATE OR REPLACE TEMP MACRO export_words(name) AS array_to_string(list_sort(list_distinct([
    word
    for word in string_split_regex(
        lower(regexp_replace(
            regexp_replace(name, '(\\p{Ll})(\\p{Lu})', '\\1_\\2', 'g'), '(\\p{Lu})(\\p{Lu}\\p{Ll})', '\\1_\\2', 'g')),
        '[^\\p{L}]+')
    if len(word) > 1 AND NOT list_contains($EMPTY, word)
])), ' ')
"""

_ORIGINS = """
CREATE OR REPLACE TEMP TABLE export_concept AS
WITH used AS (
    SELECT DISTINCT e.origin_id
    FROM examples AS e
    JOIN export_placed AS p ON p.example_id = e.example_id
    WHERE p.reason IS NULL
),
named AS (
    {sources}
),
names AS (
    SELECT DISTINCT name, holder FROM named
),
labelled AS (
    SELECT name, holder, coalesce(nullif(export_words(name), ''), nullif(export_words(holder), ''), name) AS concept
    FROM names
)
SELECT named.origin_id, labelled.concept
FROM named
JOIN labelled ON labelled.name = named.name AND labelled.holder = named.holder
"""

_OF_UNITS = """
    SELECT unit_id AS origin_id, coalesce(name, '') AS name,
        coalesce(string_split(qualified_name, '.')[-2], regexp_extract(path, '([^/.]*)[^/]*$', 1), '') AS holder
    FROM units
    SEMI JOIN used ON used.origin_id = units.unit_id
"""
_OF_CHUNKS = """
    SELECT chunk_id AS origin_id, coalesce(headings[-1], '') AS name,
        coalesce(regexp_extract(path, '([^/.]*)[^/]*$', 1), '') AS holder
    FROM chunks
    SEMI JOIN used ON used.origin_id = chunks.chunk_id
"""
_OF_NOTHING = "SELECT NULL::VARCHAR AS origin_id, '' AS name, '' AS holder WHERE false"

# White space is taken out by four plain replacements: a pattern that folds it costs three times as much.
# The messages are those of `examples`: what an instruction says is not counted, so that its wording does not matter.
_TEXTS = """
CREATE OR REPLACE TEMP TABLE export_text AS
WITH texts AS (
    SELECT
        p.task,
        e.origin_id,
        coalesce(
            e.middle,
            e.positive,
            array_to_string([m.content for m in coalesce(e.chosen, e.messages) if m.role = 'assistant'], chr(10)),
            e.subject,
            '') AS answer,
        coalesce(
            e.prefix || chr(0) || coalesce(e.suffix, ''),
            e.query,
            CASE
                WHEN contains(e.messages[1].content, e'\\n\\n')
                THEN substr(e.messages[1].content, strpos(e.messages[1].content, e'\\n\\n'))
            END,
            '') AS context
    FROM examples AS e
    JOIN export_placed AS p ON p.example_id = e.example_id
    WHERE p.reason IS NULL
)
SELECT
    task,
    origin_id,
    hash(replace(replace(replace(replace(answer, ' ', ''), chr(10), ''), chr(9), ''), chr(13), '')) AS answer,
    strlen(answer) AS answer_bytes,
    hash(context) AS context,
    strlen(context) AS context_bytes
FROM texts
"""

_BY_TASK = """
SELECT
    coalesce(task, 'unknown'),
    count(*),
    count(DISTINCT coalesce(concept, '')),
    count(DISTINCT origin_id),
    count(DISTINCT answer)
FROM export_text
LEFT JOIN export_concept USING (origin_id)
GROUP BY task
ORDER BY 1
"""

_TOTALS = """
SELECT count(DISTINCT coalesce(concept, '')), count(DISTINCT origin_id), count(DISTINCT answer)
FROM export_text
LEFT JOIN export_concept USING (origin_id)
"""

# Of answers that differ in white space alone the longest counts, whatever the order of the rows.
_BYTES = """
SELECT
    (SELECT coalesce(sum(size), 0) FROM (SELECT max(answer_bytes) AS size FROM export_text GROUP BY answer))
    + (SELECT coalesce(sum(size), 0) FROM (SELECT max(context_bytes) AS size FROM export_text GROUP BY context))
"""

TABLES = ("export_text", "export_concept")


def count_distinct(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Counts over `examples` and `export_placed`: in all, and `by_task` examples, concepts, origins and answers.

    The connection may hold `units` and `chunks`; an origin that is in neither has no concept, which counts as one.
    """
    held = relations(connection)
    sources = [sql for name, sql in (("units", _OF_UNITS), ("chunks", _OF_CHUNKS)) if name in held]
    words = ", ".join(f"'{word}'" for word in _EMPTY_WORDS.split())
    connection.execute(_MACRO.replace("$EMPTY", f"[{words}]"))
    connection.execute(_ORIGINS.format(sources="\n    UNION ALL\n".join(sources or [_OF_NOTHING])))
    connection.execute(_TEXTS)
    by_task = {
        task: {"examples": rows, "concepts": concepts, "origins": origins, "answers": answers}
        for task, rows, concepts, origins, answers in connection.execute(_BY_TASK).fetchall()
    }
    ((concepts, origins, answers),) = connection.execute(_TOTALS).fetchall()
    ((size,),) = connection.execute(_BYTES).fetchall()
    return {
        "task_concepts": sum(counts["concepts"] for counts in by_task.values()),
        "concepts": concepts,
        "origins": origins,
        "answers": answers,
        "tokens": round(float(size) / BYTES_PER_TOKEN),
        "by_task": by_task,
    }
