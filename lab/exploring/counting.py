"""Count every order of a small pool's operations, those included that make no difference."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.exploring.judge import Check, judge
from lab.model.pool import bind
from lab.simulation.play import play
from patterns.concurrency.checks import check_count

if TYPE_CHECKING:
    from lab.simulation.tasks import SimulatedTask

__all__ = ["Orders", "count_orders"]


@dataclass(frozen=True)
class Orders:
    """How many orders there are, `number`, and how many of them go wrong, `failures`."""

    number: int
    failures: int

    def __str__(self) -> str:
        return f"{self.failures:,} of all {self.number:,} orders fail"

    __repr__ = __str__


def count_orders(
    pool: Callable[..., Any],
    /,
    *args: Any,
    check: Check | None = None,
    most: int = 10_000,
    max_steps: int = 100_000,
    **options: Any,
) -> Orders:
    """Run a small pool in each order of its tasks' turns; that a task begins is a turn, too.

    `explore(…, how="every")` takes two orders for the same schedule if they differ only in the
    order of operations that cannot affect each other. Here each counts.

    Args:
        pool: as for `explore`.
        args: passed on to `pool`.
        check: as for `explore`.
        most: how many orders there may be, >= 1.
        max_steps: turns of one run after which it counts as endless, >= 1.
        options: passed on to `pool`.

    Raises ValueError if there are more orders than `most`.
    """
    main = bind(pool, args, options)
    check_count("most", most, 1)
    check_count("max_steps", max_steps, 1)
    number = failures = 0
    walk = _Walk()
    while walk.goes_on:
        if number == most:
            raise ValueError(f"most must be >= the number of orders, got {most}: a smaller pool")
        played = play(main, walk, record=False, max_steps=max_steps)
        number += 1
        failures += judge(played, check, traced=False) is not None
        walk.turn_back()
    return Orders(number, failures)


class _Walk:
    """Takes the tasks in each order once, depth first."""

    def __init__(self) -> None:
        self._path: list[list[int]] = []  # for each choice which one, and of how many
        self._depth = 0
        self.goes_on = True

    def take(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> SimulatedTask:
        """Take whom the path says, at its end the first of those that are ready."""
        chosen = 0
        if len(ready) > 1:
            if self._depth == len(self._path):
                self._path.append([0, len(ready)])
            chosen = self._path[self._depth][0]
            self._depth += 1
        task = ready[chosen]
        del ready[chosen]
        return task

    def turn_back(self) -> None:
        """Go back to the last choice that could fall otherwise, and let it."""
        while self._path and self._path[-1][0] + 1 == self._path[-1][1]:
            self._path.pop()
        if self._path:
            self._path[-1][0] += 1
        self.goes_on = bool(self._path)
        self._depth = 0
