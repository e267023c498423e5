"""A schedule as a value: the moves away from the base run, written down and replayed.

A decision is a turn for which two or more tasks are ready. In the base run (`RunToBlock`) each
task goes on until it has to wait. A schedule lists only the decisions that fell otherwise, so that
an empty list is the base run, and few moves are a short story.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

if TYPE_CHECKING:
    from patterns.lab.simulation.order import Order
    from patterns.lab.simulation.runtime import SimulatedRuntime, SimulatedTask

__all__ = [
    "Move",
    "NotRepeatable",
    "Noting",
    "Replay",
    "Schedule",
    "ScheduleDiverged",
    "label",
    "told",
]

BASE: Final = "run to block"


class ScheduleDiverged(RuntimeError):
    """The code under a schedule is not the code that it was noted for.

    Attributes:
        expected: what the schedule says happens at this decision.
        found: what happened.
    """

    def __init__(self, decision: int, expected: str, found: str) -> None:
        self.expected, self.found = expected, found
        super().__init__(
            f"the schedule does not fit this code: at decision {decision} it expected {expected}, "
            f"and found {found}"
        )


class NotRepeatable(RuntimeError):
    """The same schedule came out differently: the code depends on something besides it."""

    def __init__(
        self,
        message: str = "the same schedule came out in two ways: the code depends on something "
        "besides it, such as a clock, a random number, the order of a set, or what an earlier "
        "run left",
    ) -> None:
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Move:
    """One decision that does not fall as in the base run.

    Attributes:
        decision: its number, from 1, among those for which two or more tasks are ready.
        task: who has the turn.
        operation: what it is about to do, such as "receive jobs".
        history: CRC-32 of all decisions before, as 8 hexadecimal digits.
    """

    decision: int
    task: str
    operation: str
    history: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """An order of events that `simulate(…, schedule=…)` replays exactly.

    Attributes:
        moves: the decisions that do not fall as in the base run, in order.
        decisions: how many there are in the whole run.
        history: CRC-32 of all of them, as 8 hexadecimal digits.
        steps: after which the run was stopped; None: it ended by itself.
    """

    moves: tuple[Move, ...] = ()
    decisions: int = 0
    history: str = "00000000"
    steps: int | None = None

    def to_json(self) -> str:
        """Return it as one line of JSON."""
        moves = [[m.decision, m.task, m.operation, m.history] for m in self.moves]
        end = [self.decisions, self.history] + ([] if self.steps is None else [self.steps])
        return json.dumps({"base": BASE, "moves": moves, "end": end}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Schedule:
        """Return the schedule that `to_json` wrote. Raises ValueError for any other text."""
        try:
            told = json.loads(text)
            if told["base"] != BASE:
                raise ValueError(f"base must be {BASE!r}, got {told['base']!r}")
            decisions, history, *steps = told["end"]
            if steps and (len(steps) > 1 or not isinstance(steps[0], int)):
                raise ValueError(
                    f"end must be two values, and the steps if limited, got {told['end']!r}"
                )
            moves = tuple(Move(int(n), str(t), str(o), str(h)) for n, t, o, h in told["moves"])
            return cls(moves, int(decisions), str(history), *steps)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"this is not the JSON of a schedule: {error}") from error

    def __str__(self) -> str:
        if not self.moves:
            return "the base run: every task goes on until it has to wait"
        return "; ".join(f"at decision {m.decision} {m.task} goes first" for m in self.moves)


class Noting:
    """Asks another order, and notes its decisions as moves away from the base run."""

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
            operation = told(task)
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
        self.instead_of: dict[SimulatedTask, str] = {}  # by task moved, until it has its turn

    def begin(self, runtime: SimulatedRuntime) -> None:
        """Remember whom to stop."""
        self._runtime = runtime

    def take(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> SimulatedTask:
        """Take the task of the move that is due, else that of the base run."""
        if len(ready) == 1:
            return ready.popleft()
        self._decisions += 1
        task = base = ready[0] if running is None else running
        if self._moves and self._moves[0].decision == self._decisions:
            task = self._moved(self._moves.popleft(), ready) or base
            self.instead_of[task] = base.name
        ready.remove(task)
        self._crc = _next_crc(self._crc, task, told(task))
        return task

    def _moved(self, move: Move, ready: deque[SimulatedTask]) -> SimulatedTask | None:
        tasks = {label(task, ready): task for task in ready}
        task = tasks.get(move.task)
        expected = f"{move.task} at {move.operation!r}"
        if task is None:
            self._diverged(expected, f"{', '.join(tasks)} ready")
        elif told(task) != move.operation:
            self._diverged(expected, f"{move.task} at {told(task)!r}")
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


class Lenient:
    """Makes the moves that can be made and leaves out the others, as shrinking needs it.

    Args:
        choices: the label of the task to take, by decision.
        list_from: decision from which on to note in `others` who could have gone instead.
    """

    def __init__(self, choices: dict[int, str], list_from: float = float("inf")) -> None:
        self._choices = choices
        self._list_from = list_from
        self._decisions = 0
        self.others: list[tuple[int, str]] = []

    def take(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> SimulatedTask:
        """Take the chosen task if it is ready, else that of the base run."""
        if len(ready) == 1:
            return ready.popleft()
        self._decisions += 1
        wanted = self._choices.get(self._decisions)
        if wanted is not None:
            for task in ready:
                if label(task, ready) == wanted:
                    ready.remove(task)
                    return task
        base = ready[0] if running is None else running
        if self._decisions >= self._list_from:
            others = [label(task, ready) for task in ready if task is not base]
            self.others += [(self._decisions, other) for other in others]
        ready.remove(base)
        return base


def begin(order: Any, runtime: SimulatedRuntime) -> None:
    """Tell an order who asks it, if it wants to know."""
    hook = getattr(order, "begin", None)
    if hook is not None:
        hook(runtime)


def label(task: SimulatedTask, ready: deque[SimulatedTask]) -> str:
    """Name a task by its name, and by its number too if another one that is ready has its name."""
    name = task.name
    if any(other.name == name and other is not task for other in ready):
        return f"{name} (task {task.number})"
    return name


def told(task: SimulatedTask) -> str:
    """Say what a ready task is about to do, such as "receive jobs"."""
    subject = task.subject
    name = subject if isinstance(subject, str) else getattr(subject, "name", None)
    return f"{task.operation} {name}" if name else task.operation


def _next_crc(crc: int, task: SimulatedTask, operation: str) -> int:
    return crc32(f"{task.name}:{operation};".encode(), crc)
