"""Task groups: start tasks, and do not leave before all of them have ended.

Answers to `go f()` with `sync.WaitGroup`, and to `errgroup`: a task that fails cancels the
others, and its exception comes out of the `with` block, so no worker dies silently.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TypeVarTuple, Unpack

from patterns.concurrency.context import Context
from patterns.concurrency.errors import Cancelled
from patterns.concurrency.recording import ENDED, STARTED
from patterns.concurrency.runtime import Runtime, Task, Waiter, current_runtime

__all__ = ["TaskGroup", "go"]

Ts = TypeVarTuple("Ts")


class TaskGroup:
    """A group of tasks that end together.

    Inside `with TaskGroup(context) as group:` call `group.spawn(function, *args, name=…)`.
    Leaving the block waits for every task. If a task raises, or the block itself does,
    `group.context` is cancelled: whatever the tasks and the block wait for ends with Cancelled.

    Leaving raises an ExceptionGroup of what the tasks raised; else what the block raised. A task
    that ends by Cancelled after the group's cancellation has not failed. Ctrl-C in the main
    thread cancels the group and comes out as KeyboardInterrupt when all tasks have ended; a
    second Ctrl-C does not wait for them.

    Args:
        context: its cancellation is the group's too; so is that of the surrounding group.
    """

    def __init__(self, context: Context | None = None) -> None:
        self._parent = context
        self._entered = False
        self._live = 0
        self._failures: list[BaseException] = []
        self._ended: list[Task] = []
        self._waiter: Waiter | None = None

    @property
    def context(self) -> Context:
        """The group's own context. Raises RuntimeError before the block is entered."""
        if not self._entered:
            raise RuntimeError("a TaskGroup has a context only inside its `with` block")
        return self._context

    def __enter__(self) -> TaskGroup:
        if self._entered:
            raise RuntimeError("a TaskGroup is entered once: make a new one")
        self._runtime: Runtime = current_runtime()
        self._lock = self._runtime.lock()
        self._owner = self._runtime.current()
        self._outer = self._owner.context
        self._context = Context(self._parent)
        if self._outer is not None and self._outer is not self._parent:
            self._outer._adopt(self._context)
        self._interrupts = self._runtime.interrupts(self._context)
        self._interrupts.__enter__()
        self._owner.context = self._context
        self._open = self._entered = True
        return self

    def spawn(
        self,
        function: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        name: str | None = None,
    ) -> Task:
        """Start `function(*args)` as a task; with a `name` it gets a lane in pictures.

        Raises RuntimeError if the group's block was left, or was not entered yet.
        """
        with_block = "spawn works only inside the `with` block of its TaskGroup"
        if not self._entered:
            raise RuntimeError(with_block)
        self._runtime.check_caller(self)
        task = self._runtime.task(name, self._context)
        with self._lock:
            if not self._open:
                raise RuntimeError(with_block)
            self._live += 1
            many_ended = len(self._ended) >= 64
        if many_ended:
            self._join_ended()
        try:
            self._runtime.start(task, lambda: self._run(task, function, args))
        except BaseException:
            with self._lock:
                self._live -= 1
            raise
        return task

    def abandon(self, task: Task) -> bool:
        """Wait for `task` no longer, and take no notice of how it ends, if it ever does.

        For a task that hangs: a thread cannot be killed, only left behind. Its context stays the
        group's. Returns False if it has ended.
        """
        with self._lock:
            if task.ended or task.abandoned:
                return False
            task.abandoned = True
            last = self._count_out()
        _wake(last)
        return True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self._context.cancel(f"the group's block raised {error!r}")
        try:
            self._wait()
        finally:
            self._owner.context = self._outer
            self._interrupts.__exit__(None, None, None)
        self._context._cancel(Cancelled("its task group has ended"))
        if not self._failures or not isinstance(error, Exception | None):
            return
        failures, self._failures = self._failures, []
        if error is not None and not isinstance(error, Cancelled):
            failures.append(error)
        raise BaseExceptionGroup(f"{len(failures)} raised in a task group", failures) from None

    def _wait(self) -> None:
        while True:
            with self._lock:
                if self._live == 0:
                    self._open = False
                    break
                self._waiter = waiter = self._runtime.waiter()
            waiter.park(None, "join", self)
        self._join_ended()

    def _run(self, task: Task, function: Callable[[Unpack[Ts]], object], args: tuple[*Ts]) -> None:
        failure: BaseException | None = None
        try:
            _recorded(self._runtime, task, function, args)
        except BaseException as error:
            failure = None if self._context._explains(error) else error
        if failure is not None and not task.abandoned:
            self._context.cancel(f"{task.name} raised {failure!r}")
        with self._lock:
            task.ended = True
            if task.abandoned:
                return
            if failure is not None:
                self._failures.append(failure)
            self._ended.append(task)
            waiter = self._count_out()
        _wake(waiter)

    def _count_out(self) -> Waiter | None:
        """Count one task less; return who waits for the last one, if this was it; lock held."""
        self._live -= 1
        return self._waiter if self._live == 0 else None

    def _join_ended(self) -> None:
        with self._lock:
            ended, self._ended = self._ended, []
        for task in ended:
            self._runtime.join(task)

    def __repr__(self) -> str:
        return f"task group ({self._live} running)"


def _wake(waiter: Waiter | None) -> None:
    if waiter is not None and waiter.claim():
        waiter.unpark()


def go(function: Callable[[Unpack[Ts]], object], *args: *Ts, name: str | None = None) -> Task:
    """Start `function(*args)` as a task that nobody waits for: Go's bare `go` statement.

    Nobody learns of its exception either: it is only printed (on threads) or listed in the run's
    `crashes` (in a simulation). Prefer a TaskGroup.
    """
    runtime = current_runtime()
    task = runtime.task(name, None)
    runtime.start(task, lambda: _recorded(runtime, task, function, args))
    return task


def _recorded(
    runtime: Runtime,
    task: Task,
    function: Callable[[Unpack[Ts]], object],
    args: tuple[*Ts],
) -> None:
    record = runtime.record
    if record is None:
        function(*args)
        return
    record((runtime.now(), task, STARTED, None, None, 0, None))
    ended_by: BaseException | None = None
    try:
        function(*args)
    except BaseException as error:
        ended_by = error
        raise
    finally:
        record((runtime.now(), task, ENDED, None, None, 0, ended_by))
