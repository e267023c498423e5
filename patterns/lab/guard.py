"""Run a reader's pool so that it can do no harm: it ends, prints nothing, starts nothing real."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import sysconfig
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from types import FrameType
from typing import Any
from unittest import mock

from greenlet import getcurrent

from patterns.concurrency.runtime import current_runtime
from patterns.lab.run import Run
from patterns.lab.simulation.finalizer import is_finalizer
from patterns.lab.simulation.runtime import SimulatedRuntime, _Ended

__all__ = ["REAL_WAIT", "OutOfPatience", "guarded", "quietly"]

_REAL = "it starts a real {}, which knows no virtual time: use TaskGroup and its spawn"
REAL_WAIT = "it waits in real time: use sleep from patterns.concurrency, not time.sleep"


_TICK = 0.01  # seconds between two tries to end a run
_LONG = 5  # ticks in one call, after which it counts as blocked or endless
_HOPELESS = 100  # ticks in one finalizer, after which it counts as one that nothing ends

_LAB = Path(__file__).parent
_LIBRARIES = (
    *(sysconfig.get_path(kind) + os.sep for kind in ("stdlib", "platstdlib", "purelib", "platlib")),
    *(f"{_LAB.parent / package}{os.sep}" for package in ("concurrency", "lab")),
    "<frozen ",
)


class OutOfPatience(KeyboardInterrupt):
    """The real time for one run is used up."""


@contextmanager
def quietly() -> Iterator[list[str]]:
    """Swallow what is printed, refuse real threads and processes, notice real waits.

    Gives the list of what was wrong.
    """
    faults: list[str] = []

    def refusing(kind: str, real_start: Callable[[Any], None]) -> Callable[[Any], None]:
        def start(started: Any) -> None:
            if isinstance(current_runtime(), SimulatedRuntime):
                faults.append(_REAL.format(kind))
                raise RuntimeError(faults[-1])
            real_start(started)

        return start

    def noticed_sleep(seconds: float) -> None:
        if seconds > 0 and isinstance(current_runtime(), SimulatedRuntime):
            faults.append(REAL_WAIT)
        real_sleep(seconds)

    real_sleep = time.sleep
    with (
        open(os.devnull, "w", encoding="utf-8", errors="replace") as nowhere,
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
        warnings.catch_warnings(record=True) as warned,
        mock.patch.object(time, "sleep", noticed_sleep),
        mock.patch.object(Thread, "start", refusing("thread", Thread.start)),
        mock.patch.object(BaseProcess, "start", refusing("process", BaseProcess.start)),
    ):
        warnings.simplefilter("always")
        yield faults
    if any("real time inside a simulation" in str(warning.message) for warning in warned):
        faults.append(REAL_WAIT)


def guarded(
    simulation: Callable[[], Run[Any]], simulations: list[SimulatedRuntime], patience: float
) -> Run[Any]:
    """Run it, and end it when `patience` seconds of real time are used up."""
    in_main = threading.current_thread() is threading.main_thread()
    if sys.platform == "win32" or not in_main:
        return _guarded_elsewhere(simulation, simulations, patience)
    began = time.monotonic()
    ending = _Ending(simulations)
    before = signal.signal(signal.SIGALRM, lambda _, frame: ending.tick(frame))
    left, interval = signal.setitimer(signal.ITIMER_REAL, patience, _TICK)
    try:
        return simulation()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before or signal.SIG_DFL)
        if left:
            left -= time.monotonic() - began
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.001), interval)


class _Ending:
    """Ends simulations at a tick of the clock: not by an exception, which a pool may catch.

    The task that runs is left standing where it is, and `_Ended` is thrown into it there. So it
    is left only where that goes up into the pool. In a finalizer or a callback of the garbage
    collector, C code swallows it; and a collection that is left standing for good is the last.
    """

    def __init__(self, simulations: list[SimulatedRuntime]) -> None:
        self._simulations = simulations
        self._call: FrameType | None = None  # kept, so that no other frame is taken for it
        self._ticks = 0  # that it has lasted

    def stop(self) -> bool:
        """Let the next operation end what runs; False if that was said before."""
        new = [runtime for runtime in self._simulations if runtime._escaped is None]
        for runtime in new:
            runtime.stop(OutOfPatience())
        return bool(new)

    def tick(self, frame: FrameType | None) -> None:
        """End what runs, in its own thread, which stands at `frame`; or wait for the next tick."""
        if self.stop() or not self._in_a_task():
            return
        collecting = _collecting()
        if not self.ripe(frame, collecting):
            return
        if (collecting or is_finalizer(self._call)) and self._ticks < _HOPELESS:
            raise _Ended  # ends the finalizer only, and what called it goes on
        self.leave()

    def ripe(self, frame: FrameType | None, collecting: bool = False) -> bool:
        """Tell whether nothing in the way of the pool's end will go away by itself."""
        call = _call_in_the_way(frame)
        if call is None and collecting:
            call = frame
        self._ticks = self._ticks + 1 if call is self._call else 0
        self._call = call
        return call is None or self._ticks >= _LONG

    def leave(self) -> None:
        """Leave the task that runs."""
        self._call = None
        for runtime in self._simulations:
            if getcurrent() is not runtime._hub:
                runtime._hub.switch()

    def _in_a_task(self) -> bool:
        return any(getcurrent() is not runtime._hub for runtime in self._simulations)


def _call_in_the_way(frame: FrameType | None) -> FrameType | None:
    """Return the outermost call out of the reader's code: of a finalizer, or of a library.

    Many callbacks of finalizers are a library's, such as those of a WeakSet.
    """
    found = library = None
    while frame is not None:
        if _is_library(frame):
            library = frame
        else:
            if library is not None:
                found, library = library, None
            if is_finalizer(frame):
                found = frame
        frame = frame.f_back
    return found  # what is below all of the reader's code runs the task


def _is_library(frame: FrameType) -> bool:
    code = frame.f_code
    if code.co_name == "noticed_sleep" and code.co_filename == __file__:
        return False  # as if the reader's code waited itself
    return code.co_filename.startswith(_LIBRARIES) or "-packages" + os.sep in code.co_filename


def _collecting() -> bool:
    """Tell whether a garbage collection is under way: then there can be no other."""
    garbage: list[object] = []
    garbage.append(garbage)
    del garbage
    return gc.collect(0) == 0


def _guarded_elsewhere(
    simulation: Callable[[], Run[Any]], simulations: list[SimulatedRuntime], patience: float
) -> Run[Any]:
    """Do the same where no signal comes: in a thread that can be left behind."""
    outcomes: list[Run[Any]] = []
    errors: list[BaseException] = []
    ending = _Ending(simulations)

    def target() -> None:
        try:
            outcomes.append(simulation())
        except BaseException as error:
            errors.append(error)

    class GiveUp(OutOfPatience):
        """Raised in the thread from outside; as it is made there, the simulation ends."""

        def __init__(self) -> None:
            super().__init__()
            frame = sys._getframe(1)
            if not _collecting() and not is_finalizer(_call_in_the_way(frame)):
                ending.leave()

    thread = Thread(target=target, daemon=True)
    thread.start()
    thread.join(patience)
    for _ in range(200):
        if not thread.is_alive():
            break
        # It comes up where the thread stands now, or (Python 3.12 and later) one step further on:
        # that may be in a finalizer, and is lost there, but the task is not left in it.
        if not ending.stop() and ending.ripe(sys._current_frames().get(thread.ident or 0)):
            number, error = ctypes.c_ulong(thread.ident or 0), ctypes.py_object(GiveUp)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(number, error)
        thread.join(_TICK)
    if outcomes:
        return outcomes[0]
    raise errors[0] if errors else OutOfPatience()
