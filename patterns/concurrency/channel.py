"""A channel: Go's bounded queue between tasks, on which senders and receivers wait.

How it works, in one paragraph. Values wait in `_items`; tasks that cannot go on wait in
`_senders`, each with its value, and in `_receivers`. A sender works under the lock. A receiver
first tries `popleft` without it, which a deque does atomically; only when that fails, or when
senders wait for the room it made, does it take the lock. A sender wakes at most one receiver at
a time: the woken one, having taken its value, wakes the next. So a burst does not wake a
thousand workers to find the queue already empty.

Two invariants hold whenever the lock is free:

1. if a sender is parked, then the buffer is full, or the receiver that has just made room is
   about to take the lock and admit it;
2. if values are buffered and a receiver is parked, then a wake-up is on its way (`_waking`).
"""

from __future__ import annotations

import math
from collections import deque
from typing import Any, Generic, TypeVar

from patterns.concurrency.checks import check_count
from patterns.concurrency.context import Context, park
from patterns.concurrency.errors import Closed
from patterns.concurrency.runtime import Runtime, Waiter, claim_first, current_runtime, variant

__all__ = ["Channel"]

T = TypeVar("T")


class Channel(Generic[T]):
    """A first-in first-out channel of at most `capacity` buffered values.

    Args:
        capacity: values, >= 0; 0 makes every send wait for its receiver (a rendezvous), and
            `math.inf` never makes a send wait.
        name: what reports and pictures call it.

    Raises ValueError for a bad capacity. `len(channel)` is the number of values buffered.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Channel[T]:
        """Build the class that the current runtime asks for."""
        return object.__new__(variant(cls))

    def __init__(self, capacity: float = 0, name: str | None = None) -> None:
        if capacity != math.inf:
            check_count("capacity", capacity, 0)
        self._runtime: Runtime = current_runtime()
        self.capacity = capacity
        self.name = name or f"channel-{self._runtime.next_number('channel')}"
        self._lock = self._runtime.lock()
        self._acquire, self._release = self._lock.acquire, self._lock.release
        self._items: deque[T] = deque()
        self._append = self._items.append
        self._open_room = capacity  # 0 once closed, and while senders are parked
        self._senders: deque[Waiter] = deque()
        self._receivers: deque[Waiter] = deque()
        self._waking = False
        self._closed = False

    def send(self, value: T, context: Context | None = None) -> None:
        """Put `value` in, waiting while the channel is full.

        Raises Closed if the channel is closed, before or while waiting, and Cancelled if
        `context` or the task's group is cancelled; in both cases nobody receives `value`.
        """
        if context is not None:
            context._check(self._runtime)
        self._acquire()
        try:
            if len(self._items) < self._open_room:
                self._append(value)
                if self._receivers and not self._waking:
                    self._wake_receiver()
                return
            if self._closed:
                raise Closed(f"send on closed channel {self.name}")
            waiter = self._hand_over_or_queue(value)
        finally:
            self._release()
        if waiter is not None:
            self._park(waiter, "send", self._senders, context)
            if waiter.outcome == "closed":
                raise Closed(f"channel {self.name} was closed during the send")

    def receive(self, context: Context | None = None) -> T:
        """Take the oldest value out, waiting while there is none.

        Raises Closed when the channel is closed and empty, and Cancelled if `context` or the
        task's group is cancelled, even if a value is there: none is then taken.
        """
        if context is not None:
            context._check(self._runtime)
        try:
            value = self._items.popleft()
        except IndexError:
            return self._receive_or_wait(context)
        if self._senders:
            with self._lock:
                self._admit()
        return value

    def close(self) -> None:
        """Say that nothing more will be sent; what is buffered can still be received.

        Closing twice is harmless (Go panics). A sender that waits gets Closed.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._open_room = 0
            while (waiter := claim_first(self._senders)) is not None:
                waiter.outcome = "closed"
                waiter.unpark()
            while (waiter := claim_first(self._receivers)) is not None:
                waiter.unpark()

    @property
    def closed(self) -> bool:
        """Whether `close` was called; buffered values may be left."""
        return self._closed

    def __iter__(self) -> Values[T]:
        return Values(self, None)

    def values(self, context: Context | None = None) -> Values[T]:
        """Iterate until the channel is closed and empty; Cancelled comes out of the loop."""
        return Values(self, context)

    def __len__(self) -> int:
        return len(self._items)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        state = ", closed" if self._closed else ""
        return f"{self.name} ({len(self._items)}/{self.capacity}{state})"

    def _hand_over_or_queue(self, value: T) -> Waiter | None:
        """Give `value` to a parked receiver, or queue a waiter that offers it; lock held."""
        if self.capacity == 0:
            receiver = claim_first(self._receivers)
            if receiver is not None:
                receiver.value = value
                receiver.outcome = "handed"
                receiver.unpark()
                return None
        waiter = self._runtime.waiter()
        waiter.value = value
        self._senders.append(waiter)
        self._open_room = 0
        self._admit()  # a receiver may have made room just before it could see this waiter
        return waiter

    def _receive_or_wait(self, context: Context | None) -> T:
        woken = False
        while True:
            with self._lock:
                if woken:
                    self._waking = woken = False
                if self._items:
                    try:
                        value = self._items.popleft()
                    except IndexError:  # another receiver, without the lock, was quicker
                        continue
                    self._admit()
                    return value
                sender = claim_first(self._senders)
                if sender is not None:
                    value = sender.value
                    sender.unpark()
                    self._admit()
                    return value
                if self._closed:
                    raise Closed(f"channel {self.name} is closed and empty")
                waiter = self._runtime.waiter()
                self._receivers.append(waiter)
            self._park(waiter, "receive", self._receivers, context)
            if waiter.outcome == "handed":
                return waiter.value  # type: ignore[no-any-return]
            woken = True

    def _admit(self) -> None:
        """Move parked senders' values into free room and keep a wake-up going; lock held."""
        while self._senders and len(self._items) < self.capacity:
            sender = self._senders.popleft()
            if sender.claim():
                self._items.append(sender.value)
                sender.unpark()
        if not self._senders and not self._closed:
            self._open_room = self.capacity
        if self._items and self._receivers and not self._waking:
            self._wake_receiver()

    def _wake_receiver(self) -> None:
        receiver = claim_first(self._receivers)
        if receiver is not None:
            self._waking = True
            receiver.unpark()

    def _park(
        self, waiter: Waiter, verb: str, queue: deque[Waiter], context: Context | None
    ) -> None:
        error = getattr(waiter.value, "error", None)
        try:
            park(waiter, verb, self, context, error=error)
        except BaseException:
            with self._lock:
                ended_by_peer = not waiter.claim() and waiter.cancelled_by is None
                if waiter in queue:
                    queue.remove(waiter)
                if ended_by_peer and verb == "receive":
                    self._waking = False
                    self._admit()
            raise


class Values(Generic[T]):
    """Iterator over a channel's values; tasks may share one."""

    __slots__ = ("_channel", "_context", "_own", "_popleft", "_senders")

    def __init__(self, channel: Channel[T], context: Context | None) -> None:
        self._channel = channel
        self._context = context
        self._own = channel._runtime.current().context
        self._popleft = channel._items.popleft
        self._senders = channel._senders

    def __iter__(self) -> Values[T]:
        return self

    def __next__(self) -> T:
        if self._own is not None and self._own._cause is not None:
            raise self._own._error()
        if self._context is not None:
            self._context._check(self._channel._runtime)
        try:
            value = self._popleft()
        except IndexError:
            try:
                return self._channel._receive_or_wait(self._context)
            except Closed:
                raise StopIteration from None
        if self._senders:
            with self._channel._lock:
                self._channel._admit()
        return value
