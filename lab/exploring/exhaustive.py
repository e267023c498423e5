"""Every schedule of a small pool, once: depth-first search with sleep sets.

Two operations of different tasks are independent if neither changes what the other one sees; then
their order makes no difference, and only one of the two is tried (Godefroid, Partial-Order Methods
for the Verification of Concurrent Systems, 1996). What a turn saw and changed is its *footprint*,
noted while it runs. A task whose turn was tried *sleeps* in the other branches until a turn
conflicts with its footprint; a run in which all that are ready sleep is abandoned.

A turn whose footprint has nothing shared in it needs no alternatives at all. What is shared is
learnt on the way: an object counts as shared when one task has changed it and another one has
touched it. If that comes to light after a turn was taken for private, the search starts again.

That tasks of a group end is invisible, in whatever order, unless somebody outside the group can
see whether it is still open: who spawns into it, or touches its context. Such groups, too, are
learnt on the way; each has a *door* that spawning and waiting for the end look at, ending counts
at, and closing changes.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from lab.model.schedule import NotRepeatable, Schedule
from lab.simulation.order import Order
from lab.simulation.play import Played
from lab.simulation.replay import Noting
from lab.simulation.runtime import SimulatedRuntime, SimulatedTask, SimulatedWaiter
from lab.simulation.scheduled import (
    RECORDED_AND_SCHEDULED,
    SCHEDULED,
    RecordedScheduledChannel,
    ScheduledAtomicInt,
    ScheduledChannel,
    ScheduledContext,
    ScheduledTicker,
    ScheduledTokenBucket,
)
from patterns.concurrency.atomic import AtomicInt
from patterns.concurrency.channel import Channel
from patterns.concurrency.context import Context
from patterns.concurrency.errors import Cancelled
from patterns.concurrency.limiters import Ticker, TokenBucket
from patterns.concurrency.recording import Recorder
from patterns.concurrency.runtime import Waiter
from patterns.concurrency.task_group import TaskGroup

__all__ = ["EverySchedule", "TrackedRuntime"]

Key = tuple[int, ...]  # of a task: who made it, and as which of its children
Thing = tuple[
    Key, int
]  # of an object: who made it, and as which of its objects; a door: minus that
Footprint = dict[Thing, int]  # what was touched, and how
LOOK, CHANGE, COUNT = 0, 1, 2  # two looks, or two counts, can be exchanged; all else conflicts

_LOOKS: Final = frozenset({"len", "closed", "check", "load", "look"})
_STATEMENTS: Final = ((), 0)  # what a statement may have touched nobody knows: it is one object
_INVISIBLE: Final = frozenset({"start", "go on"})  # taken first: most of them touch nothing


class _Abandoned(BaseException):
    """All that are ready sleep: what follows has been seen."""


class EverySchedule:
    """Walks through all schedules of a pool.

    Args:
        play: runs the pool under an order on a simulation of the given kind.
        reduce: leave out what differs only in the order of independent operations.
    """

    def __init__(
        self,
        play: Callable[[Order, type[SimulatedRuntime]], Played],
        *,
        reduce: bool = True,
    ) -> None:
        self._play = play
        self.reduce = reduce
        self.exhausted = False
        self.path: list[_Node] = []
        self.doors: set[Thing | None] = set()
        self._touched: defaultdict[Thing, set[Key]] = defaultdict(set)
        self._changed: set[Thing] = set()
        self._taken_for_private: set[Thing] = set()

    def runs(self) -> Iterator[tuple[Played, Callable[[], Schedule]] | None]:
        """Yield each run with its schedule; None means: forget all before, it starts again."""
        while True:
            walk = _Walk(self)
            noting = Noting(walk)
            try:
                played = self._play(noting, TrackedRuntime)
            except _Abandoned:
                played = None
            if self._learn(walk.runtime):
                self.path.clear()
                yield None
                continue
            if played is not None:
                yield played, partial(getattr, noting, "schedule")
            if not self._turn_back():
                self.exhausted = True
                return

    def _learn(self, runtime: TrackedRuntime) -> bool:
        """Take in what the run touched; tell whether the search has to start again."""
        if not runtime.doors_found <= self.doors:
            self.doors |= runtime.doors_found
            return True
        if not self.reduce:
            return False
        surprised = False
        for thing, by in runtime.touched.items():
            known = self._shared(thing)
            self._touched[thing] |= by
            if thing in runtime.changed:
                self._changed.add(thing)
            if not known and self._shared(thing) and thing in self._taken_for_private:
                surprised = True
        if surprised:
            self._taken_for_private.clear()
        return surprised

    def _shared(self, thing: Thing) -> bool:
        return thing in self._changed and len(self._touched[thing]) > 1

    def _turn_back(self) -> bool:
        """Choose the next branch; False if there is none left."""
        path = self.path
        while path:
            node = path[-1]
            node.tried[node.chosen] = node.footprint
            if not (self.reduce and self._is_private(node)):
                for key in node.ready:
                    if key not in node.tried and key not in node.asleep:
                        node.chosen, node.footprint = key, {}
                        return True
            path.pop()
        return False

    def _is_private(self, node: _Node) -> bool:
        if any(self._shared(thing) for thing in node.footprint):
            return False
        self._taken_for_private.update(node.footprint)
        return True


class _Node:
    """A turn on the way: who could have had it, and who has."""

    __slots__ = ("asleep", "chosen", "footprint", "ready", "tried")

    def __init__(self, ready: list[Key], asleep: dict[Key, Footprint]) -> None:
        self.ready = ready
        self.asleep = asleep
        self.tried: dict[Key, Footprint] = {}
        self.chosen: Key = ()
        self.footprint: Footprint = {}


class _Walk:
    """The order of one run: along the path, then on into what is new."""

    def __init__(self, search: EverySchedule) -> None:
        self._search = search
        self._depth = 0
        self.runtime: TrackedRuntime

    def begin(self, runtime: SimulatedRuntime) -> None:
        """Remember whose footprints to take."""
        assert isinstance(runtime, TrackedRuntime)
        self.runtime = runtime
        runtime.doors = self._search.doors

    def take(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> SimulatedTask:
        """Take whom the path says; at its end, somebody who does not sleep."""
        path, key_of = self._search.path, self.runtime.key_of
        if self._depth < len(path):
            node = path[self._depth]
            chosen = {key_of(task): task for task in ready}.get(node.chosen, ready[0])
            if key_of(chosen) != node.chosen or len(ready) != len(node.ready):
                self.runtime.stop(NotRepeatable())
        else:
            node = self._next_node(ready, running)
            awake = [task for task in ready if key_of(task) not in node.asleep]
            if not awake:
                self.runtime.stop(_Abandoned())
                self.runtime.new_footprint()  # for what is done until it stops
                return ready.popleft()
            chosen = min(awake, key=lambda task: self._preference(task, running))
            node.chosen = key_of(chosen)
            path.append(node)
        self._depth += 1
        node.footprint = self.runtime.new_footprint()
        ready.remove(chosen)
        return chosen

    def _preference(self, task: SimulatedTask, running: SimulatedTask | None) -> int:
        return 0 if task.operation in _INVISIBLE else 1 if task is running else 2

    def _next_node(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> _Node:
        keys = [self.runtime.key_of(task) for task in ready]
        asleep: dict[Key, Footprint] = {}
        if self._search.reduce and self._search.path:
            last = self._search.path[-1]
            for key, footprint in {**last.asleep, **last.tried}.items():
                if not _conflict(footprint, last.footprint):
                    asleep[key] = footprint
        return _Node(keys, asleep)


def _conflict(one: Footprint, other: Footprint) -> bool:
    if len(one) > len(other):
        one, other = other, one
    return any(
        thing in other and (how == CHANGE or how != other[thing]) for thing, how in one.items()
    )


class TrackedRuntime(SimulatedRuntime):
    """A simulation that notes what each turn touches."""

    def __init__(
        self, order: Order, record: Recorder | None = None, max_steps: int = 10_000_000
    ) -> None:
        self.doors: set[Thing | None] = set()  # those that matter; an order may know them
        super().__init__(order, record, max_steps)
        self.variants = _TRACKED if record is None else _RECORDED_AND_TRACKED
        self.touched: defaultdict[Thing, set[Key]] = defaultdict(set)
        self.changed: set[Thing] = set()
        self.doors_found: set[Thing | None] = set()
        self._footprint: Footprint = {}
        self._by_statement: set[Key] = set()  # tasks
        self._owners: dict[Thing | None, SimulatedTask] = {}  # of groups, by their doors
        self._made: defaultdict[tuple[Key, str], int] = defaultdict(int)

    def key_of(self, task: SimulatedTask) -> Key:
        """Return what names the task in every schedule."""
        return task.key if isinstance(task, _TrackedTask) else ()

    def new_footprint(self) -> Footprint:
        """Begin a turn."""
        self._footprint = {}
        return self._footprint

    def touch(self, thing: Thing | None, how: int) -> None:
        """Note that the running task looks at an object, changes it, or counts at it."""
        if thing is None or self._running is None or self._state == "ending":
            return
        key = self.key_of(self._running)
        known = self._footprint.get(thing, how)
        self._footprint[thing] = how if known == how else CHANGE
        self.touched[thing].add(key)
        if how != LOOK:
            self.changed.add(thing)

    def touch_door(self, context: object, how: int) -> None:
        """Note a spawn, an end or the closing of the group that has this context."""
        door = _door(context)
        if door in self.doors:
            self.touch(door, how)

    def touch_context(self, context: _TrackedContext, how: int) -> None:
        """Note a look at a context, or its cancellation."""
        self.touch(context.thing, how)
        owner = self._owners.get(_door(context))
        if owner is not None and self._state != "ending":
            task = self.current()
            if task is not owner and not _is_below(task.context, context):
                self.doors_found.add(_door(context))

    def new_thing(self) -> Thing:
        """Return what names a new object of the running task in every schedule."""
        maker = self.key_of(self.current())
        self._made[maker, "object"] += 1
        return maker, self._made[maker, "object"]

    def task(self, name: str | None, context: Context | None) -> SimulatedTask:
        """Return a new task, with a key."""
        maker = self.key_of(self.current())
        self._made[maker, "task"] += 1
        key = (*maker, self._made[maker, "task"])
        return _TrackedTask(self, key, name, self.next_number("task"), context)

    def point(self, operation: str, subject: object) -> None:
        """Stand before an operation; it belongs to the turn that follows."""
        super().point(operation, subject)
        self.current().subject = None  # it would keep a context alive, but not in every schedule
        if operation == "statement":
            self._by_statement.add(self.key_of(self.current()))
        else:
            self.touch(_thing(subject), LOOK if operation in _LOOKS else CHANGE)
        self.touch_statements()

    def touch_statements(self) -> None:
        """Note a turn of a task that runs statement by statement: what it reads nobody knows."""
        key = self.key_of(self.current())
        if key in self._by_statement:
            self.touch(_STATEMENTS, CHANGE)

    def waiter(self) -> Waiter:
        """Return a waiter that notes what it waits for."""
        return _TrackedWaiter(self, self.current())

    def check_caller(self, subject: object) -> None:
        """Note a spawn from outside, which sees whether the group is still open."""
        super().check_caller(subject)
        if isinstance(subject, TaskGroup) and subject._owner is not self.current():
            self.doors_found.add(_door(subject._context))
            self.touch_door(subject._context, LOOK)

    @contextmanager
    def interrupts(self, context: Context) -> Iterator[None]:
        """Note whose group it is, and on leaving that the group closes."""
        self._owners[_door(context)] = self.current()
        try:
            yield
        finally:
            self.touch_door(context, CHANGE)

    def _run_task(self, task: SimulatedTask, body: Callable[[], None]) -> None:
        def counted() -> None:
            try:
                body()
            finally:
                if not task.abandoned:
                    self.touch_door(task.context, COUNT)

        super()._run_task(task, counted)


def _thing(subject: object) -> Thing | None:
    thing: Thing | None = getattr(subject, "thing", None)
    return thing


def _door(context: object) -> Thing | None:
    thing = _thing(context)
    return None if thing is None else (thing[0], -thing[1])


def _is_below(context: Context | None, above: Context) -> bool:
    return context is above or (
        context is not None and any(_is_below(parent, above) for parent in context.parents)
    )


class _TrackedTask(SimulatedTask):
    """A task whose end and whose being abandoned are noted; it is object 0 of its own."""

    __slots__ = ("_abandoned", "_ended", "_group", "_runtime", "key")

    def __init__(
        self,
        runtime: TrackedRuntime,
        key: Key,
        name: str | None,
        number: int,
        context: Context | None,
    ) -> None:
        self._runtime, self.key, self._group = runtime, key, context
        super().__init__(name, number, context)

    @property
    def ended(self) -> bool:
        self._runtime.touch((self.key, 0), LOOK)
        return self._ended

    @ended.setter
    def ended(self, ended: bool) -> None:
        self._ended = ended
        if ended:
            self._runtime.touch((self.key, 0), CHANGE)

    @property
    def abandoned(self) -> bool:
        self._runtime.touch((self.key, 0), LOOK)
        return self._abandoned

    @abandoned.setter
    def abandoned(self, abandoned: bool) -> None:
        self._abandoned = abandoned
        if abandoned:
            self._runtime.touch((self.key, 0), CHANGE)
            self._runtime.doors_found.add(_door(self._group))
            self._runtime.touch_door(self._group, COUNT)


class _TrackedWaiter(SimulatedWaiter):
    """A wait on an object touches it when it goes on, and so does who ends it."""

    __slots__ = ("_thing",)
    runtime: TrackedRuntime

    def __init__(self, runtime: SimulatedRuntime, task: SimulatedTask) -> None:
        super().__init__(runtime, task)
        self._thing: Thing | None = None

    def claim(self) -> bool:
        claimed = super().claim()
        if claimed:
            self.runtime.touch(self._thing, CHANGE)
        return claimed

    def park(self, deadline: int | None, verb: str, subject: object) -> bool:
        if isinstance(subject, TaskGroup):
            self.runtime.touch_door(subject._context, LOOK)
        # Two contexts may compete for ending a sleep.
        self._thing = self.runtime.new_thing() if verb == "sleep" else _thing(subject)
        opened = super().park(deadline, verb, subject)
        self.runtime.touch(self._thing, CHANGE)
        self.runtime.touch_statements()
        return opened


class _Tracked:
    """What all tracked primitives share."""

    thing: Thing | None = None
    _runtime: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        runtime = self.runtime if isinstance(self, Context) else self._runtime
        self.thing = runtime.new_thing()


class _TrackedChannel(_Tracked, ScheduledChannel[Any]):
    """A channel with a name that is the same in every schedule."""


class _RecordedTrackedChannel(_Tracked, RecordedScheduledChannel[Any]):
    """The same, recorded."""


class _TrackedAtomicInt(_Tracked, ScheduledAtomicInt):
    """An atomic integer with such a name."""


class _TrackedTicker(_Tracked, ScheduledTicker):
    """A ticker with such a name."""


class _TrackedTokenBucket(_Tracked, ScheduledTokenBucket):
    """A token bucket with such a name."""


class _TrackedContext(_Tracked, ScheduledContext):
    """A context that notes who looks whether it is cancelled; many do so without a point."""

    _is_cancelled_by: Cancelled | None = None
    runtime: TrackedRuntime
    parents: tuple[_TrackedContext, ...]
    thing: Thing | None = None

    @property
    def cause(self) -> Cancelled | None:
        self._look()
        return self._is_cancelled_by

    @cause.setter
    def cause(self, cause: Cancelled | None) -> None:
        self._is_cancelled_by = cause
        self.runtime.touch_context(self, CHANGE)

    def _mark(self, cause: Cancelled, marked: set[Context]) -> list[tuple[Context, Waiter]]:
        # Whoever cancelled it has looked above; and garbage may be cancelled or may be gone.
        return [] if self._is_cancelled_by is not None else super()._mark(cause, marked)

    def _look(self) -> None:
        """Note a look: at those above, too, which cancel it while it lives, and only then."""
        self.runtime.touch_context(self, LOOK)
        if self._is_cancelled_by is None:
            for parent in self.parents:
                parent._look()


_TRACKED: Final[Mapping[type, type]] = MappingProxyType(
    {
        **SCHEDULED,
        Channel: _TrackedChannel,
        Context: _TrackedContext,
        AtomicInt: _TrackedAtomicInt,
        Ticker: _TrackedTicker,
        TokenBucket: _TrackedTokenBucket,
    }
)
_RECORDED_AND_TRACKED: Final[Mapping[type, type]] = MappingProxyType(
    {**RECORDED_AND_SCHEDULED, **_TRACKED, Channel: _RecordedTrackedChannel}
)
