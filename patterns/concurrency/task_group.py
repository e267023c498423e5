"""Task groups: start tasks, and do not leave before all of them have ended.

Answers to `go f()` with `sync.WaitGroup`, and to `errgroup`: a task that fails cancels the
others, and its exception comes out of the `with` block, so no worker dies silently.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from types import CodeType, FrameType, TracebackType
from typing import TypeVarTuple, Unpack

from .context import Context
from .errors import Cancelled
from .runtime import Runtime, Task, Waiter, current_runtime

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

    Groups are left in the reverse order in which they were entered, each by the task that entered
    it; else leaving raises RuntimeError, when its tasks have ended, and names what was left out of
    order. A generator that is suspended inside a group breaks this rule easily: while it is
    suspended, its group's cancellation also reaches the code that called it.

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
        self._context = Context(self._parent)
        outer = self._owner.context
        if outer is not None and outer is not self._parent:
            outer.adopt(self._context)
        self._place = _place(sys._getframe(1))
        self._interrupts = self._runtime.interrupts(self._context)
        self._interrupts.__enter__()
        self._owner.enter(self, self._context)
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
        counted = False
        try:
            with self._lock:
                if not self._open:
                    raise RuntimeError(with_block)
                self._live += 1
                counted = True
                many_ended = len(self._ended) >= 64
            if many_ended:
                self._join_ended()
            self._runtime.start(task, lambda: self._run(task, function, args))
        except BaseException:
            if counted:
                self._withdraw(task)
            raise
        return task

    def abandon(self, task: Task) -> bool:
        """Wait for `task` no longer, and take no notice of how it ends, if it ever does.

        For a task that hangs: a thread cannot be killed, only left behind. Its context stays the
        group's. Returns False if it has ended. Raises ValueError if it is not this group's.
        """
        if task.born_in is not self.context:
            raise ValueError(f"task must be one that this group spawned, got {task}")
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
        misuse = None
        try:  # a second Ctrl-C may strike anywhere
            if error is not None:
                self._context.cancel(f"the group's block raised {type(error).__name__}")
            misuse = self._misuse()
            self._wait()
        finally:
            try:
                self._owner.leave(self)
            finally:
                try:
                    self._interrupts.__exit__(None, None, None)
                finally:
                    self._context.end(Cancelled("its task group has ended"))
        if misuse is None and not isinstance(error, Exception | Cancelled | None):
            return
        failures, self._failures = self._failures, []
        if failures and error is not None and not isinstance(error, Cancelled):
            failures.append(error)
        failure = None
        if failures:
            text = f"{len(failures)} raised in a task group"
            failure = BaseExceptionGroup(text, failures)
        try:
            if misuse is not None:
                raise misuse from failure
            if failure is not None:
                raise failure from None
        finally:
            # Else it holds, through its traceback, this frame and itself: and with that what its
            # callers held, such as a generator suspended in another group, until it is collected.
            del error, misuse, failure, failures

    def _misuse(self) -> RuntimeError | None:
        """Say what is wrong with leaving now, in this task."""
        here = self._runtime.current()
        if here is not self._owner:
            return RuntimeError(
                f"{self} was entered by the task {self._owner.name} and left by {here.name}: "
                "the task that enters a group must leave it"
            )
        if self not in here.groups:  # a group around it was left before, and told so
            return None
        inner = here.groups[here.groups.index(self) + 1 :]
        if inner:
            return RuntimeError(
                f"{self} was left before {', '.join(map(str, reversed(inner)))}, entered after it: "
                "leave task groups in reverse order, and none of them inside a generator that may "
                "be suspended"
            )
        return None

    def _wait(self) -> None:
        """Wait until no task is left; then no more can be spawned."""
        while True:
            with self._lock:
                if self._live == 0:
                    self._open = False
                    break
                self._waiter = waiter = self._runtime.waiter()
            waiter.wait("join", self)
        self._join_ended()

    def _run(self, task: Task, function: Callable[[Unpack[Ts]], object], args: tuple[*Ts]) -> None:
        with self._lock:
            if task.ended:
                return
            task.begun = True
        failure: BaseException | None = None
        try:
            _call_and_report(self._runtime, task, function, args)
        except BaseException as error:
            failure = None if self._context.explains(error) else error
            if failure is not None and not task.abandoned:
                self._context.cancel(f"{task.name} raised {type(failure).__name__}")
        with self._lock:
            task.ended = True
            if task.abandoned:
                return
            if failure is not None:
                self._failures.append(failure)
            self._ended.append(task)
            waiter = self._count_out()
        _wake(waiter)

    def _withdraw(self, task: Task) -> None:
        """Count out a task that could not be started, unless it has begun in spite of that."""
        with self._lock:
            if task.begun:
                return
            task.ended = True
            last = self._count_out()
        _wake(last)

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
        if not self._entered:
            return "a task group"
        code, line = self._place
        return f"the task group entered in {code.co_qualname}, line {line}"


def _place(frame: FrameType) -> tuple[CodeType, int]:
    """Find where a group is entered: for a `@contextmanager`, where its `with` block begins."""
    library = contextlib.__file__
    while frame.f_back is not None and frame.f_back.f_code.co_filename == library:
        frame = frame.f_back
        while frame.f_back is not None and frame.f_code.co_filename == library:
            frame = frame.f_back
    return frame.f_code, frame.f_lineno


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
    runtime.start(task, lambda: _call_and_report(runtime, task, function, args))
    return task


def _call_and_report(
    runtime: Runtime,
    task: Task,
    function: Callable[[Unpack[Ts]], object],
    args: tuple[*Ts],
) -> None:
    hook = runtime.hook
    if hook is None:
        function(*args)
        return
    if hook.started is not None:
        hook.started(task)
    ended_by: BaseException | None = None
    try:
        function(*args)
    except BaseException as error:
        ended_by = error
        raise
    finally:
        if hook.ended is not None:
            hook.ended(task, ended_by)
