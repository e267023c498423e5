"""What a reader has reached in the exercises: shown, handed in, forgotten."""

from __future__ import annotations

from datetime import date
from html import escape
from pathlib import Path
from typing import Final

from lab.model.table import Table
from lab.teaching.keeping import EXERCISES, Reached, reached
from lab.teaching.store import PROGRESS_FILE, Store
from lab.teaching.wording import plural

__all__ = ["Summary", "progress"]


class Summary:
    """What is done: a table; `save` writes it as a page to hand in, `reset` forgets an exercise.

    Args:
        module: of the exercises that it is about, such as "basic"; None: all of them.
        path: of the file in which it is kept.

    Raises ValueError if there is no such module.
    """

    def __init__(
        self, module: str | None = None, *, path: str | Path | None = PROGRESS_FILE
    ) -> None:
        from lab.teaching.exercises import MODULES

        if module is not None and module not in MODULES:
            raise ValueError(f"module must be one of {', '.join(MODULES)}, got {module!r}")
        self._module = module
        self._store = Store(path)

    def reached(self) -> dict[str, Reached | None]:
        """Return the best of every exercise, in the order of the lessons; None: not yet."""
        from lab.teaching.exercises import problems

        kept = self._store.read(EXERCISES)
        keys = [problem.key for problem in problems()]
        if self._module is not None:
            keys = [key for key in keys if key.startswith(f"{self._module}/")]
        return {key: reached(kept.get(key)) for key in keys}

    def table(self) -> Table:
        """Return a row for each exercise."""
        rows = [
            [key, "not yet", ""]
            if done is None
            else [key, f"{done.points} of {done.most}", plural(done.hints, "hint")]
            for key, done in self.reached().items()
        ]
        return Table(["exercise", "points", "with"], rows)

    def __str__(self) -> str:
        done = [each for each in self.reached().values() if each is not None]
        full = sum(each.points == each.most for each in done)
        points = sum(each.points for each in done)
        return (
            f"{full} of {plural(len(self.reached()), 'exercise')} done, {plural(points, 'point')}"
        )

    def __repr__(self) -> str:
        said = f"{self}\n\n{self.table()}"  # which reads the file, or cannot
        return said if self._store.problem is None else f"{said}\n{self._store.problem}"

    def _repr_html_(self) -> str:
        said = f"<p>{escape(str(self))}</p>{self.table()._repr_html_()}"
        problem = self._store.problem
        return said if problem is None else f"{said}<p>{escape(problem)}</p>"

    def reset(self, key: str | None = None) -> None:
        """Forget an exercise, such as "basic/repair"; None: all of them.

        Raises ValueError if there is no such exercise.
        """
        if key is None:
            self._store.write(EXERCISES, {})
            return
        if key not in self.reached():
            raise ValueError(f"key must be an exercise such as 'basic/repair', got {key!r}")
        kept = self._store.read(EXERCISES)
        self._store.write(EXERCISES, {k: entry for k, entry in kept.items() if k != key})

    def save(self, path: str | Path, student: str) -> None:
        """Write a page that can be printed and handed in.

        Args:
            path: of the page, such as "summary.html".
            student: whose it is.

        Raises ValueError if `student` is empty; OSError if the page cannot be written.
        """
        if not student.strip():
            raise ValueError(f"student must be a name or number, got {student!r}")
        page = _PAGE.format(
            student=escape(student), day=date.today().isoformat(), body=self._repr_html_()
        )
        Path(path).write_text(page, encoding="utf-8")


_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Worker pools: {student}</title>
<style>
body {{ font: 11pt/1.4 sans-serif; margin: 2em auto; max-width: 50em; padding: 0 1em; }}
table {{ border-collapse: collapse; }}
th, td {{ border-bottom: 1px solid #999; padding: .1em 1em .1em 0; text-align: left; }}
</style>
</head>
<body>
<h1>The Worker Pool Workbook: exercises of {student}</h1>
<p>{day}. As the student's own machine kept it; the marks are what the teacher's run of the
notebooks says.</p>
{body}
</body>
</html>
"""


def progress(module: str | None = None) -> Summary:
    """Return what is done so far of the exercises, as far as it is kept beside this notebook.

    Args:
        module: of the exercises, such as "basic"; None: all of them.

    Raises ValueError if there is no such module.
    """
    return Summary(module)
