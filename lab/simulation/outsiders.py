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
from patterns.concurrency.runtime import unhooked

__all__ = ["refusing_outsiders"]

_lock = threading.Lock()
_simulating: list[None] = []  # one for each that runs, in any thread


@contextmanager
def refusing_outsiders() -> Iterator[None]:
    """Let primitives made before raise WrongRuntime if simulations in the `with` block use them."""
    with _lock:
        _simulating.append(None)
        _exchange(_WATCHFUL)
    try:
        yield
    finally:
        with _lock:
            _simulating.pop()
            if not _simulating:
                _exchange(_PLAIN)


def _exchange(classes: Mapping[type, type]) -> None:
    for reference in list(unhooked.copy()):
        primitive = reference()
        kind = classes.get(type(primitive))
        if kind is not None:
            primitive.__class__ = kind


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
_PLAIN: Final[Mapping[type, type]] = MappingProxyType(
    {watchful: plain for plain, watchful in _WATCHFUL.items()}
)
