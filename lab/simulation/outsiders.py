"""Refuse in simulations what was made outside of them: it has no scheduling points there.

Made on real threads, a primitive tells nobody of its operations, so as to cost nothing more. Those
that need not wait would go through in a simulation, unseen by any order of events. So while
simulations run, all primitives that were made before look who uses them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from types import MappingProxyType
from typing import Any, Final

from patterns.concurrency import AtomicInt, Channel, Context, Ticker, TokenBucket
from patterns.concurrency.hooks import variant
from patterns.concurrency.runtime import unhooked

__all__ = ["refusing_outsiders"]

_lock = threading.Lock()
_simulating: list[None] = []  # one for each that runs, in any thread


@contextmanager
def refusing_outsiders() -> Iterator[None]:
    """Let primitives made before raise WrongRuntime if simulations in the `with` block use them."""
    with _lock:
        _simulating.append(None)
        for primitive in _primitives():
            primitive.__class__ = variant(type(primitive), _WATCHFUL)
    try:
        yield
    finally:
        with _lock:
            _simulating.pop()
            if not _simulating:
                for primitive in _primitives():
                    if issubclass(type(primitive), tuple(_WATCHFUL.values())):
                        primitive.__class__ = type(primitive).__bases__[0]


def _primitives() -> list[Any]:
    """Return those that are there, without a hook."""
    there = [reference() for reference in unhooked.copy()]
    return [primitive for primitive in there if primitive is not None]


def _watchful(kind: type, *operations: str) -> type:
    """Return the class of the same primitive whose operations look who uses it."""
    members = {name: _looking(vars(kind)[name]) for name in operations}
    return type(kind.__name__, (kind,), members)


def _looking(operation: Any) -> Any:
    if isinstance(operation, property):
        assert operation.fget is not None
        return property(_looking(operation.fget))

    @wraps(operation)
    def look(self: Any, *args: Any, **kwargs: Any) -> Any:
        runtime = self.runtime if isinstance(self, Context) else self._runtime
        runtime.check_caller(self)
        return operation(self, *args, **kwargs)

    return look


# Cancelling is allowed anywhere, in a signal handler too, which may come while a simulation runs.
_WATCHFUL: Final[Mapping[type, type]] = MappingProxyType(
    {
        Channel: _watchful(
            Channel, "send", "receive", "close", "closed", "values", "__iter__", "__len__"
        ),
        Context: _watchful(Context, "check", "cancelled"),
        AtomicInt: _watchful(AtomicInt, "load", "store", "add", "compare_and_swap"),
        Ticker: _watchful(Ticker, "wait"),
        TokenBucket: _watchful(TokenBucket, "acquire", "tokens"),
    }
)
