"""The exercises of every lesson: the starting point is refused, the solution accepted.

The exercises of a lesson are in the notebook of the same name under `exercises`: predict, repair,
extend. Each has a cell with a starting point, tagged `exercise-predict` and so on, and a cell that
checks it, tagged `check-predict`. The notebook of the same name under `exercises/solutions` has
the same cells with the solution. Typical answers, right and wrong, are in `answers/`;
`test_answers.py` hands them in.
"""

import ast
import re
from functools import cache
from pathlib import Path

import nbformat
import pytest

from lab.teaching.grading import Feedback
from notebook_rules import Notebook, parsed, tags

LESSONS = Path(__file__).resolve().parents[2] / "notebooks"
EXERCISES = LESSONS / "exercises"
SOLUTIONS = EXERCISES / "solutions"
KINDS = ("predict", "repair", "extend")
TAGS = [f"{what}-{kind}" for kind in KINDS for what in ("exercise", "check")]
HEADINGS = ["## 1. Predict", "## 2. Repair", "## 3. Extend"]
PATTERNS = [
    "01_basic",
    "02_reusable",
    "03_generic",
    "04_error_handling",
    "05_dynamic",
    "06_rate_limited",
    "07_heartbeat",
]


@cache
def cells(path):
    return nbformat.read(path, as_version=4).cells


def headings(path):
    text = "\n".join(cell.source for cell in cells(path) if cell.cell_type == "markdown")
    return re.findall("^#+ .*$", text, re.MULTILINE)


def tagged(path, tag):
    found = [cell for cell in cells(path) if tag in tags(cell)]
    assert len(found) == 1, f"{len(found)} cells of {path.name} are tagged {tag}"
    return found[0]


def shown(cell):
    """Return what is stored as the value of a cell."""
    return [o.data["text/plain"] for o in cell.outputs if o.output_type == "execute_result"]


def last_line(cell):
    return cell.source.strip().split("\n")[-1]


def run(statements, names):
    exec(compile(ast.Module(statements, []), "cell", "exec"), names)


def feedback_on(path, cell):
    """Return what the check answers when `cell` stands in place of the starting point.

    Before it only the first cell is run, as by a reader who has skipped the other exercises.
    """
    [kind] = [kind for kind in KINDS if f"exercise-{kind}" in tags(cell)]
    names = {"__name__": "__main__"}
    set_up = next(c for c in cells(path) if c.cell_type == "code")
    run(parsed(set_up).body, names)
    run(parsed(cell).body, names)
    *before, last = parsed(tagged(path, f"check-{kind}")).body
    run(before, names)
    assert isinstance(last, ast.Expr), "the check is the last thing in its cell"
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


NOTEBOOKS = sorted(EXERCISES.glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
every_exercise = pytest.mark.parametrize("kind", KINDS)


@every_notebook
def test_a_notebook_has_the_exercises_predict_repair_and_extend(path):
    assert headings(path)[1:] == HEADINGS
    assert [tag for cell in cells(path) for tag in TAGS if tag in tags(cell)] == TAGS


@every_notebook
def test_a_lesson_links_its_exercises_and_they_link_it(path):
    lesson = LESSONS / path.name
    assert f"exercises/{path.name}" in Notebook.read(lesson, LESSONS).page.links
    links = Notebook.read(path, LESSONS).page.links
    assert {f"../{path.name}", f"solutions/{path.name}"} <= set(links)


@every_exercise
@every_notebook
def test_the_untouched_starting_point_is_refused(path, kind):
    feedback = feedback_on(path, tagged(path, f"exercise-{kind}"))
    assert isinstance(feedback, Feedback)
    assert not feedback.passed
    assert shown(tagged(path, f"check-{kind}")) == [repr(feedback)]


@every_exercise
@every_notebook
def test_the_worked_solution_is_accepted_in_place_of_the_starting_point(path, kind):
    solutions = SOLUTIONS / path.name
    feedback = feedback_on(path, tagged(solutions, f"exercise-{kind}"))
    assert feedback.passed, feedback
    check = tagged(solutions, f"check-{kind}")
    assert last_line(check) == last_line(tagged(path, f"check-{kind}"))
    assert shown(check) == [repr(feedback)]


def test_every_pattern_has_exercises_and_so_have_all_schedules():
    assert [path.stem for path in NOTEBOOKS] == [*PATTERNS, "10_all_schedules"]
