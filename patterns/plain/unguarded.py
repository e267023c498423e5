"""What the libraries do by themselves when a job raises: pools that leave errors to them.

None of these gives an account of its jobs. They are here to be compared with `basic`, in which
every pool catches what a job raises.
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import TypeVar

from .common import DONE

__all__ = ["anyio_group", "executor_map", "gather", "queue_threads", "task_group"]

J = TypeVar("J")
R = TypeVar("R")


def executor_map(jobs: Iterable[J], process: Callable[[J], R], *, workers: int = 3) -> list[R]:
    """Raise the first job's error when its turn comes; jobs not begun are dropped, results lost."""
    with ThreadPoolExecutor(workers) as executor:
        return list(executor.map(process, jobs))


def queue_threads(jobs: Iterable[J], process: Callable[[J], R], *, workers: int = 3) -> list[R]:
    """Lose a worker with each error; when the last is gone the other jobs are dropped unnoticed."""
    waiting: queue.Queue[J] = queue.Queue()
    values: list[R] = []

    def worker() -> None:
        while (job := waiting.get()) is not DONE:
            values.append(process(job))

    pool = [Thread(target=worker, name=f"worker-{n}") for n in range(1, workers + 1)]
    for thread in pool:
        thread.start()
    for job in [*jobs, *[DONE] * workers]:
        waiting.put(job)
    for thread in pool:
        thread.join()
    return values


async def gather(
    jobs: Iterable[J], process: Callable[[J], Awaitable[R]], *, workers: int = 3
) -> list[R]:
    """Raise the first error at once, while all other tasks run on with nobody to wait for them."""
    free = asyncio.Semaphore(workers)

    async def one(job: J) -> R:
        async with free:
            return await process(job)

    return await asyncio.gather(*map(one, jobs))


async def task_group(
    jobs: Iterable[J], process: Callable[[J], Awaitable[R]], *, workers: int = 3
) -> list[R]:
    """Cancel all other tasks at the first error, wait for them, and raise a group of errors."""
    free = asyncio.Semaphore(workers)

    async def one(job: J) -> R:
        async with free:
            return await process(job)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(job)) for job in jobs]
    return [task.result() for task in tasks]


async def anyio_group(
    jobs: Iterable[J], process: Callable[[J], Awaitable[R]], *, workers: int = 3
) -> list[R]:
    """Do the same as `task_group` with anyio."""
    import anyio

    free = anyio.CapacityLimiter(workers)
    values: list[R] = []

    async def one(job: J) -> None:
        async with free:
            values.append(await process(job))

    async with anyio.create_task_group() as group:
        for job in jobs:
            group.start_soon(one, job)
    return values
