"""A channel: Go's bounded queue between tasks, on which senders and receivers wait.

Four queues hold its state: `_items`, the values in the buffer; `_room`, a token for each free
place; `_senders` and `_receivers`, who waits. To send is to take a token and append a value; to
receive is to take the oldest value and put a token back. Each of these is one atomic step of a
deque, so that as long as nobody has to wait nobody takes the lock.

Whoever has to wait takes the lock, joins a queue, and *then* tries once more; the others make
their step, and *then* look whether anybody waits. So of two that meet, the second one sees the
first, and nobody waits in vain:

- A receiver that has put its token back looks at `_senders`. While anybody waits there, `_room`
  gives tokens to nobody else, so that none overtakes.
- A sender that has appended looks at `_attention`, which receivers raise as they begin to wait. It
  wakes one of them, and that one, with its value in hand, wakes the next (`_waking` says that one
  is on its way): a burst does not wake a thousand workers to find the queue empty again.

Closing raises `_attention` too. A send that had its token and appends only after the close sees
it, takes its value back, and raises Closed, unless the value has already been received.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from .checks import check_count
from .context import Context, park
from .errors import Closed
from .runtime import Runtime, Varied, Waiter, claim_first, current_runtime

__all__ = ["Channel", "ChannelStatistics"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ChannelStatistics:
    """What a channel holds, and who waits for it, at one moment.

    Attributes:
        buffered: values in the buffer.
        capacity: values that it can hold; `math.inf`: any number.
        closed: whether `close` was called.
        senders_waiting: tasks in a `send` that have to wait.
        receivers_waiting: tasks in a `receive`, or in a loop over the channel, that have to wait.
    """

    buffered: int
    capacity: float
    closed: bool
    senders_waiting: int
    receivers_waiting: int


class Channel(Varied, Generic[T]):
    """A first-in first-out channel of at most `capacity` buffered values.

    Args:
        capacity: values, >= 0; 0 makes every send wait for its receiver (a rendezvous), and
            `math.inf` never makes a send wait.
        name: what reports and pictures call it.

    Raises ValueError for a bad capacity. `len(channel)` is the number of values buffered.

    An exception that strikes in the middle of an operation, such as a KeyboardInterrupt outside a
    task group, may lose the value under way. Inside one, Ctrl-C cancels and nothing is lost.
    """

    def __init__(self, capacity: float = 0, name: str | None = None) -> None:
        if capacity != math.inf:
            check_count("capacity", capacity, 0)
            capacity = int(capacity)
        self._runtime: Runtime = current_runtime()
        self.capacity = capacity
        self.name = name or f"channel-{self._runtime.next_number('channel')}"
        self._lock = self._runtime.lock()
        self._items: deque[T] = deque()
        self._room = _Room(capacity)
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
            self._room.take()
        except IndexError:
            self._send_or_wait(value, context)
            return
        self._items.append(value)
        if self._attention:
            self._attend(value, context)

    def receive(self, context: Context | None = None) -> T:
        """Take the oldest value out, waiting while there is none.

        Raises Closed when the channel is closed and empty; Cancelled, and takes nothing even if
        a value is there, if `context` is cancelled, or the task's group is while it waits.
        """
        if context is not None:
            context.raise_if_ended(self._runtime)
        try:
            value = self._items.popleft()
        except IndexError:
            return self._receive_or_wait(context)
        self._room.put(None)
        if self._senders:
            self._admit()
        return value

    def close(self) -> None:
        """Say that nothing more will be sent; what is buffered can still be received.

        Closing twice is harmless (Go panics). A sender that waits gets Closed.
        """
        with self._lock:
            self._room.keep()  # first: who sees that it is closed must find no room
            self._closed = self._attention = True
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

    def statistics(self) -> ChannelStatistics:
        """Look at the channel from outside, without taking part: no scheduling point."""
        return ChannelStatistics(
            len(self._items),
            self.capacity,
            self._closed,
            len(self._senders),
            len(self._receivers),
        )

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
                _look_again(context)
                raise Closed(f"send on closed channel {self.name}")
            if self.capacity == 0 and self._hand_over(value):
                return
            waiter = self._runtime.waiter()
            waiter.value = value
            self._senders.append(waiter)
            self._room.keep()
            self._fill()
        self._park(waiter, "send", self._senders, context)
        if waiter.outcome == "closed":
            _look_again(context)
            raise Closed(f"channel {self.name} was closed during the send")

    def _receive_or_wait(self, context: Context | None) -> T:
        woken = False
        while True:
            with self._lock:
                if woken:
                    self._waking = False
                if self._items or self._senders:
                    try:
                        return self._take()
                    except IndexError:  # a receiver that takes no lock was faster
                        pass
                if self._closed:
                    _look_again(context)
                    raise Closed(f"channel {self.name} is closed and empty") from None
                waiter = self._runtime.waiter()
                self._receivers.append(waiter)
                self._wake_receiver()
            self._park(waiter, "receive", self._receivers, context)
            if waiter.outcome == "handed":
                return waiter.value  # type: ignore[no-any-return]
            woken = True

    # The methods below are called with the lock held, if they do not take it.

    def _take(self) -> T:
        """Take a value from the buffer or from a parked sender. Raises IndexError."""
        try:
            value = self._items.popleft()
        except IndexError:
            sender = claim_first(self._senders)
            if sender is None:
                raise
            value = sender.value
            sender.unpark()
        else:
            self._room.put(None)
        self._fill()
        return value

    def _hand_over(self, value: T) -> bool:
        """Give `value` to a parked receiver in person; False if there is none."""
        receiver = claim_first(self._receivers)
        if receiver is None:
            return False
        receiver.value = value
        receiver.outcome = "handed"
        receiver.unpark()
        return True

    def _admit(self) -> None:
        with self._lock:
            self._fill()

    def _fill(self) -> None:
        """Give free room to the parked senders, then wake a receiver if need be."""
        while self._senders and self._room.take_kept():
            sender = claim_first(self._senders)
            if sender is None:
                self._room.put(None)
                break
            try:
                self._items.append(sender.value)
            finally:  # for want of memory the value may be lost, but nobody is left waiting
                sender.unpark()
        if not self._senders and not self._closed:
            self._room.open()
        self._wake_receiver()

    def _wake_receiver(self) -> None:
        """Wake one parked receiver if there is a value and none is on its way."""
        if self._receivers and not self._waking:
            self._attention = True
            if not self._items:
                return
            receiver = claim_first(self._receivers)
            if receiver is not None:
                self._waking = True
                receiver.unpark()
        self._attention = self._closed

    def _attend(self, value: T, context: Context | None) -> None:
        with self._lock:
            if self._closed and self._take_back(value):
                _look_again(context)
                raise Closed(f"channel {self.name} was closed during the send")
            self._wake_receiver()

    def _take_back(self, value: T) -> bool:
        """Remove `value` if it is still buffered; if not, the send came before the close."""
        later = []
        try:
            while (last := self._items.pop()) is not value:
                later.append(last)
        except IndexError:
            return False
        finally:
            self._items.extend(reversed(later))
        return True

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

    __slots__ = ("_channel", "_context", "_own")

    def __init__(self, channel: Channel[T], context: Context | None) -> None:
        self._channel = channel
        self._context = context
        self._own = channel._runtime.current().context

    def __iter__(self) -> Values[T]:
        return self

    def __next__(self) -> T:
        own, channel = self._own, self._channel
        if own is not None and (own.cause is not None or own.ends_at is not None):
            own.raise_if_ended(own.runtime)
        if self._context is not None:
            self._context.raise_if_ended(channel._runtime)
        try:  # as in `receive`, without the cost of a call
            value = channel._items.popleft()
        except IndexError:
            try:
                return channel._receive_or_wait(self._context)
            except Closed:
                _look_again(own)
                raise StopIteration from None
        channel._room.put(None)
        if channel._senders:
            channel._admit()
        return value


class _Room:
    """The free places of a buffer: a token for each, which a sender takes and a receiver puts back.

    While tokens are kept for the senders that wait, `take` raises IndexError as if there were none.
    """

    __slots__ = ("_left", "_take_any", "put", "take")

    def __init__(self, capacity: float) -> None:
        self.put: Callable[[None], None]
        self.take: Callable[[], None]
        if capacity == math.inf:
            self._left = 0
            self._take_any = itertools.repeat(None).__next__
            self.put = deque[None](maxlen=0).append
        else:
            self._left = int(capacity)
            tokens = deque[None]()
            self._take_any, self.put = tokens.pop, tokens.append
            self._refill()
        self.open()

    def open(self) -> None:
        """Let anybody take a token."""
        self.take = self._take_any

    def keep(self) -> None:
        """Keep the tokens for those who wait."""
        self.take = _none_left

    def take_kept(self) -> bool:
        """Take a token, kept or not; tell whether there was one."""
        while True:
            try:
                self._take_any()
            except IndexError:
                if not self._refill():
                    return False
            else:
                return True

    def _refill(self) -> bool:
        """Make the next tokens: all those of a large channel would cost memory at once."""
        batch = min(self._left, _TOKENS_AT_ONCE)
        self._left -= batch
        for _ in range(batch):
            self.put(None)
        return batch > 0


def _look_again(context: Context | None) -> None:
    """Raise Cancelled if it was cancelled before the channel was closed, as the rule demands.

    The first look was before the lock was taken.
    """
    if context is not None:
        context.raise_if_ended(context.runtime)


_TOKENS_AT_ONCE: Final = 4096
_none_left: Final = deque[None]().pop
