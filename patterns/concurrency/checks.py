"""Meeting bad values at the door, with the rule and what came."""

from __future__ import annotations

from numbers import Integral

__all__ = ["NANOSECONDS_PER_SECOND", "check_count", "nanoseconds"]

NANOSECONDS_PER_SECOND = 1_000_000_000
_LONGEST = 1e12  # seconds, 30,000 years: beyond, nanoseconds no longer fit a float's range


def check_count(name: str, value: object, minimum: int) -> None:
    """Raise ValueError unless `value` is a whole number >= `minimum`."""
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < minimum:
        raise ValueError(f"{name} must be a whole number >= {minimum}, got {value!r}")


def nanoseconds(seconds: float, name: str, *, positive: bool = False) -> int:
    """Convert `seconds` to whole nanoseconds.

    Raises ValueError, naming `name`, unless `seconds` is >= 0 (> 0 if `positive`) and <= 1e12.
    """
    is_number = isinstance(seconds, (int, float)) and 0 <= seconds <= _LONGEST
    if is_number and (seconds > 0 or not positive):
        return max(round(seconds * NANOSECONDS_PER_SECOND), int(positive))
    rule = "> 0" if positive else ">= 0"
    raise ValueError(f"{name} must be a number of seconds {rule} and <= 1e12, got {seconds!r}")
