"""What tasks are switched with: greenlet, or in a browser, where it cannot be, promises."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING or sys.platform != "emscripten":
    from greenlet import getcurrent, greenlet
else:
    from lab.simulation.promises import getcurrent, greenlet

__all__ = ["getcurrent", "greenlet"]
