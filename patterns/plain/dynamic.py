"""The dynamic pool in plain Python, twice.

- `threads`: a `ThreadPoolExecutor`. It starts a thread when a job comes and no thread is idle, up
  to its maximum, and never ends one before it is shut down.
- `tasks`: asyncio tasks around a queue. A worker is added when a job would wait, and leaves by
  itself when no job has come for some seconds: no autoscaler, but a patience for each worker.

In asyncio looking and adding are one step by nature: no other task runs before the next `await`.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from ..concurrency import Cancelled, Failed, Report, Result, Succeeded
from ..concurrency.checks import check_count, nanoseconds
from . import basic

__all__ = ["Crew", "tasks", "threads"]

J = TypeVar("J")
R = TypeVar("R")


def threads(
    jobs: Iterable[J],
    process: Callable[[J], R],
    *,
    max_workers: int,
    pauses: Mapping[J, float] | None = None,
    timeout: float | None = None,
) -> Report[J, R]:
    """Process `jobs` with a `ThreadPoolExecutor`.

    Args:
        jobs: all taken as fast as the pauses allow, since an executor holds nobody back.
        process: what to do with a job.
        max_workers: threads at once, >= 1.
        pauses: seconds, >= 0, for which the submitter rests after a job, by job.
        timeout: seconds from the last submission on after which no more jobs are started.

    Raises ValueError for a bad number.
    """
    check_count("max_workers", max_workers, 1)
    rests = _checked(pauses)

    def in_time() -> Iterator[J]:
        for job in jobs:
            yield job
            time.sleep(rests.get(job, 0))

    return basic.execute(ThreadPoolExecutor(max_workers), in_time(), process, timeout)


async def tasks(
    jobs: Iterable[J],
    process: Callable[[J], Awaitable[R]],
    *,
    min_workers: int = 1,
    max_workers: int,
    patience: float,
    buffer: int = 100,
    pauses: Mapping[J, float] | None = None,
    timeout: float | None = None,
) -> Report[J, R]:
    """Process `jobs` with asyncio tasks that come when a job would wait and leave when idle.

    Args:
        jobs: taken one by one, when the queue has room for the one before.
        process: what to do with a job.
        min_workers: tasks to start with, and below which none leaves; 1 to `max_workers`.
        max_workers: tasks at once, >= 1.
        patience: seconds, > 0, without a job after which a worker leaves.
        buffer: jobs that may wait, >= 1 (0 would let an `asyncio.Queue` grow without limit).
        pauses: seconds, >= 0, for which the submitter rests after a job, by job.
        timeout: seconds after which everything is cut short where it waits.

    Raises ValueError for a bad number.
    """
    check_count("min_workers", min_workers, 1)
    check_count("max_workers", max_workers, 1)
    if min_workers > max_workers:
        raise ValueError(f"min_workers must be <= max_workers, got {min_workers} and {max_workers}")
    check_count("buffer", buffer, 1)
    nanoseconds(patience, "patience", positive=True)
    rests = _checked(pauses)
    crew = Crew(process, min_workers, max_workers, patience, buffer)
    try:
        async with asyncio.timeout(timeout), asyncio.TaskGroup() as group:
            for _ in range(min_workers):
                crew.add_worker(group)
            for job in jobs:
                await crew.submit(job, group)
                await asyncio.sleep(rests.get(job, 0))
            await crew.waiting.join()  # until every job that was put is done
            for worker in crew.workers:
                worker.cancel()
    except TimeoutError:
        pass  # the report tells which jobs were cut short
    return Report(tuple(crew.submitted), tuple(crew.started), tuple(crew.results))


class Crew(Generic[J, R]):
    """Tasks around a queue. What lies between two awaits happens in one step, so no lock."""

    def __init__(
        self,
        process: Callable[[J], Awaitable[R]],
        min_workers: int,
        max_workers: int,
        patience: float,
        buffer: int,
    ) -> None:
        self.process = process
        self.min_workers, self.max_workers, self.patience = min_workers, max_workers, patience
        self.waiting: asyncio.Queue[J] = asyncio.Queue(buffer)
        self.workers: set[asyncio.Task[None]] = set()
        self.numbers = itertools.count(1)
        self.submitted: list[J] = []
        self.started: list[J] = []
        self.results: list[Result[J, R]] = []

    async def submit(self, job: J, group: asyncio.TaskGroup) -> None:
        """Offer a job, and add a worker if all that there are have one."""
        self.submitted.append(job)
        await self.waiting.put(job)  # waits while the queue is full
        in_flight = len(self.submitted) - len(self.results)
        if in_flight > len(self.workers) and len(self.workers) < self.max_workers:
            self.add_worker(group)

    def add_worker(self, group: asyncio.TaskGroup) -> None:
        self.workers.add(group.create_task(self.worker(), name=f"worker-{next(self.numbers)}"))

    async def worker(self) -> None:
        """Take one job after the other; leave when patience is lost and others stay."""
        me = asyncio.current_task()
        assert me is not None
        while not me.cancelling():
            try:
                async with asyncio.timeout(self.patience):
                    job = await self.waiting.get()
            except TimeoutError:
                if self.waiting.empty() and len(self.workers) > self.min_workers:
                    self.workers.discard(me)
                    return
                continue
            self.started.append(job)
            try:
                self.results.append(Succeeded(job, await self.process(job)))
            except Exception as error:
                self.results.append(Failed(job, error))
            except asyncio.CancelledError as error:
                self.results.append(Failed(job, Cancelled(*error.args)))
            self.waiting.task_done()


def _checked(pauses: Mapping[J, float] | None) -> Mapping[J, float]:
    for pause in (pauses or {}).values():
        nanoseconds(pause, "pauses")
    return pauses or {}
