"""The plain pools beside the generic one: the first failure ends them, and what they forget."""

import asyncio
import threading
import time
from functools import partial

import pytest
from support import threads_left

from lab import observe, simulate
from lab.tracing import Outcome, books
from patterns.concurrency import TaskGroup, sleep
from patterns.generic import Pool, submit
from patterns.plain import generic as plain

JOBS = range(10)


def through_the_pattern(process, workers, buffer):
    pool = Pool(workers, process, buffer=buffer)
    with pool.start(), TaskGroup() as submitter:
        submitter.spawn(submit, JOBS, pool)
        return list(pool.results())


def seconds(job):
    return 0.1 * (1 + job % 3)


def fates(trace):
    return {job.id: job.outcome for job in trace.jobs}


@pytest.mark.parametrize("workers", [1, 2, 3, 11])
@pytest.mark.parametrize("buffer", [1, 3])
def test_tasks_give_the_patterns_results_at_the_patterns_times(workers, buffer):
    def square(job):
        sleep(seconds(job))
        return job * job

    async def square_async(job):
        await asyncio.sleep(seconds(job))
        return job * job

    plainly = observe(plain.tasks, JOBS, square_async, workers=workers, buffer=buffer)
    pattern = simulate(partial(through_the_pattern, square, workers, buffer))
    assert plainly.value == pattern.value
    assert plainly.elapsed == pytest.approx(pattern.elapsed)
    assert plainly.leaks == ()


async def fifth_fails(job):
    await asyncio.sleep(1)
    if job == 4:
        raise ValueError("4 is bad")
    return job


def test_the_first_failure_ends_the_tasks_and_comes_out_as_it_was_raised():
    with pytest.raises(ValueError, match="4 is bad") as caught:
        observe(plain.tasks, JOBS, fifth_fails, workers=3)
    assert caught.value.__notes__ == ["while processing job 4"]
    trace = caught.value.trace
    assert trace.elapsed == 2.0
    assert books(trace).balanced
    assert fates(trace)["4"] is Outcome.FAILED
    assert {fates(trace)[job] for job in "789"} <= {Outcome.CANCELLED, Outcome.NEVER_STARTED}


def test_threads_in_work_when_one_fails_run_on_to_their_end():
    both = threading.Barrier(2)

    def process(job):
        both.wait(10)
        if job == 0:
            raise ValueError("0 is bad")
        time.sleep(0.02)
        return job

    with pytest.raises(ValueError, match="0 is bad") as caught:
        observe(plain.executor, [0, 1], process, workers=2)
    assert fates(caught.value.trace) == {"0": Outcome.FAILED, "1": Outcome.OK}


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

    with pytest.raises(ValueError, match="0 is bad"):
        plain.executor(jobs(), process, workers=1)
    assert len(begun) < 100


def test_an_executor_gives_every_result_and_leaves_no_thread():
    before = set(threading.enumerate())
    assert sorted(plain.executor(JOBS, abs, workers=3)) == list(JOBS)
    assert threads_left(before) == []


@pytest.mark.parametrize("pool", [plain.executor, plain.tasks])
def test_no_workers_are_refused(pool):
    with pytest.raises(ValueError, match="workers must be a whole number >= 1, got 0"):
        observe(pool, JOBS, abs, workers=0)


def test_no_buffer_is_refused_which_would_be_one_without_limit():
    with pytest.raises(ValueError, match="buffer must be a whole number >= 1, got 0"):
        observe(plain.tasks, JOBS, abs, workers=1, buffer=0)
