"""A lesson keeps to the form of lessons, and each of its rules refuses what breaks it."""

import re

import pytest
from nbformat import v4

import notebook_rules
from notebook_rules import Notebook, problems
from tools.execute_notebooks import normalised

BEGIN = """# The pool

After this you can tell who waits.

About 40 minutes. You need functions and loops.
"""
ASK = 'predict("How many?", 4, guess=...)'
WHY = "<details><summary>Why</summary>\n\nTwo rounds.\n\n</details>"
CARD = "## Take away\n\n> - One.\n> - Two,\n>   and so on.\n> - Three."
LINKS = "[Exercises](exercises/made_up.ipynb), [more](further/made_up.ipynb)"
LESSON = [
    BEGIN,
    ("import lab\nimport patterns\nfrom lab import draw",),
    (ASK,),
    WHY,
    ("run = 1\n" + ASK,),
    "## What goes wrong",
    ("play(run)",),
    CARD,
    ('quiz("made_up")',),
    LINKS,
]


@pytest.fixture
def problems_of(tmp_path, monkeypatch):
    """Return the problems of a lesson: texts are markdown, texts in a tuple are code."""
    monkeypatch.setattr(notebook_rules, "LESSON", re.compile("made_up"))

    def check(lesson, folder="notebooks"):
        for name in ("exercises", "further"):
            (tmp_path / "notebooks" / name).mkdir(parents=True)
            (tmp_path / "notebooks" / name / "made_up.ipynb").touch()
        made = [
            v4.new_markdown_cell(cell) if isinstance(cell, str) else v4.new_code_cell(cell[0])
            for cell in lesson
        ]
        node = normalised(v4.new_notebook(cells=made))
        for count, cell in enumerate([c for c in node.cells if c.cell_type == "code"], start=1):
            cell.execution_count = count
        return problems(Notebook(node, tmp_path / folder / "made_up.ipynb", tmp_path))

    return check


def replaced(old, *new):
    """Return the lesson with other cells in place of one."""
    at = LESSON.index(old)
    return [*LESSON[:at], *new, *LESSON[at + 1 :]]


def test_a_good_lesson_has_no_problem(problems_of):
    assert problems_of(LESSON) == []


@pytest.mark.parametrize(
    ("lesson", "says"),
    [
        (replaced(BEGIN, BEGIN.replace("After this", "Now")), "does not name the goals"),
        (replaced(BEGIN, BEGIN.replace("40", "some")), "does not say how long it takes"),
        (replaced(BEGIN, BEGIN.replace("You need", "With")), "does not say what one has to know"),
        ([*LESSON, *[("1",)] * 23], "there are 28 code cells, more than 27"),
        ([*LESSON, *[("1\n2\n3",)] * 5], "half the code cells have more than 2 lines"),
        (replaced((ASK,), ("run",)), "1 cells with predict, fewer than 2"),
        (replaced((ASK,), (ASK.replace("...", "3"),)), "is not stored with guess=..."),
        (replaced((ASK,), (ASK.replace(", guess=...", ""),)), "is not stored with guess=..."),
        (replaced((ASK,), (ASK + "\nrun = 2",)), "does not end with predict"),
        (replaced(WHY, "Two rounds."), "'Two rounds.' stands open under a question"),
        (replaced(WHY, WHY.replace("</details>", "")), "opens more or fewer <details>"),
        (replaced(WHY, WHY.replace("\n\n", "\n")), "needs blank lines inside <details>"),
        (replaced(CARD), "there are 0 cards"),
        (replaced(CARD, CARD.replace("> ", "")), "there are 0 cards"),
        (replaced(CARD, "## Take away\n\n> - One.\n> - Two.\n> Three."), "the card has 2 lines"),
        (replaced(CARD, CARD + "\n> - 4\n> - 5\n> - 6"), "the card has 6 lines"),
        (replaced(('quiz("made_up")',), ('quiz("01_basic")',)), "no cell says quiz('made_up')"),
        (replaced(("play(run)",), ("draw(run)",)), "no cell says play(...)"),
        (replaced(LINKS, "[b](further/made_up.ipynb)"), "exercises/made_up.ipynb is not linked"),
        (replaced(LINKS, "[b](exercises/made_up.ipynb)"), "further/made_up.ipynb is not linked"),
    ],
)
def test_a_lesson_is_refused(problems_of, lesson, says):
    [problem] = problems_of(lesson)
    assert says in problem


def test_a_new_section_may_follow_a_question(problems_of):
    assert problems_of(replaced(WHY, "## How many workers?")) == []


def test_exercises_and_what_goes_further_need_not_have_the_form(problems_of):
    assert problems_of(["# Exercises"], "notebooks/exercises") == []
