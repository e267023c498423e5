"""Noticing that a simulated task waits in real time, as `time.sleep` does by mistake."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass

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

# A browser does not tell how long a thread computed: there, nobody is ever found waiting.
_thread_time = getattr(time, "thread_time_ns", time.perf_counter_ns)

__all__ = ["RealWait", "RealWaitWatch", "RealWaits"]

_LOOK_EVERY = 5_000_000  # ns
_TOO_LONG = 50_000_000  # ns, in one go
_TOO_LONG_IN_ALL = 500_000_000  # ns
_SHARE = 0.25  # of all the time, below which it is not told
_WAITS_TO_WARN = 2  # a single one may be the machine's fault


@dataclass(frozen=True, slots=True)
class RealWait:
    """A wait in one go: of which task, for how many `seconds`, and whether that is `sure`."""

    task: str
    seconds: float
    sure: bool


class RealWaitWatch:
    """Tells how long the thread was idle of its own will since the last look.

    A thread that computes, or that the machine has suspended, is not waiting: so the processor
    time is subtracted, and where the system counts them a voluntary switch must have happened,
    and no involuntary one, for the wait to be sure.

    Attributes:
        look_at: on the performance counter (ns): to look again before that is in vain.
    """

    def __init__(self) -> None:
        self._look()

    def _look(self) -> None:
        self._wall = time.perf_counter_ns()
        self.look_at = self._wall + _LOOK_EVERY
        self._used = _thread_time()
        self._voluntary, self._involuntary = _switches()

    def waited(self) -> tuple[float, bool]:
        """Return the seconds waited in one go, or 0.0 if under 0.05, and whether that is sure."""
        wall, used = self._wall, self._used
        voluntary, involuntary = self._voluntary, self._involuntary
        self._look()
        idle = (self._wall - wall) - (self._used - used)
        own_will = self._voluntary > voluntary and self._involuntary == involuntary
        return idle / 1e9 if idle > _TOO_LONG else 0.0, own_will or not _SURE


class RealWaits:
    """What was waited in real time since it was made, in any number of simulations."""

    def __init__(self) -> None:
        self.elsewhere = 0.0  # seconds waited in copies of the process
        self._waits: list[RealWait] = []
        self.begin()

    def begin(self) -> None:
        """Begin anew, in a copy of the process, or after one that was waited for."""
        self._wall, self._used, self._all = _clocks()
        self._voluntary, self._involuntary = _switches()

    def note(self, waits: list[RealWait]) -> None:
        """Take in the waits that are known one by one."""
        self._waits += waits

    def idle(self) -> float:
        """Return the seconds that the thread waited of its own will, 0.0 if that is not much.

        It did so if it gave the processor away more often than the machine took it, and no other
        thread of the process used it meanwhile.
        """
        wall, used, by_all = (
            now - then
            for now, then in zip(_clocks(), (self._wall, self._used, self._all), strict=True)
        )
        voluntary, involuntary = _switches()
        own_will = voluntary - self._voluntary > involuntary - self._involuntary or not _SURE
        idle = wall - used
        much = idle > max(_TOO_LONG_IN_ALL, _SHARE * wall)
        return idle / 1e9 if much and own_will and by_all - used < idle / 2 else 0.0

    def warn(self) -> None:
        """Warn whoever called the caller's caller, if anybody waited."""
        sure = [wait for wait in self._waits if wait.sure]
        longest = max(self._waits, key=lambda wait: wait.seconds, default=None)
        seconds = self.elsewhere or self.idle()
        if len(sure) >= _WAITS_TO_WARN:
            task, seconds = sure[0].task, sure[0].seconds
        elif seconds:
            task = "a task" if longest is None else longest.task
        else:
            return
        warnings.warn(
            f"{task} waited {seconds:.2f} s of real time inside a simulation, and everybody with "
            "it: use patterns.concurrency.sleep, not time.sleep",
            RuntimeWarning,
            stacklevel=4,
        )


def _clocks() -> tuple[int, int, int]:
    return time.perf_counter_ns(), _thread_time(), time.process_time_ns()
