"""Exercises on the generic pool: what a failure leaves undone, hearing of it, results in order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from lab.model.run import Run
from lab.teaching.demands import BATTERY, FEW, Case, Work, demand_at_once, rest, watched
from lab.teaching.expect import expect_elapsed, expect_function, expect_number, expect_same
from lab.teaching.grading import NotYet, grader, run_once, run_orders
from lab.teaching.wording import one_line, plural
from patterns import generic
from patterns.concurrency import now, sleep

__all__ = ["check_extend", "check_predict", "check_repair"]

SCHEDULES = 20


class BadJobError(ValueError):
    """What a job of these exercises raises."""


def nap(job: int, *, bad: int = 0) -> int:
    """Take `job` seconds for it and return its square; fail at the end if it is the bad one."""
    sleep(job)
    if job == bad:
        raise BadJobError(f"job {job} is bad")
    return job * job


@grader
def check_predict(answer: Any) -> str:
    """Seven jobs of 1, 2, … 7 s on three workers, and job 4 fails: how many succeed?"""
    what = "a number of jobs from 0 to 7"
    number = expect_number(answer, what)
    if number not in range(8):
        raise NotYet(f"the answer must be {what}, got {answer!r}")
    run = run_once(lambda: generic.run(range(1, 8), partial(nap, bad=4), workers=3))
    if number == len(run.value.succeeded):
        return f"{number:g}, because job 4 fails after 5 s, and then 5 and 6 are not done yet"
    if number == 6:
        raise NotYet("6 is right for a pool that goes on; here the first failure ends the run")
    if number == 5:
        raise NotYet(
            "5 would be right if jobs in work were done to their end; "
            "here they are cut short when one fails"
        )
    raise NotYet(
        f"{number:g} does not fit: write down second by second who takes which job, "
        "until job 4 fails"
    )


@grader
def check_repair(pool: Any) -> str:
    """Every result, or the first failure, as it was raised and when it was raised."""
    expect_function(pool, "jobs, workers, process")
    for jobs, workers, bad, seconds in [
        (7, 3, 0, 12),  # none fails
        (7, 3, 4, 5),
        (7, 3, 1, 1),
        (3, 2, 3, 4),
        (4, 6, 2, 2),
        (0, 2, 0, 0),
    ]:
        fails = f", of which job {bad} fails," if bad else ""
        run_orders(
            partial(
                watched,
                partial(_call, pool, list(range(1, jobs + 1)), workers),
                partial(nap, bad=bad),
            ),
            SCHEDULES,
            expect=partial(_all_or_failure, jobs, workers, bad, seconds),
            case=f"with {jobs} jobs on {workers} workers{fails}",
        )
    for case in BATTERY:
        run_orders(
            partial(_watch, pool, case, rest),
            FEW,
            expect=partial(_all_at_once, case),
            case=case.name,
        )
    for error in (KeyError("no such job"), ZeroDivisionError(), TwoWordsError("bad", "job")):
        run_orders(
            partial(_fail_with, pool, error),
            FEW,
            expect=partial(_raised_itself, error),
            case=f"with 3 jobs on 2 workers, of which one raises {type(error).__name__},",
        )
    return (
        f"each failure came out at once, and as it was raised, in all {SCHEDULES} orders of events"
    )


class TwoWordsError(Exception):
    """It cannot be made again from its message."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} {other}")


def _watch(pool: Any, case: Case, process: Callable[[Any], Any]) -> Work:
    jobs = list(case.jobs)
    return watched(lambda process: pool(jobs, case.workers, process), process)


def _all_at_once(case: Case, run: Run[Work]) -> None:
    expect_same(run.value.value, [f"result of {job}" for job in case.jobs])
    demand_at_once(run.value, case.workers, case.at_once)
    expect_elapsed(run, case.seconds)


def _fail_with(pool: Any, error: Exception) -> tuple[Any, BaseException | None]:
    def process(job: int) -> int:
        sleep(job)
        if job == 2:
            raise error
        return job

    try:
        return pool([1, 2, 3], 2, process), None
    except type(error) as raised:
        return None, raised


def _raised_itself(error: Exception, run: Run[tuple[Any, BaseException | None]]) -> None:
    value, raised = run.value
    if raised is None:
        raise NotYet(f"it returned {one_line(repr(value), 40)}, and the caller never hears of it")
    if raised is not error:
        raise NotYet("it raised another exception of this type, not the one that was raised")


def _call(pool: Any, *args: Any) -> tuple[Any, BaseException | None, float]:
    """Return what came of the call, and when."""
    try:
        return pool(*args), None, now()
    except BadJobError as error:
        return None, error, now()
    except ExceptionGroup as group:
        if group.subgroup(BadJobError) is None:
            raise
        return None, group, now()


def _all_or_failure(jobs: int, workers: int, bad: int, seconds: float, run: Run[Work]) -> None:
    value, error, elapsed = run.value.value
    if not bad:
        expect_same(value, [job * job for job in range(1, jobs + 1)])
    elif error is None:
        several = isinstance(value, list | tuple)
        returned = plural(len(value), "result") if several else repr(value)[:40]
        raise NotYet(f"it returned {returned}, and the caller never hears of the failure")
    elif not isinstance(error, BadJobError):
        raise NotYet("it raised a group with the failure inside, not what `process` raised")
    demand_at_once(run.value, workers, min(jobs, workers))
    if abs(elapsed - seconds) > 1e-6:
        what = "the failure is known" if bad else "all is done"
        raise NotYet(f"it took {elapsed:g} s, and {what} after {seconds:g} s")


@grader
def check_extend(in_order: Any) -> str:
    """The results stand in the order of the jobs, whichever was done first."""
    expect_function(in_order, "jobs, workers, process")
    # The last number is when all is done: a job of n takes n seconds.
    cases: list[tuple[list[Any], int, float]] = [
        ([3, 1, 2], 3, 3),
        ([5, 1, 1, 1, 2], 2, 5),
        ([2, 2, 1, 2, 1, 1, 3, 0, 1, 4], 4, 6),
        ([1], 4, 1),
        ([], 2, 0),
        ([2, 1] * 8, 1, 24),
        ([[2], [1]], 2, 2),  # a list: no key of a dictionary
        ([[2], [1], [1], [2]], 2, 4),
        ([2, 1, 1], 5, 2),
        ([3, 1, 1, 1, 3], 2, 6),
    ]
    for jobs, workers, seconds in cases:
        run_orders(
            partial(_watch, in_order, Case("", tuple(jobs), workers), _name_later),
            SCHEDULES,
            expect=partial(_in_their_order, Case("", tuple(jobs), workers), seconds),
            case=f"with the jobs {jobs} and workers={workers}" if jobs else "with no jobs",
        )
    return f"every result stood in its job's place in all {SCHEDULES} orders of events"


def _name_later(job: int | list[int]) -> dict[str, object]:
    """Take `job` seconds; results cannot be sorted."""
    sleep(job if isinstance(job, int) else job[0])
    return {"job": job}


def _in_their_order(case: Case, seconds: float, run: Run[Work]) -> None:
    work, expected = run.value, [{"job": job} for job in case.jobs]
    expect_same(work.value, expected)
    if list(work.value) != expected:
        got = [result["job"] for result in work.value]
        raise NotYet(f"it returned the results of {got}, which is another order")
    if len(set(map(id, work.returned.values())) & set(map(id, work.value))) < len(expected):
        raise NotYet("it takes one result for two jobs, since these are equal")
    demand_at_once(work, case.workers, case.at_once)
    expect_elapsed(run, seconds)
