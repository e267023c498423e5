"""Grade the notebooks that a class has handed in, without anything but this workbook.

    python -m lab.teaching.grade_folder FOLDER [--csv marks.csv] [--jobs 2]

What is handed in lies in FOLDER: a folder for each student, with notebooks anywhere inside; or the
notebooks themselves, each named after its student, such as `ada.ipynb` or `ada-01_basic.ipynb`. Of
each notebook the cells say which lesson's exercises it has.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from lab.model.table import Table
from lab.teaching.handed_in import Sheet, about_cells, cells_of, grade_cells
from lab.teaching.wording import one_line

__all__ = ["HandedIn", "found_in", "grade_folder", "main", "table", "write_csv"]

_COLUMNS: Final = ("student", "exercise", "points", "of", "numbers of", "why not all")


@dataclass(frozen=True, slots=True)
class HandedIn:
    """One notebook, and what came of it.

    Attributes:
        student: whose folder or notebook it is.
        path: of the notebook.
        sheet: the marks; None if it could not be read as a notebook of exercises.
        problem: why it could not; "" if it could.
    """

    student: str
    path: Path
    sheet: Sheet | None
    problem: str = ""


def found_in(folder: Path) -> list[tuple[str, Path]]:
    """Return each student and notebook in a folder, by name.

    Raises ValueError if there is no such folder, or no notebook in it.
    """
    if not folder.is_dir():
        raise ValueError(f"FOLDER must be a folder with what was handed in, got {folder}")
    paths = sorted(
        path for path in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts
    )
    if not paths:
        raise ValueError(f"FOLDER must have notebooks in it, got {folder}")
    return [(_student(path.relative_to(folder)), path) for path in paths]


def _student(path: Path) -> str:
    if len(path.parts) > 1:
        return path.parts[0]
    from lab.teaching.exercises import abouts

    name = path.stem
    for about in abouts():
        name = name.replace(about.notebook, "")
    return name.strip(" -_") or path.stem


def grade_folder(folder: Path, *, jobs: int = 1) -> Iterator[HandedIn]:
    """Yield what came of each notebook in a folder, in the order of the students' names.

    Args:
        folder: with what was handed in.
        jobs: notebooks that are graded at the same time, >= 1.

    Raises ValueError if there is no such folder, or no notebook in it.
    """
    found = found_in(folder)
    with ThreadPoolExecutor(jobs) as several:
        yield from several.map(lambda each: _graded(*each), found)


def _graded(student: str, path: Path) -> HandedIn:
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        about = about_cells(notebook, path.name)
        cells = [] if about is None else cells_of(notebook, about)
    except (OSError, ValueError, RecursionError, AttributeError, TypeError) as error:
        return HandedIn(student, path, None, f"it cannot be read: {one_line(str(error), 100)}")
    if about is None:
        return HandedIn(student, path, None, "it is none of the notebooks of exercises")
    return HandedIn(student, path, grade_cells(cells, about))


def table(handed_in: Sequence[HandedIn]) -> Table:
    """Return a row for each notebook."""
    rows = []
    for each in handed_in:
        name = each.path.stem
        if each.sheet is None:
            rows.append([each.student, name, "none", each.problem])
            continue
        graded = each.sheet.graded.values()
        points = f"{each.sheet.points} of {sum(one.most for one in graded)}"
        missing = [one.key.partition("/")[2] for one in graded if one.points < one.most]
        rows.append([each.student, name, points, ", ".join(missing)])
    return Table(["student", "notebook", "points", "not all points in"], rows)


def write_csv(handed_in: Sequence[HandedIn], file: TextIO) -> None:
    """Write a row for each student and exercise, and one for each notebook that has none."""
    writer = csv.writer(file)
    writer.writerow(_COLUMNS)
    for each in handed_in:
        if each.sheet is None:
            writer.writerow([each.student, each.path.name, 0, "", "", each.problem])
            continue
        for one in each.sheet.graded.values():
            feedback = one.feedback
            why = "" if one.points == one.most else feedback.sentence
            row = [each.student, one.key, one.points, one.most, each.sheet.student, why]
            writer.writerow([_harmless(cell) for cell in row])


def _harmless(cell: Any) -> Any:
    """Keep a spreadsheet from taking a student's text for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@"} else cell


def main(arguments: Sequence[str] | None = None) -> int:
    """Grade a folder as the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="lab.teaching.grade_folder", description=_ABOUT)
    add = parser.add_argument
    add("folder", type=Path, metavar="FOLDER", help="with a folder or a notebook for each student")
    add("--csv", type=Path, metavar="FILE", help="write a row for each student and exercise")
    add("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="notebooks at a time")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    handed_in = []
    try:
        if options.jobs < 1:
            raise ValueError(f"--jobs must be a whole number >= 1, got {options.jobs}")
        count = len(found_in(options.folder))
        for number, each in enumerate(grade_folder(options.folder, jobs=options.jobs), start=1):
            handed_in.append(each)
            print(f"{number} of {count}: {each.student}", file=sys.stderr, flush=True)
        if options.csv is not None:
            with open(options.csv, "w", encoding="utf-8", newline="") as file:
                write_csv(handed_in, file)
    except (ValueError, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    print(table(handed_in))
    print(f"\n{count} notebooks in {time.monotonic() - began:.0f} s")
    return 0


_ABOUT: Final = "Grade the notebooks that a class has handed in, each in a process of its own."


if __name__ == "__main__":
    raise SystemExit(main())
