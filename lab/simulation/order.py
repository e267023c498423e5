"""Who goes next: the orders in which a simulation gives its tasks their turns.

An order is asked whenever the running task comes to a scheduling point, waits or ends. The ready
tasks come in the order in which they became ready; the running one, if it can go on, is last.
"""

from __future__ import annotations

import random
from collections import deque
from typing import Final, Protocol

from lab.simulation.tasks import SimulatedTask

__all__ = ["Order", "PriorityOrder", "RandomOrder", "RoundRobin", "RunToBlock"]

_NEVER: Final = 0


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
        task = ready[0] if running is None else running
        ready.remove(task)
        return task


class RandomOrder:
    """Any ready task, with equal chances; the same `seed` gives the same run."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed).random

    def take(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> SimulatedTask:
        """Take one at random."""
        number = len(ready)
        if number == 1:
            return ready.popleft()
        index = int(self._draw() * number)
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
        source = random.Random(seed)
        self._draw = source.random
        turns = source.sample(range(1, steps + depth), depth - 1)
        # The turns at which a priority changes, and to what; the next one last.
        self._changes = sorted(((turn, -1.0 - n) for n, turn in enumerate(turns)), reverse=True)
        self._next_change = self._changes[-1][0] if self._changes else _NEVER
        self._left = 0  # how many were ready after the last turn, all of lower priority
        self.turns = 0

    def take(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> SimulatedTask:
        """Take the one of highest priority."""
        self.turns += 1
        if self.turns == self._next_change:
            self._highest(ready).rank = self._changes.pop()[1]
            self._next_change = self._changes[-1][0] if self._changes else _NEVER
            task = self._highest(ready)
            ready.remove(task)
        elif running is None:
            task = self._highest(ready)
            ready.remove(task)
        elif len(ready) == self._left + 1:
            task = ready.pop()
        else:
            task = self._highest_newcomer(ready, running)
            ready.remove(task)
        self._left = len(ready)
        return task

    def _highest(self, ready: deque[SimulatedTask]) -> SimulatedTask:
        best, highest = ready[0], float("-inf")
        for task in ready:
            rank = task.rank
            if rank is None:
                rank = task.rank = self._draw()
            if rank > highest:
                best, highest = task, rank
        return best

    def _highest_newcomer(
        self, ready: deque[SimulatedTask], running: SimulatedTask
    ) -> SimulatedTask:
        """Return the running task, or one that became ready in its turn and is to go before it."""
        best, highest = running, running.rank or 0.0
        for index in range(self._left, len(ready) - 1):
            task = ready[index]
            rank = task.rank
            if rank is None:
                rank = task.rank = self._draw()
            if rank > highest:
                best, highest = task, rank
        return best
