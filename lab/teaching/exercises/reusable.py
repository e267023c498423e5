"""Exercises on the reusable pool: backpressure, what is left at a deadline, and going on later."""

from __future__ import annotations

from functools import partial
from typing import Any

from lab.model.run import Run
from lab.teaching.expect import (
    expect_balanced,
    expect_elapsed,
    expect_function,
    expect_number,
    expect_same,
)
from lab.teaching.grading import NotYet, grader, run_once, run_orders
from patterns.concurrency import Report, TaskGroup, now, sleep
from patterns.reusable import WorkerPool

__all__ = ["check_extend", "check_predict", "check_repair"]

SCHEDULES = 20
JOBS, WORKERS, BUFFER = 9, 2, 3


def square(job: int) -> int:
    """Take a second for it and return its square."""
    sleep(1)
    return job * job


def _submission_times() -> list[float]:
    pool, times = WorkerPool(square, workers=WORKERS, buffer=BUFFER), []
    with pool.start(), TaskGroup() as reader:
        reader.spawn(lambda: list(pool.results()))
        for job in range(JOBS):
            pool.submit(job)
            times.append(now())
        pool.close()
    return times


@grader
def check_predict(answer: Any) -> str:
    """Nine jobs of 1 s, two workers, a buffer of three: when has `submit` taken the last one?"""
    seconds = expect_number(answer, "a number of seconds >= 0", least=0)
    run = run_once(_submission_times)
    times = run.value
    if abs(seconds - times[-1]) < 1e-6:
        return (
            f"{seconds:g} s: by then the workers have taken {JOBS - BUFFER} jobs, "
            f"and the buffer has room for the other {BUFFER}"
        )
    if seconds < times[-1]:
        taken = sum(time <= seconds for time in times)
        raise NotYet(
            f"after {seconds:g} s `submit` has taken {taken} jobs of {JOBS}: "
            f"{taken - BUFFER} the workers had by then, and {BUFFER} fill the buffer"
        )
    if abs(seconds - run.elapsed) < 1e-6:
        raise NotYet(
            f"at {seconds:g} s the last job is done; `submit` waits for room, not for the job"
        )
    raise NotYet(f"{seconds:g} s is too long: whoever takes a job from the buffer makes room in it")


@grader
def check_repair(pool: Any) -> str:
    """At the deadline every job is either in the values or in the jobs that are left."""
    expect_function(pool, "jobs, workers, process, timeout")
    # The last number is how many are done by then: jobs take a second, and begin in order.
    for count, workers, timeout, done in [(20, 3, 2.5, 6), (5, 2, 9, 5), (4, 4, 0.5, 0)]:
        run_orders(
            partial(pool, list(range(1, count + 1)), workers, square, timeout),
            SCHEDULES,
            expect=partial(_done_or_left, count, workers, timeout, done),
            case=f"with {count} jobs, {workers} workers and {timeout:g} s",
        )
    return "every job is either among the values or among the jobs that are left"


def _done_or_left(count: int, workers: int, timeout: float, done: int, run: Run[Any]) -> None:
    answer = run.value
    pair = isinstance(answer, tuple | list) and len(answer) == 2
    if not pair or not all(isinstance(part, list | tuple) for part in answer):
        raise NotYet("it must return two lists: the values, and the jobs that are left")
    expect_same(answer[0], [job * job for job in range(1, done + 1)], "values")
    expect_same(answer[1], range(done + 1, count + 1), "jobs that are left")
    expect_elapsed(run, min(timeout, -(-count // workers)))


@grader
def check_extend(in_shifts: Any) -> str:
    """What is not done in one shift is done in the next."""
    expect_function(in_shifts, "jobs, workers, process, seconds")
    # The last two numbers are the shifts it takes, and when the last one is over.
    for count, workers, seconds, shifts, end in [
        (7, 2, 2.5, 2, 4.5),
        (10, 3, 1.5, 4, 5.5),
        (4, 4, 5, 1, 1),
    ]:
        run_orders(
            partial(in_shifts, list(range(1, count + 1)), workers, square, seconds),
            SCHEDULES,
            expect=partial(_all_done_in_shifts, count, shifts, end),
            case=f"with {count} jobs, {workers} workers and shifts of {seconds:g} s",
        )
    return "every job is done once, in as few shifts as possible"


def _all_done_in_shifts(count: int, shifts: int, end: float, run: Run[Any]) -> None:
    reports = run.value
    if not isinstance(reports, list | tuple) or not all(isinstance(r, Report) for r in reports):
        raise NotYet("it must return a list of reports, one for each shift")
    for report in reports:
        expect_balanced(report, report.submitted)
    expect_same([job for r in reports for job in r.succeeded], range(1, count + 1), "finished jobs")
    if len(reports) != shifts:
        raise NotYet(f"it returned {len(reports)} reports, and it takes {shifts} shifts")
    expect_elapsed(run, end)
