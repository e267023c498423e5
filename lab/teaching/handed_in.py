"""Grade a notebook that was handed in: in a process of its own, whatever is in its cells.

The cells run in order, in an interpreter that was started for them, and what they answer is tried
there. A cell that does not end in time, that ends the process, or that changes the code that grades
it is left out, and all is run again without it: so it costs nothing but itself. This process only
reads, so nobody's cells touch it, or those of somebody else.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lab.teaching.exercises import abouts
from lab.teaching.exercises.about import About
from lab.teaching.marks import Feedback, Marks
from lab.teaching.wording import one_line

__all__ = ["Cell", "Graded", "Sheet", "about_cells", "cells_of", "check_id", "grade_cells"]

CELL_SECONDS: Final = 20.0  # of real time for one cell
GRADE_SECONDS: Final = 60.0  # for trying one answer, which ends by itself before that
START_SECONDS: Final = 120.0  # until the interpreter is ready, on a busy machine
ALL_SECONDS: Final = 600.0  # for one notebook
_ROOT: Final = Path(__file__).resolve().parents[2]
_LONGEST: Final = 20_000  # characters that are kept of what a cell prints


@dataclass(frozen=True, slots=True)
class Cell:
    """One code cell.

    Attributes:
        code: of it.
        grades: the key of the exercise whose answer is looked at in its place; None: it is run.
        place: among the notebook's cells; None: it is missing there.
        answers: the key of the exercise that it is for, if it is known.
    """

    code: str
    grades: str | None = None
    place: int | None = None
    answers: str | None = None


@dataclass(frozen=True, slots=True)
class Graded:
    """What came of one exercise.

    Attributes:
        key: of it, such as "basic/repair".
        feedback: with the marks.
    """

    key: str
    feedback: Feedback

    @property
    def points(self) -> int:
        """How many there are for it."""
        return self.feedback.marks.points

    @property
    def most(self) -> int:
        """How many there can be."""
        return self.feedback.marks.most


@dataclass(slots=True)
class Sheet:
    """What came of one notebook.

    Attributes:
        student: as the notebook says, whose numbers its questions have.
        graded: all exercises of the lesson, in order.
        left_out: the cells that were left out, by number, and why.
        said: what the cells printed, by number.
    """

    student: str = "guest"
    graded: dict[str, Graded] = field(default_factory=dict)
    left_out: dict[int, str] = field(default_factory=dict)
    said: dict[int, str] = field(default_factory=dict)

    @property
    def points(self) -> int:
        """All points."""
        return sum(each.points for each in self.graded.values())


def about_cells(notebook: Mapping[str, Any], name: str = "") -> About | None:
    """Return which lesson's exercises a notebook has: by its cells, or else by its name."""
    text = "\n".join(_source(cell) for cell in notebook.get("cells", ()))
    for about in abouts():
        if f"from lab.teaching.exercises.{about.module} import" in text:
            return about
    found = [about for about in abouts() if about.notebook in name]
    return found[0] if found else None


def cells_of(notebook: Mapping[str, Any], about: About) -> list[Cell]:
    """Return the code cells, those that check turned into those that grade.

    The imports, if their cell is missing, come first; checks that are missing come last.

    Args:
        notebook: as nbformat or json reads it.
        about: the lesson's exercises.
    """
    checks = {check_id(problem.key): problem.key for problem in about.problems}
    answers = {key.replace("/", "-"): key for key in checks.values()}
    cells: list[Cell] = []
    has_imports = False
    for place, cell in enumerate(notebook.get("cells", ())):
        if cell.get("cell_type") == "code":
            grade_id = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", "")
            has_imports = has_imports or grade_id == f"{about.module}-imports"
            key = checks.pop(grade_id, None)
            cells.append(Cell(_source(cell), key, place, answers.get(grade_id)))
    if not has_imports:
        names = ", ".join(problem.name for problem in about.problems)
        ours = f"from lab.teaching.exercises.{about.module} import {names}"
        cells.insert(0, Cell(f"{about.imports}\n{ours}"))
    return [*cells, *(Cell("", key) for key in checks.values())]


def check_id(key: str) -> str:
    """Return nbgrader's name for the cell that checks an exercise."""
    return f"{key.replace('/', '-')}-check"


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def grade_cells(cells: Sequence[Cell], about: About) -> Sheet:
    """Return the marks of all exercises of a notebook; whatever its cells do, this returns.

    Args:
        cells: of the notebook, as `cells_of` returns them.
        about: the lesson's exercises.
    """
    sheet = Sheet()
    until = time.monotonic() + ALL_SECONDS
    none = {each.key: each.demands for each in about.problems}
    for _ in range(len(cells) + 1):
        why = "its notebook takes more than 10 minutes"
        if time.monotonic() < until:
            at, why = _run(cells, about, sheet, until)
            if at is None:
                break
        else:
            break
        sheet.left_out[at] = why
        if (key := cells[at].grades) is not None:
            sheet.graded[key] = _nothing(key, why, none[key])
    for key, demands in none.items():
        if key not in sheet.graded:
            sheet.graded[key] = _nothing(key, why or "it was not reached", demands)
    for number, why in sheet.left_out.items():
        key = cells[number].answers
        if key is not None and sheet.graded[key].points == 0:
            sheet.graded[key] = _nothing(key, f"its cell was left out: {why}", none[key])
    sheet.graded = {key: sheet.graded[key] for key in none}
    return sheet


def _nothing(key: str, why: str, demands: Sequence[tuple[str, int]]) -> Graded:
    return Graded(key, Feedback(False, why, Marks.none(demands)))


def _run(cells: Sequence[Cell], about: About, sheet: Sheet, until: float) -> tuple[int | None, str]:
    """Run what is not left out or graded; return the cell that it ended at, and why; or None."""
    steps = [
        [number, cell.code, cell.grades]
        for number, cell in enumerate(cells)
        if number not in sheet.left_out and cell.grades not in sheet.graded
    ]
    at = -1
    with tempfile.TemporaryDirectory(prefix="handed-in-", ignore_cleanup_errors=True) as folder:
        worker = _Worker(folder)
        try:
            worker.send({"module": about.module, "steps": steps})
            seconds = START_SECONDS
            while True:
                said = worker.line(min(seconds, max(until - time.monotonic(), 0.1)))
                if isinstance(said, str):
                    if at < 0:  # not a cell's fault
                        raise RuntimeError(f"the interpreter for a notebook did not start: {said}")
                    return at, said
                match said:
                    case {"begin": number}:
                        at = int(number)
                        seconds = CELL_SECONDS if cells[at].grades is None else GRADE_SECONDS
                    case {"ran": number, "said": text}:
                        sheet.said[int(number)] = text[:_LONGEST]
                    case {"refused": number, "why": why}:
                        return int(number), str(why)
                    case {"graded": key, "feedback": text, "student": student}:
                        sheet.graded[key] = Graded(key, Feedback.from_text(text))
                        sheet.student = one_line(str(student), 60)
                    case {"done": _}:
                        return None, ""
        finally:
            worker.end()


class _Worker:
    """An interpreter of its own, and of its own group of processes."""

    def __init__(self, folder: str) -> None:
        reading, writing = os.pipe()
        self._reading, self._text = reading, b""
        path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
        environment = {**os.environ, "PYTHONPATH": path, "MPLBACKEND": "Agg", "IPYTHONDIR": folder}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "lab.teaching.handed_in_worker", str(writing)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[writing],
                cwd=folder,
                env=environment,
                start_new_session=True,
            )
        finally:
            os.close(writing)

    def send(self, task: object) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError), self._process.stdin as stdin:
            stdin.write(json.dumps(task).encode())

    def line(self, seconds: float) -> dict[str, Any] | str:
        """Return what it says next; or a sentence, if nothing comes in time or it has ended."""
        until = time.monotonic() + seconds
        while b"\n" not in self._text:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._reading], [], [], left)[0]:
                return f"the cell is not done after {seconds:.0f} s"
            part = os.read(self._reading, 2**16)
            if not part:
                return "the cell ends the whole process"
            self._text += part
        line, _, self._text = self._text.partition(b"\n")
        said = json.loads(line)
        assert isinstance(said, dict)
        return said

    def end(self) -> None:
        """End it, and all that it has started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._reading)
