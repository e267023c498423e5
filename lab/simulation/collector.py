"""Let the garbage collector look less often while a simulation makes many objects that stay."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["rare_collections"]

# New objects after which it looks at those, younger ones after which at the next older; by default
# 700, 10 and 10. A single collection must stay short: a grader can end nothing while it lasts.
_RARE: Final = (5_000, 20, 100)


@contextmanager
def rare_collections() -> Iterator[None]:
    """Make collections rarer inside a `with` block of the main thread; then as they were.

    Tasks, events and results stay until the end of the run, so that looking at them is in vain: it
    would take a sixth of the time. In other threads nothing changes: two that overlap would not
    leave the setting as it was.
    """
    before = gc.get_threshold()
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or not 0 < before[0] < _RARE[0]:
        yield
        return
    try:
        gc.set_threshold(*_RARE)
        yield
    finally:
        gc.set_threshold(*before)
