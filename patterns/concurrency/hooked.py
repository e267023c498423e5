"""The primitives as they are built on a runtime with a hook: each operation tells it.

An operation is whatever tasks can see of each other: on a channel, an atomic, a limiter, and
cancelling or looking at a context. Starting, ending and waiting are told where they happen
(`task_group`, `context.park`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

from .atomic import AtomicInt
from .channel import Channel, Values
from .context import Context
from .hooks import Hook
from .limiters import Ticker, TokenBucket
from .runtime import Runtime

__all__ = [
    "HOOKED",
    "HookedAtomicInt",
    "HookedChannel",
    "HookedContext",
    "HookedTicker",
    "HookedTokenBucket",
]

T = TypeVar("T")


class _Hooked(Runtime):
    """A runtime that has a hook: no other one builds what is here."""

    hook: Hook


def _before(runtime: _Hooked, operation: str, subject: object) -> None:
    before = runtime.hook.before
    if before is not None:
        before(operation, subject)


class HookedChannel(Channel[T]):
    """A channel that tells of every value sent or received."""

    _runtime: _Hooked

    def send(self, value: T, context: Context | None = None) -> None:
        """Tell, and send."""
        hook = self._runtime.hook
        if hook.before is not None:
            hook.before("send", self)
        if hook.after is None:
            Channel.send(self, value, context)
            return
        try:
            Channel.send(self, value, context)
        except BaseException as error:
            hook.after("send", self, value, error, len(self._items))
            raise
        hook.after("send", self, value, None, len(self._items))

    def receive(self, context: Context | None = None) -> T:
        """Tell, and receive."""
        hook = self._runtime.hook
        if hook.before is not None:
            hook.before("receive", self)
        if hook.after is None:
            return Channel.receive(self, context)
        try:
            value = Channel.receive(self, context)
        except BaseException as error:
            hook.after("receive", self, None, error, len(self._items))
            raise
        hook.after("receive", self, value, None, len(self._items))
        return value

    def close(self) -> None:
        """Tell, and close."""
        _before(self._runtime, "close", self)
        super().close()
        after = self._runtime.hook.after
        if after is not None:
            after("close", self, None, None, 0)

    @property
    def closed(self) -> bool:
        """Tell, and look."""
        _before(self._runtime, "closed", self)
        return super().closed

    def __len__(self) -> int:
        _before(self._runtime, "len", self)
        return super().__len__()

    def __iter__(self) -> Values[T]:
        return HookedValues(self, None, self._runtime)

    def values(self, context: Context | None = None) -> Values[T]:
        """Iterate, telling of each value."""
        return HookedValues(self, context, self._runtime)


class HookedValues(Values[T]):
    """Iterator that tells of each value received."""

    __slots__ = ("_runtime",)

    def __init__(
        self, channel: HookedChannel[T], context: Context | None, runtime: _Hooked
    ) -> None:
        super().__init__(channel, context)
        self._runtime = runtime

    def __next__(self) -> T:
        channel = self._channel
        hook = self._runtime.hook
        if hook.before is not None:
            hook.before("receive", channel)
        if hook.after is None:
            return Values.__next__(self)
        try:
            value = Values.__next__(self)
        except BaseException as error:
            hook.after("receive", channel, None, error, Channel.__len__(channel))
            raise
        hook.after("receive", channel, value, None, Channel.__len__(channel))
        return value


class HookedContext(Context):
    """A context that tells of each look at it and of its cancellation."""

    name = "the context"
    runtime: _Hooked

    @property
    def cancelled(self) -> bool:
        """Tell, and look."""
        _before(self.runtime, "check", self)
        return super().cancelled

    def check(self) -> None:
        """Tell, and check."""
        _before(self.runtime, "check", self)
        super().check()

    def cancel(self, reason: str = "cancelled") -> None:
        """Tell, and cancel."""
        _before(self.runtime, "cancel", self)
        super().cancel(reason)

    def __exit__(self, *exc_info: object) -> None:
        _before(self.runtime, "cancel", self)
        super().__exit__(*exc_info)


class HookedAtomicInt(AtomicInt):
    """An atomic integer that tells of each operation."""

    _runtime: _Hooked

    def load(self) -> int:
        """Tell, and load."""
        _before(self._runtime, "load", self)
        return self._done("load", super().load())

    def store(self, value: int) -> None:
        """Tell, and store."""
        _before(self._runtime, "store", self)
        super().store(value)
        self._done("store", value)

    def add(self, delta: int) -> int:
        """Tell, and add."""
        _before(self._runtime, "add", self)
        return self._done("add", super().add(delta))

    def compare_and_swap(self, old: int, new: int) -> bool:
        """Tell, and compare and swap."""
        _before(self._runtime, "compare_and_swap", self)
        swapped = super().compare_and_swap(old, new)
        self._done("compare_and_swap", f"{old} to {new}" if swapped else f"not {old} any more")
        return swapped

    def _done(self, operation: str, value: T) -> T:
        after = self._runtime.hook.after
        if after is not None:
            after(operation, self, value, None, 0)
        return value


class HookedTicker(Ticker):
    """A ticker that tells who takes a tick."""

    _runtime: _Hooked

    def wait(self, context: Context | None = None) -> float:
        """Tell, and take a tick."""
        _before(self._runtime, "wait", self)
        return super().wait(context)


class HookedTokenBucket(TokenBucket):
    """A token bucket that tells who takes a token or looks."""

    _runtime: _Hooked

    def acquire(self, context: Context | None = None) -> None:
        """Tell, and take a token."""
        _before(self._runtime, "acquire", self)
        super().acquire(context)

    @property
    def tokens(self) -> float:
        """Tell, and look."""
        _before(self._runtime, "look", self)
        return super().tokens


HOOKED: Final[Mapping[type, type[Any]]] = MappingProxyType(
    {
        Channel: HookedChannel,
        Context: HookedContext,
        AtomicInt: HookedAtomicInt,
        Ticker: HookedTicker,
        TokenBucket: HookedTokenBucket,
    }
)
