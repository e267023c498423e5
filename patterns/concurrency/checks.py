"""Meeting bad values at the door, with the rule and what came."""

from __future__ import annotations

import math
from numbers import Integral

__all__ = ["NANOSECONDS_PER_SECOND", "check_count", "nanoseconds"]

NANOSECONDS_PER_SECOND = 1_000_000_000


def check_count(name: str, value: object, minimum: int) -> None:
    """Raise ValueError unless `value` is a whole number >= `minimum`."""
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < minimum:
        raise ValueError(f"{name} must be a whole number >= {minimum}, got {value!r}")


def nanoseconds(seconds: float, name: str, *, positive: bool = False) -> int:
    """Convert `seconds` to whole nanoseconds.

    Raises ValueError, naming `name`, unless `seconds` is finite and >= 0 (> 0 if `positive`).
    """
    is_number = isinstance(seconds, int | float) and math.isfinite(seconds)
    if is_number and (seconds > 0 or (seconds == 0 and not positive)):
        return max(round(seconds * NANOSECONDS_PER_SECOND), int(positive))
    rule = "> 0" if positive else ">= 0"
    raise ValueError(f"{name} must be a finite number of seconds {rule}, got {seconds!r}")
