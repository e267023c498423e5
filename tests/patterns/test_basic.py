"""The basic pool: exact in virtual time, for every buffer, number of workers and schedule."""

from functools import partial

import pytest
from support import accounts

from lab import explore, measure, simulate
from lab.tracing import ideal_makespan, makespan
from patterns import basic
from patterns.concurrency import sleep

SEEDS = (None, *range(10))


@pytest.mark.parametrize("seed", SEEDS)
def test_ten_jobs_of_a_second_on_three_workers_take_four_seconds(seed):
    run = simulate(basic.demo, seed=seed)
    assert run.elapsed == 4.0
    assert sorted(run.value.values) == [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]


def test_no_schedule_of_ten_equal_jobs_on_three_workers_is_shorter():
    trace = simulate(basic.demo).trace
    assert makespan(trace) == ideal_makespan(trace) == 4.0


@pytest.mark.parametrize("buffer", [None, 0, 1, 2, 3, 10, 1000])
def test_every_buffer_size_gives_the_same_makespan(buffer):
    assert simulate(partial(basic.demo, buffer=buffer)).elapsed == 4.0


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 9, 10, 11])
def test_the_makespan_is_the_number_of_rounds_of_jobs(workers):
    run = simulate(partial(basic.demo, workers=workers))
    assert run.elapsed == -(-10 // workers)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_deadline_lets_nine_jobs_in_three_seconds_and_names_the_rest(seed):
    run = simulate(partial(basic.demo, jobs=20, buffer=5, timeout=3.5), seed=seed)
    report = run.value
    assert (run.elapsed, run.leaks) == (3.5, ())
    assert (sorted(report.succeeded), sorted(report.cancelled)) == (
        [1, 2, 3, 4, 5, 6, 7, 8, 9],
        [10, 11, 12],
    )
    assert report.never_started == [13, 14, 15, 16, 17, 18]
    assert list(report.unsubmitted) == [19, 20]


@pytest.mark.parametrize("timeout", [None, 0.05])
def test_no_schedule_at_all_of_two_jobs_on_two_workers_goes_wrong(timeout):
    def process(job):
        sleep(0.1)
        if job == 2:
            raise ValueError(job)
        return job

    found = explore(
        lambda: basic.run([1, 2], process, workers=2, timeout=timeout),
        check=lambda run: run.elapsed == (timeout or 0.1),
        how="every",
        schedules=20_000,
    )
    assert (found.failures, found.complete) == (0, True)


def test_the_same_code_on_real_threads_gives_the_same_outcomes():
    report = measure(partial(basic.demo, seconds=0.002)).value
    assert accounts(report) == accounts(simulate(basic.demo).value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"jobs": -1}, "jobs must be a whole number >= 0, got -1"),
        (
            {"seconds": float("nan")},
            "seconds must be a number of seconds >= 0 and <= 1e12, got nan",
        ),
    ],
)
def test_a_bad_number_is_refused_with_the_rule_and_the_value(wrong, message):
    with pytest.raises(ValueError, match="must be") as caught:
        basic.demo(**wrong)
    assert str(caught.value) == message
