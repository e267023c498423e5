"""An asyncio event loop on a virtual clock: waiting takes no time, and every run is the same.

When no task is ready, the clock jumps to the next timer. It counts whole nanoseconds, and timers
of the same instant fire in the order in which they were set.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
from collections.abc import Callable, Coroutine, Generator, Mapping
from concurrent.futures import Executor
from contextvars import Context
from itertools import count
from types import CoroutineType
from typing import Any, TypeVar, TypeVarTuple

from lab.model.deadlock import Deadlock, Stuck, sentences

__all__ = ["VirtualLoop", "unfinished"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

Coro = Generator[Any, None, T] | Coroutine[Any, Any, T]

_NS = 1_000_000_000
_HINT = "If one waits for a thread, a process or a socket, pass real=True for the real clock."
_LONGEST_STANDSTILL = 1_000_000  # turns of the loop without any step of the clock
_MOST_STEPS = 1_000_000  # of the clock, in one run


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock starts at 0 and moves only when every task waits.

    Raises Deadlock where a real loop would wait for ever, and RuntimeError when the clock stands
    still for a million turns, when it has made a million steps, or when code is to run in a
    thread, which knows no virtual time.
    """

    def __init__(self) -> None:
        self.nanoseconds = 0
        self._task_numbers = count(1)
        self._timer_numbers = count()
        super().__init__(_Selector(self))
        self._clock_resolution = 1e-9

    if sys.platform == "emscripten":  # a browser has no sockets, nor threads to be woken by

        def _make_self_pipe(self) -> None:
            self._csock = None

        def _close_self_pipe(self) -> None:
            pass

    def now(self) -> int:
        """Nanoseconds since the loop was made."""
        return self.nanoseconds

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self.nanoseconds / _NS

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call `callback` at `when`, rounded to nanoseconds."""
        instant = _Instant(round(when * _NS) / _NS)
        instant.number = next(self._timer_numbers)
        return super().call_at(instant, callback, *args, context=context)

    def create_task(
        self, coro: Coro[T], *, name: object = None, context: Context | None = None
    ) -> asyncio.Task[T]:
        """Make a task; one without a name gets one that is the same in every run."""
        name = f"task-{next(self._task_numbers)}" if name is None else str(name)
        return super().create_task(coro, name=name, context=context)

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Refuse to."""
        raise RuntimeError(
            "what runs in a thread knows no virtual time: pass real=True for the real clock"
        )


class _Instant(float):
    """A point in time; of two that are equal the one with the smaller number comes first."""

    number = 0

    def __lt__(self, other: float) -> bool:
        if isinstance(other, _Instant):
            return (float(self), self.number) < (float(other), other.number)
        return float(self) < other


class _Selector(selectors.BaseSelector):
    """Moves the clock in place of waiting; only what other threads send to the loop is real."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._real = selectors.DefaultSelector()
        self._standstill = self._steps = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        if ready or timeout == 0:
            self._standstill += 1
            if self._standstill > _LONGEST_STANDSTILL:
                self._standstill = 0
                raise RuntimeError(
                    f"the clock stood still at {self._loop.time()} s for {_LONGEST_STANDSTILL:,} "
                    "turns: a task polls with sleep(0) for something that takes time"
                )
            return ready
        self._standstill = 0
        if timeout is None:
            deadlock = Deadlock(self._loop.nanoseconds, unfinished(self._loop))
            deadlock.add_note(_HINT)
            raise deadlock
        self._steps += 1
        if self._steps > _MOST_STEPS:
            self._steps = 0
            lines = [
                f"stopped at {self._loop.time()} s, after {_MOST_STEPS:,} steps of the clock: "
                "a task sleeps again and again, and the pool does not come to an end",
                *sentences(unfinished(self._loop)),
            ]
            raise RuntimeError("\n".join(lines))
        self._loop.nanoseconds += round(timeout * _NS)
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map() or {}

    def close(self) -> None:
        self._real.close()


def unfinished(loop: asyncio.AbstractEventLoop) -> list[Stuck]:
    """Tell of each task of `loop` that has not ended what it waits for, oldest first."""
    tasks = sorted(asyncio.all_tasks(loop), key=_age)
    return [_stuck(task) for task in tasks]


def _age(task: asyncio.Task[Any]) -> tuple[int, str]:
    name = task.get_name()
    digits = "".join(filter(str.isdigit, name))
    return (int(digits) if digits else 0, name)


def _stuck(task: asyncio.Task[Any]) -> Stuck:
    """Name the innermost function of the pool that waits, and the call in which it does."""
    call, where = "something", ""
    coroutine: Any = task.get_coro()
    while isinstance(coroutine, CoroutineType):
        frame = coroutine.cr_frame
        if frame is None:
            break
        library = frame.f_globals.get("__name__", "").partition(".")[0] in ("asyncio", "anyio")
        if library:
            call = coroutine.__qualname__
            break
        where = f", in {frame.f_code.co_name}, line {frame.f_lineno}"
        coroutine = coroutine.cr_await
    return Stuck(task.get_name(), "waiting", f"waiting in {call}", where)
