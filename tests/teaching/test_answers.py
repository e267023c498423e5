"""Typical answers to the exercises: right ones are accepted, wrong ones are told what they do.

The answers are in `answers/`, a module for each module of exercises: `RIGHT`, besides the model
solution; `WRONG`, each with a part of the sentence that tells why; `ENDLESS`, that never end. An
answer to a question may be a function of the question's numbers.
"""

import importlib

import pytest
from answers import schedules

from lab.teaching import every, grading, trying
from lab.teaching.exercises import MODULES
from lab.teaching.exercises import error_handling as error_exercises
from lab.teaching.exercises import schedules as schedule_exercises
from lab.teaching.problem import Question
from patterns.concurrency import sleep

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


@pytest.fixture(autouse=True)
def _long_patience(monkeypatch):
    """Let a busy machine take its time to try every schedule."""
    monkeypatch.setattr(every, "PATIENCE", 60.0)
    monkeypatch.setattr(every, "LONG_PATIENCE", 120.0)


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


@pytest.mark.parametrize(("problem", "answer", "says"), answers("ENDLESS"))
def test_an_answer_that_never_ends_is_stopped(monkeypatch, problem, answer, says):
    monkeypatch.setattr(grading, "MAX_STEPS", 3_000)
    if "go on and on" not in says:  # else the steps end it, however long a busy machine takes
        monkeypatch.setattr(grading, "PATIENCE", 0.5)
        monkeypatch.setattr(every, "PATIENCE", 0.5)
    feedback = checked(problem, answer)
    assert not feedback.passed
    assert says in feedback.sentence


@pytest.mark.parametrize("module", ANSWERS, ids=MODULES)
def test_each_exercise_has_eight_wrong_answers_and_two_right_ones(module):
    problems = importlib.import_module(f"lab.teaching.exercises.{module.__name__.split('.')[1]}")
    for problem in problems.ABOUT.problems:
        assert len(module.WRONG[problem]) + len(module.ENDLESS.get(problem, [])) >= 8, problem.key
        assert len(module.RIGHT[problem]) >= 2, problem.key


def test_a_pool_with_too_many_schedules_is_told_to_do_with_fewer(monkeypatch):
    monkeypatch.setattr(every, "MOST", 20)
    feedback = schedule_exercises.repair.check(schedules.in_a_task_of_its_own)
    assert "it has more than 20 distinct schedules, too many to try them all" in feedback.sentence
    assert feedback.marks.points == 0


def test_a_pool_that_takes_too_long_in_all_schedules_is_stopped(monkeypatch):
    monkeypatch.setattr(every, "LONG_PATIENCE", 0.1)

    def computes(jobs, workers):
        for _ in range(100_000):
            pass
        return schedules.in_a_task_of_its_own(jobs, workers)

    feedback = schedule_exercises.repair.check(computes)
    assert "it takes too long to try all its schedules" in feedback.sentence
    assert not feedback.passed


def too_short_pauses(process, attempts, pause):
    def patient(task):
        for number in range(attempts - 1):
            try:
                return process(task)
            except Exception:
                sleep(pause * number)
        return process(task)

    return patient


def test_pauses_of_the_wrong_length_cost_only_their_own_points():
    [missed] = [m for m in error_exercises.extend.check(too_short_pauses).marks if m.why]
    assert missed.what == "the pauses double, and come only between attempts"
