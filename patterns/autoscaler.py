"""An autoscaler: looks at a pool again and again, and adds or retires a worker.

It belongs to the dynamic pool, and works with anything that tells its load and can grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from .concurrency import sleep
from .concurrency.checks import check_count, nanoseconds

__all__ = ["Autoscaler", "Scalable"]


class Scalable(Protocol):
    """What an autoscaler needs of a pool."""

    @property
    def in_flight(self) -> int:
        """Jobs in the buffer or in a worker's hands."""

    @property
    def worker_count(self) -> int:
        """Workers alive."""

    def add_worker(self) -> bool:
        """Add a worker; False, and none added, at the maximum."""

    def remove_worker(self) -> bool:
        """Tell a worker to leave after its job; False, and none told, at the minimum."""


@dataclass(frozen=True, slots=True)
class Autoscaler:
    """When to add a worker and when to retire one.

    Between the two thresholds nothing happens, and retiring takes patience: this hysteresis keeps
    the number of workers from going up and down with every small change of the load.

    Attributes:
        interval: seconds between two looks at the pool, > 0.
        grow_above: jobs in flight per worker, >= 1; with more, a worker is added at each look.
            The buffer must have room for them: nobody sees jobs that wait outside.
        calm_looks: looks in a row, >= 1, that must find a worker without a job before one retires.
    """

    interval: float = 0.05
    grow_above: float = 2.0
    calm_looks: int = 10

    def __post_init__(self) -> None:
        nanoseconds(self.interval, "interval", positive=True)
        check_count("calm_looks", self.calm_looks, 1)
        if not isinstance(self.grow_above, int | float) or not self.grow_above >= 1:
            raise ValueError(f"grow_above must be a number >= 1, got {self.grow_above!r}")

    def watch(self, pool: Scalable) -> None:
        """Look at the pool again and again, until the task is cancelled."""
        calm = 0
        while True:
            sleep(self.interval)
            load, workers = pool.in_flight, pool.worker_count
            calm = calm + 1 if load < workers else 0
            if load > self.grow_above * workers:
                pool.add_worker()
            elif calm >= self.calm_looks and pool.remove_worker():
                calm = 0
