"""Who goes next: the orders in which a simulation gives its tasks their turns.

An order is asked whenever the running task comes to a scheduling point, waits or ends. The ready
tasks come in the order in which they became ready; the running one, if it can go on, is last.
"""

from __future__ import annotations

import random
from collections import deque
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lab.simulation.runtime import SimulatedTask

__all__ = ["Order", "PriorityOrder", "RandomOrder", "RoundRobin", "RunToBlock"]


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


class RunToBlock:
    """Whoever has the turn keeps it until it has to wait; then who has been ready for longest.

    The base run, from which a schedule tells only the moves away.
    """

    def take(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> SimulatedTask:
        """Take the running task, else the one that has been ready for longest."""
        return ready.popleft() if running is None else ready.pop()


class RandomOrder:
    """Any ready task, with equal chances; the same `seed` gives the same run."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed).random

    def take(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> SimulatedTask:
        """Take one at random."""
        index = int(self._draw() * len(ready))
        task = ready[index]
        del ready[index]
        return task


class PriorityOrder:
    """The ready task of highest priority; now and then the running one falls to the bottom.

    Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi and Nagarakatte, "A
    Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010): of `n`
    tasks taking `steps` turns, a bug that needs `depth` ordering constraints shows in one run
    with a chance of at least 1 / (n * steps ** (depth - 1)).

    Args:
        seed: the same seed gives the same run.
        depth: >= 1; one more than the number of times that a priority changes.
        steps: turns that a run takes, about; >= 1.
    """

    def __init__(self, seed: int, depth: int, steps: int) -> None:
        if depth < 1 or steps < 1:
            raise ValueError(f"depth and steps must be >= 1, got {depth} and {steps}")
        self._random = random.Random(seed)
        self._priorities = _Priorities(self._random)
        turns = self._random.sample(range(1, steps + depth), depth - 1)
        self._changes = {turn: -1.0 - index for index, turn in enumerate(turns)}
        self.turns = 0

    def take(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> SimulatedTask:
        """Take the one of highest priority."""
        self.turns += 1
        priority = self._priorities.__getitem__
        task = max(ready, key=priority)
        if self.turns in self._changes:
            self._priorities[task] = self._changes[self.turns]
            task = max(ready, key=priority)
        ready.remove(task)
        return task


class _Priorities(dict["SimulatedTask", float]):
    """Draws a priority from 0 to 1 for each task when it is first seen."""

    def __init__(self, source: random.Random) -> None:
        self._source = source

    def __missing__(self, task: SimulatedTask) -> float:
        priority = self[task] = self._source.random()
        return priority
