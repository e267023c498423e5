"""What tasks are switched with: greenlet, or in a browser, where it cannot be, promises."""

from __future__ import annotations

import sys
from types import FrameType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING or sys.platform != "emscripten":
    from greenlet import getcurrent, greenlet

    MANY_STEPS: Final = 10_000_000

    def outer(frame: FrameType) -> FrameType | None:
        """Return the frame of the caller, None if it is another task's stack or none at all."""
        return frame.f_back

else:
    from lab.simulation.promises import getcurrent, greenlet, outer

    MANY_STEPS = 150_000  # they take two seconds or more, in which nothing else can be done

__all__ = ["MANY_STEPS", "getcurrent", "greenlet", "outer"]
