"""The thread runtime: a task is a thread, and parking is waiting for a lock.

Makes no use of the GIL: what two threads share is claimed through a lock's non-blocking acquire
or changed under a lock; the rest are single deque, dict and list operations, which CPython keeps
atomic with and without it.
"""

from __future__ import annotations

import contextvars
import itertools
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import FrameType

from .checks import NANOSECONDS_PER_SECOND
from .context import Context
from .hooks import Hook
from .runtime import (
    Lock,
    Runtime,
    Task,
    Waiter,
    set_default_runtime,
    use_runtime,
)

__all__ = ["THREADS", "NoThreads", "ThreadRuntime"]

_LONGEST_WAIT = threading.TIMEOUT_MAX - 1

# A signal that comes in the last moment before the main thread waits is handled after the wait
# (CPython looks for it before, and then only if the wait is interrupted), so it waits in pieces.
_UNTIL_SIGNALS_ARE_SEEN = 0.5  # seconds

# A thread has one task, whatever runtime asks: a channel made before a measurement must still
# learn that the task which waits there has been cancelled.
_here = threading.local()


class NoThreads(RuntimeError):
    """Something needs threads, and there are none: in a browser."""


class ThreadTask(Task):
    """A task with its thread."""

    __slots__ = ("thread",)
    thread: threading.Thread


class ThreadWaiter(Waiter):
    """Two locks: the first acquire of one is the claim, the other is the gate to wait at."""

    __slots__ = ("_claim", "_gate")

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self._claim = threading.Lock()
        self._gate = threading.Lock()
        self._gate.acquire()

    def claim(self) -> bool:
        """Return True for the first caller."""
        return self._claim.acquire(blocking=False)

    def unpark(self) -> None:
        """Open the gate."""
        if self.runtime.hook is not None:
            self.woken_by = (self.runtime.now(), self.runtime.current())
        self._gate.release()

    def park(self, deadline: int | None, verb: str, subject: object) -> bool:
        """Wait at the gate."""
        in_main = _is_main()
        if deadline is None:
            if not in_main:
                return self._gate.acquire()
            while not self._gate.acquire(timeout=_UNTIL_SIGNALS_ARE_SEEN):
                pass
            return True
        longest = _UNTIL_SIGNALS_ARE_SEEN if in_main else _LONGEST_WAIT
        while (left := deadline - time.monotonic_ns()) > 0:
            if self._gate.acquire(timeout=min(left / NANOSECONDS_PER_SECOND, longest)):
                return True
        if self.claim():
            return False
        return self._gate.acquire()  # claimed in the last moment: the unpark is on its way


class ThreadRuntime(Runtime):
    """Real threads on the monotonic clock."""

    def __init__(self, hook: Hook | None = None) -> None:
        self.hook = hook
        self._counters: defaultdict[str, itertools.count[int]] = defaultdict(
            lambda: itertools.count(1)
        )

    def __repr__(self) -> str:
        return "real threads"

    now = staticmethod(time.monotonic_ns)

    def lock(self) -> Lock:
        """Return a plain lock."""
        return threading.Lock()

    def waiter(self) -> Waiter:
        """Return a new waiter."""
        return ThreadWaiter(self)

    def current(self) -> Task:
        """Return the calling thread's task; a thread not started here gets one as it comes."""
        try:
            return _here.task  # type: ignore[no-any-return]
        except AttributeError:
            thread = threading.current_thread()
            name = "main" if thread is threading.main_thread() else thread.name
            task = Task(name, 0, None)
            task.named = False
            _here.task = task
            return task

    def task(self, name: str | None, context: Context | None) -> ThreadTask:
        """Return a new task."""
        return ThreadTask(name, self.next_number("task"), context)

    def start(self, task: Task, body: Callable[[], None]) -> None:
        """Run `body` in a new daemon thread, so that a hung one cannot keep the process alive.

        Raises RuntimeError if no thread can be started; NoThreads in a browser, where none can.
        """
        assert isinstance(task, ThreadTask)
        if sys.platform == "emscripten":
            raise NoThreads("a browser has no threads: run the pool with lab.simulate instead")
        caller = contextvars.copy_context()

        def run() -> None:
            _here.task = task
            with use_runtime(self):
                caller.run(body)

        task.thread = threading.Thread(target=run, name=task.name, daemon=True)
        task.thread.start()

    def join(self, task: Task) -> None:
        """Wait for the task's thread."""
        assert isinstance(task, ThreadTask)
        task.thread.join()

    def next_number(self, kind: str) -> int:
        """Return the next number of its kind."""
        return next(self._counters[kind])

    def interrupts(self, context: Context) -> AbstractContextManager[object]:
        """Take over Ctrl-C, if the main thread has it handled in the default way."""
        handler = signal.getsignal(signal.SIGINT)
        if _is_main() and (handler is signal.default_int_handler or _is_over(handler)):
            return _CancelOnInterrupt(context)
        return nullcontext()

    def admits(self, caller: Runtime) -> bool:
        """Any thread may wait here; a task of a simulation may not."""
        return isinstance(caller, ThreadRuntime)


class _CancelOnInterrupt:
    """Turns the first Ctrl-C into a cancellation; a second one raises where it strikes.

    Unless it strikes in the middle of cancelling: those not woken yet would wait for ever.
    If a group is left by another thread, which is a mistake, the handler has to stay, and raises.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._interrupted = self._again = False
        self.over = False

    def __enter__(self) -> None:
        signal.signal(signal.SIGINT, self._handle)

    def __exit__(self, *exc_info: object) -> None:
        self.over = True
        if _is_main():
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._interrupted:
            raise KeyboardInterrupt

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._interrupted or self.over:
            self._again = True
            if _is_cancelling(frame):
                return
            raise KeyboardInterrupt
        self._interrupted = True
        self._context.cancel("interrupted by Ctrl-C")
        if self._again and not _is_cancelling(frame):
            raise KeyboardInterrupt


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


def _is_cancelling(frame: FrameType | None) -> bool:
    while frame is not None and frame.f_code is not Context.end.__code__:
        frame = frame.f_back
    return frame is not None


def _is_over(handler: object) -> bool:
    owner = getattr(handler, "__self__", None)
    return isinstance(owner, _CancelOnInterrupt) and owner.over


THREADS = ThreadRuntime()
set_default_runtime(THREADS)
