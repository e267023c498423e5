"""A workload for all pools: uneven jobs, some of which fail, one by one or in a burst."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import TypeAlias

from patterns.concurrency import now, sleep
from patterns.concurrency.checks import check_count, nanoseconds

__all__ = [
    "JobFailed",
    "Rest",
    "Work",
    "Workload",
    "exact",
    "sample_random_arrivals",
    "sample_workload",
]

Rest: TypeAlias = Callable[[float], object]


class JobFailed(Exception):
    """A job of the workload that was picked to fail."""


@dataclass(frozen=True, slots=True)
class Work:
    """One job: its number from 1, when it arrives and how long it takes (s), whether it fails."""

    id: int
    arrives: float
    seconds: float
    fails: bool


@dataclass(frozen=True, slots=True)
class Workload:
    """The jobs, in the order of their arrival, and what every pool is given to do them.

    Attributes:
        jobs: numbered from 1.
        workers: workers, >= 1, of a pool that has a fixed number.
        scale: by which all times, also those of the pools, are multiplied, > 0.
    """

    jobs: tuple[Work, ...]
    workers: int
    scale: float

    def process(self, job: int, rest: Rest = sleep) -> int:
        """Take the job's time, by `rest`, and double its number; raise JobFailed if it fails."""
        work = self.jobs[job - 1]
        rest(work.seconds)
        if work.fails:
            raise JobFailed(f"job {job} went wrong")
        return job * 2

    def arriving(self) -> Iterator[int]:
        """Iterate over the jobs' numbers, resting until each one has arrived."""
        begin = now()
        for work in self.jobs:
            sleep(max(0.0, begin + work.arrives - now()))
            yield work.id


def sample_workload(
    sample: int = 84,
    *,
    steady: int = 10,
    burst: int = 16,
    failure_rate: float = 0.15,
    workers: int = 4,
    scale: float = 1.0,
) -> Workload:
    """Pick jobs at random: one every 0.2 s and then, after a pause of a second, many at once.

    Four jobs of five take 0.2 to 0.6 s, the fifth a second or more.

    Args:
        sample: another number, other jobs; the same number, the same jobs.
        steady: jobs before the pause, >= 0.
        burst: jobs after it, >= 0.
        failure_rate: the chance of each job to fail, from 0 to 1.
        workers: workers, >= 1.
        scale: by which all times are multiplied, > 0.

    Raises ValueError for a bad number.
    """
    check_count("steady", steady, 0)
    check_count("burst", burst, 0)
    check_count("workers", workers, 1)
    nanoseconds(scale, "scale", positive=True)
    if not 0 <= failure_rate <= 1:
        raise ValueError(f"failure_rate must be from 0 to 1, got {failure_rate!r}")
    random = Random(sample)
    arrivals = [0.2 * n for n in range(steady)] + [0.2 * steady + 0.8] * burst
    jobs = []
    for number, arrives in enumerate(arrivals, start=1):
        tenths = random.choice((2, 3, 3, 4, 4, 5, 5, 6, 10, 14))
        fails = random.random() < failure_rate
        jobs.append(Work(number, exact(arrives * scale), exact(tenths / 10 * scale), fails))
    return Workload(tuple(jobs), workers, scale)


def sample_random_arrivals(
    load: float,
    *,
    workers: int = 4,
    jobs: int = 1000,
    constant: bool = False,
    sample: int = 1,
) -> Workload:
    """Pick jobs at random that come at random moments, as the M/M/c queue of theory has them.

    The times between two arrivals are exponential, and so are the service times, which are a
    second on average.

    Args:
        load: the work that arrives in a second, as a share of what the workers can do, > 0.
        workers: workers, >= 1.
        jobs: jobs, >= 0.
        constant: whether every job takes exactly a second instead.
        sample: another number, other jobs; the same number, the same jobs.

    Raises ValueError for a bad number.
    """
    check_count("workers", workers, 1)
    check_count("jobs", jobs, 0)
    if not 0 < load < math.inf:
        raise ValueError(f"load must be a number > 0, got {load!r}")
    random = Random(sample)
    arrivals = accumulate(random.expovariate(load * workers) for _ in range(jobs))
    return Workload(
        tuple(
            Work(number, exact(time), 1.0 if constant else exact(random.expovariate(1)), False)
            for number, time in enumerate(arrivals, start=1)
        ),
        workers,
        scale=1.0,
    )


def exact(seconds: float) -> float:
    """Return a time rounded to nanoseconds."""
    return round(seconds, 9)
