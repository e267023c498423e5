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
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from contextvars import ContextVar
from threading import current_thread
from typing import Any, TypeVar

from ..concurrency import Failed, Report, Result, Succeeded
from ..concurrency.checks import nanoseconds
from . import basic

__all__ = ["beat", "processes", "tasks", "trouble"]

J = TypeVar("J")
R = TypeVar("R")

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
    workers: int,
    silence: float,
    **options: Any,
) -> Report[J, R]:
    """Process `jobs` with asyncio tasks, and end a job where it awaits if it is silent too long.

    `silence` is seconds, > 0, from the job's start, or its last beat, on. The other options and
    errors are those of `patterns.plain.basic.tasks`. A job that blocks the event loop blocks all.
    """
    nanoseconds(silence, "silence", positive=True)

    async def watched(job: J) -> R:
        async with asyncio.timeout(silence) as limit:
            _beat.set(lambda: limit.reschedule(asyncio.get_running_loop().time() + silence))
            return await process(job)

    return await basic.tasks(jobs, watched, workers=workers, **options)


def processes(
    jobs: Iterable[J],
    process: Callable[[J], R],
    *,
    workers: int,
    silence: float,
    **options: Any,
) -> Report[J, R]:
    """Process `jobs` with a process for each worker, and kill one that is silent too long.

    `silence` is seconds, > 0, from the job's start, or its last beat, on. A job whose process dies
    by itself fails by ChildProcessError. Either way another process does the next job. Jobs,
    `process` and values travel between processes, so they must be picklable. The other options and
    errors are those of `patterns.plain.basic.queue_threads`.
    """
    nanoseconds(silence, "silence", positive=True)
    children: dict[Any, _Child] = {}  # by the thread that looks after it

    def watched(job: J) -> R:
        thread = current_thread()
        if thread not in children:
            children[thread] = _Child(process)
        try:
            result = children[thread].result(job, silence)
        except BaseException:
            children.pop(thread).kill()
            raise
        if result.error is not None:
            raise result.error
        return result.value  # type: ignore[return-value]

    try:
        return basic.queue_threads(jobs, watched, workers=workers, **options)
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


class _Child:
    """A process that does one job after the other, and our end of the pipe to it."""

    def __init__(self, process: Callable[[Any], Any]) -> None:
        self._pipe, theirs = _spawn.Pipe()
        self._process = _spawn.Process(target=_serve, args=(theirs, process), daemon=True)
        self._process.start()
        theirs.close()  # so that the pipe ends when the process does

    def result(self, job: Any, silence: float) -> Result[Any, Any]:
        try:
            self._pipe.send(job)
            self._pipe.recv()  # a beat, when it has the job: starting a process takes its time
            while self._pipe.poll(silence):
                message = self._pipe.recv()
                if isinstance(message, Result):
                    return message
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode
            raise ChildProcessError(f"its process died with exit code {code}") from None
        raise TimeoutError(f"its process was silent for {silence:g} s, and was killed")

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()


def _serve(pipe: Any, process: Callable[[Any], Any]) -> None:
    _beat.set(lambda: pipe.send("beat"))
    with suppress(EOFError):  # whoever sent the jobs is gone
        while True:
            job = pipe.recv()
            beat()
            try:
                result = Succeeded(job, process(job))
            except Exception as error:
                result = Failed(job, error)
            pipe.send(result)
