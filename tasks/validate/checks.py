"""The table of the checks. A new check is one file, its name in `config.CheckName`, and one line here."""

from __future__ import annotations

from collections.abc import Callable

from tasks.validate.batch import Batch
from tasks.validate.complexity import check_complexity
from tasks.validate.config import CheckName
from tasks.validate.hygiene import check_hygiene
from tasks.validate.in_place import check_in_place
from tasks.validate.judgement import Judgement
from tasks.validate.length import check_length
from tasks.validate.lint import check_lint
from tasks.validate.shape import check_shape
from tasks.validate.syntax import check_syntax

Check = Callable[[Batch], Judgement]

CHECKS: dict[CheckName, Check] = {
    "shape": check_shape,
    "length": check_length,
    "in_place": check_in_place,
    "hygiene": check_hygiene,
    "syntax": check_syntax,
    "lint": check_lint,
    "complexity": check_complexity,
}
