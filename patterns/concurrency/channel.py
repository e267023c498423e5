"""A channel: Go's bounded queue between tasks, on which senders and receivers wait.

Values wait in `_items`, and every free place in the buffer is a token in `_room`. A send takes a
token and appends; a receive takes the oldest value and puts a token back. Each of these four
steps is one atomic operation on a deque, so as long as nobody has to wait nobody takes the lock.

Whoever finds no token, or no value, takes the lock and parks in `_senders` (with its value) or
`_receivers`. From then on the others must notice it, and they look only *after* their own step:

- A receiver puts its token back, then looks at `_senders`. A sender joins `_senders`, then looks
  for a token once more. Whichever is second sees the first. While anybody is parked in
  `_senders`, no other send finds a token (`_take_room`), so none can overtake.
- A sender appends, then looks at `_attention`. A receiver joins `_receivers` and raises
  `_attention`, then looks for a value once more. Again the second one sees the first.

A sender wakes at most one receiver at a time (`_waking`); the woken one, with its value in hand,
wakes the next. So a burst does not wake a thousand workers to find the queue already empty.

Closing raises `_attention` too: a send that had its token but appended only after the close
notices, takes its value back, and raises Closed, unless the value has already been received.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from typing import Any, Final, Generic, TypeVar

from .checks import check_count
from .context import Context, park
from .errors import Closed
from .runtime import Runtime, Waiter, claim_first, current_runtime, variant

__all__ = ["Channel"]

T = TypeVar("T")


class Channel(Generic[T]):
    """A first-in first-out channel of at most `capacity` buffered values.

    Args:
        capacity: values, >= 0; 0 makes every send wait for its receiver (a rendezvous), and
            `math.inf` never makes a send wait.
        name: what reports and pictures call it.

    Raises ValueError for a bad capacity. `len(channel)` is the number of values buffered.

    An exception that strikes in the middle of an operation, such as a KeyboardInterrupt outside a
    task group, may lose the value under way. Inside one, Ctrl-C cancels and nothing is lost.
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
        self._items: deque[T] = deque()
        self._append, self._popleft = self._items.append, self._items.popleft
        self._room: deque[None] | _Endless = _Endless() if capacity == math.inf else deque()
        self._tokens_left = 0 if capacity == math.inf else int(capacity)
        self._mint()
        self._take_room = self._room.pop
        self._put_room = self._room.append
        self._senders: deque[Waiter] = deque()
        self._receivers: deque[Waiter] = deque()
        self._attention = False
        self._waking = False
        self._closed = False

    def send(self, value: T, context: Context | None = None) -> None:
        """Put `value` in, waiting while the channel is full.

        Raises Closed if the channel is closed, before or while waiting; Cancelled if `context` is
        cancelled, or the task's group is while it waits. In both cases nobody gets `value`.
        """
        if context is not None:
            context.raise_if_ended(self._runtime)
        try:
            self._take_room()
        except IndexError:
            self._send_or_wait(value, context)
            return
        self._append(value)
        if self._attention:
            self._attend(value)

    def receive(self, context: Context | None = None) -> T:
        """Take the oldest value out, waiting while there is none.

        Raises Closed when the channel is closed and empty; Cancelled, and takes nothing even if
        a value is there, if `context` is cancelled, or the task's group is while it waits.
        """
        if context is not None:
            context.raise_if_ended(self._runtime)
        try:
            value = self._popleft()
        except IndexError:
            return self._receive_or_wait(context)
        self._put_room(None)
        if self._senders:
            self._admit()
        return value

    def close(self) -> None:
        """Say that nothing more will be sent; what is buffered can still be received.

        Closing twice is harmless (Go panics). A sender that waits gets Closed.
        """
        with self._lock:
            self._closed = self._attention = True
            self._take_room = _NO_ROOM
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
        """Iterate until the channel is closed and empty.

        Raises Cancelled out of the loop, even if values are there, when `context` or the group
        of the task that began to iterate is cancelled.
        """
        return Values(self, context)

    def __len__(self) -> int:
        return len(self._items)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        state = ", closed" if self._closed else ""
        return f"{self.name} ({len(self._items)}/{self.capacity}{state})"

    def _send_or_wait(self, value: T, context: Context | None) -> None:
        with self._lock:
            if self._closed:
                raise Closed(f"send on closed channel {self.name}")
            receiver = claim_first(self._receivers) if self.capacity == 0 else None
            if receiver is not None:
                receiver.value = value
                receiver.outcome = "handed"
                receiver.unpark()
                return
            waiter = self._runtime.waiter()
            waiter.value = value
            self._senders.append(waiter)
            self._take_room = _NO_ROOM
            self._fill()
        self._park(waiter, "send", self._senders, context)
        if waiter.outcome == "closed":
            raise Closed(f"channel {self.name} was closed during the send")

    def _receive_or_wait(self, context: Context | None) -> T:
        woken = False
        while True:
            with self._lock:
                if woken:
                    self._waking = woken = False
                try:
                    value = self._popleft()
                except IndexError:
                    sender = claim_first(self._senders)
                    if sender is not None:
                        value = sender.value
                        sender.unpark()
                        self._fill()
                        return value
                    if self._closed:
                        raise Closed(f"channel {self.name} is closed and empty") from None
                    waiter = self._runtime.waiter()
                    self._receivers.append(waiter)
                    self._wake_receiver()
                else:
                    self._put_room(None)
                    self._fill()
                    return value
            self._park(waiter, "receive", self._receivers, context)
            if waiter.outcome == "handed":
                return waiter.value  # type: ignore[no-any-return]
            woken = True

    def _admit(self) -> None:
        with self._lock:
            self._fill()

    def _fill(self) -> None:
        """Give free room to the parked senders, then wake a receiver if need be; lock held."""
        while self._senders:
            try:
                self._room.pop()
            except IndexError:
                if self._mint():
                    continue
                break
            sender = claim_first(self._senders)
            if sender is None:
                self._put_room(None)
                break
            self._append(sender.value)
            sender.unpark()
        if not self._senders and not self._closed:
            self._take_room = self._room.pop
        self._wake_receiver()

    def _mint(self) -> bool:
        """Put more of a large channel's tokens into `_room`, which would cost memory at once."""
        batch = min(self._tokens_left, _TOKENS_AT_ONCE)
        self._tokens_left -= batch
        for _ in range(batch):
            self._room.append(None)
        return batch > 0

    def _wake_receiver(self) -> None:
        """Wake one parked receiver if there is a value and none is on its way; lock held."""
        if self._receivers and not self._waking:
            self._attention = True
            if not self._items:
                return
            receiver = claim_first(self._receivers)
            if receiver is not None:
                self._waking = True
                receiver.unpark()
        self._attention = self._closed

    def _attend(self, value: T) -> None:
        with self._lock:
            if self._closed:
                self._take_back(value)
            self._wake_receiver()

    def _take_back(self, value: T) -> None:
        """Raise Closed if `value` is still buffered, and remove it; lock held."""
        later = []
        try:
            while (last := self._items.pop()) is not value:
                later.append(last)
        except IndexError:
            return  # received in the meantime: the send came before the close
        finally:
            self._items.extend(reversed(later))
        raise Closed(f"channel {self.name} was closed during the send")

    def _park(
        self, waiter: Waiter, verb: str, queue: deque[Waiter], context: Context | None
    ) -> None:
        try:
            park(waiter, verb, self, context)
        except BaseException:
            with self._lock:
                ended_by_peer = not waiter.claim() and waiter.cancelled_by is None
                if waiter in queue:
                    queue.remove(waiter)
                if ended_by_peer and verb == "receive":
                    self._waking = False
                self._fill()
            raise


class Values(Generic[T]):
    """Iterator over a channel's values; tasks may share one."""

    __slots__ = ("_channel", "_context", "_own", "_popleft", "_put_room", "_senders")

    def __init__(self, channel: Channel[T], context: Context | None) -> None:
        self._channel = channel
        self._context = context
        self._own = channel._runtime.current().context
        self._popleft = channel._popleft
        self._put_room = channel._put_room
        self._senders = channel._senders

    def __iter__(self) -> Values[T]:
        return self

    def __next__(self) -> T:
        own = self._own
        if own is not None and (own.cause is not None or own.ends_at is not None):
            own.raise_if_ended(own.runtime)
        if self._context is not None:
            self._context.raise_if_ended(self._channel._runtime)
        try:
            value = self._popleft()
        except IndexError:
            try:
                return self._channel._receive_or_wait(self._context)
            except Closed:
                raise StopIteration from None
        self._put_room(None)
        if self._senders:
            self._channel._admit()
        return value


class _Endless:
    """The room of an unbounded channel."""

    def __init__(self) -> None:
        self.pop = itertools.repeat(None).__next__
        self.append = deque[None](maxlen=0).append


_TOKENS_AT_ONCE: Final = 4096
_NO_ROOM: Final = deque[None]().pop
