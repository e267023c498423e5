"""Trying an answer: which demands look at which runs, and what is said of it."""

import pytest

from lab.teaching.grading import NotYet
from lab.teaching.trying import Demand, Trial, tried

pytestmark = pytest.mark.untraced


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
    assert found.marks[1].why == "counts once what is needed first holds"
