"""Contexts: one signal that tells any number of tasks to stop, with an optional deadline.

Answers to Go's `context` package, and to its advice of looking at cancellation first: where an
operation could complete and its context is cancelled, it raises.

Every task also has a context of its own, its task group's. Whatever a task waits for, being
cancelled there ends the wait with `Cancelled`; so no task stays behind when its group is
cancelled, even if its code passes no context at all.
"""

from __future__ import annotations

import weakref
from typing import Any

from patterns.concurrency.checks import NANOSECONDS_PER_SECOND, nanoseconds
from patterns.concurrency.errors import Cancelled, DeadlineExceeded, WrongRuntime
from patterns.concurrency.recording import (
    PARKED,
    PARKED_RECEIVING,
    PARKED_SENDING,
    PARKED_THROTTLED,
    RESUMED,
)
from patterns.concurrency.runtime import (
    Runtime,
    Waiter,
    current_runtime,
    variant,
)

__all__ = ["Context", "park", "sleep"]

_PARKED_KIND = {"send": PARKED_SENDING, "receive": PARKED_RECEIVING, "throttle": PARKED_THROTTLED}


class Context:
    """A signal to stop, and optionally a time by which to stop.

    Args:
        parent: its cancellation and its deadline are this context's too.
        timeout: seconds from now, >= 0.
        deadline: seconds on the runtime's clock (`now()`), >= 0.

    Raises ValueError for a bad time. As a context manager it is cancelled on leaving.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Context:
        """Build the class that the current runtime asks for."""
        return object.__new__(variant(cls))

    def __init__(
        self,
        parent: Context | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> None:
        self._runtime: Runtime = current_runtime()
        self._lock = self._runtime.lock()
        self._cause: Cancelled | None = None
        self._deadline: int | None = None
        self._why_deadline = ""
        self._waiters: dict[Waiter, None] = {}
        self._children: list[weakref.ref[Context]] = []
        self._prune_at = 16
        self._parents: tuple[Context, ...] = ()
        if deadline is not None:
            self._end_by(nanoseconds(deadline, "deadline"), f"deadline {deadline} s passed")
        if timeout is not None:
            end = self._runtime.now() + nanoseconds(timeout, "timeout")
            self._end_by(end, f"timeout of {timeout} s passed")
        if parent is not None:
            parent._adopt(self)

    def child(self, *, timeout: float | None = None, deadline: float | None = None) -> Context:
        """Return a new context that is cancelled with this one, or earlier."""
        return Context(self, timeout=timeout, deadline=deadline)

    @property
    def deadline(self) -> float | None:
        """The earliest of its own and its ancestors' deadlines, in seconds, or None."""
        return None if self._deadline is None else self._deadline / NANOSECONDS_PER_SECOND

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled, or its deadline has passed."""
        return self._ended()

    @property
    def reason(self) -> str | None:
        """Why it is cancelled; None while it is not."""
        return str(self._error()) if self._ended() else None

    def check(self) -> None:
        """Raise Cancelled, or DeadlineExceeded, if it is cancelled."""
        self._check(self._runtime)

    def cancel(self, reason: str = "cancelled") -> None:
        """Cancel it and all its descendants; only the first reason counts."""
        self._cancel(Cancelled(reason))

    def sleep(self, seconds: float) -> None:
        """Wait `seconds` (>= 0); raise Cancelled at once if it is cancelled meanwhile."""
        self._check(self._runtime)
        _sleep(self._runtime, seconds, self)

    def __enter__(self) -> Context:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._cancel(Cancelled("its block has ended"))

    def __repr__(self) -> str:
        return f"<Context {self.reason or 'active'}>"

    # What the other primitives use; none of these is a scheduling point.

    def _ended(self) -> bool:
        return self._cause is not None or (
            self._deadline is not None and self._runtime.now() >= self._deadline
        )

    def _error(self) -> Cancelled:
        """Return a fresh exception: one instance raised in many tasks would share a traceback."""
        cause = self._cause
        return DeadlineExceeded(self._why_deadline) if cause is None else type(cause)(*cause.args)

    def _check(self, runtime: Runtime) -> None:
        if (self._cause is not None or self._deadline is not None) and self._ended():
            raise self._error()
        self._check_runtime(runtime)

    def _check_runtime(self, runtime: Runtime) -> None:
        if runtime is not self._runtime and not self._runtime.admits(runtime):
            raise WrongRuntime(f"the context belongs to {self._runtime}, and was used in {runtime}")

    def _cancel(self, cause: Cancelled) -> None:
        for context, waiter in self._mark(self._error() if self._ended() else cause):
            if waiter.claim():
                waiter.cancelled_by = context
                waiter.unpark()

    def _mark(self, cause: Cancelled) -> list[tuple[Context, Waiter]]:
        """Set the cause here and below; return whom to wake, once nobody can miss the cause."""
        with self._lock:
            if self._cause is not None:
                return []
            self._cause = cause
            waiting = [(self, waiter) for waiter in self._waiters]
            children, self._children = self._children, []
        for reference in children:
            child = reference()
            if child is not None:
                waiting += child._mark(cause)
        return waiting

    def _explains(self, error: BaseException) -> bool:
        """Tell whether `error` only says that this context, or one above, is cancelled."""
        return isinstance(error, Cancelled) and (
            self._ended() or any(parent._explains(error) for parent in self._parents)
        )

    def _adopt(self, child: Context) -> None:
        self._check_runtime(child._runtime)
        child._parents += (self,)  # children are held weakly: the links between must not vanish
        if self._deadline is not None:
            child._end_by(self._deadline, self._why_deadline)
        with self._lock:
            if self._cause is None:
                if len(self._children) >= self._prune_at:
                    self._children = [c for c in self._children if _is_live(c)]
                    self._prune_at = 2 * len(self._children) + 16
                self._children.append(weakref.ref(child))
                return
        child._cancel(self._cause)

    def _end_by(self, deadline: int, why: str) -> None:
        if self._deadline is None or deadline < self._deadline:
            self._deadline, self._why_deadline = deadline, why

    def _watch(self, waiter: Waiter) -> None:
        with self._lock:
            if self._cause is None:
                self._waiters[waiter] = None
                return
        if waiter.claim():
            waiter.cancelled_by = self
            waiter.unpark()

    def _forget(self, waiter: Waiter) -> None:
        with self._lock:
            self._waiters.pop(waiter, None)


def _is_live(reference: weakref.ref[Context]) -> bool:
    context = reference()
    return context is not None and context._cause is None


def park(
    waiter: Waiter,
    verb: str,
    subject: object,
    context: Context | None = None,
    until: int | None = None,
    error: object = None,
) -> bool:
    """Wait until another party claims `waiter`, or until the time `until` (ns).

    Returns True if claimed, False if the time came first. Raises Cancelled if `context` or the
    task's own context ends the wait; the waiter is then claimed, and may still be queued.
    `error` is passed to the recorder.
    """
    runtime = waiter.runtime
    runtime.check_caller(subject)
    task = runtime.current()
    contexts = _distinct(context, task.context)
    end, ends_it = until, None
    for c in contexts:
        if c._deadline is not None and (end is None or c._deadline < end):
            end, ends_it = c._deadline, c
    record = runtime.record
    if record is not None:
        kind = _PARKED_KIND.get(verb, PARKED)
        record((runtime.now(), task, kind, subject, waiter.value, 0, error))
    try:
        for c in contexts:
            c._watch(waiter)
        claimed = waiter.park(end, verb, subject)
    finally:
        for c in contexts:
            c._forget(waiter)
        if record is not None:
            record((runtime.now(), task, RESUMED, subject, None, 0, None))
    if waiter.cancelled_by is not None:
        ends_it = waiter.cancelled_by
    elif claimed:
        return True
    if ends_it is None:
        return False
    waiter.cancelled_by = ends_it
    raise ends_it._error()


def _distinct(context: Context | None, own: Context | None) -> tuple[Context, ...]:
    if context is None or context is own:
        return () if own is None else (own,)
    return (context,) if own is None else (context, own)


def sleep(seconds: float) -> None:
    """Let the current task rest for `seconds` (>= 0) on its runtime's clock.

    Raises ValueError for a bad number, Cancelled if the task's group is cancelled meanwhile.
    """
    _sleep(current_runtime(), seconds, None)


def _sleep(runtime: Runtime, seconds: float, context: Context | None) -> None:
    end = runtime.now() + nanoseconds(seconds, "seconds")
    park(runtime.waiter(), "sleep", None, context, until=end)
