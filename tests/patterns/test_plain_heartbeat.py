"""Pools in plain Python that end a job which is silent too long: in a task, or with its process."""

import asyncio
import multiprocessing
import time
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import observe
from lab.tracing import Outcome
from patterns.concurrency import Failed
from patterns.plain import heartbeat


async def takes(seconds, beats, job):
    """Take `seconds`, with a beat after each of as many equal parts, then return."""
    for _ in range(beats):
        await asyncio.sleep(seconds / beats)
        heartbeat.beat()
    return -job


async def job_2_hangs(job):
    if job == 2:
        await asyncio.Event().wait()
    return await takes(0.5, 5, job)


def errors(report):
    return {r.job: type(r.error) for r in report.results if isinstance(r, Failed)}


def test_a_task_that_hangs_ends_after_its_silence_and_its_worker_goes_on():
    run = observe(heartbeat.tasks, range(1, 6), job_2_hangs, workers=1, silence=0.3)
    assert run.elapsed == 4 * 0.5 + 0.3
    assert errors(run.value) == {2: TimeoutError}
    assert run.value.succeeded == [1, 3, 4, 5]
    assert run.trace.workers == ("worker-1",)
    assert run.leaks == ()


def test_the_silence_counts_from_the_last_beat():
    async def two_beats(job):
        await takes(0.4, 2, job)
        await asyncio.sleep(9)

    run = observe(heartbeat.tasks, [1], two_beats, workers=1, silence=0.3)
    assert (run.elapsed, errors(run.value)) == (0.7, {1: TimeoutError})


def test_a_task_that_beats_is_left_alone_however_long_it_takes():
    run = observe(heartbeat.tasks, [1, 2], partial(takes, 100.0, 1000), workers=2, silence=0.3)
    assert run.value.succeeded == [1, 2]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    tenths=st.lists(st.integers(0, 9), max_size=8),
    workers=st.integers(1, 4),
    silence=st.integers(1, 6),
    timeout=st.none() | st.integers(0, 20),
)
def test_every_task_has_one_outcome_whatever_is_silent_and_whenever_it_ends(
    tenths, workers, silence, timeout
):
    async def silent(job):
        await asyncio.sleep(tenths[job] / 10)

    jobs = range(len(tenths))
    seconds = None if timeout is None else timeout / 10 + 0.05
    run = observe(
        heartbeat.tasks, jobs, silent, workers=workers, silence=silence / 10, timeout=seconds
    )
    report = run.value
    assert report.counts.balanced
    for job in report.succeeded:
        assert tenths[job] <= silence
    for job in report.failed:
        assert tenths[job] >= silence
    if timeout is None:
        assert len(report.results) == len(tenths)


def does_what_it_is_told(job):
    """Run in another process, which is why it is here and not in a test."""
    if job == "fail":
        raise ValueError(job)
    if job == "beat":
        for _ in range(4):
            time.sleep(0.3)
            heartbeat.beat()
    return job


def test_a_process_that_beats_or_raises_is_left_alone():
    jobs = ["a", "beat", "fail", "b"]
    report = heartbeat.processes(jobs, does_what_it_is_told, workers=1, silence=1.0)
    assert report.succeeded == ["a", "beat", "b"]
    assert errors(report) == {"fail": ValueError}
    assert multiprocessing.active_children() == []


def test_a_process_that_hangs_or_dies_is_replaced_and_every_job_has_one_result():
    report = heartbeat.processes(range(1, 10), heartbeat.trouble, workers=1, silence=0.5)
    assert errors(report) == {4: TimeoutError, 8: ChildProcessError}
    assert [str(error) for error in report.errors] == [
        "its process was silent for 0.5 s, and was killed",
        "its process died with exit code 1",
    ]
    assert report.values == [2, 4, 6, 10, 12, 14, 18]
    assert multiprocessing.active_children() == []


def test_what_cannot_be_sent_to_a_process_fails_and_costs_no_more():
    jobs = [lambda: None, "a"]
    report = heartbeat.processes(jobs, does_what_it_is_told, workers=1, silence=9.0)
    assert report.succeeded == ["a"]
    assert report.failed == [jobs[0]]
    assert multiprocessing.active_children() == []


def test_observed_from_outside_a_job_that_is_ended_counts_as_cut_short():
    run = observe(heartbeat.tasks, [2], job_2_hangs, workers=1, silence=0.3)
    assert [job.outcome for job in run.trace.jobs] == [Outcome.CANCELLED]


@pytest.mark.parametrize("pool", [heartbeat.tasks, heartbeat.processes])
@pytest.mark.parametrize("silence", [0, -1, float("nan")])
def test_a_bad_silence_is_refused_with_the_rule_and_the_value(pool, silence):
    process = job_2_hangs if pool is heartbeat.tasks else str
    message = f"^silence must be a number of seconds > 0 and <= 1e12, got {silence}$"
    with pytest.raises(ValueError, match=message):
        observe(pool, [1], process, workers=1, silence=silence)
