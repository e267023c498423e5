"""Trying an answer: which demands look at which runs, and what is said of it."""

import pytest

from lab.teaching import grading
from lab.teaching.grading import NotYet
from lab.teaching.marks import Fault
from lab.teaching.trying import Demand, Trial, ends, tried
from patterns.concurrency import TaskGroup, sleep

pytestmark = pytest.mark.untraced


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch):
    monkeypatch.setattr(grading, "MAX_STEPS", 500)


def test_a_demand_may_count_on_what_is_needed_before_it():
    def is_a_list(run, facts):
        if not isinstance(run.value, list):
            raise NotYet("it returned no list")

    def begins_with_one(run, facts):
        if run.value[0] != 1:
            raise NotYet("it begins with another number")

    demands = [
        Demand("a list", 2, is_a_list, needed=True),
        Demand("it begins with 1", 3, begins_with_one),
    ]
    found = tried(lambda: None, [Trial("", lambda answer: answer())], demands, schedules=2)
    assert found.sentence == "it returned no list"
    assert found.marks.points == 0
    assert found.marks[1].why == "counts only if this holds, too: a list"


def number(run, facts):
    if not isinstance(run.value, int):
        raise NotYet("it returned no number")


def small(run, facts):
    if run.value > facts:
        raise NotYet(f"it returned {run.value}, more than {facts}")


def trial(name, facts, **options):
    return Trial(name, lambda answer: answer(), facts, **options)


def test_what_is_not_needed_costs_only_its_own_points():
    demands = [ends(2), Demand("a number", 3, number, needed=True), Demand("small", 1, small)]
    found = tried(lambda: 7, [trial("with 9", 9), trial("with 5", 5)], demands, schedules=2)
    assert [mark.points for mark in found.marks] == [2, 3, 0]
    assert found.sentence == "with 5 it returned 7, more than 5"
    assert found.fault == Fault(trial=1, seed=None, demand=2, ended=True)


def test_without_what_is_needed_there_are_no_points():
    demands = [ends(2), Demand("a number", 3, number), Demand("small", 1, small, needed=True)]
    found = tried(lambda: 7, [trial("", 5)], demands, schedules=2)
    assert found.marks.points == 0
    assert found.marks[0].why == "counts only if this holds, too: small"


def test_a_right_answer_has_no_fault():
    found = tried(lambda: 7, [trial("", 9)], [ends(2), Demand("small", 1, small)], schedules=2)
    assert (found.marks.points, found.sentence, found.fault) == (3, "", None)


def test_the_sentence_is_that_of_the_earliest_trial_and_there_of_the_first_demand():
    def never(run, facts):
        raise NotYet("never")

    demands = [Demand("small", 1, small), Demand("never", 1, never)]
    found = tried(lambda: 7, [trial("first", 9), trial("second", 5)], demands, schedules=2)
    assert found.sentence == "first never"


def test_orders_that_are_wrong_are_counted():
    calls = []

    def every_other():
        calls.append(1)
        return 9 if len(calls) % 2 == 0 else 1

    found = tried(every_other, [trial("now and then", 5)], [Demand("small", 1, small)], schedules=6)
    assert found.sentence == "now and then in 3 of 6 orders of events it returned 9, more than 5"
    assert found.fault == Fault(trial=0, seed=0, demand=0, ended=True)


def test_what_is_wrong_in_the_exact_order_is_not_tried_in_others():
    calls = []

    def counted():
        calls.append(1)
        return 9

    tried(counted, [trial("", 5)], [Demand("small", 1, small)], schedules=6)
    assert len(calls) == 1


def test_after_what_does_not_end_nothing_more_is_tried():
    calls = []

    def endless():
        calls.append(1)
        while True:
            sleep(0)

    trials = [trial("once", 5), trial("twice", 5)]
    found = tried(endless, trials, [ends(1), Demand("small", 1, small)], schedules=6)
    assert len(calls) == 1
    assert found.sentence.startswith("once it does not end")
    assert found.fault == Fault(trial=0, seed=None, demand=0, ended=False)


def test_what_is_endless_in_some_orders_only_is_tried_no_further():
    calls = []

    def pool():
        calls.append(1)
        first = []
        with TaskGroup() as group:
            for name in "ab":
                group.spawn(first.append, name)
        while first[0] == "b":
            sleep(1)

    found = tried(pool, [trial("", 5)], [ends(1)], schedules=10)
    assert found.sentence.startswith("in some orders of events it does not end")
    assert len(calls) < 10


def test_other_orders_are_tried_if_another_first_seed_is_given():
    calls = []

    def only_at_first():
        calls.append(1)
        return 1 if len(calls) == 1 else 9

    demands = [Demand("small", 1, small)]
    found = tried(only_at_first, [trial("", 5)], demands, schedules=2, first_seed=100)
    assert found.fault == Fault(trial=0, seed=100, demand=0, ended=True)


def test_statements_are_left_out_where_a_function_has_no_source():
    names: dict[str, object] = {}
    exec("def answer():\n    return 9", names)
    found = tried(
        names["answer"], [trial("", 5, statements=True)], [Demand("small", 1, small)], schedules=2
    )
    assert found.fault is None
