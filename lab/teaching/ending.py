"""End a run that nobody has patience for any more, whatever its code does just then.

In a finalizer or a callback of the garbage collector, C code swallows what is thrown in, and a
collection that is left standing for good is the last one in the process. So the task that runs is
left only where what is thrown in goes up into the pool.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import sysconfig
from pathlib import Path
from threading import Thread
from types import FrameType

from lab.simulation.finalizer import is_finalizer
from lab.simulation.runtime import Ended, SimulatedRuntime
from lab.simulation.switching import outer
from patterns import concurrency

__all__ = ["TICK", "Ending", "OutOfPatience"]

TICK = 0.01  # seconds between two tries to end a run
_LONG = 5  # ticks in one call, after which it counts as blocked or endless
_HOPELESS = 100  # ticks in one finalizer, after which it counts as one that nothing ends

_LAB = Path(__file__).parents[1]
_LIBRARIES = (
    *(sysconfig.get_path(kind) + os.sep for kind in ("stdlib", "platstdlib", "purelib", "platlib")),
    *(f"{folder}{os.sep}" for folder in (Path(concurrency.__file__).parent, _LAB)),
    "<frozen ",
)


class OutOfPatience(KeyboardInterrupt):
    """The real time for one run is used up."""


class Ending:
    """Ends simulations at a tick of the clock: not by an exception, which a pool may catch.

    The task that runs is left standing where it is, and `Ended` is thrown into it there.

    Args:
        simulations: those that run; may grow.
        waiting: a function whose frames count as the reader's own code.
    """

    def __init__(self, simulations: list[SimulatedRuntime], waiting: str) -> None:
        self._simulations = simulations
        self._waiting = waiting
        self._call: FrameType | None = None  # kept, so that no other frame is taken for it
        self._ticks = 0  # that it has lasted

    def stop(self) -> bool:
        """Let the next operation end what runs; False if that was said before."""
        new = [runtime for runtime in self._simulations if not runtime.stopped]
        for runtime in new:
            runtime.stop(OutOfPatience())
        return bool(new)

    def tick(self, frame: FrameType | None) -> None:
        """End what runs, in its own thread, which stands at `frame`; or wait for the next tick."""
        if self.stop() or not any(runtime.in_task for runtime in self._simulations):
            return
        collecting = _collecting()
        if collecting and _in_a_tick(frame):
            return  # the handling of the last tick set off the collection, and is not over
        if not self._ripe(frame, collecting):
            return
        if (collecting or is_finalizer(self._call)) and self._ticks < _HOPELESS:
            raise Ended  # ends the finalizer only, and what called it goes on
        self._leave()

    def tick_elsewhere(self, thread: Thread) -> None:
        """Do the same in another thread, by an exception that is raised there."""
        # It comes up where the thread stands now, or (Python 3.12 and later) one step further on:
        # that may be in a finalizer, and is lost there, but the task is not left in it.
        ident = thread.ident or 0
        if self.stop() or not self._ripe(sys._current_frames().get(ident)):
            return
        ending = self

        class GiveUp(OutOfPatience):
            """As it is made in the thread, the simulation ends."""

            def __init__(self) -> None:
                super().__init__()
                frame = sys._getframe(1)
                if not _collecting() and not is_finalizer(ending._call_in_the_way(frame)):
                    ending._leave()

        error = ctypes.py_object(GiveUp)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), error)

    def _ripe(self, frame: FrameType | None, collecting: bool = False) -> bool:
        """Tell whether nothing in the way of the pool's end will go away by itself."""
        call = self._call_in_the_way(frame)
        if call is None and collecting:
            call = frame
        self._ticks = self._ticks + 1 if call is self._call else 0
        self._call = call
        return call is None or self._ticks >= _LONG

    def _leave(self) -> None:
        self._call = None
        for runtime in self._simulations:
            if runtime.in_task:
                runtime.leave()

    def _call_in_the_way(self, frame: FrameType | None) -> FrameType | None:
        """Return the outermost call out of the reader's code: of a finalizer, or of a library.

        Many callbacks of finalizers are a library's, such as those of a WeakSet.
        """
        found = library = None
        while frame is not None:
            if self._is_library(frame):
                library = frame
            else:
                if library is not None:
                    found, library = library, None
                if is_finalizer(frame):
                    found = frame
            frame = outer(frame)
        return found  # what is below all of the reader's code runs the task

    def _is_library(self, frame: FrameType) -> bool:
        code = frame.f_code
        if code.co_name == self._waiting:
            return False  # as if the reader's code waited itself
        return code.co_filename.startswith(_LIBRARIES) or "-packages" + os.sep in code.co_filename


def _in_a_tick(frame: FrameType | None) -> bool:
    while frame is not None and frame.f_code is not Ending.tick.__code__:
        frame = outer(frame)
    return frame is not None


def _collecting() -> bool:
    """Tell whether a garbage collection is under way: then there can be no other."""
    if sys.platform == "emscripten":
        return False  # there it runs only when asked to, which nobody does while tasks wait
    garbage: list[object] = []
    garbage.append(garbage)
    del garbage
    return gc.collect(0) == 0
