"""Two ways to limit a rate: a ticker and a token bucket.

Both serve one task after the other in the order in which they came, give a slot that a
cancelled task did not use to the next, and need no thread of their own: the slots are computed.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from .checks import NANOSECONDS_PER_SECOND, check_count, check_rate, nanoseconds, plain
from .context import Context, park
from .runtime import (
    Runtime,
    Varied,
    Waiter,
    claim_first,
    current_runtime,
)

__all__ = ["Ticker", "TokenBucket"]


class _Turn:
    """A lock that is passed on in order of arrival and can be waited for under a context."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._lock = runtime.lock()
        self._taken = False
        self._waiters: deque[Waiter] = deque()

    @contextmanager
    def taken(self, limiter: object, context: Context | None) -> Iterator[None]:
        """Hold the turn; what the reports show is a wait for `limiter`."""
        if context is not None:
            context.raise_if_ended(self._runtime)
        with self._lock:
            waiter = self._runtime.waiter() if self._taken else None
            self._taken = True
            if waiter is not None:
                self._waiters.append(waiter)
        if waiter is not None:
            self._wait(waiter, limiter, context)
        try:
            yield
        finally:
            self._pass_on()

    def _wait(self, waiter: Waiter, limiter: object, context: Context | None) -> None:
        try:
            park(waiter, "throttle", limiter, context)
        except BaseException:
            if not waiter.claim() and waiter.cancelled_by is None:
                self._pass_on()
            with self._lock:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)
            raise

    def _pass_on(self) -> None:
        with self._lock:
            waiter = claim_first(self._waiters)
            self._taken = waiter is not None
        if waiter is not None:
            waiter.unpark()


class _Limiter(Varied):
    """What both limiters share: a turn that one task at a time holds while it waits."""

    def __init__(self, name: str | None, kind: str) -> None:
        self._runtime: Runtime = current_runtime()
        self.name = name or f"{kind}-{self._runtime.next_number(kind)}"
        self._turn = _Turn(self._runtime)

    def _wait_until(self, time: int, context: Context | None) -> None:
        if time > self._runtime.now():
            park(self._runtime.waiter(), "throttle", self, context, until=time)

    def __repr__(self) -> str:
        return self.name


class Ticker(_Limiter):
    """Ticks every `interval` seconds (> 0), the first one `interval` from now.

    Answers to `time.Tick`: one tick is kept for whoever comes late, the others are dropped. The
    kept one may be taken just before the next one is due, so in any window of t seconds at most
    2 + t / interval are taken. The interval is rounded up to whole nanoseconds.

    Raises ValueError for a bad interval.
    """

    def __init__(self, interval: float, name: str | None = None) -> None:
        nanoseconds(interval, "interval", positive=True)
        self._interval = _rounded_up(plain(interval) * NANOSECONDS_PER_SECOND)
        super().__init__(name, "ticker")
        self._next = self._runtime.now() + self._interval

    def wait(self, context: Context | None = None) -> float:
        """Take one tick, waiting for it if need be; return its time in seconds.

        Raises Cancelled, and takes no tick, if `context` is cancelled, or the task's group is
        while it waits.
        """
        with self._turn.taken(self, context):
            self._wait_until(self._next, context)
            tick = self._next
            missed = (self._runtime.now() - tick) // self._interval
            self._next = tick + (missed + 1) * self._interval
            return tick / NANOSECONDS_PER_SECOND


class TokenBucket(_Limiter):
    """Lets `rate` operations a second pass, and up to `burst` (>= 1) saved up at once.

    In any window of t seconds at most burst + rate * t pass. Answers to Go's `rate.Limiter`.
    The algorithm is the generic cell rate algorithm in its virtual scheduling form (ITU-T
    I.371): one time stamp in place of a counter that would need refilling. The time that a token
    takes is rounded up to whole nanoseconds.

    Raises ValueError for a bad burst, or a rate that is not from 1e-9 to 1e9.
    """

    def __init__(self, rate: float, burst: int = 1, name: str | None = None) -> None:
        check_rate("rate", rate)
        check_count("burst", burst, 1)
        self.rate = plain(rate)
        self.burst = int(burst)
        self._spacing = _rounded_up(NANOSECONDS_PER_SECOND / self.rate)
        super().__init__(name, "bucket")
        self._full_at = self._runtime.now()  # when the bucket would be full if nobody took any

    def acquire(self, context: Context | None = None) -> None:
        """Take one token, waiting for it if need be.

        Raises Cancelled, and takes no token, if `context` is cancelled, or the task's group is
        while it waits.
        """
        with self._turn.taken(self, context):
            self._wait_until(self._full_at - (self.burst - 1) * self._spacing, context)
            self._full_at = max(self._full_at, self._runtime.now()) + self._spacing

    @property
    def tokens(self) -> float:
        """Tokens in the bucket now, from 0 to `burst`."""
        missing = max(0, self._full_at - self._runtime.now()) / self._spacing
        return max(0.0, self.burst - missing)


def _rounded_up(time: float) -> int:
    """Return whole nanoseconds, >= 1, that are not below `time` (ns) by more than float noise."""
    return max(1, math.ceil(time * (1 - 1e-15)))  # 0.1 * 3 s are 300,000,000 ns, not one more
