"""Tell whether a finalizer runs: what it raises is swallowed by the C code that called it."""

from __future__ import annotations

from types import FrameType
from weakref import ReferenceType

from lab.simulation.switching import outer

__all__ = ["in_finalizer", "is_finalizer"]


def is_finalizer(frame: FrameType | None) -> bool:
    """Tell whether it is a `__del__`, or the callback of a weak reference."""
    if frame is None:
        return False
    code = frame.f_code
    if code.co_name == "__del__":
        return True
    first = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
    return type(first) is ReferenceType and first() is None


def in_finalizer(frame: FrameType | None) -> bool:
    """Tell whether `frame` is, or was called by, a finalizer."""
    while frame is not None and not is_finalizer(frame):
        frame = outer(frame)
    return frame is not None
