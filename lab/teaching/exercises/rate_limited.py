"""Exercises on the rate-limited pool: a burst, a turn taken too early, a limit for each host."""

from __future__ import annotations

from functools import partial
from typing import Any

from lab.model.run import Run
from lab.teaching.demands import (
    FEW,
    Work,
    demand_at_once,
    demand_rate,
    demand_statements,
    most_at_once,
    rest,
    seconds_needed,
    watched,
)
from lab.teaching.exercises.queues import submit
from lab.teaching.expect import expect_elapsed, expect_function, expect_number, expect_same
from lab.teaching.grading import NotYet, grader, run_once, run_orders
from patterns import rate_limited
from patterns.concurrency import sleep

__all__ = ["check_extend", "check_predict", "check_repair", "submit"]

SCHEDULES = 20
JOB_SECONDS = 1.0
UNEVEN = [3, 2, 1, 1]  # seconds: the first two end together, and the last two have long waited


def nap(job: Any) -> Any:
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
    for late, count, workers, rate in [
        (5, 8, 4, 2),
        (0, 6, 3, 1),
        (3, 1, 5, 10),
        (2, 0, 3, 1),
        (1, 7, 2, 10),  # where the workers are too few for the limit
        (0, 6, 3, 4),
    ]:
        jobs = list(range(count))
        run_orders(
            partial(watched, partial(pool, late, jobs, workers, rate), nap),
            SCHEDULES,
            expect=partial(_late_jobs, jobs, late, workers, rate),
            case=f"with {count} jobs after {late} s, {workers} workers and {rate} a second",
        )
    same: list[Any] = [[7], "seven", [7], [7]]
    case = "with 4 jobs after 1 s, 3 workers and 2 a second"
    run = partial(watched, partial(pool, 1, same, 3, 2), nap)
    expect = partial(_late_jobs, same, 1, 3, 2)
    run_orders(run, FEW, expect=expect, case=case)
    demand_statements(run, pool, expect=expect, case=case)
    run_orders(
        partial(watched, partial(pool, 1, UNEVEN, 2, 1), rest),
        FEW,
        expect=partial(_uneven_jobs, 2, 1),
        case="with jobs of 3, 2, 1 and 1 s after 1 s, 2 workers and 1 a second",
    )
    return f"the limit held after every idle spell, in every one of {SCHEDULES} orders of events"


def _uneven_jobs(workers: int, rate: int, run: Run[Work]) -> None:
    # When all are done depends on whose turn comes first: who waits for it may have either job.
    expect_same([job for _, job in run.value.begun], UNEVEN, "jobs")
    demand_rate(run.value.begun, rate)
    demand_at_once(run.value, workers, workers)


def _late_jobs(jobs: list[Any], late: float, workers: int, rate: int, run: Run[Work]) -> None:
    seconds, gap = [JOB_SECONDS] * len(jobs), 1 / rate
    expect_same([job for _, job in run.value.begun], jobs, "jobs")
    demand_rate(run.value.begun, rate)
    demand_at_once(run.value, workers, most_at_once(seconds, workers, gap))
    expect_elapsed(run, late + seconds_needed(seconds, workers, gap))


@grader
def check_extend(pool: Any) -> str:
    """Every host has a limit of its own, which all workers keep."""
    expect_function(pool, "jobs, workers, rate, process")
    few = [("a.org", 1), ("a.org", 2), ("b.org", 1), ("a.org", 3), ("b.org", 2), ("c.org", 1)]
    many = [(f"{letter}.org", page) for page in range(1, 5) for letter in "abc"]
    apart = [(f"a.{ending}", 1) for ending in ("org", "com", "net", "info", "name", "eu", "at")]
    twice = [("a.org", 1), ("a.org", 1), ("b.org", 7)]
    for jobs, workers, rate, seconds, at_once in [
        (few, 6, 2, 2.0, 3),
        (many, 12, 1, 4.0, 3),
        (many, 2, 1, None, 2),
        (apart, 3, 1, 3.0, 3),  # where the workers are too few for the limits
        (twice, 3, 4, 1.25, 3),
        ([], 2, 1, 0.0, 0),
    ]:
        run_orders(
            partial(watched, partial(pool, list(jobs), workers, rate), nap),
            SCHEDULES,
            expect=partial(_each_host, jobs, workers, rate, seconds, at_once),
            case=f"with {len(jobs)} jobs, {workers} workers and {rate} a second",
        )
    demand_statements(
        partial(watched, partial(pool, twice, 3, 4), nap),
        pool,
        expect=partial(_each_host, twice, 3, 4, 1.25, 2),
        case="with 3 jobs, 3 workers and 4 a second",
    )
    return "no host was asked too often, and none was held up by the limit of another"


def _each_host(
    jobs: list[tuple[str, int]],
    workers: int,
    rate: int,
    seconds: float | None,
    at_once: int,
    run: Run[Work],
) -> None:
    begun = run.value.begun
    expect_same([job for _, job in begun], jobs, "jobs")
    for host in dict.fromkeys(host for host, _ in jobs):
        demand_rate([(time, job) for time, job in begun if job[0] == host], rate)
    demand_at_once(run.value, workers, 0)
    if seconds is not None:
        expect_elapsed(run, seconds)
    demand_at_once(run.value, workers, at_once)
