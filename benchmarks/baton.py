"""Exploring the same schedules with real threads that hand on a baton, to compare with greenlets.

A `Baton` behaves like a greenlet, as far as the simulation needs it: one thread runs at a time, and
`switch` hands the turn over. So the same simulation, orders and pools run on either.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from lab.simulation.runtime import SimulatedRuntime, SimulatedTask
from patterns.concurrency.runtime import Task, use_runtime

__all__ = ["BatonRuntime"]


class Baton:
    """A thread that runs only when it has the turn."""

    def __init__(self, body: Callable[[], object] | None, hub: Baton | None) -> None:
        self._turn = threading.Lock()
        self._turn.acquire()
        self._body, self._hub = body, hub
        self._thread: threading.Thread | None = None
        self._thrown: type[BaseException] | None = None
        self.dead = False

    def __bool__(self) -> bool:
        return self._thread is not None and not self.dead

    def switch(self) -> None:
        """Give this one the turn, and wait until the caller has it again."""
        caller = _current.baton
        if self._thread is None and self._body is not None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        else:
            self._turn.release()
        caller.wait()

    def throw(self, error: type[BaseException]) -> None:
        """Give it the turn and raise `error` there; one that has not begun never will."""
        if self._thread is None:
            self.dead = True
            return
        self._thrown = error
        self.switch()

    def wait(self) -> None:
        """Wait for the turn."""
        self._turn.acquire()
        thrown, self._thrown = self._thrown, None
        if thrown is not None:
            raise thrown

    def _run(self) -> None:
        assert self._body is not None
        assert self._hub is not None
        _current.baton = self
        try:
            self._body()
        finally:
            self.dead = True
            self._hub._turn.release()


class _Current(threading.local):
    baton: Any = None


_current = _Current()


class BatonRuntime(SimulatedRuntime):
    """A simulation whose tasks are real threads."""

    def run(self, main: Callable[[], None]) -> None:
        """Run `main` as a simulation does, with this thread as the hub."""
        _current.baton = self._baton = Baton(None, None)
        super().run(main)

    def start(self, task: Task, body: Callable[[], None]) -> None:
        """Make a new thread ready."""
        assert isinstance(task, SimulatedTask)
        self._hub: Any = self._baton

        def run() -> None:
            with use_runtime(self):
                self._run_task(task, body)

        task.greenlet = Baton(run, self._baton)  # type: ignore[assignment]
        self._live[task] = None
        self.ready.append(task)
