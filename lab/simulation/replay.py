"""Orders that write a schedule down, replay it, or come as near to it as they can."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection
from itertools import islice
from typing import Final
from zlib import crc32

from lab.model.schedule import Move, Schedule, ScheduleDiverged
from lab.simulation.order import Order
from lab.simulation.runtime import SimulatedRuntime, begin
from lab.simulation.tasks import SimulatedTask

__all__ = ["BestEffortReplay", "RecordingOrder", "Replay", "describe", "label", "labelled"]

_MOST_OTHERS: Final = 8


class RecordingOrder:
    """Asks another order, and records its decisions as moves away from the base run."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._crc = self._decisions = 0
        self._moves: list[Move] = []
        self._last: SimulatedTask | None = None
        self.switches = 0  # turns at which another task than before went on

    def begin(self, runtime: SimulatedRuntime) -> None:
        """Pass on who asks."""
        begin(self._order, runtime)

    def take(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> SimulatedTask:
        """Take whom the other order takes."""
        if len(ready) == 1:
            task = self._order.take(ready, running)
        else:
            base = ready[0] if running is None else running
            self._decisions += 1
            task = self._order.take(ready, running)
            operation = describe(task)
            if task is not base:
                move = Move(self._decisions, label(task, ready), operation, f"{self._crc:08x}")
                self._moves.append(move)
            self._crc = _next_crc(self._crc, task, operation)
        if task is not self._last:
            self.switches += 1
            self._last = task
        return task

    @property
    def schedule(self) -> Schedule:
        """The run so far."""
        return Schedule(tuple(self._moves), self._decisions, f"{self._crc:08x}")


class Replay:
    """Makes the moves of a schedule and checks that they fit."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._moves = deque(schedule.moves)
        self._crc = self._decisions = 0
        self._runtime: SimulatedRuntime | None = None
        # Both by the task that was taken, until it has its turn.
        self.instead_of: dict[SimulatedTask, str] = {}
        self.others: dict[SimulatedTask, tuple[str, ...]] = {}

    def begin(self, runtime: SimulatedRuntime) -> None:
        """Remember whom to stop."""
        self._runtime = runtime

    def take(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> SimulatedTask:
        """Take the task of the move that is due, else that of the base run."""
        if len(ready) == 1:
            self.others.pop(ready[0], None)
            return ready.popleft()
        self._decisions += 1
        task = base = ready[0] if running is None else running
        if self._moves and self._moves[0].decision == self._decisions:
            task = self._moved(self._moves.popleft(), ready) or base
            self.instead_of[task] = base.name
        ready.remove(task)
        self.others[task] = tuple(other.name for other in islice(ready, _MOST_OTHERS))
        self._crc = _next_crc(self._crc, task, describe(task))
        return task

    def _moved(self, move: Move, ready: deque[SimulatedTask]) -> SimulatedTask | None:
        tasks = labelled(ready)
        task = tasks.get(move.task)
        expected = f"{move.task} at {move.operation!r}"
        if task is None:
            self._diverged(expected, f"{', '.join(tasks)} ready")
        elif describe(task) != move.operation:
            self._diverged(expected, f"{move.task} at {describe(task)!r}")
        elif f"{self._crc:08x}" != move.history:
            self._diverged(f"{expected} after history {move.history}", f"history {self._crc:08x}")
        return task

    def _diverged(self, expected: str, found: str) -> None:
        assert self._runtime is not None
        self._runtime.stop(ScheduleDiverged(self._decisions, expected, found))

    def check_end(self) -> None:
        """Raise ScheduleDiverged unless the whole run was the one that was noted."""
        noted = (self._schedule.decisions, self._schedule.history)
        if (self._decisions, f"{self._crc:08x}") != noted:
            raise ScheduleDiverged(
                self._decisions,
                f"an end after {noted[0]} decisions with history {noted[1]}",
                f"one after {self._decisions} with history {self._crc:08x}",
            )


class BestEffortReplay:
    """Makes the moves that can be made and leaves out the others, as shrinking needs it.

    Args:
        choices: the label of the task to take, by decision.
        list_from: decision from which on to note in `others` who could have gone instead.
        most: how many of them are of interest, or some more.
    """

    def __init__(
        self,
        choices: dict[int, str],
        list_from: float = float("inf"),
        most: float = float("inf"),
    ) -> None:
        self._choices = choices
        self._list_from = list_from
        self._most = most
        self._decisions = 0
        self.others: list[tuple[int, str]] = []

    def take(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> SimulatedTask:
        """Take the chosen task if it is ready, else that of the base run."""
        if len(ready) == 1:
            return ready.popleft()
        self._decisions += 1
        wanted = self._choices.get(self._decisions)
        if wanted is not None:
            task = labelled(ready).get(wanted)
            if task is not None:
                ready.remove(task)
                return task
        base = ready[0] if running is None else running
        if self._decisions >= self._list_from and len(self.others) < self._most:
            labels = labelled(ready)
            self.others += [
                (self._decisions, other) for other in labels if labels[other] is not base
            ]
        ready.remove(base)
        return base


def label(task: SimulatedTask, ready: deque[SimulatedTask]) -> str:
    """Name a task by its name, and by its number too if another one that is ready has its name."""
    shared = any(other.name == task.name and other is not task for other in ready)
    return _with_number(task) if shared else task.name


def labelled(ready: Collection[SimulatedTask]) -> dict[str, SimulatedTask]:
    """Return the tasks that are ready, by the label of each."""
    names = Counter(task.name for task in ready)
    return {task.name if names[task.name] == 1 else _with_number(task): task for task in ready}


def _with_number(task: SimulatedTask) -> str:
    return f"{task.name} (task {task.number})"


def describe(task: SimulatedTask) -> str:
    """Say what a ready task is about to do, such as "receive jobs"."""
    subject = task.subject
    name = subject if isinstance(subject, str) else getattr(subject, "name", None)
    return f"{task.operation} {name}" if name else task.operation


def _next_crc(crc: int, task: SimulatedTask, operation: str) -> int:
    return crc32(f"{task.name}:{operation};".encode(), crc)
