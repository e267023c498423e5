"""The same pool, four times: jobs in, the results of a function that does nothing out.

Every contender takes the jobs, a capacity and a number of workers, hands each job to `no_op` in
one of its workers, and returns all results. `kept` variants keep results in one list a worker;
`sent` variants send them back through a second queue, from which the caller takes them meanwhile.
"""

from __future__ import annotations

import asyncio
import math
import queue
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from patterns.concurrency import Channel, TaskGroup

Contender = Callable[[Iterable[int], float, int], list[int]]


def no_op(job: int) -> int:
    """Do nothing with a job."""
    return job


def channel_kept(jobs: Iterable[int], capacity: float, workers: int) -> list[int]:
    """Our pool."""
    channel = Channel[int](capacity)
    kept: list[list[int]] = [[] for _ in range(workers)]

    def worker(out: list[int]) -> None:
        for job in channel:
            out.append(no_op(job))

    with TaskGroup() as group:
        for out in kept:
            group.spawn(worker, out)
        for job in jobs:
            channel.send(job)
        channel.close()
    return [result for out in kept for result in out]


def channel_sent(jobs: Iterable[int], capacity: float, workers: int) -> list[int]:
    """Our pool, with a second channel for the results, as in `patterns.basic`."""
    channel, results = Channel[int](capacity), Channel[int](capacity)

    def submit() -> None:
        for job in jobs:
            channel.send(job)
        channel.close()

    def worker() -> None:
        for job in channel:
            results.send(no_op(job))

    def work() -> None:
        with TaskGroup() as group:
            for _ in range(workers):
                group.spawn(worker)
        results.close()

    with TaskGroup() as group:
        group.spawn(submit)
        group.spawn(work)
        return list(results)


def executor(jobs: Iterable[int], capacity: float, workers: int) -> list[int]:
    """`ThreadPoolExecutor.map`, which has no capacity: it takes all jobs at once."""
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(no_op, jobs))


def queue_kept(jobs: Iterable[int], capacity: float, workers: int) -> list[int]:
    """`queue.Queue` and a sentinel a worker."""
    waiting: queue.Queue[int | None] = queue.Queue(_size(capacity))
    kept: list[list[int]] = [[] for _ in range(workers)]

    def worker(out: list[int]) -> None:
        while (job := waiting.get()) is not None:
            out.append(no_op(job))

    threads = [threading.Thread(target=worker, args=(out,)) for out in kept]
    for thread in threads:
        thread.start()
    for job in jobs:
        waiting.put(job)
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()
    return [result for out in kept for result in out]


def queue_sent(jobs: Iterable[int], capacity: float, workers: int) -> list[int]:
    """`queue.Queue`, with a second one for the results."""
    waiting: queue.Queue[int | None] = queue.Queue(_size(capacity))
    results: queue.Queue[int | None] = queue.Queue(_size(capacity))

    def submit() -> None:
        for job in jobs:
            waiting.put(job)
        for _ in range(workers):
            waiting.put(None)

    def worker() -> None:
        while (job := waiting.get()) is not None:
            results.put(no_op(job))
        results.put(None)

    threads = [threading.Thread(target=target) for target in [submit, *[worker] * workers]]
    for thread in threads:
        thread.start()
    done, ended = [], 0
    while ended < workers:
        result = results.get()
        if result is None:
            ended += 1
        else:
            done.append(result)
    for thread in threads:
        thread.join()
    return done


def asyncio_kept(jobs: Iterable[int], capacity: float, workers: int) -> list[int]:
    """`asyncio.Queue` and a sentinel a worker, all in one thread."""

    async def main() -> list[int]:
        waiting: asyncio.Queue[int | None] = asyncio.Queue(_size(capacity))
        kept: list[list[int]] = [[] for _ in range(workers)]

        async def worker(out: list[int]) -> None:
            while (job := await waiting.get()) is not None:
                out.append(no_op(job))

        async with asyncio.TaskGroup() as group:
            for out in kept:
                group.create_task(worker(out))
            for job in jobs:
                await waiting.put(job)
            for _ in kept:
                await waiting.put(None)
        return [result for out in kept for result in out]

    return asyncio.run(main())


def asyncio_sent(jobs: Iterable[int], capacity: float, workers: int) -> list[int]:
    """`asyncio.Queue`, with a second one for the results."""

    async def main() -> list[int]:
        waiting: asyncio.Queue[int | None] = asyncio.Queue(_size(capacity))
        results: asyncio.Queue[int | None] = asyncio.Queue(_size(capacity))

        async def submit() -> None:
            for job in jobs:
                await waiting.put(job)
            for _ in range(workers):
                await waiting.put(None)

        async def worker() -> None:
            while (job := await waiting.get()) is not None:
                await results.put(no_op(job))
            await results.put(None)

        async with asyncio.TaskGroup() as group:
            group.create_task(submit())
            for _ in range(workers):
                group.create_task(worker())
            done, ended = [], 0
            while ended < workers:
                result = await results.get()
                if result is None:
                    ended += 1
                else:
                    done.append(result)
            return done

    return asyncio.run(main())


KEPT: dict[str, Contender] = {
    "channel": channel_kept,
    "executor.map": executor,
    "queue.Queue": queue_kept,
    "asyncio.Queue": asyncio_kept,
}
SENT: dict[str, Contender] = {
    "channel": channel_sent,
    "executor.map": executor,
    "queue.Queue": queue_sent,
    "asyncio.Queue": asyncio_sent,
}


def has_capacity(name: str, capacity: float) -> bool:
    """Tell whether the contender offers it: with the queues, 0 means unbounded."""
    return capacity > 0 or name == "channel"


def _size(capacity: float) -> int:
    return 0 if capacity == math.inf else int(capacity)
