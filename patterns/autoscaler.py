"""An autoscaler: looks at a pool again and again, and adds or retires a worker.

It belongs to the dynamic pool, and works with anything that tells its load and can grow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from .concurrency import now, sleep
from .concurrency.checks import check_count, nanoseconds

__all__ = ["Autoscaler", "Scalable"]


class Scalable(Protocol):
    """What an autoscaler needs of a pool."""

    @property
    def in_flight(self) -> int:
        """Jobs in the buffer or in a worker's hands."""

    @property
    def staying(self) -> int:
        """Workers alive that were not told to leave."""

    @property
    def at_work(self) -> Sequence[tuple[float, int]]:
        """Each time (seconds) a job began or ended, and how many workers had one then."""

    def add_worker(self) -> bool:
        """Add a worker; False, and none added, at the maximum."""

    def remove_worker(self) -> bool:
        """Tell a worker to leave after its job; False, and none told, at the minimum."""


@dataclass(frozen=True, slots=True)
class Autoscaler:
    """When to add a worker and when to retire one.

    More are added while many jobs come to each; one retires when fewer have been enough for a
    while. This hysteresis keeps their number from going up and down with every small change of
    the load. The while is as long as the last jobs took, and so it fits jobs of any length.

    Under a steady load, jobs of one length that come one by one at one pace, the number goes up,
    perhaps down again, and then stays: at what the load needs, or one more. As it is set here, the
    autoscaler starts at most twice as many workers as that load needs.

    Attributes:
        interval: seconds between two looks at the pool, > 0.
        grow_above: jobs in flight per worker, >= 1; with more, a worker is added at each look.
            The buffer must have room for them: nobody sees jobs that wait outside.
        calm_jobs: jobs, >= 0, that tell how many workers are needed: as many as were at work at
            once within as long as the last so many jobs took. Those beyond retire, one at each
            look; when no more jobs come, all do so after that time. 0: no patience.
    """

    interval: float = 0.05
    grow_above: float = 2.0
    calm_jobs: int = 10

    def __post_init__(self) -> None:
        nanoseconds(self.interval, "interval", positive=True)
        check_count("calm_jobs", self.calm_jobs, 0)
        if not isinstance(self.grow_above, int | float) or not self.grow_above >= 1:
            raise ValueError(f"grow_above must be a number >= 1, got {self.grow_above!r}")

    def watch(self, pool: Scalable) -> None:
        """Look at the pool again and again, until the task is cancelled."""
        while True:
            sleep(self.interval)
            load, workers = pool.in_flight, pool.staying
            if load > self.grow_above * workers:
                pool.add_worker()
            elif max(load, self.lately_at_work(pool)) < workers:
                pool.remove_worker()

    def lately_at_work(self, pool: Scalable) -> int:
        """The most workers that were at work at once, within as long as the last jobs took."""
        events = list(islice(reversed(pool.at_work), 2 * self.calm_jobs))  # the latest comes first
        if not events:
            return 0
        since = now() - (events[0][0] - events[-1][0])
        return max((number for time, number in events if time >= since), default=0)
