"""The clock: on both runtimes, and to the nanosecond in simulations."""

import pytest
from support import run_simulated

from lab import simulate
from patterns.concurrency import Cancelled, Context, TaskGroup, hang, now, sleep


def test_sleeping_takes_at_least_as_long_as_asked(run):
    def body():
        start = now()
        sleep(0.002)
        return now() - start

    assert run(body) >= 0.002


def test_a_simulation_starts_at_zero():
    assert run_simulated(now) == 0.0


def test_virtual_time_adds_up_exactly():
    assert run_simulated(lambda: (sleep(0.1), sleep(0.2), now())[-1]) == 0.3


def test_a_virtual_sleep_of_nothing_takes_no_time():
    assert run_simulated(lambda: (sleep(0), now())[-1]) == 0.0


def test_less_than_half_a_nanosecond_is_nothing():
    assert run_simulated(lambda: (sleep(4e-10), now())[-1]) == 0.0


def test_a_context_of_its_own_sleeps_to_the_nanosecond_too():
    assert run_simulated(lambda: (Context().sleep(0.1), Context().sleep(0.2), now())[-1]) == 0.3


def test_a_sleep_that_is_cut_short_ends_at_that_moment():
    def body():
        with pytest.raises(Cancelled):
            Context(timeout=0.25).sleep(1)
        return now()

    assert run_simulated(body) == 0.25


def test_what_hangs_hears_no_cancellation():
    def body():
        with TaskGroup() as group:
            stuck = group.spawn(hang)
            group.context.cancel()
            assert group.abandon(stuck)

    leaks = [str(task) for task in simulate(body).leaks]
    assert leaks == ["task-1 is hanging in a call that never returns"]
