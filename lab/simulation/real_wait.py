"""Noticing that a simulated task waits in real time, as `time.sleep` does by mistake."""

from __future__ import annotations

import time

try:
    from resource import RUSAGE_THREAD, getrusage
except ImportError:  # elsewhere than on Linux

    def _switches() -> tuple[int, int]:
        return 0, 0

    _SURE = False
else:

    def _switches() -> tuple[int, int]:
        used = getrusage(RUSAGE_THREAD)
        return used.ru_nvcsw, used.ru_nivcsw

    _SURE = True

__all__ = ["RealWaitWatch"]

_LOOK_EVERY = 5_000_000  # ns
_TOO_LONG = 50_000_000  # ns


class RealWaitWatch:
    """Tells how long the thread was idle of its own will since the last look.

    A thread that computes, or that the machine has suspended, is not waiting: so the processor
    time is subtracted, and where the system counts them a voluntary switch must have happened,
    and no involuntary one. On a busy machine some waits are missed that way; that is the better
    mistake.

    Attributes:
        look_at: on the performance counter (ns): to look again before that is in vain.
    """

    def __init__(self) -> None:
        self._look()

    def _look(self) -> None:
        self._wall = time.perf_counter_ns()
        self.look_at = self._wall + _LOOK_EVERY
        self._used = time.thread_time_ns()
        self._voluntary, self._involuntary = _switches()

    def waited(self) -> float:
        """Return the seconds waited in one go, or 0.0 if under 0.05."""
        wall, used = self._wall, self._used
        voluntary, involuntary = self._voluntary, self._involuntary
        self._look()
        idle = (self._wall - wall) - (self._used - used)
        own_will = self._voluntary > voluntary and self._involuntary == involuntary
        return idle / 1e9 if idle > _TOO_LONG and (own_will or not _SURE) else 0.0
