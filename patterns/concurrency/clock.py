"""The runtime's clock: what time it is, and waiting for a time."""

from __future__ import annotations

from typing import NoReturn

from .checks import NANOSECONDS_PER_SECOND, nanoseconds
from .context import park
from .runtime import current_runtime

__all__ = ["hang", "now", "sleep"]


def now() -> float:
    """Return the time on the current runtime's clock, in seconds.

    Only differences mean anything on real threads; a simulation starts at 0.
    """
    return current_runtime().now() / NANOSECONDS_PER_SECOND


def sleep(seconds: float) -> None:
    """Let the current task rest for `seconds` (>= 0) on its runtime's clock.

    Raises ValueError for a bad number; Cancelled if the task's group is cancelled, before or
    meanwhile.
    """
    runtime = current_runtime()
    end = runtime.now() + nanoseconds(seconds, "seconds")
    park(runtime.waiter(), "sleep", None, until=end)


def hang() -> NoReturn:
    """Never return, and take no notice of any cancellation.

    Stands in for a call into somebody else's code that hangs: a read without a timeout, say.
    """
    while True:
        current_runtime().waiter().wait("hang", None)
