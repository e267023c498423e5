"""Exercises on the reusable pool: backpressure, what is left at a deadline, and going on later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from lab.model.run import Run
from lab.teaching.demands import Case, Work, demand_at_once, rest, starts, watched
from lab.teaching.expect import (
    expect_balanced,
    expect_elapsed,
    expect_function,
    expect_number,
    expect_same,
)
from lab.teaching.grading import NotYet, grader, run_once, run_orders
from lab.teaching.wording import plural
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
    for count, workers, timeout in [(20, 3, 2.5), (5, 2, 9), (4, 4, 0.5), (0, 2, 1)]:
        case = Case("", tuple(range(1, count + 1)), workers)
        run_orders(
            partial(watched, partial(_until, pool, case, timeout), square),
            SCHEDULES,
            expect=partial(_done_or_left, case, timeout, count, [1.0] * count),
            case=f"with {count} jobs, {workers} workers and {timeout:g} s",
        )
    for jobs, workers, timeout in [((4, 1, 3, 2, 5), 2, 3.5), ((6, 1, 2, 3), 3, 4.5), ((3,), 4, 9)]:
        case = Case("", jobs, workers)
        run_orders(
            partial(watched, partial(_until, pool, case, timeout), rest),
            SCHEDULES,
            expect=partial(_done_or_left, case, timeout, None, jobs),
            case=f"with jobs of {', '.join(map(str, jobs))} s, {workers} workers and {timeout:g} s",
        )
    return "every job is either among the values or among the jobs that are left"


def _until(pool: Any, case: Case, timeout: float, process: Callable[[Any], Any]) -> Any:
    return pool(list(case.jobs), case.workers, process, timeout)


def _done_or_left(
    case: Case, timeout: float, squares: int | None, seconds: Sequence[float], run: Run[Work]
) -> None:
    answer = run.value.value
    pair = isinstance(answer, tuple | list) and len(answer) == 2
    if not pair or not all(isinstance(part, list | tuple) for part in answer):
        raise NotYet("it must return two lists: the values, and the jobs that are left")
    demand_at_once(run.value, case.workers, 0)
    ends = [
        begin + took for begin, took in zip(starts(seconds, case.workers), seconds, strict=True)
    ]
    done = [job for job, end in zip(case.jobs, ends, strict=True) if end < timeout]
    left = [job for job in case.jobs if job not in done]
    values = [f"result of {job}" if squares is None else job * job for job in done]
    expect_same(answer[0], values, "values")
    expect_same(answer[1], left, "jobs that are left")
    demand_at_once(run.value, case.workers, case.at_once)
    expect_elapsed(run, min(timeout, max(ends, default=0)))


@grader
def check_extend(in_shifts: Any) -> str:
    """What is not done in one shift is done in the next."""
    expect_function(in_shifts, "jobs, workers, process, seconds")
    # The last two numbers are the shifts it takes, and when the last one is over.
    for count, workers, seconds, shifts, end in [
        (7, 2, 2.5, 2, 4.5),
        (10, 3, 1.5, 4, 5.5),
        (4, 4, 5, 1, 1),
        (9, 1, 1.5, 9, 13),
    ]:
        run_orders(
            partial(
                watched, partial(_shifts, in_shifts, range(1, count + 1), workers, seconds), square
            ),
            SCHEDULES,
            expect=partial(_all_done_in_shifts, range(1, count + 1), workers, shifts, end),
            case=f"with {count} jobs, {plural(workers, 'worker')} and shifts of {seconds:g} s",
        )
    for jobs, workers, seconds in [((), 2, 1), ((3, 1, 4, 1, 2), 2, 4.5), ((2, 4, 3), 5, 4.5)]:
        run_orders(
            partial(watched, partial(_shifts, in_shifts, jobs, workers, seconds), rest),
            SCHEDULES,
            expect=partial(_all_done_in_shifts, jobs, workers, None, None),
            case=f"with jobs of {', '.join(map(str, jobs))} s, {workers} workers "
            f"and shifts of {seconds:g} s"
            if jobs
            else "with no jobs",
        )
    return "every job is done once, in as few shifts as possible"


def _shifts(
    in_shifts: Any,
    jobs: Iterable[int],
    workers: int,
    seconds: float,
    process: Callable[[Any], Any],
) -> Any:
    return in_shifts(list(jobs), workers, process, seconds)


def _all_done_in_shifts(
    jobs: Sequence[int], workers: int, shifts: int | None, end: float | None, run: Run[Work]
) -> None:
    reports = run.value.value
    if not isinstance(reports, list | tuple) or not all(isinstance(r, Report) for r in reports):
        raise NotYet("it must return a list of reports, one for each shift")
    for report in reports:
        expect_balanced(report, report.submitted)
    demand_at_once(run.value, workers, 0)
    expect_same([job for r in reports for job in r.succeeded], jobs, "finished jobs")
    if shifts is not None and len(reports) != shifts:
        raise NotYet(f"it returned {len(reports)} reports, and it takes {shifts} shifts")
    demand_at_once(run.value, workers, min(workers, len(jobs)))
    if end is not None:
        expect_elapsed(run, end)
