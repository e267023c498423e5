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
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from ..concurrency import Ledger, Report, Result
from ..concurrency.checks import check_count, check_process, nanoseconds
from . import basic
from .common import Source, TimeLimit, attempting, noting, reported

__all__ = ["ElasticPool", "tasks", "threads"]

J = TypeVar("J")
R = TypeVar("R")


def threads(
    jobs: Iterable[J],
    process: Callable[[J], R],
    *,
    max_workers: int = 10,
    pauses: Mapping[int, float] | None = None,
    timeout: float | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process `jobs` with a `ThreadPoolExecutor`.

    Args:
        jobs: all taken as fast as the pauses allow, since an executor holds nobody back; endless
            ones until the time is up.
        process: makes a job's value; called in several threads at once.
        max_workers: threads at once, >= 1.
        pauses: seconds, >= 0, for which the submitter rests after the job of that number, from 0.
        timeout: seconds from the call on after which no more jobs are started; None: never.
        on_result: called with each result, in the caller's thread, when all jobs are submitted.

    Raises ValueError or TypeError for a bad argument, before anything is started.
    """
    check_process(process)
    check_count("max_workers", max_workers, 1)
    rests = _checked(pauses)
    limit = TimeLimit(timeout)

    def rest(submitted: int) -> None:
        pause = rests.get(submitted - 1, 0.0)
        time.sleep(pause if limit.left is None else min(pause, limit.left))

    do, executor = attempting(process), ThreadPoolExecutor(max_workers)
    return basic.execute(executor, do, jobs, limit, on_result, after_each=rest)


async def tasks(
    jobs: Iterable[J],
    process: Callable[[J], Awaitable[R]],
    *,
    min_workers: int = 1,
    max_workers: int = 10,
    patience: float = 1.0,
    buffer: int = 100,
    pauses: Mapping[int, float] | None = None,
    timeout: float | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process `jobs` with asyncio tasks that come when a job would wait and leave when idle.

    Args:
        jobs: taken one by one, when the queue has room for the one before.
        process: makes a job's value; an async function.
        min_workers: tasks to start with, and below which none leaves; 1 to `max_workers`.
        max_workers: tasks at once, >= 1.
        patience: seconds, > 0, without a job after which a worker leaves.
        buffer: jobs that may wait, >= 1 (0 would let an `asyncio.Queue` grow without limit).
        pauses: seconds, >= 0, for which the submitter rests after the job of that number, from 0.
        timeout: seconds after which everything is cut short where it waits; None: never.
        on_result: called with each result as it comes.

    Raises ValueError for a bad number.
    """
    check_count("min_workers", min_workers, 1)
    check_count("max_workers", max_workers, 1)
    if min_workers > max_workers:
        raise ValueError(f"min_workers must be <= max_workers, got {min_workers} and {max_workers}")
    check_count("buffer", buffer, 1)
    nanoseconds(patience, "patience", positive=True)
    rests = _checked(pauses)
    ledger = Ledger[J, R]()
    do = noting(process, ledger, on_result)

    async def pool(group: asyncio.TaskGroup) -> None:
        elastic = ElasticPool(group, ledger, do, min_workers, max_workers, patience, buffer)
        for number, job in enumerate(Source(jobs)):
            await elastic.submit(job)
            await asyncio.sleep(rests.get(number, 0.0))
        await elastic.waiting.join()  # until every job that was put is done
        for worker in elastic.workers:
            worker.cancel()

    return await reported(pool, ledger, jobs, timeout)


class ElasticPool(Generic[J, R]):
    """Tasks around a queue. What lies between two awaits happens in one step, so no lock."""

    def __init__(
        self,
        group: asyncio.TaskGroup,
        ledger: Ledger[J, R],
        do: Callable[[J], Awaitable[None]],
        min_workers: int,
        max_workers: int,
        patience: float,
        buffer: int,
    ) -> None:
        self.group, self.ledger, self.do = group, ledger, do
        self.min_workers, self.max_workers, self.patience = min_workers, max_workers, patience
        self.waiting: asyncio.Queue[J] = asyncio.Queue(buffer)
        self.workers: set[asyncio.Task[None]] = set()
        self.numbers = itertools.count(1)
        for _ in range(min_workers):
            self.add_worker()

    async def submit(self, job: J) -> None:
        """Offer a job, and add a worker if all that there are have one."""
        self.ledger.submitted.append(job)
        await self.waiting.put(job)  # waits while the queue is full
        in_flight = len(self.ledger.submitted) - len(self.ledger.results)
        if in_flight > len(self.workers) and len(self.workers) < self.max_workers:
            self.add_worker()

    def add_worker(self) -> None:
        """Start a task that takes jobs."""
        name = f"worker-{next(self.numbers)}"
        self.workers.add(self.group.create_task(self.worker(), name=name))

    async def worker(self) -> None:
        """Take one job after the other; leave when patience is lost and others stay."""
        while True:
            try:
                async with asyncio.timeout(self.patience):
                    job = await self.waiting.get()
            except TimeoutError:
                if self.waiting.empty() and len(self.workers) > self.min_workers:
                    me = asyncio.current_task()
                    assert me is not None
                    self.workers.discard(me)
                    return
                continue
            await self.do(job)
            self.waiting.task_done()


def _checked(pauses: Mapping[int, float] | None) -> Mapping[int, float]:
    for pause in (pauses or {}).values():
        nanoseconds(pause, "pauses")
    return pauses or {}
