"""Notice that a simulated task waits for a real lock, event or queue, and nobody can end that.

All tasks of a simulation are one thread. If one of them holds a `threading.Lock` while others have
their turn, the next that wants it makes the thread wait, and with it the one that would let go. A
timer looks now and then whether the thread stands still in such a wait, and ends the run if so.

Signals come to the main thread only, and not on Windows: elsewhere such a wait lasts for ever.
"""

from __future__ import annotations

import ast
import dis
import inspect
import queue
import signal
import sysconfig
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from lab.simulation.finalizer import in_finalizer
from lab.simulation.runtime import Ended, SimulatedRuntime
from lab.simulation.stuck import place
from patterns.concurrency.runtime import current_runtime

__all__ = ["RealLock", "keep_noticing", "noticing_real_locks"]

_TICK: Final = 0.25  # seconds
_TICKS: Final = 2  # in the same wait, after which it counts as endless
_COMPUTES: Final = 0.1  # share of a tick's time; whoever uses more of the processor does not wait

_LIBRARY: Final = sysconfig.get_path("stdlib")
_PRIMITIVES: Final = (threading.__file__, queue.__file__)
_IN_C: Final = frozenset({"acquire", "get", "__enter__"})  # operations that wait there
_NAMES: Final = {
    type(threading.Lock()): "threading.Lock",
    type(threading.RLock()): "threading.RLock",
    queue.SimpleQueue: "queue.SimpleQueue",
}
_INSTEAD: Final = {  # by what is in the name
    "Queue": "a Channel",
    "Event": "a Channel that is closed, or a Context that is cancelled",
    "Thread": "a TaskGroup and its spawn",
    "Barrier": "a Channel, or a TaskGroup",
    "Condition": "a Channel",
    "": "a Channel(1) (send to lock, receive to unlock), or hold it across nothing that waits, "
    "sends or receives",
}

_looking: list[_Timer] = []  # the one that is set


class RealLock(RuntimeError):
    """A simulated task waits for a real lock, event or queue, and nobody can end the wait."""


@contextmanager
def noticing_real_locks() -> Iterator[None]:
    """End what waits for a real lock inside the `with` block, which may hold many simulations."""
    is_main = threading.current_thread() is threading.main_thread()
    if _looking or not is_main or not hasattr(signal, "setitimer"):
        yield
        return
    timer = _Timer()
    _looking.append(timer)
    try:
        timer.start()
        yield
    finally:
        _looking.clear()
        timer.stop()


def keep_noticing() -> None:
    """Go on in a copy of the process, which has no timer of its own."""
    for timer in _looking:
        timer.set()


class _Timer:
    """Looks at every tick; a timer that was there before goes off when it is due, in its place."""

    def __init__(self) -> None:
        self._stopped = True
        self._look = _Look()

    def start(self) -> None:
        """Take the place of the timer that is there."""
        self._outer = signal.getsignal(signal.SIGALRM)
        left, self._interval = signal.getitimer(signal.ITIMER_REAL)
        self._due = time.monotonic() + left if left else None
        self._stopped = False
        signal.signal(signal.SIGALRM, self._tick)
        self.set()

    def set(self) -> None:
        """Tick once, soon."""
        left = _TICK if self._due is None else self._due - time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, max(min(left, _TICK), 1e-6))

    def stop(self) -> None:
        """Put back what was there before."""
        if self._stopped:
            return
        self._stopped = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._outer or signal.SIG_DFL)
        if self._due is not None:
            left = max(self._due - time.monotonic(), 1e-6)
            signal.setitimer(signal.ITIMER_REAL, left, self._interval)

    def _tick(self, number: int, frame: FrameType | None) -> None:
        if self._stopped:
            return
        if self._due is not None and time.monotonic() >= self._due:
            self.stop()
            return
        self.set()
        runtime = current_runtime()
        if isinstance(runtime, SimulatedRuntime) and frame is not None:
            self._look.at(runtime, frame)


class _Look:
    """Sees, at the second look or the third, that nothing has moved since the first."""

    def __init__(self) -> None:
        self._threads = threading.active_count()
        self._place: tuple[int, ...] = ()
        self._used = 0.0
        self._ticks = 0

    def at(self, runtime: SimulatedRuntime, frame: FrameType) -> None:
        """End the run if its thread stands still in a wait for a real lock."""
        users = _users(frame)
        place, used = (id(runtime), runtime.steps, id(users), users.f_lasti), time.thread_time()
        still = place == self._place and used - self._used < _COMPUTES * _TICK
        self._place, self._used = place, used
        self._ticks = self._ticks + 1 if still else 0
        # A real thread that was started meanwhile may end the wait.
        if self._ticks < _TICKS or not runtime.in_task or threading.active_count() > self._threads:
            return
        waits, primitive = _awaited(frame)
        if not waits:
            return
        self._place = ()
        if in_finalizer(frame):
            raise Ended
        if not runtime.over:
            runtime.stop(RealLock(_story(runtime, users, primitive)))
        runtime.leave()


def _users(frame: FrameType) -> FrameType:
    """Return the innermost frame outside of Python's own library."""
    inner: FrameType | None = frame
    while inner is not None:
        file = inner.f_code.co_filename
        if not file.startswith(_LIBRARY) or "-packages" in file:
            return inner
        inner = inner.f_back
    return frame


def _awaited(frame: FrameType) -> tuple[bool, object]:
    """Tell whether it waits for a lock or the like, and for which, if that can be found out."""
    primitive: object = None
    inner: FrameType | None = frame
    while inner is not None and inner.f_code.co_filename in _PRIMITIVES:
        primitive = inner.f_locals.get("self", primitive)
        inner = inner.f_back
    if inner is not frame:
        return True, primitive
    code = dis.get_instructions(frame.f_code)
    on_line = [part for part in code if part.positions and part.positions.lineno == frame.f_lineno]
    if not any(part.opname == "BEFORE_WITH" or part.argval in _IN_C for part in on_line):
        return False, None
    return True, next((lock for lock in _named(frame, held=False) if type(lock) in _NAMES), None)


def _named(frame: FrameType, *, held: bool) -> Iterator[object]:
    """Yield what the source names as locks: those that the line is to take, or stands within."""
    try:
        lines, first = inspect.getsourcelines(frame.f_code)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, SyntaxError):
        return
    line = frame.f_lineno - max(first, 1) + 1
    for node in ast.walk(tree):
        match node:
            case ast.With(items=items, body=[begin, *_], end_lineno=end):
                for item in items:
                    within = begin.lineno <= line <= (end or 0)
                    if within if held else item.context_expr.lineno == line:
                        yield _value(item.context_expr, frame)
            case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in _IN_C and not held:
                if value.lineno <= line <= (node.end_lineno or 0):
                    yield _value(value, frame)


def _value(expression: ast.expr, frame: FrameType) -> object:
    match expression:
        case ast.Name(id=name):
            return frame.f_locals.get(name, frame.f_globals.get(name))
        case ast.Attribute(value=value, attr=attr):
            return inspect.getattr_static(_value(value, frame), attr, None)  # runs no code
    return None


def _story(runtime: SimulatedRuntime, users: FrameType, primitive: object) -> str:
    here = runtime.current()
    kind = "lock" if primitive is None else _name(type(primitive))
    instead = next(text for word, text in _INSTEAD.items() if word in kind or not word)
    holders = (
        []
        if primitive is None
        else [
            task.name
            for task, frames in runtime.suspended()
            if any(lock is primitive for frame in frames for lock in _named(frame, held=True))
        ]
    )
    held = f" that {' and '.join(holders)} holds" if holders else ""
    return (
        f"{here.name} waits for a real {kind}{held}{place(users)}, and would do so for ever: all "
        f"tasks of a simulation are one thread; use {instead}"
    )


def _name(kind: type) -> str:
    return _NAMES.get(kind) or f"{kind.__module__}.{kind.__qualname__}"
