"""Typical answers to the exercises: right ones are accepted, wrong ones are told what they do.

The answers are in `answers/`, a module for each module of exercises: `RIGHT`, besides the model
solution; `WRONG`, each with a part of the sentence that tells why; `ENDLESS`, that never end. An
answer to a question may be a function of the question's numbers.
"""

import importlib

import pytest

from lab.teaching import grading, trying
from lab.teaching.exercises import MODULES
from lab.teaching.problem import Question

pytestmark = pytest.mark.untraced

ANSWERS = [importlib.import_module(f"answers.{module}") for module in MODULES]


@pytest.fixture(autouse=True)
def _here(monkeypatch):
    """Check in this process, which takes less time: nothing here brings it down."""
    monkeypatch.setattr(grading, "APART", False)


@pytest.fixture(autouse=True)
def _fewer_orders(monkeypatch):
    """Try fewer orders of events than for a reader: those that these answers need."""
    monkeypatch.setattr(trying, "SCHEDULES", 3)


def answers(table):
    """Return each exercise with each of its answers, and what is expected of it."""
    params = []
    for module in ANSWERS:
        for problem, given in getattr(module, table, {}).items():
            for number, entry in enumerate(given, start=1):
                answer, *says = entry if table != "RIGHT" else (entry,)
                name = getattr(answer, "__name__", repr(answer))
                params.append(
                    pytest.param(problem, answer, *says, id=f"{problem.key}-{number}-{name}")
                )
    return params


def checked(problem, answer):
    """Return the feedback on an answer; one to a question may depend on its numbers."""
    if isinstance(problem, Question) and callable(answer):
        answer = answer(problem.numbers)
    return problem.check(answer)


@pytest.mark.parametrize(("problem", "answer"), answers("RIGHT"))
def test_a_right_answer_is_accepted_whatever_way_it_takes(problem, answer):
    feedback = checked(problem, answer)
    assert feedback.passed, feedback
    assert feedback.marks.points == feedback.marks.most


@pytest.mark.parametrize(("problem", "answer", "says"), answers("WRONG"))
def test_a_wrong_answer_is_told_what_it_does(problem, answer, says):
    feedback = checked(problem, answer)
    assert not feedback.passed
    assert says in feedback.sentence
    assert feedback.marks.points < feedback.marks.most


@pytest.fixture
def _little_patience(monkeypatch):
    monkeypatch.setattr(grading, "PATIENCE", 0.5)
    monkeypatch.setattr(grading, "MAX_STEPS", 3_000)


@pytest.mark.usefixtures("_little_patience")
@pytest.mark.parametrize(("problem", "answer", "says"), answers("ENDLESS"))
def test_an_answer_that_never_ends_is_stopped(problem, answer, says):
    feedback = checked(problem, answer)
    assert not feedback.passed
    assert says in feedback.sentence


@pytest.mark.parametrize("module", ANSWERS, ids=MODULES)
def test_each_exercise_has_eight_wrong_answers_and_two_right_ones(module):
    problems = importlib.import_module(f"lab.teaching.exercises.{module.__name__.split('.')[1]}")
    for problem in problems.ABOUT.problems:
        assert len(module.WRONG[problem]) + len(module.ENDLESS.get(problem, [])) >= 8, problem.key
        assert len(module.RIGHT[problem]) >= 2, problem.key
