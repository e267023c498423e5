"""Schedules that are divided among processes: the same answer as in one."""

import os
from functools import partial

import pytest

from lab import explore
from lab.exploring import processes
from patterns import basic, pitfalls

RACE = partial(pitfalls.check_then_act, callers=3)


def right(run):
    return run.value <= 2


@pytest.mark.parametrize("options", [{}, {"stop_at_first": True}, {"seed": 3}, {"how": "pct"}])
def test_two_processes_give_the_answer_of_one(options):
    one = explore(RACE, check=right, schedules=60, **options)
    two = explore(RACE, check=right, schedules=60, processes=2, **options)
    assert two == one
    assert two.failure == one.failure


def test_more_processes_than_schedules_give_the_answer_of_one():
    assert explore(basic.demo, schedules=2, processes=4) == explore(basic.demo, schedules=2)


def test_what_a_check_raises_comes_out_of_the_other_process_too():
    with pytest.raises(ZeroDivisionError):
        explore(RACE, check=lambda run: 1 // (run.value - 3), schedules=40, processes=2)


def test_no_process_is_left_behind(monkeypatch):
    fork, children = os.fork, []

    def noted():
        children.append(fork())
        return children[-1]

    monkeypatch.setattr(processes.os, "fork", noted)
    explore(RACE, check=right, schedules=20, processes=3)
    assert len(children) > 0
    for child in children:
        with pytest.raises(ChildProcessError):
            os.waitpid(child, os.WNOHANG)


def test_the_search_of_all_schedules_cannot_be_divided():
    with pytest.raises(ValueError, match='processes must be 1 with how="every"'):
        explore(RACE, how="every", processes=2)


def test_where_a_process_cannot_be_copied_it_says_so(monkeypatch):
    monkeypatch.delattr(processes.os, "fork")
    with pytest.raises(ValueError, match="this system cannot copy a process"):
        explore(RACE, processes=2)
