"""The primitives as they are built while a recorder listens.

Subclasses, chosen at construction, so that a program that nobody records pays nothing. Waits are
recorded where they happen (`context.park`), the rest here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeVar

from .channel import Channel, Values
from .context import Context
from .errors import Cancelled, Closed
from .recording import NO_MORE, RECEIVED, REFUSED, SENT, error_of

__all__ = ["RECORDED", "PlainValues", "RecordedChannel"]

T = TypeVar("T")


class RecordedChannel(Channel[T]):
    """A channel that reports every value sent, received or refused."""

    def __init__(self, capacity: float = 0, name: str | None = None) -> None:
        super().__init__(capacity, name)
        runtime = self._runtime
        self._now, self._current = runtime.now, runtime.current

    def send(self, value: T, context: Context | None = None) -> None:
        """Send and report."""
        error = error_of(value)
        try:
            super().send(value, context)
        except (Closed, Cancelled):
            self._report(REFUSED, value, error)
            raise
        if (record := self._runtime.record) is not None:
            record((self._now(), self._current(), SENT, self, value, len(self._items), error))

    def receive(self, context: Context | None = None) -> T:
        """Receive and report."""
        try:
            value = super().receive(context)
        except (Closed, Cancelled):
            self._report(NO_MORE, None, None)
            raise
        if (record := self._runtime.record) is not None:
            record((self._now(), self._current(), RECEIVED, self, value, len(self._items), None))
        return value

    def __iter__(self) -> Values[T]:
        return PlainValues(self, None)

    def values(self, context: Context | None = None) -> Values[T]:
        """Iterate, reporting every value."""
        return PlainValues(self, context)

    def _report(self, kind: str, value: object, error: object) -> None:
        record = self._runtime.record
        if record is not None:
            record((self._now(), self._current(), kind, self, value, len(self._items), error))


class PlainValues(Values[T]):
    """Iterates by calling `receive`, so that what a subclass adds there is not passed by."""

    __slots__ = ()

    def __next__(self) -> T:
        own = self._own
        if own is not None and (own.cause is not None or own.ends_at is not None) and own.ended():
            if isinstance(self._channel, RecordedChannel):
                self._channel._report(NO_MORE, None, None)
            raise own.error()
        try:
            return self._channel.receive(self._context)
        except Closed:
            if own is not None:  # it may have been cancelled before the channel was closed
                own.raise_if_ended(own.runtime)
            raise StopIteration from None


RECORDED: Final[Mapping[type, type]] = MappingProxyType({Channel: RecordedChannel})
