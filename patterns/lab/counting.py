"""Count every order of a small pool's operations, those included that make no difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from patterns.concurrency.checks import check_count
from patterns.lab.simulation.exhaustive import EverySchedule
from patterns.lab.simulation.judge import Check, judge
from patterns.lab.simulation.play import play

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
    pool: Callable[[], Any],
    *,
    check: Check | None = None,
    most: int = 10_000,
    max_steps: int = 100_000,
) -> Orders:
    """Run a small pool in each order of its tasks' turns; that a task begins is a turn, too.

    `explore(…, how="every")` takes two orders for the same schedule if they differ only in the
    order of operations that cannot affect each other. Here each counts.

    Args:
        pool: as for `explore`.
        check: as for `explore`.
        most: how many orders there may be, >= 1.
        max_steps: turns of one run after which it counts as endless, >= 1.

    Raises ValueError if there are more orders than `most`.
    """
    check_count("most", most, 1)
    check_count("max_steps", max_steps, 1)
    number = failures = 0
    for run in EverySchedule(
        lambda order, kind: play(pool, order, record=False, max_steps=max_steps, kind=kind),
        reduce=False,
    ).runs():
        if run is None:  # it has learnt what can matter, and starts again
            number = failures = 0
            continue
        if number == most:
            raise ValueError(f"most must be >= the number of orders, got {most}: a smaller pool")
        number += 1
        failures += judge(run[0], check, traced=False) is not None
    return Orders(number, failures)
