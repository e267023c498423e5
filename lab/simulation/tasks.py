"""A simulation's tasks, which are greenlets, and their waits."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Callable

from lab.simulation.strands import Strand
from patterns.concurrency.context import Context
from patterns.concurrency.runtime import Runtime, Task, Waiter

__all__ = ["SimulatedTask", "SimulatedWaiter", "Simulation"]


class SimulatedTask(Task):
    """A task of a simulation.

    Attributes:
        strand: the greenlet that it runs on; None before it starts and after it has ended.
        body: what it runs; None once that has begun.
        operation: what it is about to do, while it is ready.
        subject: on what.
        blocked_on: while it waits: the verb, the subject, and until when (ns) or None.
        waits_since: the virtual time (ns) at which its latest wait began.
        rank: kept by orders that know priorities; None: not yet.
    """

    __slots__ = ("blocked_on", "body", "operation", "rank", "strand", "subject", "waits_since")

    def __init__(self, name: str | None, number: int, context: Context | None) -> None:
        Task.__init__(self, name, number, context)  # as `super` would, in less time
        self.strand: Strand | None = None
        self.body: Callable[[], None] | None = None
        self.operation = "start"
        self.subject: object = None
        self.blocked_on: tuple[str, object, int | None] | None = None
        self.waits_since = 0
        self.rank: float | None = None


class Simulation(Runtime):
    """What waits need of the simulation in which they are."""

    ready: deque[SimulatedTask]

    @abstractmethod
    def set_timer(self, when: int, waiter: SimulatedWaiter) -> None:
        """Fire `waiter` at `when` (ns) unless its wait has ended before."""

    @abstractmethod
    def give_way(self) -> None:
        """Let others run; the running task goes on when it has been made ready."""


class SimulatedWaiter(Waiter):
    """One wait of a greenlet.

    Attributes:
        claimed: whether anybody has claimed it.
        waits: whether its task waits now; if not, or if it was claimed, its timer is stale.
    """

    __slots__ = ("_open", "_task", "claimed", "waits")
    runtime: Simulation

    def __init__(self, runtime: Simulation, task: SimulatedTask) -> None:
        self.runtime = runtime
        self.value = self.outcome = self.cancelled_by = self.woken_by = None
        self._task = task
        self.claimed = self.waits = self._open = False

    def claim(self) -> bool:
        """Return True for the first caller."""
        if self.claimed:
            return False
        self.claimed = True
        return True

    def unpark(self) -> None:
        """Make the task ready."""
        self._open = True
        self.woken_by = (self.runtime.now(), self.runtime.current())
        if self.waits:
            self.runtime.ready.append(self._task)

    def park(self, deadline: int | None, verb: str, subject: object) -> bool:
        """Let others run until unparked, or until the clock reaches `deadline`."""
        if self._open:
            return True
        task, runtime = self._task, self.runtime
        task.operation, task.subject = "go on", None
        task.blocked_on = (verb, subject, deadline)
        self.waits = True
        try:
            if deadline is not None:
                runtime.set_timer(deadline, self)
            runtime.give_way()
        finally:
            self.waits = False
            task.blocked_on = None
        return self._open

    def fire(self) -> None:
        """End the wait because its time has come."""
        self.claimed = True
        self.runtime.ready.append(self._task)
