"""What the tasks of one run did at their channels, and what must hold of it.

`History.check` looks for values that were lost, received twice, received though the send had
failed, out of order, or beyond capacity.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from support import parked, waits_under

from patterns.concurrency import Cancelled, Channel, Closed, Context


@dataclass(eq=False)
class Operation:
    """One send or receive: its place in the history, and how it ended."""

    channel: Channel[Any]
    verb: str
    began: int
    value: object = None
    ended: float = math.inf
    how: str = "pending"  # or done, refused (Closed or Cancelled), interrupted


@dataclass
class History:
    """What the tasks of one run did, in order."""

    operations: list[Operation] = field(default_factory=list)
    channels: list[Channel[Any]] = field(default_factory=list)
    contexts: list[Context] = field(default_factory=list)
    closed: dict[Channel[Any], int] = field(default_factory=dict)  # when it first was
    overslept: bool = False  # the clock jumped too far for `check_at_rest`
    _clock: itertools.count[int] = field(default_factory=itertools.count)

    def channel(self, capacity: float = 0) -> Channel[Any]:
        self.channels.append(Channel(capacity))
        return self.channels[-1]

    def context(self, **times: float) -> Context:
        self.contexts.append(Context(**times))
        return self.contexts[-1]

    def send(self, channel: Channel[Any], value: object, context: Context | None = None) -> None:
        operation = self._begin(channel, "send")
        operation.value = value
        self._do(operation, lambda: channel.send(value, context))

    def receive(self, channel: Channel[Any], context: Context | None = None) -> Any:
        operation = self._begin(channel, "receive")
        operation.value = self._do(operation, lambda: channel.receive(context))
        return operation.value

    def iterate(self, channel: Channel[Any], context: Context | None = None) -> None:
        """Receive until the channel is closed or the context is cancelled."""
        values = channel.values(context)
        while True:
            operation = self._begin(channel, "receive")
            try:
                operation.value = self._do(operation, values.__next__)
            except (StopIteration, Cancelled):
                return

    def close(self, channel: Channel[Any]) -> None:
        channel.close()
        self.closed.setdefault(channel, next(self._clock))

    def _begin(self, channel: Channel[Any], verb: str) -> Operation:
        self.operations.append(Operation(channel, verb, next(self._clock)))
        return self.operations[-1]

    def _do(self, operation: Operation, action: Callable[[], Any]) -> Any:
        operation.how = "interrupted"
        try:
            value = action()
            operation.how = "done"
            return value
        except (Closed, Cancelled, StopIteration):
            operation.how = "refused"
            raise
        finally:
            operation.ended = next(self._clock)

    # What must hold.

    def check(self) -> None:
        for ch in self.channels:
            sends = [o for o in self.operations if o.channel is ch and o.verb == "send"]
            tried = [o for o in self.operations if o.channel is ch and o.verb == "receive"]
            receives = [o for o in tried if o.how == "done"]
            interrupted = [o for o in tried if o.how == "interrupted"]
            struck = len(interrupted)
            check_values(sends, [o.value for o in receives] + list(ch._items), struck)
            check_order(sends, receives, struck)
            check_capacity(ch.capacity, sends, receives + interrupted)
            late = [o.value for o in sends if o.how == "done" and o.began > self._closing(ch)]
            assert not late, f"sent after the close: {late}"
            waiting = parked(ch)
            assert waiting == (0, 0), f"{waiting} left among the senders and receivers"
        for c in self.contexts:
            assert not waits_under(c), f"{c} still knows who waited"

    def _closing(self, channel: Channel[Any]) -> float:
        return self.closed.get(channel, math.inf)


def check_values(sends: list[Operation], out: list[object], struck: int) -> None:
    """Every value comes out once, if its send was complete; an interrupt may strike one down."""
    came_out = Counter(out)
    sent = Counter(o.value for o in sends if o.how == "done")
    refused = Counter(o.value for o in sends if o.how == "refused")
    unclear = Counter(o.value for o in sends if o.how == "interrupted")
    assert not came_out & refused, f"refused but received: {came_out & refused}"
    assert (sent - came_out).total() <= struck, f"lost: {sent - came_out}"
    assert came_out <= sent + unclear, f"twice, or from nowhere: {came_out - sent - unclear}"


def check_order(sends: list[Operation], receives: list[Operation], struck: int) -> None:
    """First in, first out: the order of two sends that do not overlap is kept."""
    taken = {o.value: o for o in receives}
    for first, second in itertools.permutations([o for o in sends if o.how == "done"], 2):
        if first.ended < second.began and second.value in taken:
            other = taken.get(first.value)
            overtaken = not struck if other is None else other.began > taken[second.value].ended
            assert not overtaken, f"{second.value} overtook {first.value}"


def check_capacity(capacity: float, sends: list[Operation], receives: list[Operation]) -> None:
    """No send is complete before the value is in the buffer or with a receiver."""
    for send in sends:
        if send.how == "done":
            complete = sum(o.how == "done" and o.ended <= send.ended for o in sends)
            taken = sum(o.began < send.ended for o in receives)
            assert complete - taken <= capacity, f"{complete - taken} values in {capacity} places"


def check_at_rest(ch: Channel[Any]) -> None:
    """Check that nobody waits in vain; called when everybody waits."""
    now = ch.statistics()
    if now.receivers_waiting:
        assert not now.buffered, f"{ch!r} has values, and a receiver waits"
        assert not now.senders_waiting, f"a sender and a receiver wait for each other at {ch!r}"
    if now.senders_waiting:
        assert now.buffered == now.capacity, f"a sender waits, and {ch!r} has room"


def check_room(ch: Channel[Any]) -> None:
    """Check that a channel that nobody uses any more takes as much as it should, and no more."""
    assert len(ch) == 0
    if ch.closed or ch.capacity == math.inf:
        return
    for value in range(int(ch.capacity)):
        ch.send(value, Context(timeout=1))
    try:
        ch.send("one too many", Context(timeout=1))
    except Cancelled:
        pass
    else:
        raise AssertionError(f"{ch!r} took one too many")
    assert [ch.receive() for _ in range(int(ch.capacity))] == list(range(int(ch.capacity)))
