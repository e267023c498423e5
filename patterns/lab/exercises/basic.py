"""Exercises on the basic pool: uneven jobs, who closes the results, stopping early."""

from __future__ import annotations

import math
from functools import partial
from numbers import Real
from typing import Any

from patterns import basic
from patterns.concurrency import sleep
from patterns.lab.grading import NotYet, attempt, attempts, expect_function, expect_same, grader
from patterns.lab.run import Run

__all__ = ["check_extend", "check_predict", "check_repair"]

SCHEDULES = 50


def nap(job: int) -> int:
    """Take `job` seconds for it and return its square: no two end at the same time."""
    sleep(job)
    return job * job


@grader
def check_predict(answer: Any) -> str:
    """Seven jobs of 1, 2, … 7 s on three workers: how long does the pool take?"""
    number = isinstance(answer, Real) and not isinstance(answer, bool)
    if not number or not math.isfinite(answer):
        raise NotYet(f"the answer must be a number of seconds, got {answer!r}")
    jobs = range(1, 8)
    run = attempt(lambda: basic.run(num_jobs=7, num_workers=3, process=nap))
    seconds = float(answer)
    if abs(seconds - run.elapsed) < 1e-6:
        return f"{run.elapsed:g} s, because job 7 is the longest and nobody is free for it earlier"
    if seconds <= sum(jobs) / 3 + 0.1:
        raise NotYet(
            f"{seconds:g} s would need three workers who all stop at the same moment; "
            "write down second by second who takes which job"
        )
    if seconds < run.elapsed:
        raise NotYet(
            f"{seconds:g} s would need somebody who chooses the jobs cleverly; "
            "here whoever is free takes the next one in order"
        )
    raise NotYet(f"{seconds:g} s is too long: nobody who is free waits while there are jobs")


@grader
def check_repair(pool: Any) -> str:
    """Every result comes out, for every number of jobs and workers and every buffer."""
    expect_function(pool, "num_jobs, num_workers, buffer")
    for jobs, workers, buffer in [(10, 3, 2), (10, 3, 0), (12, 4, 1), (0, 2, 1), (2, 5, 0)]:
        attempts(
            partial(pool, jobs, workers, buffer),
            SCHEDULES,
            expect=partial(_all_doubled, jobs, workers),
            case=f"with {jobs} jobs, {workers} workers and buffer {buffer}",
        )
    return f"every result came out in every one of {SCHEDULES} orders of events, for every buffer"


def _all_doubled(jobs: int, workers: int, run: Run[Any]) -> None:
    expect_same(run.value, [2 * job for job in range(1, jobs + 1)])
    _expect_elapsed(run, -(-jobs // workers))


@grader
def check_extend(first: Any) -> str:
    """The pool ends with the result that was still wanted, and leaves nobody behind."""
    expect_function(first, "wanted, num_jobs, num_workers, process")
    # The last number is when the last wanted result comes: job n takes n seconds.
    for wanted, jobs, workers, seconds in [(3, 7, 3, 3), (5, 7, 3, 7), (1, 2, 5, 1), (5, 3, 2, 4)]:
        attempts(
            partial(first, wanted, jobs, workers, nap),
            SCHEDULES,
            expect=partial(_first_squares, wanted, jobs, seconds),
            case=f"with {wanted} of {jobs} results wanted from {workers} workers",
        )
    return "it ends with the last result that is wanted, and no task is left"


def _first_squares(wanted: int, jobs: int, seconds: float, run: Run[Any]) -> None:
    if isinstance(run.value, list | tuple) and len(run.value) > wanted:
        raise NotYet(f"it returned {len(run.value)} results, and only {wanted} were wanted")
    expect_same(run.value, [job * job for job in range(1, min(wanted, jobs) + 1)])
    _expect_elapsed(run, seconds)


def _expect_elapsed(run: Run[Any], seconds: float) -> None:
    if abs(run.elapsed - seconds) > 1e-6:
        raise NotYet(f"it took {run.elapsed:g} s, and {seconds:g} s are enough")
