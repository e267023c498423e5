"""Five runs in which workers are idle, each for another reason: timelines to read.

Each has three workers and twelve seconds of work, so four seconds could be enough, and after its
repair each has done its jobs in that time. One repair saves nothing all the same: whoever reads
the results slowly is done no earlier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from lab.model.run import Run
from lab.plots import Picture, draw
from lab.simulation import simulate
from patterns import basic, rate_limited
from patterns.concurrency import Channel, TaskGroup, sleep

__all__ = ["REASONS", "A", "B", "C", "Case", "D", "E", "read_slowly"]

WORKERS: Final = 3
TWELVE: Final = [1.0] * 12  # seconds of each job


@dataclass(frozen=True)
class Case:
    """A pool whose workers are idle, and why.

    Attributes:
        name: a letter, which tells nothing.
        reason: what keeps workers idle, one of REASONS.
        pool: the pool; without arguments its workers are idle.
        repair: the options with which they work until the last job is done.
    """

    name: str
    reason: str
    pool: Callable[..., object]
    repair: Mapping[str, Any]

    def run(self) -> Run[object]:
        """Simulate it as it is."""
        return replace(simulate(self.pool), name=self.name)

    def repaired(self) -> Run[object]:
        """Simulate it with its repair."""
        return replace(simulate(self.pool, **self.repair), name=f"{self.name} repaired")

    def draw_repaired(self) -> Picture:
        """Draw what its repair makes of it."""
        return draw(self.repaired())


def in_order(seconds: Sequence[float]) -> None:
    """Do jobs that take so many seconds, all of them there from the start."""
    basic.run(range(1, len(seconds) + 1), lambda job: sleep(seconds[job - 1]), workers=WORKERS)


def submit_slowly(*, every: float = 0.5) -> None:
    """Do twelve jobs of a second, one of which comes every so many seconds."""

    def arriving() -> Iterator[int]:
        for job in range(1, 13):
            yield job
            sleep(every)

    basic.run(arriving(), lambda job: sleep(1), workers=WORKERS)


def long_job_last(*, long_first: bool = False) -> None:
    """Do eight jobs of a second and one of four, which comes last or first."""
    in_order([4.0, *TWELVE[:8]] if long_first else [*TWELVE[:8], 4.0])


def last_round(*, seconds: float = 3.0) -> None:
    """Do twelve seconds of work in jobs of so many seconds each."""
    in_order([seconds] * round(12 / seconds))


def limited(*, burst: int = 1) -> None:
    """Do twelve jobs of a second; two may start in a second, after so many at once."""
    rate_limited.run(range(1, 13), lambda job: sleep(1), rate=2.0, burst=burst, workers=WORKERS)


def read_slowly(*, buffer: int = 0) -> None:
    """Do twelve jobs of a second; the caller needs half a second to read each result.

    As in Go, results are handed on through a channel, in which `buffer` of them may wait.
    """
    jobs, results = Channel[int](12, "jobs"), Channel[int](buffer, "results")

    def worker() -> None:
        for job in jobs:
            sleep(1)
            results.send(job)

    def work() -> None:
        with TaskGroup() as group:
            for number in range(1, WORKERS + 1):
                group.spawn(worker, name=f"worker-{number}")
        results.close()

    with TaskGroup() as group:
        group.spawn(work)
        for job in range(1, 13):
            jobs.send(job)
        jobs.close()
        for _ in results:
            sleep(0.5)


A: Final = Case("A", "a long job comes last", long_job_last, {"long_first": True})
B: Final = Case("B", "jobs come too slowly", submit_slowly, {"every": 0.0})
C: Final = Case("C", "results are taken too slowly", read_slowly, {"buffer": 12})
D: Final = Case("D", "too few jobs for the last round", last_round, {"seconds": 1.0})
E: Final = Case("E", "a limit holds jobs back", limited, {"burst": 12})

REASONS: Final = tuple(sorted(case.reason for case in (A, B, C, D, E)))
