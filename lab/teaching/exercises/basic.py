"""Exercises on the basic pool: uneven jobs, who closes the results, stopping early."""

from __future__ import annotations

from functools import partial
from typing import Any

from lab.model.run import Run
from lab.teaching.demands import (
    BATTERY,
    FEW,
    Case,
    Work,
    demand_at_once,
    demand_buffer,
    demand_done_by,
    demand_statements,
    rest,
    watched,
    watched_sleeping,
)
from lab.teaching.exercises.queues import submit
from lab.teaching.expect import expect_elapsed, expect_function, expect_number, expect_same
from lab.teaching.grading import NotYet, grader, run_once, run_orders
from lab.teaching.wording import plural
from patterns import basic
from patterns.concurrency import sleep

__all__ = ["check_extend", "check_predict", "check_repair", "submit"]

SCHEDULES = 20


def nap(job: int, *, slow: int = 0) -> int:
    """Take `job` seconds for it (20 for the slow one) and return its square: none end together."""
    sleep(20 if job == slow else job)
    return job * job


@grader
def check_predict(answer: Any) -> str:
    """Seven jobs of 1, 2, … 7 s on three workers: how long does the pool take?"""
    seconds = expect_number(answer)
    jobs = range(1, 8)
    least = sum(jobs) / 3
    run = run_once(lambda: basic.run(jobs, nap, workers=3))
    if abs(seconds - run.elapsed) < 1e-6:
        return f"{run.elapsed:g} s, because job 7 is the longest and nobody is free for it earlier"
    if seconds < least - 0.1:
        raise NotYet(f"{seconds:g} s is too short: 28 s of work take three workers {least:.2f} s")
    if seconds < least + 0.1:
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
    expect_function(pool, "jobs, workers, buffer")
    for numbers, workers, buffer in [
        (range(1, 11), 3, 2),
        (range(1, 11), 3, 0),
        (range(1, 13), 4, 1),
        ((), 2, 1),
        (range(1, 3), 5, 0),
        ((7, 7, 2, 9, 2), 2, 2),
        ((5,), 1, 3),
    ]:
        jobs = list(numbers)
        run_orders(
            partial(_doubling, pool, jobs, workers, buffer),
            SCHEDULES,
            expect=partial(_all_doubled, jobs, workers, buffer),
            case=f"with {len(jobs)} jobs, {plural(workers, 'worker')} and buffer {buffer}",
        )
    for jobs, workers in [([4, 8], 3), ([], 2)]:
        demand_statements(
            partial(_doubling, pool, jobs, workers, 2),
            pool,
            expect=partial(_all_doubled, jobs, workers, 2),
            case=f"with {len(jobs)} jobs, {workers} workers and buffer 2",
        )
    return f"every result came out in every one of {SCHEDULES} orders of events, for every buffer"


def _doubling(pool: Any, jobs: list[int], workers: int, buffer: int) -> Work:
    return watched_sleeping(lambda jobs: pool(jobs, workers, buffer), jobs, 1.0)


def _all_doubled(jobs: list[int], workers: int, buffer: int, run: Run[Work]) -> None:
    expect_same(run.value.value, [2 * job for job in jobs])
    demand_at_once(run.value, workers, min(workers, len(jobs)))
    demand_done_by(run.value, workers)
    demand_buffer(run.value, buffer)
    expect_elapsed(run, -(-len(jobs) // workers))


@grader
def check_extend(first: Any) -> str:
    """The pool ends with the result that was still wanted, and leaves nobody behind."""
    expect_function(first, "wanted, jobs, workers, process")
    # The jobs that are done first, and when the last of these is: job n takes n seconds.
    for wanted, jobs, workers, slow, done, seconds in [
        (3, 7, 3, 0, (1, 2, 3), 3),
        (5, 7, 3, 0, (1, 2, 3, 4, 5), 7),
        (1, 2, 5, 0, (1,), 1),
        (5, 3, 2, 0, (1, 2, 3), 4),
        (3, 7, 3, 1, (2, 3, 4), 6),
    ]:
        one_slow = f", job {slow} a slow one," if slow else ""
        run_orders(
            partial(
                watched,
                partial(first, wanted, list(range(1, jobs + 1)), workers),
                partial(nap, slow=slow),
            ),
            SCHEDULES,
            expect=partial(_squares_in_time, wanted, done, seconds, workers, min(jobs, workers)),
            case=f"with {wanted} of {jobs} results wanted from {workers} workers{one_slow}",
        )
    for case in BATTERY:
        run_orders(
            partial(_wanting_all, first, case),
            FEW,
            expect=partial(_all_in_time, case),
            case=case.name,
        )
    case = Case("with 2 jobs and 3 workers", (1, 1), 3)
    demand_statements(
        partial(_wanting_all, first, case),
        first,
        expect=partial(_all_in_time, case),
        case=case.name,
    )
    return "it ends with the last result that is wanted, and no task is left"


def _wanting_all(first: Any, case: Case) -> Work:
    jobs = list(case.jobs)
    return watched(lambda process: first(len(jobs) + 1, jobs, case.workers, process), rest)


def _all_in_time(case: Case, run: Run[Work]) -> None:
    expect_same(run.value.value, [f"result of {job}" for job in case.jobs])
    demand_at_once(run.value, case.workers, case.at_once)
    expect_elapsed(run, case.seconds)


def _squares_in_time(
    wanted: int,
    done: tuple[int, ...],
    seconds: float,
    workers: int,
    possible: int,
    run: Run[Work],
) -> None:
    value = run.value.value
    if isinstance(value, list | tuple) and len(value) > wanted:
        raise NotYet(f"it returned {len(value)} results, and only {wanted} were wanted")
    demand_at_once(run.value, workers, possible)
    if run.elapsed > seconds:  # said first: whoever is late has other results, too
        expect_elapsed(run, seconds)
    expect_same(value, [job * job for job in done])
    expect_elapsed(run, seconds)
