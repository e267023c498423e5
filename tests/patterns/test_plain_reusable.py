"""The plain pools beside the reusable one: who submits, and who waits for room."""

import asyncio
import threading
import time
from itertools import count

import pytest
from support import threads_left

from lab import observe
from lab.tracing import queue_depth
from patterns.plain.reusable import executor, tasks


async def a_second(job):
    await asyncio.sleep(1)
    if job == 3:
        raise ValueError("job 3 is broken")
    return -job


def a_moment(job):
    time.sleep(0.001)
    if job == 3:
        raise ValueError("job 3 is broken")
    return -job


@pytest.mark.parametrize("submitters", [1, 2, 5])
@pytest.mark.parametrize("buffer", [1, 2, 50])
def test_tasks_do_every_job_whoever_submits_it(submitters, buffer):
    run = observe(tasks, range(10), a_second, workers=3, buffer=buffer, submitters=submitters)
    assert (run.elapsed, run.leaks) == (4.0, ())
    assert run.value.failed == [3]
    assert sorted(run.value.values) == [-9, -8, -7, -6, -5, -4, -2, -1, 0]


@pytest.mark.parametrize("timeout", [0.0, 0.5, 1.5, 2.5, 3.5])
@pytest.mark.parametrize("buffer", [1, 3])
def test_tasks_name_what_the_deadline_cut_short(buffer, timeout):
    run = observe(
        tasks, range(10), a_second, workers=3, buffer=buffer, submitters=2, timeout=timeout
    )
    assert (run.elapsed, run.leaks) == (timeout, ())
    assert run.value.counts.balanced
    assert len(run.value.results) == 3 * int(timeout)


def test_without_submitters_there_are_no_jobs_so_none_is_refused():
    with pytest.raises(ValueError, match="submitters must be a whole number >= 1, got 0"):
        observe(tasks, range(10), a_second, submitters=0)


@pytest.mark.parametrize("buffer", [0, 1, 50])
def test_the_executor_does_every_job_and_holds_no_more_than_there_is_room_for(buffer):
    run = observe(executor, range(30), a_moment, workers=3, buffer=buffer)
    assert run.value.failed == [3]
    assert sorted(run.value.values) == sorted(-job for job in range(30) if job != 3)
    assert max(queue_depth(run.trace)[1]) <= buffer + 1 + 3


@pytest.mark.parametrize("buffer", [0, 3, 50])
def test_the_executor_starts_nothing_after_the_deadline_and_names_it(buffer):
    report = observe(executor, count(), a_moment, workers=2, buffer=buffer, timeout=0.02).value
    assert report.counts.balanced
    assert report.cancelled == []
    assert report.never_started != []
    assert report.reason == "timeout of 0.02 s passed"


class StopEarlyError(Exception):
    pass


def test_the_executor_passes_on_what_the_jobs_themselves_raise_and_leaves_no_thread():
    def jobs():
        yield from range(5)
        raise StopEarlyError

    before = set(threading.enumerate())
    with pytest.raises(StopEarlyError):
        executor(jobs(), a_moment, workers=2)
    assert threads_left(before) == []
