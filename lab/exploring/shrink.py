"""Shrink a failing schedule to the fewest moves away from the base run.

First the empty schedule; then delta debugging (Zeller and Hildebrandt, Simplifying and Isolating
Failure-Inducing Input, 2002) with lenient replay, which leaves out moves that cannot be made; then
every schedule of fewer moves, as far as the budget goes. Of several with as few moves the one with
the fewest switches between tasks is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lab.model.schedule import Schedule
from lab.simulation.order import Order
from lab.simulation.replay import BestEffortReplay, RecordingOrder

__all__ = ["Tried", "shrink"]

Choices = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """One run under some order.

    Attributes:
        fails: whether it went wrong in the way that is looked for.
        steps: how long it was.
    """

    fails: bool
    steps: int


def shrink(
    schedule: Schedule, attempt: Callable[[Order], Tried], budget: int = 300_000
) -> Schedule:
    """Return a failing schedule with as few moves as can be found.

    Args:
        schedule: fails.
        attempt: runs the code under an order.
        budget: steps of the simulation to spend, >= 0; in steps and not in seconds, so that the
            answer is the same on every machine.
    """
    return _Shrinking(attempt, budget).shrunk(schedule)


class _Shrinking:
    def __init__(self, attempt: Callable[[Order], Tried], budget: int) -> None:
        self._attempt = attempt
        self._left = budget

    def shrunk(self, schedule: Schedule) -> Schedule:
        best = self._fewer(schedule)
        for moves in range(min(len(best.moves) + 1, 4)):
            found = self._best_of(moves, best)
            if found is not None:
                return found
        return best

    def _fewer(self, schedule: Schedule) -> Schedule:
        """Delta debugging; returns a schedule none of whose parts tried fails alone."""
        parts = 2
        while schedule.moves and self._left > 0:
            choices = _choices(schedule)
            size = -(-len(choices) // parts)
            for start in range(0, len(choices), size):
                kept = choices[:start] + choices[start + size :]
                found = self._try(kept)
                if found is not None and len(found.moves) < len(choices):
                    schedule, parts = found, max(parts - 1, 2)
                    break
                if self._left <= 0:
                    return schedule
            else:
                if size == 1:
                    return schedule
                parts = min(2 * parts, len(choices))
        return schedule

    def _best_of(self, moves: int, best: Schedule) -> Schedule | None:
        """Of all failing schedules of so many moves return the one with the fewest switches."""
        found: list[tuple[int, Choices, Schedule]] = []
        for choices in self._all_of(moves, ()):
            order = BestEffortReplay(dict(choices))
            noting = RecordingOrder(order)
            if self._run(noting):
                schedule = noting.schedule
                if len(schedule.moves) <= len(best.moves):
                    found.append((noting.switches, choices, schedule))
            if self._left <= 0:
                break
        return min(found, key=lambda one: one[:2])[2] if found else None

    def _all_of(self, moves: int, choices: Choices) -> Iterator[Choices]:
        if len(choices) == moves:
            yield choices
            return
        last = choices[-1][0] if choices else 0
        order = BestEffortReplay(dict(choices), list_from=last + 1, most=self._left)
        self._run(order)
        for other in order.others:
            if self._left <= 0:
                return
            yield from self._all_of(moves, (*choices, other))

    def _try(self, choices: Choices) -> Schedule | None:
        noting = RecordingOrder(BestEffortReplay(dict(choices)))
        return noting.schedule if self._run(noting) else None

    def _run(self, order: Order) -> bool:
        tried = self._attempt(order)
        self._left -= tried.steps
        return tried.fails


def _choices(schedule: Schedule) -> Choices:
    return tuple((move.decision, move.task) for move in schedule.moves)
