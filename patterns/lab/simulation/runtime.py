"""The simulated runtime: a virtual clock, and greenlets that take turns at scheduling points.

One thread runs everything. A task runs until it comes to a scheduling point, waits or ends; then
the order says who goes next. The clock stands still while anybody can go on, and otherwise jumps
to the next time that somebody waits for; timers of one instant go off in the order in which they
were set.
"""

from __future__ import annotations

import contextvars
import heapq
import itertools
import signal
import sys
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from types import FrameType

from greenlet import getcurrent, greenlet

from patterns.concurrency.context import Context
from patterns.concurrency.recording import Recorder
from patterns.concurrency.runtime import Lock, Runtime, Task, Waiter, _local
from patterns.lab.simulation.finalizer import in_finalizer
from patterns.lab.simulation.order import Order
from patterns.lab.simulation.real_wait import RealWaitWatch
from patterns.lab.simulation.report import Deadlock, Stuck, stuck_task
from patterns.lab.simulation.schedule import begin
from patterns.lab.simulation.scheduled import RECORDED_AND_SCHEDULED, SCHEDULED

__all__ = ["SimulatedRuntime", "SimulatedTask", "StepLimitExceeded"]

_STEPS_TO_END = 1_000  # operations that never wait, allowed in a task's `finally` at the end
_STEPS_TO_FINALIZE = 100_000  # and in all finalizers, once the run is over


class StepLimitExceeded(RuntimeError):
    """The simulation took more steps than it was allowed: it probably loops for ever."""


class _Ended(BaseException):
    """Thrown into the tasks that are left when a simulation ends, so that `finally` runs."""


class SimulatedTask(Task):
    """A task with its greenlet."""

    __slots__ = ("blocked_on", "greenlet", "operation", "subject")

    def __init__(self, name: str | None, number: int, context: Context | None) -> None:
        super().__init__(name, number, context)
        self.greenlet: greenlet | None = None
        self.operation = "start"  # what it is about to do, while it is ready at a point
        self.subject: object = None
        self.blocked_on: tuple[str, object, int | None] | None = None  # verb, subject, until


class SimulatedWaiter(Waiter):
    """One wait of a greenlet."""

    __slots__ = ("_claimed", "_open", "_parked", "_task")
    runtime: SimulatedRuntime

    def __init__(self, runtime: SimulatedRuntime, task: SimulatedTask) -> None:
        self.runtime = runtime
        self.value = self.outcome = self.cancelled_by = None
        self._task = task
        self._claimed = self._open = self._parked = False

    def claim(self) -> bool:
        """Return True for the first caller."""
        if self._claimed:
            return False
        self._claimed = True
        return True

    @property
    def claimed(self) -> bool:
        """Whether anybody has claimed it; a timer whose waiter was claimed is stale."""
        return self._claimed

    def unpark(self) -> None:
        """Make the task ready."""
        self._open = True
        if self._parked:
            self.runtime.ready.append(self._task)

    def park(self, deadline: int | None, verb: str, subject: object) -> bool:
        """Let others run until unparked, or until the clock reaches `deadline`."""
        if self._open:
            return True
        task = self._task
        task.operation, task.subject = "go on", None
        task.blocked_on = (verb, subject, deadline)
        self._parked = True
        try:
            if deadline is not None:
                self.runtime.set_timer(deadline, self)
            self.runtime.give_way()
        finally:
            self._parked = False
            task.blocked_on = None
        return self._open

    def fire(self) -> None:
        """End the wait because its time has come."""
        self._claimed = True
        self.runtime.ready.append(self._task)


class SimulatedRuntime(Runtime):
    """A simulation, used once: `run` it, then look at what is left."""

    def __init__(
        self, order: Order, record: Recorder | None = None, max_steps: int = 10_000_000
    ) -> None:
        self.record = record
        self.variants: Mapping[type, type] = SCHEDULED if record is None else RECORDED_AND_SCHEDULED
        self.ready: deque[SimulatedTask] = deque()
        self.steps = 0
        self.crashes: list[tuple[str, BaseException]] = []
        self.real_waits: list[tuple[str, float]] = []  # task, seconds of real time
        self._lock = threading.RLock()
        self._watch = None if record is None else RealWaitWatch()
        self._order = order
        begin(order, self)
        self._max_steps = self._halt_at = max_steps
        self._time = 0
        self._timers: list[tuple[int, int, SimulatedWaiter]] = []
        self._timer_numbers = itertools.count()
        self._prune_timers_at = 64
        self._counters: defaultdict[str, itertools.count[int]] = defaultdict(
            lambda: itertools.count(1)
        )
        self._live: dict[SimulatedTask, None] = {}
        self._next: SimulatedTask | None = None
        self._running: SimulatedTask | None = None
        self._state = "new"
        self._escaped: BaseException | None = None
        self._end_by = 0
        self._finalizing = 0

    def __repr__(self) -> str:
        return "a simulation that has ended" if self._state == "ended" else "a simulation"

    # The runtime interface.

    def now(self) -> int:
        """Nanoseconds of virtual time since the start."""
        return self._time

    def lock(self) -> Lock:
        """Return a lock that all tasks share, being one thread: it never makes one wait."""
        return self._lock

    def waiter(self) -> Waiter:
        """Return a waiter for the running task."""
        return SimulatedWaiter(self, self.current())

    def current(self) -> SimulatedTask:
        """Return the running task."""
        assert self._running is not None
        return self._running

    def task(self, name: str | None, context: Context | None) -> SimulatedTask:
        """Return a new task."""
        return SimulatedTask(name, self.next_number("task"), context)

    def start(self, task: Task, body: Callable[[], None]) -> None:
        """Make a new greenlet ready."""
        assert isinstance(task, SimulatedTask)
        task.greenlet = greenlet(lambda: self._run_task(task, body), self._hub)
        task.greenlet.gr_context = contextvars.copy_context()
        self._live[task] = None
        self.ready.append(task)

    def join(self, task: Task) -> None:
        """Do nothing: a greenlet leaves nothing behind."""

    def next_number(self, kind: str) -> int:
        """Return the next number of its kind."""
        return next(self._counters[kind])

    def interrupts(self, context: Context) -> AbstractContextManager[object]:
        """Leave Ctrl-C alone: it ends the whole simulation."""
        return nullcontext()

    def admits(self, caller: Runtime) -> bool:
        """Nobody but its own tasks may wait here."""
        return False

    # Turns.

    def point(self, operation: str, subject: object) -> None:
        """Stand before an operation: the running task may have to let others go first."""
        if getattr(_local, "runtime", None) is not self:
            self.check_caller(subject)
        self.steps += 1
        if self.steps >= self._halt_at:
            if self._state == "ending" and self.steps < self._end_by:
                return
            self._halt(waits=False)
            return
        ready = self.ready
        if not ready:
            return
        task = self._running
        assert task is not None
        task.operation, task.subject = operation, subject
        ready.append(task)
        following = self._order.take(ready, task)
        if following is not task:
            self._switch_to(following)

    def give_way(self) -> None:
        """Let others run; the running task goes on when it has been made ready."""
        self.steps += 1
        if self.steps >= self._halt_at:
            if self._state == "ending" and self.steps < self._end_by:
                self._end_by = 0
                raise _Ended
            self._halt(waits=True)
        if self.ready:
            self._switch_to(self._order.take(self.ready, None))
        else:
            self._hub.switch()

    def set_timer(self, when: int, waiter: SimulatedWaiter) -> None:
        """Fire `waiter` at `when` (ns) unless it is claimed before."""
        timers = self._timers
        if len(timers) >= self._prune_timers_at:
            timers[:] = [t for t in timers if not t[2].claimed]
            heapq.heapify(timers)
            self._prune_timers_at = 2 * len(timers) + 64
        heapq.heappush(timers, (when, next(self._timer_numbers), waiter))

    def _halt(self, waits: bool) -> None:
        """Do not let the running task go on: the steps are used up, or the run is over.

        A finalizer goes on, if it does not wait: it may be called by the garbage collector, which
        must not be left standing, and what is thrown into it ends nothing else.
        """
        if self._escaped is None:
            self.stop(
                StepLimitExceeded(
                    f"the simulation was stopped after {self._max_steps} steps, "
                    f"at {self._time / 1e9} s of virtual time: it goes on for ever, or a task "
                    "waits in a loop without sleeping, while time stands still"
                )
            )
        if in_finalizer(sys._getframe(1)):
            self._finalizing += 1
            if waits or self._finalizing > _STEPS_TO_FINALIZE:
                raise _Ended
            return
        while True:
            self._hub.switch()

    def stop(self, error: BaseException) -> None:
        """Let `error` end the run, whatever the tasks make of it."""
        self._escaped = error
        self._halt_at = 0

    def _switch_to(self, task: SimulatedTask) -> None:
        # A greenlet is started from the hub only: started from another one, it would begin at
        # that one's depth of recursion.
        if self._watch is not None:
            self._note_real_wait(self._watch)
        turn = task.greenlet
        if turn:
            self._running = task
            turn.switch()
        else:
            self._next = task
            self._hub.switch()

    def _note_real_wait(self, watch: RealWaitWatch) -> None:
        waited = watch.waited()
        if waited and self._running is not None:
            self.real_waits.append((self._running.name, waited))

    def _run_task(self, task: SimulatedTask, body: Callable[[], None]) -> None:
        try:
            body()
        except _Ended:
            pass
        except KeyboardInterrupt as error:
            self.stop(error)
        except BaseException as error:
            self.crashes.append((task.name, error))
        finally:
            self._live.pop(task, None)

    # The whole run.

    def run(self, main: Callable[[], None]) -> None:
        """Run `main` as the task named main, until it ends.

        Raises Deadlock if it can never end, StepLimitExceeded, or KeyboardInterrupt.
        """
        assert self._state == "new"
        self._hub = getcurrent()
        self._state = "running"
        task = SimulatedTask("main", 0, None)
        task.named = False
        self.start(task, main)
        self._turns(until=task)

    def settle(self) -> None:
        """Let what is ready run on, at a standing clock, until everybody waits or has ended."""
        self._state = "settling"
        self._turns(until=None)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Remember Ctrl-C while entered, so that it ends the run even where a task catches it."""

        def handle(number: int, frame: FrameType | None) -> None:
            self.stop(KeyboardInterrupt())
            raise KeyboardInterrupt

        is_main = threading.current_thread() is threading.main_thread()
        if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            yield
            return
        signal.signal(signal.SIGINT, handle)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _turns(self, until: SimulatedTask | None) -> None:
        while self._escaped is None:
            if until is not None and until not in self._live:
                return
            task, self._next = self._next, None
            if task is None:
                if not self.ready and (until is None or not self._advance()):
                    if until is None:
                        return
                    raise Deadlock(self._time, self.left())
                task = self._order.take(self.ready, None)
            self._running = task
            assert task.greenlet is not None
            task.greenlet.switch()
            if self._watch is not None:
                self._note_real_wait(self._watch)
        raise self._escaped

    def _advance(self) -> bool:
        """Move the clock to the next timer and fire all timers of that instant."""
        timers = self._timers
        while timers and timers[0][2].claimed:
            heapq.heappop(timers)
        if not timers:
            return False
        self._time = max(self._time, timers[0][0])
        while timers and timers[0][0] <= self._time:
            waiter = heapq.heappop(timers)[2]
            if not waiter.claimed:
                waiter.fire()
        return True

    def left(self) -> list[Stuck]:
        """Describe the tasks that have not ended."""
        return [stuck_task(task) for task in self._live]

    def end(self) -> None:
        """End what is left; its `finally` blocks run, and can wait for nothing.

        Raises KeyboardInterrupt after Ctrl-C, when all have ended.
        """
        self._state, self._halt_at, self._escaped = "ending", 0, _Ended()
        self.record = None
        for task in list(self._live):
            self._end_task(task)
        self._live.clear()
        self.ready.clear()
        self._timers.clear()
        self._state = "ended"
        if isinstance(self._escaped, KeyboardInterrupt):
            raise self._escaped

    def _end_task(self, task: SimulatedTask) -> None:
        turn = task.greenlet
        assert turn is not None
        for _ in range(3):
            if turn.dead:
                return
            self._running = task
            self._end_by = self.steps + _STEPS_TO_END
            with suppress(_Ended):  # raised here by a greenlet that was never started
                turn.throw(_Ended)
        if not turn.dead:
            _graveyard.append(turn)


# A suspended greenlet that is collected as garbage runs its `finally` blocks at that moment,
# wherever that is; so those that refuse to end are kept.
_graveyard: list[greenlet] = []
