"""How a runtime tells what its tasks do: to recorders, schedulers and whoever else looks.

A `Listener` overrides what it wants to hear of. A runtime whose `hook` is a `Hook` builds the
hooked primitives of `hooked` in place of the plain ones. One without a hook builds the plain ones,
and they call nobody: only where a task starts, ends or waits is there a look whether there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

__all__ = ["Hook", "Listener", "variant"]

Call = Callable[..., None]


class Listener:
    """Hears what happens to tasks and primitives; what it does not override costs nothing."""

    heard: ClassVar[tuple[str, ...]] = ()  # the methods that the class overrides

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        names = [name for name in vars(Listener) if not name.startswith("_") and name != "heard"]
        cls.heard = tuple(n for n in names if getattr(cls, n) is not getattr(Listener, n))

    def made(self, primitive: Any) -> None:
        """Hear that the running task makes `primitive`, whose attributes are not there yet."""

    def before(self, operation: str, subject: Any) -> None:
        """Hear that the running task is about to do `operation` on `subject`."""

    def after(
        self, operation: str, subject: Any, value: Any, error: BaseException | None, depth: int
    ) -> None:
        """Hear that it has done it: what was sent, received or returned, or what it raised.

        `depth` is the number of values that are then in the channel's buffer, 0 for no channel.
        """

    def parks(self, verb: str, subject: Any, value: Any, until: int | None) -> None:
        """Hear that it begins to wait, until the time `until` (ns) at most; `value` is offered."""

    def goes_on(self, verb: str, subject: Any, woken_by: tuple[int, Any] | None) -> None:
        """Hear that the wait is over, however it ended: at what time (ns) which task ended it.

        `woken_by` is None if the clock did.
        """

    def started(self, task: Any) -> None:
        """Hear that `task` begins to run."""

    def ended(self, task: Any, error: BaseException | None) -> None:
        """Hear that `task` is over, and by which exception."""


def variant(kind: type, variants: Mapping[type, type]) -> type:
    """Return what `variants` has in place of `kind`; of a subclass, one that is both."""
    found = variants.get(kind)
    if found is not None:
        return found
    for base in kind.__mro__:
        if base in variants and not issubclass(kind, variants[base]):
            pair = (kind, variants[base])
            if pair not in _mixed:
                _mixed[pair] = type(kind.__name__, pair, {"__module__": kind.__module__})
            return _mixed[pair]
    return kind


_mixed: dict[tuple[type, type], type] = {}


class Hook:
    """What a runtime calls: a function for each method of a Listener, or None if nobody listens.

    Args:
        variants: for a primitive's class the one to build in its place.
        listeners: called in this order.
    """

    made: Call | None = None
    before: Call | None = None
    after: Call | None = None
    parks: Call | None = None
    goes_on: Call | None = None
    started: Call | None = None
    ended: Call | None = None

    def __init__(self, variants: Mapping[type, type], *listeners: Listener) -> None:
        self.variants = variants
        for listener in listeners:
            for name in listener.heard:
                first, then = getattr(self, name), getattr(listener, name)
                setattr(self, name, then if first is None else _both(first, then))


def _both(first: Call, then: Call) -> Call:
    def both(*args: Any) -> None:
        first(*args)
        then(*args)

    return both
