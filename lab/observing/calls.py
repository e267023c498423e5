"""One call of the function that a pool is to do jobs with, wherever it is made."""

from __future__ import annotations

import inspect
import math
import os
import pickle
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from lab.model.trace import Outcome
from patterns.concurrency import Cancelled
from patterns.concurrency.context import cancels_caller

__all__ = ["Call", "Process", "Watched", "calls_elsewhere"]

Process = Callable[[Any], Any]


@dataclass(slots=True)
class Call:
    """One call of `process`."""

    job: Any
    worker: Any  # task, thread, or process id
    start: int
    number: float  # orders what happens in the same nanosecond
    end: int | None = None
    outcome: Outcome = Outcome.CANCELLED
    error: str | None = None

    def ended(self, end: int, error: BaseException | None) -> None:
        self.end = end
        if error is None:
            self.outcome = Outcome.OK
            return
        self.error = repr(error)
        own_limit = isinstance(error, Cancelled) and not cancels_caller(error)
        if isinstance(error, Exception) or own_limit:
            self.outcome = Outcome.FAILED


class Recorder(Protocol):
    """Notes down calls made in this process."""

    def start(self, job: Any) -> Call:
        """Record the start of a call."""

    def call(self, job: Any, started: Call | None = None) -> AbstractContextManager[None]:
        """Record what happens to a call."""


class Watched:
    """A process function whose calls are recorded: here, or, sent to a process, in a file."""

    def __init__(self, log: Recorder, process: Process, folder: str) -> None:
        self._log = log
        self._process = process
        self._folder = folder
        self._made_in = os.getpid()

    def __call__(self, job: Any) -> Any:
        if os.getpid() != self._made_in:  # in a forked process, whose copy of the log nobody reads
            return _Elsewhere(self._process, self._folder)(job)
        call = self._log.start(job)
        with self._log.call(job, call):
            value = self._process(job)
        return self._finish(call, value) if inspect.isawaitable(value) else value

    async def _finish(self, call: Call, value: Awaitable[Any]) -> Any:
        with self._log.call(call.job, call):
            return await value

    def __reduce__(self) -> tuple[Any, ...]:
        return _Elsewhere, (self._process, self._folder)


@dataclass
class _Elsewhere:
    """The same in another process, which writes down what happens there.

    The clock is the system's, so that its times can be compared with those of other processes.
    """

    process: Process
    folder: str

    def __call__(self, job: Any) -> Any:
        call = Call(job, os.getpid(), time.perf_counter_ns(), math.inf)
        self._write(call)
        try:
            value = self.process(job)
        except BaseException as error:
            call.ended(time.perf_counter_ns(), error)
            raise
        else:
            call.ended(time.perf_counter_ns(), None)
            return value
        finally:
            self._write(call)

    def _write(self, call: Call) -> None:
        with open(Path(self.folder, str(call.worker)), "ab") as file:
            file.write(pickle.dumps(call))


def calls_elsewhere(folder: str) -> list[Call]:
    """Read what processes wrote; each call stands there once or, if it has ended, twice."""
    calls: dict[tuple[int, int], Call] = {}
    for path in Path(folder).iterdir() if folder else ():
        with path.open("rb") as file, suppress(EOFError, pickle.UnpicklingError):
            while True:
                call = pickle.load(file)
                calls[call.worker, call.start] = call
    return list(calls.values())
