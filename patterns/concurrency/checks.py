"""Validate arguments: a bad value is met before anything starts, with the rule and what came."""

from __future__ import annotations

import math
from functools import partial
from numbers import Integral, Real
from types import CoroutineType
from typing import Final

__all__ = [
    "NANOSECONDS_PER_SECOND",
    "check_callable",
    "check_count",
    "check_jobs",
    "check_process",
    "check_rate",
    "check_value",
    "moment",
    "nanoseconds",
    "plain",
]

NANOSECONDS_PER_SECOND: Final = 1_000_000_000
_LONGEST: Final = 1e12  # seconds, 30,000 years: beyond, nanoseconds no longer fit a float's range
_COROUTINE: Final = 0x80 | 0x200  # flags of `async def` code: a coroutine, an async generator


def check_count(name: str, value: object, minimum: int) -> None:
    """Raise ValueError unless `value` is a whole number >= `minimum`."""
    if type(value) is int and value >= minimum:  # as nearly always
        return
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < minimum:
        raise ValueError(f"{name} must be a whole number >= {minimum}, got {value!r}")


def nanoseconds(seconds: float, name: str, *, positive: bool = False) -> int:
    """Convert `seconds` to whole nanoseconds.

    Raises ValueError, naming `name`, unless `seconds` is >= 0 (> 0 if `positive`) and <= 1e12.
    """
    if type(seconds) is float and 0 < seconds <= _LONGEST:  # as nearly always
        return round(seconds * NANOSECONDS_PER_SECOND) or int(positive)
    number = plain(seconds) if isinstance(seconds, Real) else math.nan
    if 0 <= number <= _LONGEST and (number > 0 or not positive):
        return max(round(number * NANOSECONDS_PER_SECOND), int(positive))
    rule = "> 0" if positive else ">= 0"
    raise ValueError(f"{name} must be a number of seconds {rule} and <= 1e12, got {seconds!r}")


def moment(seconds: float, name: str) -> int:
    """Convert a time limit to whole nanoseconds; below 0 it has passed already, as 0 has.

    Raises ValueError, naming `name`, unless `seconds` is a number <= 1e12.
    """
    number = plain(seconds) if isinstance(seconds, Real) else math.nan
    if number <= _LONGEST:
        return round(max(number, 0) * NANOSECONDS_PER_SECOND)
    raise ValueError(f"{name} must be a number of seconds <= 1e12, got {seconds!r}")


def check_rate(name: str, rate: float) -> None:
    """Raise ValueError unless `rate` is a number per second from 1e-9 to 1e9."""
    is_number = isinstance(rate, Real) and not isinstance(rate, bool)
    if not (is_number and 1e-9 <= plain(rate) <= 1e9):
        raise ValueError(f"{name} must be a number per second from 1e-9 to 1e9, got {rate!r}")


def check_jobs(jobs: object) -> None:
    """Raise TypeError unless one can iterate over `jobs`; takes nothing from it."""
    if not (hasattr(jobs, "__iter__") or hasattr(jobs, "__getitem__")):
        raise TypeError(f"jobs must be something to iterate over, got {jobs!r}")


def check_callable(process: object) -> None:
    """Raise TypeError unless `process` can be called."""
    if not callable(process):
        raise TypeError(f"process must be a function, got {process!r}")


def check_process(process: object) -> None:
    """Raise TypeError unless `process` is a function that does its work when it is called."""
    check_callable(process)
    if _is_async(process):
        raise TypeError(
            f"process must be a plain function, got the async function {_name(process)}: "
            "called by a worker it would return a coroutine and do nothing"
        )


def check_value(value: object) -> None:
    """Raise TypeError if what `process` returned is a coroutine, so that nothing was done."""
    if isinstance(value, CoroutineType):
        value.close()
        raise TypeError(f"process returned a coroutine: {value.__qualname__} is async")


def plain(number: float) -> float:
    """Convert a number of any type to Python's int or float: NumPy's integers would overflow."""
    return int(number) if isinstance(number, Integral) else float(number)


def _is_async(function: object) -> bool:
    while isinstance(function, partial):
        function = function.func
    code = getattr(function, "__code__", None)
    if code is None:
        code = getattr(type(function).__call__, "__code__", None)
    return bool(getattr(code, "co_flags", 0) & _COROUTINE)


def _name(function: object) -> str:
    while isinstance(function, partial):
        function = function.func
    return getattr(function, "__name__", type(function).__name__)
