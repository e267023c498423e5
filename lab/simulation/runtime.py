"""The simulated runtime: a virtual clock, and greenlets that take turns at scheduling points.

One thread runs everything. A task runs until it comes to a scheduling point, waits or ends; then
the order says who goes next. There is a point before each operation that tasks can see of each
other. The clock stands still while anybody can go on, and otherwise jumps to the next time that
somebody waits for; timers of one instant go off in the order in which they were set.
"""

from __future__ import annotations

import contextvars
import heapq
import itertools
import sys
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from time import perf_counter_ns
from types import FrameType
from typing import Any

from lab.model.deadlock import Deadlock, Stuck, sentences
from lab.simulation.finalizer import in_finalizer
from lab.simulation.order import Order
from lab.simulation.real_wait import RealWait, RealWaitWatch
from lab.simulation.strands import Strand, Strands
from lab.simulation.stuck import stuck_task
from lab.simulation.switching import MANY_STEPS, getcurrent, greenlet, outer
from lab.simulation.tasks import SimulatedTask, SimulatedWaiter, Simulation
from patterns.concurrency.context import Context
from patterns.concurrency.hooked import HOOKED
from patterns.concurrency.hooks import Hook, Listener
from patterns.concurrency.runtime import Lock, Runtime, Task, Waiter, here

__all__ = ["LOOKS", "Ended", "SimulatedRuntime", "StepLimitExceeded", "begin"]

_NOTHING = nullcontext()
_STEPS_TO_END = 1_000  # operations that never wait, allowed in a task's `finally` at the end
_VAIN_WAITS = 20_000  # of a task that is cancelled, at one step: nobody means to do that
_STEPS_TO_FINALIZE = 100_000  # and in all finalizers, once the run is over
_STANDSTILL = 500_000  # steps without a change that make a deadlock, in runs of that many or more
_STEPS_A_TASK = 100  # that much more memory and time a new task takes than a step, and
_MANY_TASKS = 2_000  # nobody minds as many
LOOKS = frozenset({"len", "closed", "check", "load", "look"})  # operations that change nothing
_IDLE = LOOKS | {"wait", "statement"}  # nor do these change what others wait for


class StepLimitExceeded(RuntimeError):
    """The simulation took more steps than it was allowed: it probably loops for ever.

    Attributes:
        where: when it was stopped, in one sentence.
        tasks: what each task does, or waits for.
    """

    def __init__(self, where: str = "", tasks: Sequence[Stuck] = ()) -> None:
        self.where = where
        self.tasks = tuple(tasks)
        super().__init__("\n".join([where, *sentences(tasks)]))


class Ended(BaseException):
    """Thrown into the tasks that are left when a simulation ends, so that `finally` runs."""


class SimulatedRuntime(Simulation, Listener):
    """A simulation, used once: `run` it, then look at what is left.

    It is the first listener of its own hook: what it hears of is a scheduling point.

    Args:
        order: says who goes next.
        listeners: hear what is done; those that have a method `begin` are told where.
        max_steps: turns after which it is stopped, as it is after a hundredth as many tasks (or
            2,000, if that is more). If tasks wait without a deadline while others only look
            and sleep, 500,000 turns are a deadlock (half of all, if that is less; a twentieth, if
            that is more).
        watch: notice when a task waits in real time.
        strands: what its tasks run on; None: on its own.
    """

    variants: Mapping[type, type] = HOOKED

    def __init__(
        self,
        order: Order,
        *listeners: Any,
        max_steps: int = MANY_STEPS,
        watch: bool = False,
        strands: Strands | None = None,
    ) -> None:
        self.hook = Hook(self.variants, self, *listeners)
        self.point = self.hook.before  # what the statements of instrumented code call
        self.ready: deque[SimulatedTask] = deque()
        self.steps = 0
        self.crashes: list[tuple[str, BaseException]] = []
        self.real_waits: list[RealWait] = []
        self._lock = threading.RLock()
        self._watch = RealWaitWatch() if watch else None
        self._strands = Strands() if strands is None else strands
        self._take = order.take
        self._max_steps = self._halt_at = max_steps
        self._standstill = max(max_steps // 20, min(max_steps // 2, _STANDSTILL))
        self._most_tasks = max(max_steps // _STEPS_A_TASK, _MANY_TASKS)
        self._time = 0
        self._moved = 0  # the step at which the clock moved last
        self._changed = 0  # the step of the last change that other tasks can see
        self._still = (0, 0, 0)  # of a change: its step, its time, a timer's number then
        self._timers: list[tuple[int, int, SimulatedWaiter]] = []
        self._timer_numbers = itertools.count()
        self._prune_timers_at = 64
        self._counters: defaultdict[str, int] = defaultdict(int)
        self._live: dict[SimulatedTask, None] = {}
        self._next: SimulatedTask | None = None
        self._running: SimulatedTask  # from `run` on
        self._main: SimulatedTask | None = None
        self._hub: greenlet | None = None
        self._state = "new"
        self._escaped: BaseException | None = None
        self._end_by = 0
        self._finalizing = 0
        self._waited_at = self._vain_waits = 0  # waits that were to begin since that step
        for listener in (order, *listeners):
            begin(listener, self)

    def __repr__(self) -> str:
        return "a simulation that has ended" if self._state == "ended" else "a simulation"

    @property
    def over(self) -> bool:
        """Whether tasks only run to be ended: what they do has no effect on anybody."""
        return self._state in ("ending", "ended")

    # The runtime interface.

    def now(self) -> int:
        """Nanoseconds of virtual time since the start."""
        return self._time

    def lock(self) -> Lock:
        """Return a lock that all tasks share, being one thread: it never makes one wait."""
        return self._lock

    def waiter(self) -> Waiter:
        """Return a waiter for the running task."""
        if self._waited_at != self.steps:
            self._waited_at, self._vain_waits = self.steps, 0
        self._vain_waits += 1
        most = _STEPS_TO_END if self.over else min(self._max_steps, _VAIN_WAITS)
        if self._vain_waits > most:
            if not self.over:
                self.steps = max(self.steps, self._max_steps)  # it would go on to use them up
            self._halt(waits=False)  # no wait begins: a task that is cancelled goes on, in a loop
        return SimulatedWaiter(self, self._running)

    def current(self) -> SimulatedTask:
        """Return the running task."""
        return self._running

    def task(self, name: str | None, context: Context | None) -> SimulatedTask:
        """Return a new task."""
        return SimulatedTask(name, self.next_number("task"), context)

    def start(self, task: Task, body: Callable[[], None]) -> None:
        """Make a new greenlet ready."""
        assert isinstance(task, SimulatedTask)
        assert self._hub is not None
        self._changed = self.steps
        self._count_step()  # so that a program that does nothing but start tasks ends, too
        task.body = body
        strand = self._strands.take(self._run_task, task, self._hub)
        strand.gr_context = contextvars.copy_context()
        task.strand = strand
        self._live[task] = None
        self.ready.append(task)

    def join(self, task: Task) -> None:
        """Do nothing: a greenlet leaves nothing behind."""

    def next_number(self, kind: str) -> int:
        """Return the next number of its kind."""
        self._counters[kind] = number = self._counters[kind] + 1
        return number

    def interrupts(self, context: Context) -> AbstractContextManager[object]:
        """Leave Ctrl-C alone: it ends the whole simulation."""
        return _NOTHING

    def admits(self, caller: Runtime) -> bool:
        """Nobody but its own tasks may wait here."""
        return False

    # Turns.

    def before(self, operation: str, subject: Any) -> None:
        """Stand before an operation: the running task may have to let others go first."""
        if getattr(here, "runtime", None) is not self:
            self.check_caller(subject)
        self.steps += 1
        if self.steps >= self._halt_at:
            if self._state == "ending" and self.steps < self._end_by:
                return
            self._halt(waits=False)
        if operation not in _IDLE:
            self._changed = self.steps
        ready = self.ready
        if not ready:
            return
        task = self._running
        task.operation, task.subject = operation, subject
        ready.append(task)
        following = self._take(ready, task)
        if following is not task:
            if self._watch is not None and perf_counter_ns() > self._watch.look_at:
                self._note_real_wait(self._watch)
            strand = following.strand
            if strand:
                self._running = following
                strand.switch()
            else:
                self._begin(following)

    def _count_step(self) -> None:
        self.steps += 1
        too_many = self._counters["task"] > self._most_tasks
        if (self.steps >= self._halt_at or too_many) and not (
            self._state == "ending" and self.steps < self._end_by
        ):
            self._halt(waits=False)

    def give_way(self) -> None:
        """Let others run; the running task goes on when it has been made ready."""
        self.steps += 1
        if self.steps >= self._halt_at:
            if self._state == "ending" and self.steps < self._end_by:
                self._end_by = 0
                raise Ended
            self._halt(waits=True)
        if self._watch is not None and perf_counter_ns() > self._watch.look_at:
            self._note_real_wait(self._watch)
        self._running.waits_since = self._time
        if self.ready or (self._state == "running" and self._advance()):
            following = self._take(self.ready, None)
            strand = following.strand
            if following is self._running:
                return
            if strand:
                self._running = following
                strand.switch()
            else:
                self._begin(following)
        else:
            assert self._hub is not None
            self._hub.switch()

    def set_timer(self, when: int, waiter: SimulatedWaiter) -> None:
        """Fire `waiter` at `when` (ns) unless its wait has ended before."""
        timers = self._timers
        if len(timers) >= self._prune_timers_at:
            timers[:] = [t for t in timers if t[2].waits and not t[2].claimed]
            heapq.heapify(timers)
            self._prune_timers_at = 2 * len(timers) + 64
        heapq.heappush(timers, (when, next(self._timer_numbers), waiter))

    def _halt(self, waits: bool) -> None:
        """Do not let the running task go on: the steps are used up, or the run is over.

        A finalizer goes on, if it does not wait: it may be called by the garbage collector, which
        must not be left standing, and what is thrown into it ends nothing else.
        """
        if self._escaped is None:
            self.stop(StepLimitExceeded())  # to be told when all tasks stand where they are
        if in_finalizer(sys._getframe(1)):
            self._finalizing += 1
            if waits or self._finalizing > _STEPS_TO_FINALIZE:
                raise Ended
            return
        assert self._hub is not None
        while True:
            self._hub.switch()

    def stop(self, error: BaseException) -> None:
        """Let `error` end the run, whatever the tasks make of it."""
        self._escaped = error
        self._halt_at = 0

    @property
    def stopped(self) -> bool:
        """Whether the run is to end by an error."""
        return self._escaped is not None

    @property
    def in_task(self) -> bool:
        """Whether the code that asks is a task's, and not the simulation's own."""
        return getcurrent() is not self._hub

    def leave(self) -> None:
        """Leave the running task standing where it is: it does not get another turn by itself."""
        assert self._hub is not None
        self._hub.switch()

    def _begin(self, task: SimulatedTask) -> None:
        # A strand is started from the hub only: started from another one, it would begin at that
        # one's depth of recursion.
        assert self._hub is not None
        self._next = task
        self._hub.switch()

    def _note_real_wait(self, watch: RealWaitWatch) -> None:
        waited, sure = watch.waited()
        if waited:
            self.real_waits.append(RealWait(self._running.name, waited, sure))

    def _run_task(self, task: SimulatedTask) -> Any:
        """Run a task to its end; return who has the next turn: a strand, or the hub."""
        body, task.body = task.body, None
        assert body is not None
        try:
            body()
        except Ended:
            pass
        except KeyboardInterrupt as error:
            self.stop(error)
        except BaseException as error:
            self.crashes.append((task.name, error))
        del self._live[task]
        self._changed = self.steps
        if task.strand is not None:
            self._strands.give_back(task.strand)
            task.strand = None
        if task is self._main or self._escaped is not None or not self.ready:
            return self._hub
        if self._watch is not None and perf_counter_ns() > self._watch.look_at:
            self._note_real_wait(self._watch)
        following = self._take(self.ready, None)
        if following.strand:
            self._running = following
            return following.strand
        self._next = following
        return self._hub

    # The whole run.

    def run(self, main: Callable[[], None]) -> None:
        """Run `main` as the task named main, until it ends.

        Raises Deadlock if it can never end, StepLimitExceeded, or KeyboardInterrupt.
        """
        assert self._state == "new"
        self._hub = getcurrent()
        self._state = "running"
        self._main = task = SimulatedTask("main", 0, None)
        task.named = False
        self.start(task, partial(self._tell, task, main))
        self._turns(until=task)

    def _tell(self, task: SimulatedTask, main: Callable[[], None]) -> None:
        """Run `main`, telling listeners as a group does of its tasks."""
        hook = self.hook
        if hook is None or hook.started is None or hook.ended is None:
            main()
            return
        hook.started(task)
        try:
            main()
        except BaseException as error:
            hook.ended(task, error)
            raise
        hook.ended(task, None)

    def settle(self) -> None:
        """Let what is ready run on, at a standing clock, until everybody waits or has ended."""
        self._state = "settling"
        self._turns(until=None)

    def _turns(self, until: SimulatedTask | None) -> None:
        while self._escaped is None:
            if until is not None and until not in self._live:
                return
            task, self._next = self._next, None
            if task is None:
                if not self.ready and (until is None or not self._advance()):
                    if until is None:
                        return
                    raise self._deadlock()
                task = self._take(self.ready, None)
            self._running = task
            assert task.strand is not None
            task.strand.switch()
            if self._watch is not None and perf_counter_ns() > self._watch.look_at:
                self._note_real_wait(self._watch)
        if isinstance(self._escaped, StepLimitExceeded):
            self._escaped = self._too_many_steps()
        raise self._escaped

    def _advance(self) -> bool:
        """Move the clock to the next timer and fire all timers of that instant."""
        timers = self._timers
        while timers and (timers[0][2].claimed or not timers[0][2].waits):
            heapq.heappop(timers)
        if not timers:
            return False
        if self._stands_still():
            return False
        self._moved = self.steps
        self._time = max(self._time, timers[0][0])
        while timers and timers[0][0] <= self._time:
            waiter = heapq.heappop(timers)[2]
            if waiter.waits and not waiter.claimed:
                waiter.fire()
        return True

    def _stands_still(self) -> bool:
        """Whether tasks wait for others who have only looked and slept again, many times.

        Whoever sleeps must have done so anew in the later half of this time: what will happen at
        the end of one long sleep nobody knows.
        """
        step, _, number = self._still
        if step != self._changed:
            self._still = (self._changed, self._time, next(self._timer_numbers))
            return False
        if self.steps - step < self._standstill:
            return False
        half = (number + next(self._timer_numbers)) // 2
        slept = all(n > half for _, n, waiter in self._timers if waiter.waits)
        return slept and any(map(_needs_another, self._live))

    def _deadlock(self) -> Deadlock:
        if not self._timers:
            return Deadlock(self._time, self.left())
        tasks = [
            replace(stuck, what="sleeping, again and again") if stuck.doing == "sleeping" else stuck
            for stuck in self.left()
        ]
        since = max(task.waits_since for task in self._live if _waits_for_good(task))
        return Deadlock(max(self._still[1], since), tasks, until=self._time)

    def _too_many_steps(self) -> StepLimitExceeded:
        still = self.steps - self._moved
        steps, tasks = self._max_steps, self._counters["task"]
        if self._vain_waits > min(steps, _VAIN_WAITS):
            return StepLimitExceeded(
                f"the simulation was stopped at {self._time / 1e9} s of virtual time: "
                f"{self._running.name} is cancelled and goes on, whenever it is to wait",
                self.left(),
            )
        limit = f"{steps} steps" if self.steps >= steps else f"{tasks} tasks were started"
        what = (
            "time goes on, and the tasks do not come to an end"
            if still < self.steps // 2
            else f"time stood still for the last {still} steps, as tasks go on without sleeping"
        )
        return StepLimitExceeded(
            f"the simulation was stopped after {limit}, "
            f"at {self._time / 1e9} s of virtual time: {what}",
            self.left(),
        )

    def left(self) -> list[Stuck]:
        """Describe the tasks that have not ended."""
        return [stuck_task(task) for task in self._live]

    def suspended(self) -> Iterator[tuple[SimulatedTask, list[FrameType]]]:
        """Yield the tasks that do not run now, with the calls that they are in."""
        for task in self._live:
            frame = None if task.strand is None else task.strand.gr_frame
            frames = []
            while frame is not None:
                frames.append(frame)
                frame = outer(frame)
            if task is not self._running:
                yield task, frames

    def end(self) -> None:
        """End what is left; its `finally` blocks run, and can wait for nothing.

        Raises KeyboardInterrupt after Ctrl-C, when all have ended.
        """
        self._state, self._halt_at, self._escaped = "ending", 0, Ended()
        if self._live:
            if self.hook is not None:
                self.hook = Hook(self.variants, self)  # nobody else hears of it
            for task in list(self._live):
                self._end_task(task)
        self._live.clear()
        self.ready.clear()
        self._timers.clear()
        self._state = "ended"
        if isinstance(self._escaped, KeyboardInterrupt):
            raise self._escaped

    def _end_task(self, task: SimulatedTask) -> None:
        strand = task.strand
        assert strand is not None
        if strand.body is not None:  # it has not begun
            self._strands.give_back(strand)
            return
        for _ in range(3):
            self._running = task
            self._end_by = self.steps + _STEPS_TO_END
            strand.throw(Ended)
            if task not in self._live:
                return
        _graveyard.append(strand)


def _needs_another(task: SimulatedTask) -> bool:
    """Whether a task waits for what another one must do, other than to end."""
    if task.blocked_on is None:
        return False
    verb, _, until = task.blocked_on
    return until is None and verb not in ("join", "hang")


def _waits_for_good(task: SimulatedTask) -> bool:
    """Whether no time that passes ends the wait of a task."""
    return task.blocked_on is not None and task.blocked_on[2] is None


def begin(listener: Any, runtime: SimulatedRuntime) -> None:
    """Tell an order or a listener which simulation it serves, if it wants to know."""
    hook = getattr(listener, "begin", None)
    if hook is not None:
        hook(runtime)


# A suspended greenlet that is collected as garbage runs its `finally` blocks at that moment,
# wherever that is; so those that refuse to end are kept.
_graveyard: list[Strand] = []
