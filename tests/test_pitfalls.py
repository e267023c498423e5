"""Each pitfall goes wrong as its docstring says, and the pattern beside it does not."""

from functools import partial

import pytest

from patterns import basic, pitfalls
from patterns.lab import Deadlock, simulate
from patterns.lab.tracing import books


def test_two_small_buffers_deadlock_and_the_report_tells_the_story():
    with pytest.raises(Deadlock) as caught:
        simulate(pitfalls.two_small_buffers)
    story = str(caught.value)
    assert "main is sending to jobs (2/2 full)" in story
    assert "worker-1, worker-2 and worker-3 are sending to results (2/2 full)" in story
    assert "Nobody is receiving from results." in story


def test_two_small_buffers_deadlock_on_every_one_of_a_hundred_schedules():
    for seed in range(100):
        with pytest.raises(Deadlock):
            simulate(pitfalls.two_small_buffers, seed=seed)


def test_the_trace_of_a_deadlock_accounts_for_every_job_that_was_sent():
    with pytest.raises(Deadlock) as caught:
        simulate(pitfalls.two_small_buffers)
    told = books(caught.value.trace)
    assert told.balanced
    assert (told.succeeded, told.cancelled, told.never_started) == (2, 3, 2)


def test_two_buffers_for_all_jobs_do_not_deadlock():
    run = simulate(partial(pitfalls.two_small_buffers, buffer=10))
    assert (run.elapsed, sorted(run.value)) == (4.0, list(range(2, 21, 2)))


def test_the_basic_pool_with_the_same_buffers_completes_on_every_schedule():
    for seed in range(100):
        run = simulate(partial(basic.run, buffer=2), seed=seed)
        assert (run.elapsed, len(run.value.succeeded)) == (4.0, 10)
