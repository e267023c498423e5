"""What a turn saw and changed: the footprints by which a search leaves turns out.

Every task, and every object that tasks share, has a name here that is the same in each schedule:
who made it, and as which of its objects. A group has a *door* besides, which spawning and waiting
for the end look at, ending counts at, and closing changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from lab.simulation.order import Order
from lab.simulation.runtime import LOOKS, SimulatedRuntime
from lab.simulation.tasks import SimulatedTask, SimulatedWaiter
from patterns.concurrency.context import Context
from patterns.concurrency.errors import Cancelled
from patterns.concurrency.hooked import HOOKED, HookedContext
from patterns.concurrency.runtime import Task, Waiter
from patterns.concurrency.task_group import TaskGroup

__all__ = ["CHANGE", "COUNT", "LOOK", "Footprint", "Key", "Thing", "TrackedRuntime", "conflict"]

Key: TypeAlias = tuple[int, ...]  # of a task: who made it, and as which of its children
Thing: TypeAlias = tuple[Key, int]  # of an object: who made it, as which; a door: minus that
Footprint: TypeAlias = dict[Thing, int]  # what was touched, and how
LOOK, CHANGE, COUNT = 0, 1, 2  # two looks, or two counts, can be exchanged; all else conflicts

_STATEMENTS: Final = ((), 0)  # what a statement may have touched nobody knows: it is one object


def conflict(one: Footprint, other: Footprint) -> bool:
    """Tell whether two turns cannot be exchanged."""
    if len(one) > len(other):
        one, other = other, one
    return any(
        thing in other and (how == CHANGE or how != other[thing]) for thing, how in one.items()
    )


class TrackedRuntime(SimulatedRuntime):
    """A simulation that notes what each turn touches."""

    def __init__(self, order: Order, *listeners: Any, **limits: Any) -> None:
        self.doors: set[Thing | None] = set()  # those that matter; an order may know them
        super().__init__(order, *listeners, **limits)
        self.touched: defaultdict[Thing, set[Key]] = defaultdict(set)
        self.changed: set[Thing] = set()
        self.doors_found: set[Thing | None] = set()
        self._footprint: Footprint = {}
        self._by_statement: set[Key] = set()  # tasks
        self._owners: dict[Thing | None, SimulatedTask] = {}  # of groups, by their doors
        self._made: defaultdict[tuple[Key, str], int] = defaultdict(int)

    def key_of(self, task: SimulatedTask) -> Key:
        """Return what names the task in every schedule."""
        return task.key if isinstance(task, TrackedTask) else ()

    def new_footprint(self) -> Footprint:
        """Begin a turn."""
        self._footprint = {}
        return self._footprint

    def touch(self, thing: Thing | None, how: int) -> None:
        """Note that the running task looks at an object, changes it, or counts at it."""
        if thing is None or self.over:
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

    def touch_context(self, context: TrackedContext, how: int) -> None:
        """Note a look at a context, or its cancellation."""
        self.touch(context.thing, how)
        owner = self._owners.get(_door(context))
        if owner is not None and not self.over:
            task = self.current()
            if task is not owner and not _is_below(task.context, context):
                self.doors_found.add(_door(context))

    def made(self, primitive: Any) -> None:
        """Name a new object; a context gets its name when it is complete."""
        if not isinstance(primitive, Context):
            primitive.thing = self.new_thing()

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
        return TrackedTask(self, key, name, self.next_number("task"), context)

    def before(self, operation: str, subject: Any) -> None:
        """Stand before an operation; it belongs to the turn that follows."""
        super().before(operation, subject)
        self.current().subject = None  # it would keep a context alive, but not in every schedule
        if operation == "statement":
            self._by_statement.add(self.key_of(self.current()))
        else:
            self.touch(_thing(subject), LOOK if operation in LOOKS else CHANGE)
        self.touch_statements()

    def touch_statements(self) -> None:
        """Note a turn of a task that runs statement by statement: what it reads nobody knows."""
        key = self.key_of(self.current())
        if key in self._by_statement:
            self.touch(_STATEMENTS, CHANGE)

    def waiter(self) -> Waiter:
        """Return a waiter that notes what it waits for."""
        return TrackedWaiter(self, self.current())

    def check_caller(self, subject: object) -> None:
        """Note a spawn from outside, which sees whether the group is still open."""
        super().check_caller(subject)
        if isinstance(subject, TaskGroup):
            door = _door(subject.context)
            if self._owners.get(door) is not self.current():
                self.doors_found.add(door)
                self.touch_door(subject.context, LOOK)

    @contextmanager
    def interrupts(self, context: Context) -> Iterator[None]:
        """Note whose group it is, and on leaving that the group closes."""
        self._owners[_door(context)] = self.current()
        try:
            yield
        finally:
            self.touch_door(context, CHANGE)

    def start(self, task: Task, body: Callable[[], None]) -> None:
        """Start a task, and note when it has ended."""

        def counted() -> None:
            try:
                body()
            finally:
                if not task.abandoned:
                    self.touch_door(task.context, COUNT)

        super().start(task, counted)


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


class TrackedTask(SimulatedTask):
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


class TrackedWaiter(SimulatedWaiter):
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
            self.runtime.touch_door(subject.context, LOOK)
        # Two contexts may compete for ending a sleep.
        self._thing = self.runtime.new_thing() if verb == "sleep" else _thing(subject)
        opened = super().park(deadline, verb, subject)
        self.runtime.touch(self._thing, CHANGE)
        self.runtime.touch_statements()
        return opened


class TrackedContext(HookedContext):
    """A context that notes who looks whether it is cancelled; many do so without a point."""

    _is_cancelled_by: Cancelled | None = None
    thing: Thing | None = None
    runtime: TrackedRuntime  # type: ignore[assignment]  # which has a hook, too
    parents: tuple[TrackedContext, ...]

    def __init__(self, parent: Context | None = None, **limits: Any) -> None:
        super().__init__(parent, **limits)
        self.thing = self.runtime.new_thing()

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


TrackedRuntime.variants = MappingProxyType({**HOOKED, Context: TrackedContext})
