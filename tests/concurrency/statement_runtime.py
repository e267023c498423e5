"""A simulation in which the primitives themselves run statement by statement."""

from __future__ import annotations

from lab.simulation.order import Order
from lab.simulation.runtime import SimulatedRuntime
from lab.simulation.tasks import SimulatedTask, SimulatedWaiter
from patterns.concurrency.runtime import Lock, Waiter


class StatementRuntime(SimulatedRuntime):
    """A simulation in which the primitives themselves may be instrumented.

    They are built as on threads, without points of their own, and their locks are real: a task
    that holds one may have to give way, and others then wait for it.
    """

    def __init__(self, order: Order, max_steps: int = 10_000_000) -> None:
        super().__init__(order, max_steps=max_steps)
        self.hook = None
        self.parked: dict[SimulatedTask, StatementWaiter] = {}

    def lock(self) -> Lock:
        """Return a lock that can be waited for."""
        return SimulatedLock(self)

    def waiter(self) -> Waiter:
        """Return a waiter for the running task."""
        return StatementWaiter(self, self.current())

    def jump(self) -> bool:
        """Move the clock to its next timer, though tasks could go on: as if they were slow.

        Otherwise time passes only while everybody waits, and a deadline never strikes in the
        middle of another task's operation. Returns False if there is no timer.
        """
        return self._advance()

    def interrupt(self, task: SimulatedTask, error: BaseException) -> bool:
        """Raise `error` in a parked task, as Ctrl-C does on threads; False if it is not parked."""
        waiter = self.parked.get(task)
        if waiter is not None:
            waiter.interrupt(error)
        return waiter is not None


class StatementWaiter(SimulatedWaiter):
    """A wait that may also end by the clock's jump, or by an exception, at any time."""

    __slots__ = ("_error",)
    runtime: StatementRuntime

    def __init__(self, runtime: StatementRuntime, task: SimulatedTask) -> None:
        super().__init__(runtime, task)
        self._error: BaseException | None = None

    def park(self, deadline: int | None, verb: str, subject: object) -> bool:
        """Let others run until unparked, interrupted, or until the clock reaches `deadline`."""
        self.runtime.parked[self._task] = self
        try:
            opened = super().park(deadline, verb, subject)
        finally:
            del self.runtime.parked[self._task]
        if self._error is not None:
            raise self._error
        return opened

    def unpark(self) -> None:
        """Make the task ready."""
        self._open = True
        self._end_wait()

    def fire(self) -> None:
        """End the wait because its time has come."""
        self.claimed = True
        self._end_wait()

    def interrupt(self, error: BaseException) -> None:
        """End the wait with an exception."""
        self._error = error
        self._end_wait()

    def _end_wait(self) -> None:
        if self.waits:  # by the first of several causes
            self.waits = False
            self.runtime.ready.append(self._task)


class SimulatedLock:
    """A mutual exclusion lock for greenlets; after a release whoever goes next gets it."""

    __slots__ = ("_holder", "_runtime", "_waiting")

    def __init__(self, runtime: SimulatedRuntime) -> None:
        self._runtime = runtime
        self._holder: SimulatedTask | None = None
        self._waiting: list[SimulatedTask] = []

    def acquire(self) -> bool:
        """Wait until nobody holds it, and take it."""
        task = self._runtime.current()
        while self._holder is not None:
            task.blocked_on = ("lock", self, None)
            self._waiting.append(task)
            try:
                self._runtime.give_way()
            finally:
                task.blocked_on = None
        self._holder = task
        return True

    def release(self) -> None:
        """Let another task take it. Raises RuntimeError if nobody holds it."""
        if self._holder is None:
            raise RuntimeError("release of a lock that nobody holds")
        self._holder = None
        self._runtime.ready.extend(self._waiting)
        self._waiting.clear()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *exc_info: object) -> None:
        self.release()

    def __repr__(self) -> str:
        holder = "nobody" if self._holder is None else self._holder.name
        return f"a lock held by {holder}"
