"""Run a reader's pool so that it can do no harm: it ends, prints nothing, starts nothing real."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import Any
from unittest import mock

from lab.model.run import Run
from lab.simulation.runtime import SimulatedRuntime
from lab.teaching.ending import TICK, Ending, OutOfPatience
from patterns.concurrency.runtime import current_runtime

__all__ = ["REAL_WAIT", "OutOfPatience", "guarded", "quietly"]

_REAL = "it starts a real {}, which knows no virtual time: use TaskGroup and its spawn"
REAL_WAIT = "it waits in real time: use sleep from patterns.concurrency, not time.sleep"


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
    ending = Ending(simulations, "noticed_sleep")
    if sys.platform == "emscripten":
        return _guarded_in_a_browser(simulation, ending, patience)
    if sys.platform == "win32" or not in_main:
        return _guarded_elsewhere(simulation, ending, patience)
    began = time.monotonic()
    before = signal.signal(signal.SIGALRM, lambda _, frame: ending.tick(frame))
    left, interval = signal.setitimer(signal.ITIMER_REAL, patience, TICK)
    try:
        return simulation()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before or signal.SIG_DFL)
        if left:
            left -= time.monotonic() - began
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.001), interval)


def _guarded_elsewhere(
    simulation: Callable[[], Run[Any]], ending: Ending, patience: float
) -> Run[Any]:
    """Do the same where no signal comes: in a thread that can be left behind."""
    outcomes: list[Run[Any]] = []
    errors: list[BaseException] = []

    def target() -> None:
        try:
            outcomes.append(simulation())
        except BaseException as error:
            errors.append(error)

    thread = Thread(target=target, daemon=True)
    thread.start()
    thread.join(patience)
    for _ in range(200):
        if not thread.is_alive():
            break
        ending.tick_elsewhere(thread)
        thread.join(TICK)
    if outcomes:
        return outcomes[0]
    raise errors[0] if errors else OutOfPatience()


def _guarded_in_a_browser(
    simulation: Callable[[], Run[Any]], ending: Ending, patience: float
) -> Run[Any]:
    """Do the same where a signal comes only if one's own thread looks at the clock."""
    from lab.teaching.browser_timer import alarms

    before = signal.signal(signal.SIGALRM, lambda _, frame: ending.tick(frame))
    try:
        with alarms(patience, TICK):
            return simulation()
    finally:
        signal.signal(signal.SIGALRM, before or signal.SIG_DFL)
