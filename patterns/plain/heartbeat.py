"""The pool with heartbeats in plain Python: what a task and what a process can do about a hang.

- `tasks`: asyncio tasks. A job that hangs in an `await` is ended there by `asyncio.timeout`; its
  worker goes on, so nothing is left behind and nobody replaced.
- `processes`: each worker thread has a process do its jobs. A process that hangs, wherever that
  is, can be killed, and another one started.

In both a job may be silent for so many seconds; one that takes longer calls `beat`. A job that is
silent for longer fails by TimeoutError.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pickle
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from contextvars import ContextVar
from threading import current_thread
from typing import Any, Final, Generic, TypeVar

from ..concurrency import Failed, Report, Result
from ..concurrency.checks import check_callable, check_process, nanoseconds
from . import basic
from .common import packed, unpacked

__all__ = ["Child", "beat", "processes", "tasks", "trouble"]

J = TypeVar("J")
R = TypeVar("R")

_TO_START: Final = 60.0  # seconds that a process may take to start, before it has a job
_BEAT: Final = b""

_beat: ContextVar[Callable[[], object]] = ContextVar("beat")

# Not forked: a copy of this process would hold whatever locks its threads held at that moment.
_spawn = multiprocessing.get_context("spawn")


def beat() -> None:
    """Show, from inside `process`, that the job is getting on."""
    _beat.get()()


async def tasks(
    jobs: Iterable[J],
    process: Callable[[J], Awaitable[R]],
    *,
    silence: float = 1.0,
    workers: int = 3,
    buffer: int = 100,
    timeout: float | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process `jobs` with asyncio tasks, and end a job where it awaits if it is silent too long.

    `silence` is seconds, > 0, from the job's start, or its last beat, on. The other arguments and
    errors are those of `patterns.plain.basic.tasks`. A job that blocks the event loop blocks all.
    """
    check_callable(process)
    nanoseconds(silence, "silence", positive=True)

    async def watched(job: J) -> R:
        async with asyncio.timeout(silence) as limit:
            _beat.set(lambda: limit.reschedule(asyncio.get_running_loop().time() + silence))
            return await process(job)

    return await basic.tasks(
        jobs, watched, workers=workers, buffer=buffer, timeout=timeout, on_result=on_result
    )


def processes(
    jobs: Iterable[J],
    process: Callable[[J], R],
    *,
    silence: float = 1.0,
    workers: int = 3,
    buffer: int = 100,
    timeout: float | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process `jobs` with a process for each worker, and kill one that is silent too long.

    `silence` is seconds, > 0, from the job's start, or its last beat, on. A job whose process dies
    by itself fails by ChildProcessError. Either way another process does the next job. Jobs and
    values travel between processes, so they must be picklable, and `process` must be a function
    that a module holds. The other arguments and errors are those of
    `patterns.plain.basic.queue_threads`.
    """
    check_process(process)
    nanoseconds(silence, "silence", positive=True)
    children: dict[Any, Child[J, R]] = {}  # by the thread that looks after it

    def watched(job: J) -> R:
        thread = current_thread()
        try:
            if thread not in children:
                children[thread] = Child(process)
            result = children[thread].result(job, silence)
        except BaseException:
            if thread in children:
                children.pop(thread).kill()
            raise
        if isinstance(result, Failed):
            raise result.error
        return result.value

    try:
        return basic.queue_threads(
            jobs, watched, workers=workers, buffer=buffer, timeout=timeout, on_result=on_result
        )
    finally:
        for child in children.values():
            child.kill()


def trouble(job: int) -> int:
    """Double a job; but job 4 never returns, and job 8 takes its process down.

    For `processes`, which can only use functions that a module holds.
    """
    if job == 4:
        while True:
            pass
    if job == 8:
        os._exit(1)
    return job * 2


class Child(Generic[J, R]):
    """A process that does one job after the other, and our end of the pipe to it."""

    def __init__(self, process: Callable[[J], R]) -> None:
        self._pipe, theirs = _spawn.Pipe()
        self._process = _spawn.Process(target=_serve, args=(theirs, process), daemon=True)
        self._process.start()
        theirs.close()  # so that the pipe ends when the process does
        self._started = False

    def result(self, job: J, silence: float) -> Result[J, R]:
        """Have the job done; raise if the process is silent for too long, or dies."""
        message = pickle.dumps(job)
        try:
            if not self._started:
                self._receive(_TO_START)
                self._started = True
            self._pipe.send_bytes(message)
            while (answer := self._receive(silence)) == _BEAT:
                pass
        except TimeoutError:
            raise
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode
            raise ChildProcessError(f"its process died with exit code {code}") from None
        return unpacked(job, answer)

    def kill(self) -> None:
        """End the process, wherever it is."""
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def _receive(self, silence: float) -> bytes:
        if not self._pipe.poll(silence):
            raise TimeoutError(f"its process was silent for {silence:g} s, and was killed")
        return self._pipe.recv_bytes()


def _serve(pipe: Any, process: Callable[[Any], Any]) -> None:
    _beat.set(lambda: pipe.send_bytes(_BEAT))
    beat()  # here we are
    with suppress(EOFError):  # whoever sent the jobs is gone
        while True:
            message = pipe.recv_bytes()
            pipe.send_bytes(packed(process, message))
