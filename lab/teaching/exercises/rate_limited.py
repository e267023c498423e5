"""Exercises on the rate-limited pool: a burst, a turn taken too early, a limit for each host."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

from lab.model.run import Run
from lab.teaching.exercises.queues import submit
from lab.teaching.expect import expect_elapsed, expect_function, expect_number, expect_same
from lab.teaching.grading import NotYet, grader, run_once, run_orders
from patterns import rate_limited
from patterns.concurrency import now, sleep

__all__ = ["check_extend", "check_predict", "check_repair", "submit"]

SCHEDULES = 20
JOB_SECONDS = 1.0

Begun = list[tuple[float, Any]]  # when each job began, and which


def nap(job: int) -> int:
    """Take a second for it."""
    sleep(JOB_SECONDS)
    return job


@grader
def check_predict(answer: Any) -> str:
    """Ten jobs of 1 s, four workers, two tokens a second, a burst of 3: when is the last done?"""
    seconds = expect_number(answer)
    run = run_once(lambda: rate_limited.run(range(10), nap, rate=2.0, burst=3, workers=4))
    if abs(seconds - run.elapsed) < 1e-6:
        return (
            f"{run.elapsed:g} s: three begin at once, then one every 0.5 s, and the last takes 1 s"
        )
    if abs(seconds - (run.elapsed - JOB_SECONDS)) < 1e-6:
        raise NotYet(f"{seconds:g} s is when the last job begins; it has to be done too")
    if seconds < run.elapsed:
        raise NotYet(
            f"{seconds:g} s is too short for two tokens a second; "
            "write down when each token comes, and which job takes it"
        )
    raise NotYet(
        f"{seconds:g} s is too long: three tokens are there from the start, "
        "so only the other seven jobs wait for theirs"
    )


@grader
def check_repair(pool: Any) -> str:
    """Jobs that come late do not begin together, and none is held up for longer than it must."""
    expect_function(pool, "late, jobs, workers, rate, process")
    for late, jobs, workers, rate in [(5, 8, 4, 2), (0, 6, 3, 1), (3, 1, 5, 10), (2, 0, 3, 1)]:
        expected = late + (jobs and (jobs - 1) / rate + JOB_SECONDS)
        run_orders(
            partial(_watch, partial(pool, late, list(range(jobs)), workers, rate)),
            SCHEDULES,
            expect=partial(_late_jobs, range(jobs), rate, expected),
            case=f"with {jobs} jobs after {late} s, {workers} workers and {rate} a second",
        )
    return f"the limit held after every idle spell, in every one of {SCHEDULES} orders of events"


def _late_jobs(jobs: range, rate: int, seconds: float, run: Run[Begun]) -> None:
    expect_same([job for _, job in run.value], jobs, "jobs")
    _expect_limit(run.value, rate)
    expect_elapsed(run, seconds)


@grader
def check_extend(pool: Any) -> str:
    """Every host has a limit of its own, which all workers keep."""
    expect_function(pool, "jobs, workers, rate, process")
    few = [("a.org", 1), ("a.org", 2), ("b.org", 1), ("a.org", 3), ("b.org", 2), ("c.org", 1)]
    many = [(f"{letter}.org", page) for page in range(1, 5) for letter in "abc"]
    for jobs, workers, rate, seconds in [(few, 6, 2, 2.0), (many, 12, 1, 4.0), (many, 2, 1, None)]:
        run_orders(
            partial(_watch, partial(pool, list(jobs), workers, rate)),
            SCHEDULES,
            expect=partial(_each_host, jobs, rate, seconds),
            case=f"with {len(jobs)} jobs, {workers} workers and {rate} a second",
        )
    return "no host was asked too often, and none was held up by the limit of another"


def _each_host(
    jobs: list[tuple[str, int]], rate: int, seconds: float | None, run: Run[Begun]
) -> None:
    expect_same([job for _, job in run.value], jobs, "jobs")
    for host in dict.fromkeys(host for host, _ in jobs):
        _expect_limit([(time, job) for time, job in run.value if job[0] == host], rate)
    if seconds is not None:
        expect_elapsed(run, seconds)


def _watch(pool: Callable[..., Any]) -> Begun:
    """Give `pool` something to process jobs with; return what it began and when."""
    begun: Begun = []

    def process(job: Any) -> None:
        begun.append((now(), job))
        sleep(JOB_SECONDS)

    pool(process)
    return begun


def _expect_limit(begun: Begun, rate: int) -> None:
    for (earlier, first), (later, second) in pairwise(begun):
        if later - earlier < 1 / rate - 1e-6:
            raise NotYet(
                f"it began job {second!r} at {later:g} s, {later - earlier:g} s after "
                f"job {first!r}, and the limit is one every {1 / rate:g} s"
            )
