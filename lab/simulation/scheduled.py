"""The primitives as they are built inside a simulation: a scheduling point before each operation.

An operation is whatever tasks can see of each other: on a channel, an atomic, a limiter, and
cancelling or looking at a context. Spawning, ending, waking up and sleeping are not: they change
nothing that another task could have seen differently.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeVar

from patterns.concurrency.atomic import AtomicInt
from patterns.concurrency.channel import Channel, Values
from patterns.concurrency.context import Context
from patterns.concurrency.limiters import Ticker, TokenBucket
from patterns.concurrency.recorded import PlainValues, RecordedChannel

if TYPE_CHECKING:
    from lab.simulation.runtime import SimulatedRuntime

T = TypeVar("T")


class ScheduledChannel(Channel[T]):
    """A channel with a scheduling point before each operation."""

    _runtime: SimulatedRuntime

    def send(self, value: T, context: Context | None = None) -> None:
        """Give others a turn, then send."""
        self._runtime.point("send", self)
        super().send(value, context)

    def receive(self, context: Context | None = None) -> T:
        """Give others a turn, then receive."""
        self._runtime.point("receive", self)
        return super().receive(context)

    def __iter__(self) -> Values[T]:
        return PlainValues(self, None)

    def values(self, context: Context | None = None) -> Values[T]:
        """Iterate, with a scheduling point before each value."""
        return PlainValues(self, context)

    def close(self) -> None:
        """Give others a turn, then close."""
        self._runtime.point("close", self)
        super().close()

    @property
    def closed(self) -> bool:
        """Give others a turn, then look."""
        self._runtime.point("closed", self)
        return self._closed

    def __len__(self) -> int:
        self._runtime.point("len", self)
        return len(self._items)


class RecordedScheduledChannel(ScheduledChannel[T], RecordedChannel[T]):
    """The same, and it reports every value sent, received or refused."""


class ScheduledContext(Context):
    """A context with a scheduling point before each look at it and before its cancellation."""

    name = "the context"
    runtime: SimulatedRuntime

    @property
    def cancelled(self) -> bool:
        """Give others a turn, then look."""
        self.runtime.point("check", self)
        return self.ended()

    def check(self) -> None:
        """Give others a turn, then check."""
        self.runtime.point("check", self)
        super().check()

    def cancel(self, reason: str = "cancelled") -> None:
        """Give others a turn, then cancel."""
        self.runtime.point("cancel", self)
        super().cancel(reason)

    def __exit__(self, *exc_info: object) -> None:
        self.runtime.point("cancel", self)
        super().__exit__(*exc_info)


class ScheduledAtomicInt(AtomicInt):
    """An atomic integer with a scheduling point before each operation."""

    _runtime: SimulatedRuntime

    def load(self) -> int:
        """Give others a turn, then load."""
        self._runtime.point("load", self)
        return super().load()

    def store(self, value: int) -> None:
        """Give others a turn, then store."""
        self._runtime.point("store", self)
        super().store(value)

    def add(self, delta: int) -> int:
        """Give others a turn, then add."""
        self._runtime.point("add", self)
        return super().add(delta)

    def compare_and_swap(self, old: int, new: int) -> bool:
        """Give others a turn, then compare and swap."""
        self._runtime.point("compare_and_swap", self)
        return super().compare_and_swap(old, new)


class ScheduledTicker(Ticker):
    """A ticker with a scheduling point before each wait."""

    _runtime: SimulatedRuntime

    def wait(self, context: Context | None = None) -> float:
        """Give others a turn, then take a tick."""
        self._runtime.point("wait", self)
        return super().wait(context)


class ScheduledTokenBucket(TokenBucket):
    """A token bucket with a scheduling point before each acquire."""

    _runtime: SimulatedRuntime

    def acquire(self, context: Context | None = None) -> None:
        """Give others a turn, then take a token."""
        self._runtime.point("acquire", self)
        super().acquire(context)

    @property
    def tokens(self) -> float:
        """Give others a turn, then look."""
        self._runtime.point("look", self)
        return super().tokens


SCHEDULED: Final[Mapping[type, type]] = MappingProxyType(
    {
        Channel: ScheduledChannel,
        Context: ScheduledContext,
        AtomicInt: ScheduledAtomicInt,
        Ticker: ScheduledTicker,
        TokenBucket: ScheduledTokenBucket,
    }
)
RECORDED_AND_SCHEDULED: Final[Mapping[type, type]] = MappingProxyType(
    {**SCHEDULED, Channel: RecordedScheduledChannel}
)
