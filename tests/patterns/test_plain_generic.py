"""The plain pools beside the generic one: the first failure ends them, and the report says so."""

import asyncio
import threading
import time

import pytest
from support import threads_left

from lab import observe, simulate
from lab.tracing import Outcome, counts
from patterns import generic
from patterns.concurrency import sleep
from patterns.plain import generic as plain

JOBS = range(10)


def seconds(job):
    return 0.1 * (1 + job % 3)


def outcomes(trace):
    return {job.id: job.outcome for job in trace.jobs}


@pytest.mark.parametrize("workers", [1, 2, 3, 11])
@pytest.mark.parametrize("buffer", [1, 3])
def test_tasks_give_the_patterns_values_at_the_patterns_times(workers, buffer):
    def square(job):
        sleep(seconds(job))
        return job * job

    async def square_async(job):
        await asyncio.sleep(seconds(job))
        return job * job

    options = {"workers": workers, "buffer": buffer}
    plainly = observe(plain.tasks, JOBS, square_async, **options)
    pattern = simulate(lambda: generic.run(JOBS, square, **options))
    assert plainly.value.values == pattern.value.values
    assert plainly.elapsed == pytest.approx(pattern.elapsed)
    assert plainly.leaks == ()


async def fifth_fails(job):
    await asyncio.sleep(1)
    if job == 4:
        raise ValueError("4 is bad")
    return job


def test_the_first_failure_ends_the_tasks_and_the_report_says_what_was_not_done():
    run = observe(plain.tasks, JOBS, fifth_fails, workers=3)
    report = run.value
    assert (run.elapsed, report.failed) == (2.0, [4])
    assert report.reason == "a job failed: ValueError"
    assert report.counts == counts(run.trace)
    assert set(report.cancelled) | set(report.never_started) >= {6, 7, 8, 9}


def test_threads_in_work_when_one_fails_run_on_to_their_end():
    both = threading.Barrier(2)

    def process(job):
        both.wait(10)
        if job == 0:
            raise ValueError("0 is bad")
        time.sleep(0.02)
        return job

    run = observe(plain.executor, [0, 1], process, workers=2)
    assert outcomes(run.trace) == {"0": Outcome.FAILED, "1": Outcome.OK}
    assert (run.value.failed, run.value.succeeded) == ([0], [1])
    assert run.value.reason == "a job failed: ValueError"


def test_what_has_not_begun_when_one_fails_never_does():
    begun, all_submitted = [], threading.Event()

    def jobs():
        yield from range(100)
        all_submitted.set()

    def process(job):
        begun.append(job)
        if job == 0:
            all_submitted.wait(10)
            raise ValueError("0 is bad")
        time.sleep(0.01)

    report = plain.executor(jobs(), process, workers=1)
    assert len(begun) < 100
    assert report.counts.never_started == 100 - len(begun)


def test_an_executor_gives_every_value_and_leaves_no_thread():
    before = set(threading.enumerate())
    assert sorted(plain.executor(JOBS, abs, workers=3).values) == list(JOBS)
    assert threads_left(before) == []
