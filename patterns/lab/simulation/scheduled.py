"""The primitives as they are built inside a simulation: a scheduling point before each operation.

An operation is whatever tasks can see of each other: on a channel, an atomic, a limiter, and
cancelling or looking at a context. Spawning, ending, waking up and sleeping are not: they change
nothing that another task could have seen differently.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from patterns.concurrency.atomic import AtomicInt
from patterns.concurrency.channel import Channel
from patterns.concurrency.context import Context
from patterns.concurrency.recorded import RecordedChannel
from patterns.concurrency.timing import Ticker, TokenBucket

if TYPE_CHECKING:
    from patterns.lab.simulation.runtime import SimulatedRuntime

T = TypeVar("T")


def _point(primitive: Any, operation: str) -> None:
    cast("SimulatedRuntime", primitive._runtime).point(operation, primitive)


class ScheduledChannel(RecordedChannel[T]):
    """A channel with a scheduling point before each operation."""

    def send(self, value: T, context: Context | None = None) -> None:
        """Give others a turn, then send."""
        _point(self, "send")
        super().send(value, context)

    def receive(self, context: Context | None = None) -> T:
        """Give others a turn, then receive."""
        _point(self, "receive")
        return super().receive(context)

    def close(self) -> None:
        """Give others a turn, then close."""
        _point(self, "close")
        super().close()

    @property
    def closed(self) -> bool:
        """Give others a turn, then look."""
        _point(self, "closed")
        return self._closed

    def __len__(self) -> int:
        _point(self, "len")
        return len(self._items)


class ScheduledContext(Context):
    """A context with a scheduling point before each look at it and before its cancellation."""

    @property
    def cancelled(self) -> bool:
        """Give others a turn, then look."""
        _point(self, "check")
        return self._ended()

    def check(self) -> None:
        """Give others a turn, then check."""
        _point(self, "check")
        super().check()

    def cancel(self, reason: str = "cancelled") -> None:
        """Give others a turn, then cancel."""
        _point(self, "cancel")
        super().cancel(reason)

    def __exit__(self, *exc_info: object) -> None:
        _point(self, "cancel")
        super().__exit__(*exc_info)


class ScheduledAtomicInt(AtomicInt):
    """An atomic integer with a scheduling point before each operation."""

    def load(self) -> int:
        """Give others a turn, then load."""
        _point(self, "load")
        return super().load()

    def store(self, value: int) -> None:
        """Give others a turn, then store."""
        _point(self, "store")
        super().store(value)

    def add(self, delta: int) -> int:
        """Give others a turn, then add."""
        _point(self, "add")
        return super().add(delta)

    def compare_and_swap(self, old: int, new: int) -> bool:
        """Give others a turn, then compare and swap."""
        _point(self, "compare_and_swap")
        return super().compare_and_swap(old, new)


class ScheduledTicker(Ticker):
    """A ticker with a scheduling point before each wait."""

    def wait(self, context: Context | None = None) -> float:
        """Give others a turn, then take a tick."""
        _point(self, "wait")
        return super().wait(context)


class ScheduledTokenBucket(TokenBucket):
    """A token bucket with a scheduling point before each acquire."""

    def acquire(self, context: Context | None = None) -> None:
        """Give others a turn, then take a token."""
        _point(self, "acquire")
        super().acquire(context)


SCHEDULED: Final[Mapping[type, type]] = MappingProxyType(
    {
        Channel: ScheduledChannel,
        Context: ScheduledContext,
        AtomicInt: ScheduledAtomicInt,
        Ticker: ScheduledTicker,
        TokenBucket: ScheduledTokenBucket,
    }
)
