"""Exploring the same schedules with real threads that hand on a baton, to compare with greenlets.

A `Baton` behaves like a strand, as far as the simulation needs it: one thread runs at a time, and
`switch` hands the turn over. So the same simulation, orders and pools run on either.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from lab.simulation.order import Order
from lab.simulation.runtime import SimulatedRuntime
from patterns.concurrency.runtime import Task, use_runtime

__all__ = ["BatonRuntime"]


class Baton:
    """A thread that runs only when it has the turn."""

    gr_context: Any = None

    def __init__(self, body: Callable[[], Any] | None) -> None:
        self._turn = threading.Lock()
        self._turn.acquire()
        self.body = body
        self._thread: threading.Thread | None = None
        self._thrown: type[BaseException] | None = None
        self.dead = False

    def __bool__(self) -> bool:
        return self._thread is not None and not self.dead

    def switch(self) -> None:
        """Give this one the turn, and wait until the caller has it again."""
        caller = _current.baton
        if self._thread is None and self.body is not None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        else:
            self._turn.release()
        caller.wait()

    def throw(self, error: type[BaseException]) -> None:
        """Give it the turn and raise `error` there."""
        self._thrown = error
        self.switch()

    def wait(self) -> None:
        """Wait for the turn."""
        self._turn.acquire()
        thrown, self._thrown = self._thrown, None
        if thrown is not None:
            raise thrown

    def _run(self) -> None:
        body, self.body = self.body, None
        assert body is not None
        _current.baton = self
        following = body()
        self.dead = True
        following._turn.release()


class Batons:
    """Makes a new one for each task."""

    def __init__(self, runtime: SimulatedRuntime) -> None:
        self._runtime = runtime

    def take(self, body: Callable[[Any], Any], task: object, hub: object) -> Baton:
        """Return one that calls `body(task)` when it has its turn."""

        def run() -> Any:
            with use_runtime(self._runtime):
                return body(task)

        return Baton(run)

    def give_back(self, baton: Baton) -> None:
        """Have no more use for it."""
        baton.body = None


class _Current(threading.local):
    baton: Any = None


_current = _Current()


class BatonRuntime(SimulatedRuntime):
    """A simulation whose tasks are real threads."""

    def __init__(self, order: Order, *listeners: Any, **options: Any) -> None:
        options["strands"] = Batons(self)
        super().__init__(order, *listeners, **options)

    def run(self, main: Callable[[], None]) -> None:
        """Run `main` as a simulation does, with this thread as the hub."""
        _current.baton = self._baton = Baton(None)
        super().run(main)

    def start(self, task: Task, body: Callable[[], None]) -> None:
        """Make a new thread ready."""
        self._hub: Any = self._baton
        super().start(task, body)
