"""Typical answers to the exercises: right ones are accepted, wrong ones are told what they do.

The answers are in `answers/`, a module for each module of exercises.
"""

import importlib
import pkgutil

import pytest
from answers import (
    basic,
    dynamic,
    error_handling,
    generic,
    heartbeat,
    rate_limited,
    reusable,
    schedules,
)

from lab.teaching import demands, exercises, grading
from lab.teaching.exercises import schedules as schedule_exercises

pytestmark = pytest.mark.untraced

EXERCISES = [
    importlib.import_module(f"{exercises.__name__}.{module.name}")
    for module in pkgutil.iter_modules(exercises.__path__)
]
MODULES = [
    basic,
    reusable,
    generic,
    error_handling,
    dynamic,
    rate_limited,
    heartbeat,
    schedules,
]


@pytest.fixture(autouse=True)
def _here(monkeypatch):
    """Check in this process, which takes less time: nothing here brings it down."""
    monkeypatch.setattr(grading, "APART", False)


@pytest.fixture(autouse=True)
def _fewer_orders(monkeypatch):
    """Try fewer orders of events than for a reader: those that these answers need."""
    for module in (*EXERCISES, demands):
        for name in {"SCHEDULES", "FEW"} & set(vars(module)):
            monkeypatch.setattr(module, name, 3)


def answers(table):
    """Return each check with each of its answers, and what is expected of it."""
    params = []
    for module in MODULES:
        for check, given in getattr(module, table).items():
            for entry in given:
                answer, *says = entry if table != "RIGHT" else (entry,)
                name = getattr(answer, "__name__", repr(answer))
                exercise = check.__name__.removeprefix("check_")
                stem = module.__name__.rpartition(".")[2]
                params.append(pytest.param(check, answer, *says, id=f"{stem}-{exercise}-{name}"))
    return params


def refused(feedback):
    """Return the sentence of an answer that was not accepted."""
    assert not feedback.passed
    return feedback.sentence


@pytest.mark.parametrize(("check", "answer"), answers("RIGHT"))
def test_a_right_answer_is_accepted_whatever_way_it_takes(check, answer):
    feedback = check(answer)
    assert feedback.passed, feedback


@pytest.mark.parametrize(("check", "answer", "says"), answers("WRONG"))
def test_a_wrong_answer_is_told_what_it_does(check, answer, says):
    assert says in refused(check(answer))


@pytest.fixture
def _little_patience(monkeypatch):
    monkeypatch.setattr(grading, "PATIENCE", 0.5)
    monkeypatch.setattr(grading, "MAX_STEPS", 3_000)
    monkeypatch.setattr(schedule_exercises, "PATIENCE", 0.2)


@pytest.mark.usefixtures("_little_patience")
@pytest.mark.parametrize(("check", "answer", "says"), answers("ENDLESS"))
def test_an_answer_that_never_ends_is_stopped(check, answer, says):
    assert says in refused(check(answer))


def test_a_pool_with_too_many_schedules_is_told_to_do_with_fewer(monkeypatch):
    monkeypatch.setattr(schedule_exercises, "MOST", 20)
    sentence = refused(schedule_exercises.check_repair(schedules.in_a_task_of_its_own))
    assert "it has more than 20 distinct schedules, too many to try them all" in sentence


def test_a_pool_that_takes_too_long_in_all_schedules_is_stopped(monkeypatch):
    monkeypatch.setattr(schedule_exercises, "LONG_PATIENCE", 0.1)

    def computes(jobs, workers):
        for _ in range(100_000):
            pass
        return schedules.in_a_task_of_its_own(jobs, workers)

    sentence = refused(schedule_exercises.check_repair(computes))
    assert "it takes too long to try all its schedules" in sentence
