"""Ctrl-C ends the simulation that runs, even where a task catches KeyboardInterrupt."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.simulation.runtime import SimulatedRuntime

__all__ = ["ended_by_ctrl_c", "noticing_ctrl_c"]

_outermost: list[SimulatedRuntime] = []  # the one that the handler ends, if it runs
_noticing: list[None] = []  # one, while the handler is ours


@contextmanager
def noticing_ctrl_c() -> Iterator[None]:
    """Take over Ctrl-C, if this is the main thread and has it handled in the default way.

    May be entered for many simulations, one after the other: to exchange a handler takes longer
    than to run a small one.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if (
        _noticing
        or not is_main
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield
        return
    signal.signal(signal.SIGINT, _handle)
    _noticing.append(None)
    try:
        yield
    finally:
        _noticing.pop()
        signal.signal(signal.SIGINT, signal.default_int_handler)


class ended_by_ctrl_c:  # noqa: N801  (reads as a verb; a generator would take longer)
    """Let Ctrl-C end `runtime`, unless it runs inside another one: then it ends that."""

    def __init__(self, runtime: SimulatedRuntime) -> None:
        self._runtime = runtime

    def __enter__(self) -> None:
        is_main = threading.get_ident() == threading.main_thread().ident
        if is_main and _noticing and not _outermost:
            _outermost.append(self._runtime)

    def __exit__(self, *exc_info: object) -> None:
        if _outermost and _outermost[0] is self._runtime:
            _outermost.clear()


def _handle(number: int, frame: FrameType | None) -> None:
    for runtime in _outermost:
        runtime.stop(KeyboardInterrupt())
    raise KeyboardInterrupt
