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
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from lab.exploring.footprints import Footprint, Key, Thing, TrackedRuntime, conflict
from lab.model.schedule import NotRepeatable, Schedule
from lab.simulation.order import Order
from lab.simulation.play import Played
from lab.simulation.replay import RecordingOrder
from lab.simulation.runtime import SimulatedRuntime
from lab.simulation.tasks import SimulatedTask

__all__ = ["EverySchedule"]

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
            noting = RecordingOrder(walk)
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
                if not conflict(footprint, last.footprint):
                    asleep[key] = footprint
        return _Node(keys, asleep)
