"""The plain pools beside the dynamic one: how they grow, and whether they ever shrink."""

import asyncio
import re
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import PATIENCE, threads_left

from lab import observe, simulate
from lab.tracing import counts, workers_peak
from patterns import dynamic
from patterns.concurrency import sleep
from patterns.dynamic import Autoscaler
from patterns.plain.dynamic import tasks, threads

WAVES = {19: 4.0, 39: 4.0}


async def nap(job):
    await asyncio.sleep(0.2)
    return job


def sorted_out(report):
    """Return the jobs by outcome: succeeded, failed, cancelled, never started."""
    lists = report.succeeded, report.failed, report.cancelled, report.never_started
    return [sorted(jobs) for jobs in lists]


def at_work(trace, since):
    """Return the workers that began a job at `since` seconds or later."""
    return {job.worker for job in trace.jobs if job.started is not None and job.started >= since}


def test_an_executor_grows_to_its_maximum_in_the_first_wave_and_keeps_those_threads():
    def short_nap(job):
        time.sleep(0.02)

    before = threading.enumerate()
    pauses = {19: 0.2, 39: 0.2}
    run = observe(threads, range(60), short_nap, max_workers=6, pauses=pauses)
    assert len(run.value.succeeded) == 60
    assert len(run.trace.workers) == 6  # in the third wave the threads of the first
    assert threads_left(before) == []


def test_an_executor_takes_all_jobs_however_many_wait():
    all_taken = threading.Event()

    def jobs():
        yield from range(40)
        all_taken.set()

    def wait(job):
        assert all_taken.wait(PATIENCE)

    trace = observe(threads, jobs(), wait, max_workers=2).trace
    assert max(trace.queues[0].values) >= 38


def test_tasks_grow_with_each_wave_and_leave_when_it_is_over():
    options = {"min_workers": 2, "max_workers": 8, "patience": 0.5, "pauses": WAVES}
    run = observe(tasks, range(60), nap, **options)
    assert (run.elapsed, len(run.value.succeeded), run.leaks) == (8.6, 60, ())
    assert len(run.trace.workers) == 2 + 3 * 6  # the six that left came anew with each wave


def test_a_worker_leaves_only_when_nothing_came_for_as_long_as_its_patience():
    async def twice(jobs, process, patience):
        before = len(asyncio.all_tasks())
        pool = asyncio.create_task(
            tasks(jobs, process, max_workers=4, patience=patience, pauses={3: 2.0})
        )
        numbers = []
        for _ in range(3):
            await asyncio.sleep(0.6)
            numbers.append(len(asyncio.all_tasks()) - before - 1)
        await pool
        return numbers

    assert observe(twice, range(5), nap, patience=0.5).value == [4, 1, 1]
    assert observe(twice, range(5), nap, patience=5.0).value == [4, 4, 4]


def test_who_is_served_in_turn_never_loses_patience_where_the_autoscaler_sends_most_home():
    options = {"min_workers": 1, "max_workers": 8}
    calm = dict.fromkeys(range(30, 150), 0.1)  # after a burst of 30 a job every 0.1 s

    async def work(job):
        await asyncio.sleep(0.25)

    def jobs():
        for job in range(150):
            yield job
            sleep(calm.get(job, 0))

    def pattern():
        return dynamic.run(jobs(), lambda job: sleep(0.25), autoscaler=Autoscaler(), **options)

    plain = observe(tasks, range(150), work, patience=1.0, pauses=calm, **options).trace
    scaled = simulate(pattern).trace
    assert len(at_work(plain, 8)) == 8
    assert len(at_work(scaled, 8)) <= 4


def test_an_exception_becomes_the_result_of_its_job():
    async def process(job):
        if job % 2:
            raise ValueError(job)

    report = observe(tasks, range(4), process, max_workers=2, patience=1.0).value
    assert (sorted(report.succeeded), sorted(report.failed)) == ([0, 2], [1, 3])


def test_a_job_that_cancels_itself_takes_no_worker_with_it():
    async def process(job):
        if job < 3:
            raise asyncio.CancelledError("not me")

    report = observe(tasks, range(6), process, max_workers=2, patience=1.0).value
    assert sorted_out(report) == [[3, 4, 5], [0, 1, 2], [], []]


def test_a_job_that_swallows_its_cancellation_does_not_keep_its_worker():
    async def stubborn(job):
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            return "half done"

    run = observe(tasks, range(6), stubborn, max_workers=2, patience=1.0, timeout=0.5)
    assert run.elapsed == 0.5
    assert sorted_out(run.value) == [[0, 1], [], [], [2, 3, 4, 5]]


def test_a_full_queue_holds_the_submitter_back():
    run = observe(tasks, range(20), nap, max_workers=2, patience=1.0, buffer=3)
    assert max(run.trace.queues[0].values) == 4  # and the one that waits to be put


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    number=st.integers(0, 12),
    low=st.integers(1, 3),
    more=st.integers(0, 3),
    buffer=st.integers(1, 4),
    patience=st.sampled_from([0.05, 0.1, 0.3]),
    seconds=st.lists(st.sampled_from([0.0, 0.1, 0.15, 0.4]), min_size=12, max_size=12),
    pauses=st.dictionaries(st.integers(0, 11), st.sampled_from([0.0, 0.1, 0.3]), max_size=6),
    failing=st.sets(st.integers(0, 11), max_size=3),
    timeout=st.none() | st.sampled_from([0.0, 0.1, 0.35, 0.8]),
)
def test_the_books_balance_and_the_maximum_holds(
    number, low, more, buffer, patience, seconds, pauses, failing, timeout
):
    async def process(job):
        await asyncio.sleep(seconds[job])
        if job in failing:
            raise KeyError(job)

    run = observe(
        tasks,
        iter(range(number)),
        process,
        min_workers=low,
        max_workers=low + more,
        patience=patience,
        buffer=buffer,
        pauses=pauses,
        timeout=timeout,
    )
    report = run.value
    assert report.counts.balanced
    assert report.counts == counts(run.trace)
    assert run.leaks == ()
    assert workers_peak(run.trace) <= low + more
    if timeout is None:
        assert report.submitted == tuple(range(number))
        assert report.cancelled == report.never_started == []


@pytest.mark.parametrize(
    ("pool", "wrong", "message"),
    [
        (threads, {"max_workers": 0}, "max_workers must be a whole number >= 1, got 0"),
        (tasks, {"min_workers": 0}, "min_workers must be a whole number >= 1, got 0"),
        (tasks, {"min_workers": 5}, "min_workers must be <= max_workers, got 5 and 2"),
        (tasks, {"max_workers": 0}, "max_workers must be a whole number >= 1, got 0"),
        (tasks, {"buffer": 0}, "buffer must be a whole number >= 1, got 0"),
        (tasks, {"patience": 0}, "patience must be a number of seconds > 0 and <= 1e12, got 0"),
        (
            threads,
            {"pauses": {1: -1}},
            "pauses must be a number of seconds >= 0 and <= 1e12, got -1",
        ),
    ],
)
def test_a_bad_number_is_refused(pool, wrong, message):
    options = {"max_workers": 2} | ({"patience": 1.0} if pool is tasks else {}) | wrong
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        observe(pool, range(3), nap if pool is tasks else str, **options)
