"""Contexts: one signal that tells any number of tasks to stop, with an optional deadline.

Answers to Go's `context` package.

The rule of cancelling, which is the same on threads and in simulations:

1. Who hears it. A task belongs to the task group that spawned it. Cancelling a group's context
   reaches its block, its tasks, and the groups that these have entered. A bare `go` task belongs to
   no group, and hears nothing.
2. Where. A task hears it where it waits: for a channel, a limiter, or a time. It hears it in the
   middle of the wait and as it begins to wait (a `sleep(0)` is a wait, too), and a loop over a
   channel hears it at each value. There `Cancelled` is raised. It is no `Exception`, so a job's own
   `except Exception` does not stop it.
3. Where not. What need not wait goes through: a send that finds room, a receive that finds a value.
4. Deaf tasks. Whoever computes, or calls what knows nothing of contexts, is not cut short. The
   group waits for it, and what it has done counts: leaving a group waits for its tasks, always.
5. Contexts by hand. An operation that is given a context listens to that one as well, and looks
   at it first: it raises even if it need not wait.

Code under a limit of its own, `with TaskGroup(Context(timeout=1))`, ends with Cancelled too, but
whoever called it is not cancelled: to a pool such a job has failed.

Cancelling takes no lock, so it may be done anywhere: in another thread, a signal handler, a
finaliser. It is made of steps that are atomic each, and those who add something (a waiter, a
child) look only afterwards whether the context was cancelled meanwhile.
"""

from __future__ import annotations

import weakref
from typing import Any

from .checks import NANOSECONDS_PER_SECOND, moment, nanoseconds
from .errors import Cancelled, DeadlineExceeded, WrongRuntime
from .runtime import Runtime, Varied, Waiter, current_runtime

__all__ = ["Context", "cancels_caller", "park"]


class Context(Varied):
    """A signal to stop, and optionally a time by which to stop.

    Args:
        parent: its cancellation and its deadline are this context's too.
        timeout: seconds from now; at or below 0 it has passed.
        deadline: seconds on the runtime's clock (`now()`); it has passed if that is later.

    Raises ValueError for a bad time, TypeError for what is no context. As a context manager it is
    cancelled on leaving.
    """

    def __init__(
        self,
        parent: Context | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> None:
        self.runtime: Runtime = current_runtime()
        self.cause: Cancelled | None = None  # set once, by the first of `_causes`
        self.ends_at: int | None = None  # nanoseconds
        self._causes: list[Cancelled] = []
        self._all_woken = False  # here and below, after it was cancelled
        self._why_deadline = ""
        self._waiters: dict[Waiter, None] = {}
        self._children: dict[weakref.ref[Context], None] = {}
        self.parents: tuple[Context, ...] = ()
        if deadline is not None:
            self._end_by(moment(deadline, "deadline"), f"deadline {deadline} s passed")
        if timeout is not None:
            end = self.runtime.now() + moment(timeout, "timeout")
            self._end_by(end, f"timeout of {timeout} s passed")
        if parent is not None:
            if not isinstance(parent, Context):
                raise TypeError(f"context must be a Context, got {parent!r}")
            parent.adopt(self)

    def child(self, *, timeout: float | None = None, deadline: float | None = None) -> Context:
        """Return a new context that is cancelled with this one, or earlier."""
        return Context(self, timeout=timeout, deadline=deadline)

    @property
    def deadline(self) -> float | None:
        """The earliest of its own and its ancestors' deadlines, in seconds, or None."""
        return None if self.ends_at is None else self.ends_at / NANOSECONDS_PER_SECOND

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled, or its deadline has passed."""
        return self.ended()

    @property
    def reason(self) -> str | None:
        """Why it is cancelled; None while it is not."""
        return str(self.error()) if self.ended() else None

    def check(self) -> None:
        """Raise Cancelled, or DeadlineExceeded, if it is cancelled."""
        self.raise_if_ended(self.runtime)

    def cancel(self, reason: str = "cancelled") -> None:
        """Cancel it and all its descendants; only the first reason counts. Allowed anywhere."""
        self.end(Cancelled(reason))

    def sleep(self, seconds: float) -> None:
        """Wait `seconds` (>= 0); raise Cancelled at once if it is cancelled meanwhile."""
        self.raise_if_ended(current_runtime())
        end = self.runtime.now() + nanoseconds(seconds, "seconds")
        park(self.runtime.waiter(), "sleep", None, self, until=end)

    def __enter__(self) -> Context:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.end(Cancelled("its block has ended"))

    def __repr__(self) -> str:
        return f"<Context {self.reason or 'active'}>"

    # What the other primitives use; none of these is a scheduling point.

    def ended(self) -> bool:
        """Tell whether it was cancelled, or its deadline has passed."""
        return self.cause is not None or (
            self.ends_at is not None and self.runtime.now() >= self.ends_at
        )

    def error(self) -> Cancelled:
        """Return a fresh exception: one instance raised in many tasks would share a traceback."""
        cause = self.cause
        return DeadlineExceeded(self._why_deadline) if cause is None else type(cause)(*cause.args)

    def raise_if_ended(self, runtime: Runtime) -> None:
        """Raise Cancelled if it has ended, WrongRuntime if `runtime` is not its own."""
        if runtime is not self.runtime:
            self._check_runtime(runtime)
        if (self.cause is not None or self.ends_at is not None) and self.ended():
            raise self.error()

    def end(self, cause: Cancelled) -> None:
        """Cancel it for `cause`: first claim all who wait, then wake them, so that none of them
        finds another one waiting still.

        Who comes second does it all again, for the first one may have been interrupted half-way.
        """
        claimed, marked = [], set[Context]()
        try:
            for context, waiter in self._mark(self.error() if self.ended() else cause, marked):
                if waiter.claim():
                    waiter.cancelled_by = context
                    claimed.append(waiter)
        finally:
            for waiter in claimed:
                waiter.unpark()
        for context in marked:
            context._all_woken = True

    def explains(self, error: BaseException) -> bool:
        """Tell whether `error` only says that this context, or one above, is cancelled."""
        return isinstance(error, Cancelled) and (
            self.ended() or any(parent.explains(error) for parent in self.parents)
        )

    def adopt(self, child: Context) -> None:
        """Let `child` be cancelled with this context."""
        self._check_runtime(child.runtime)
        child.parents += (self,)  # children are held weakly: the links between must not vanish
        if self.ends_at is not None:
            child._end_by(self.ends_at, self._why_deadline)
        children = self._children
        children[weakref.ref(child, lambda dead: children.pop(dead, None))] = None
        if self.cause is not None:
            child.end(self.cause)

    def watch(self, waiter: Waiter) -> None:
        """Wake `waiter` when the context is cancelled."""
        self._waiters[waiter] = None
        if self.cause is not None and waiter.claim():
            waiter.cancelled_by = self
            waiter.unpark()

    def forget(self, waiter: Waiter) -> None:
        """Wake `waiter` no more."""
        self._waiters.pop(waiter, None)

    def _mark(self, cause: Cancelled, marked: set[Context]) -> list[tuple[Context, Waiter]]:
        """Set the cause here and below; return whom to wake, once nobody can miss the cause."""
        if not self._causes:
            self._causes.append(cause)
        self.cause = self._causes[0]
        marked.add(self)
        waiting = [(self, waiter) for waiter in _copied(self._waiters)]
        for reference in _copied(self._children):
            child = reference()
            if child is not None and child not in marked and not child._all_woken:
                waiting += child._mark(cause, marked)
        return waiting

    def _check_runtime(self, runtime: Runtime) -> None:
        if runtime is not self.runtime and not self.runtime.admits(runtime):
            raise WrongRuntime(
                f"{self} belongs to {self.runtime}, and was used in {runtime}: "
                "make it inside the function that runs"
            )

    def _end_by(self, deadline: int, why: str) -> None:
        if self.ends_at is None or deadline < self.ends_at:
            self.ends_at, self._why_deadline = deadline, why


def _copied(keys: dict[Any, None]) -> list[Any]:
    """Copy the keys of a dict that other threads, and finalisers in this one, may change."""
    while True:
        try:
            return list(keys)
        except RuntimeError:  # changed while it was copied
            continue


def park(
    waiter: Waiter,
    verb: str,
    subject: object,
    context: Context | None = None,
    until: int | None = None,
) -> bool:
    """Wait until another party claims `waiter`, or until the time `until` (ns).

    Returns True if claimed, False if the time came first. Raises Cancelled if `context` or the
    task's own context ends the wait, or has ended before; the waiter is then claimed, and may
    still be queued.
    """
    runtime = waiter.runtime
    if current_runtime() is not runtime:
        runtime.check_caller(subject)
    task = runtime.current()
    own = task.context
    contexts = (own,) if context is None or context is own else (context, own)
    end, ends_it = until, None
    for c in contexts:
        if c is None or (c.cause is None and c.ends_at is None):  # as nearly always
            continue
        if c.ended() and waiter.claim():
            waiter.cancelled_by = c
            raise c.error()
        if c.ends_at is not None and (end is None or c.ends_at < end):
            end, ends_it = c.ends_at, c
    hook = runtime.hook
    if hook is not None and hook.parks is not None:
        hook.parks(verb, subject, waiter.value, end)
    try:
        for c in contexts:
            if c is not None:
                c.watch(waiter)
        claimed = waiter.park(end, verb, subject)
    finally:
        for c in contexts:
            if c is not None:
                c.forget(waiter)
        if hook is not None and hook.goes_on is not None:
            hook.goes_on(verb, subject, waiter.woken_by)
    if waiter.cancelled_by is not None:
        ends_it = waiter.cancelled_by
    elif claimed:
        return True
    if ends_it is None:
        return False
    waiter.cancelled_by = ends_it
    raise ends_it.error()


def cancels_caller(error: Cancelled) -> bool:
    """Tell whether `error` says that the running task is cancelled, and not only what it ran."""
    own = current_runtime().current().context
    return own is not None and own.explains(error)
