"""The exercises: the starting point gets no points, the model solution all of them.

Typical answers, right and wrong, are in `answers/`; `test_answers.py` hands them in.
"""

import ast
from pathlib import Path

import nbformat
import pytest

from lab.teaching import grading, trying
from lab.teaching.exercises import abouts, problem, problems
from lab.teaching.problem import Question, Task
from tools.exercises import RELEASED, SOURCES, released, source

LESSONS = Path(__file__).resolve().parents[2] / "notebooks"
every_notebook = pytest.mark.parametrize("about", abouts(), ids=lambda about: about.notebook)
every_exercise = pytest.mark.parametrize("problem", problems(), ids=lambda problem: problem.key)
about_of = {each.key: about for about in abouts() for each in about.problems}


@pytest.fixture(autouse=True)
def _here(monkeypatch):
    monkeypatch.setattr(grading, "APART", False)
    monkeypatch.setattr(trying, "SCHEDULES", 6)


def names_after(problem, code):
    """Return the names of a notebook in which the set-up cells and then `code` were run."""
    names = {"__name__": "__main__", "student": "guest"}
    exec(about_of[problem.key].imports, names)
    names[problem.name] = problem
    exec(compile(code, f"<{problem.key}>", "exec"), names)
    return names


@every_exercise
def test_the_untouched_starting_point_gets_no_points(problem):
    feedback = problem.check(names_after(problem, problem.start)[problem.answer])
    assert not feedback.passed
    assert feedback.marks.points == 0
    assert feedback.marks.most > 0


@every_exercise
def test_the_model_solution_gets_all_points(problem):
    code = f"{problem.start}\n{problem.solution(sure=True).text}"
    feedback = problem.check(names_after(problem, code)[problem.answer])
    assert feedback.passed, feedback
    assert feedback.marks.points == feedback.marks.most


@every_exercise
def test_an_exercise_says_its_goal_and_minutes_and_has_two_hints(problem):
    assert problem.goal.startswith("You can ")
    assert 1 <= problem.minutes <= 60
    assert len(problem.hints) >= 2
    assert all(hint.endswith((".", "?", "`")) for hint in problem.hints)


@every_exercise
def test_the_starting_point_is_code_and_names_the_answer(problem):
    body = ast.parse(problem.start).body
    named = {getattr(node, "name", None) for node in body}
    named |= {t.id for node in body if isinstance(node, ast.Assign) for t in node.targets}
    assert problem.answer in named
    # Else the answer would stand in the place of the exercise.
    assert problem.answer not in {each.name for each in about_of[problem.key].problems}


@pytest.mark.parametrize(
    "problem", [p for p in problems() if isinstance(p, Question)], ids=lambda problem: problem.key
)
def test_a_question_differs_from_student_to_student_and_its_solution_does_not_fail(problem):
    asked = set()
    for student in ("ada", "grace", "edsger", "barbara", "tony"):
        own = problem.of(student)
        names = {"__name__": "__main__", "student": student, problem.name: own}
        exec(about_of[problem.key].imports, names)
        exec(problem.solution(sure=True).text, names)
        answer = names[problem.answer]
        assert own.check(answer).passed, (student, answer)
        asked.add((own.asked.text, repr(answer)))
    assert len(asked) >= 4


@pytest.mark.parametrize(
    "problem", [p for p in problems() if isinstance(p, Task)], ids=lambda problem: problem.key
)
def test_a_task_gives_no_points_without_what_it_is_about(problem):
    assert any(demand.needed for demand in problem._demands)
    assert sum(most for _, most in problem.demands) in range(4, 21)


@every_notebook
def test_the_notebook_that_students_open_is_up_to_date(about):
    stored = nbformat.read(RELEASED / f"{about.notebook}.ipynb", as_version=4)
    assert shape(stored) == shape(released(about))


@every_notebook
def test_the_source_that_teachers_grade_with_is_up_to_date(about):
    stored = nbformat.read(SOURCES / about.module / f"{about.notebook}.ipynb", as_version=4)
    assert shape(stored) == shape(source(about))


def shape(notebook):
    return [
        (cell.cell_type, cell.source, cell.metadata.get("tags"), cell.metadata.get("nbgrader"))
        for cell in notebook.cells
    ]


@every_notebook
def test_what_students_open_does_not_hold_a_solution(about):
    text = "\n".join(cell.source for cell in released(about).cells)
    for each in about.problems:
        code = "\n".join(
            line for line in each.solution(sure=True).text.splitlines() if line[:1] != "#"
        )
        assert code not in text
    assert "SOLUTION" not in text
    assert "HIDDEN" not in text


@every_notebook
def test_a_lesson_links_its_exercises(about):
    if about.has_lesson:
        cells = nbformat.read(LESSONS / f"{about.notebook}.ipynb", as_version=4).cells
        assert any(f"exercises/{about.notebook}.ipynb" in cell.source for cell in cells)


def test_an_exercise_is_found_by_its_key():
    assert problem("basic/repair").title == "Who closes the results?"
    with pytest.raises(ValueError, match="key must be one of basic/predict, "):
        problem("basic/nothing")
