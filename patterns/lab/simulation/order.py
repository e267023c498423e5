"""Who goes next: the orders in which a simulation gives its tasks their turns.

An order is asked whenever the running task comes to a scheduling point, waits or ends. The ready
tasks come in the order in which they became ready; the running one, if it can go on, is last.
"""

from __future__ import annotations

import random
from collections import deque
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from patterns.lab.simulation.runtime import SimulatedTask

__all__ = ["Order", "RandomOrder", "RoundRobin"]


class Order(Protocol):
    """Chooses who goes next."""

    def take(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> SimulatedTask:
        """Remove one task from `ready` (never empty) and return it.

        `running` is the last of `ready` if the task that has its turn could go on, else None.
        A task's `operation` and `subject` say what it is about to do, if it is at a point.
        """


class RoundRobin:
    """Everybody in turn, one operation each, as if each task had a processor of its own."""

    def take(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> SimulatedTask:
        """Take the task that has been ready for longest."""
        return ready.popleft()


class RandomOrder:
    """Any ready task, with equal chances; the same `seed` gives the same run."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def take(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> SimulatedTask:
        """Take one at random."""
        index = int(self._random.random() * len(ready))
        ready.rotate(-index)
        task = ready.popleft()
        ready.rotate(index)
        return task
