"""The same pool as one would write it with each peer: jobs in, what a function makes of them out.

Every contender takes the jobs, a capacity, a number of workers, a nap in seconds or None, and
whether to keep the results. It does nothing with each job, or naps, in one of its workers. Pools
built around a queue keep results in one list a worker; executors hand them back, as they do.
"""

from __future__ import annotations

import asyncio
import math
import queue
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.pool import ThreadPool

from benchmarks import greenlets
from patterns.concurrency import Channel, TaskGroup

Run = Callable[[Iterable[int], float, int, float | None, bool], list[int]]
Timed = Callable[[int, float, int, float | None], float]

UNBOUNDED = math.inf


@dataclass(frozen=True)
class Contender:
    """One way to write the pool.

    Attributes:
        name: as in the tables.
        smallest: the smallest capacity it offers; UNBOUNDED if none.
        note: what one has to know to compare it.
        run: the pool.
        timed: measures itself (jobs, capacity, workers, nap) in seconds, if it has to be elsewhere.
    """

    name: str
    smallest: float
    note: str
    run: Run
    timed: Timed | None = None

    def offers(self, capacity: float) -> bool:
        """Tell whether it has this capacity."""
        return capacity >= self.smallest

    @property
    def bounded(self) -> bool:
        """Tell whether its submitter can be held back."""
        return self.smallest < UNBOUNDED


def no_op(job: int) -> int:
    """Do nothing with a job."""
    return job


async def no_op_async(job: int) -> int:
    """Do nothing with a job, where the library wants something to await."""
    return job


def process_of(nap: float | None) -> Callable[[int], int]:
    """Return what a thread does with a job."""
    if nap is None:
        return no_op

    def process(job: int) -> int:
        time.sleep(nap)
        return job

    return process


def awaiting_process_of(nap: float | None) -> Callable[[int], Awaitable[int]]:
    """Return what a task does with a job."""
    if nap is None:
        return no_op_async

    async def process(job: int) -> int:
        await asyncio.sleep(nap)
        return job

    return process


def collectors(workers: int, keep: bool) -> tuple[list[list[int]], list[Callable[[int], object]]]:
    """Return a list for each worker's results, and what puts a result there, or drops it."""
    kept: list[list[int]] = [[] for _ in range(workers)]
    return kept, [out.append if keep else no_op for out in kept]


def joined(kept: list[list[int]]) -> list[int]:
    """Return all results in one list."""
    return [result for out in kept for result in out]


def taken(results: Iterable[int], keep: bool) -> list[int]:
    """Go through the results that an executor hands back."""
    return list(results) if keep else list(deque(results, maxlen=0))


def channel(
    jobs: Iterable[int], capacity: float, workers: int, nap: float | None, keep: bool
) -> list[int]:
    """Run our pool."""
    waiting = Channel[int](capacity)
    process = process_of(nap)
    kept, collect = collectors(workers, keep)

    def worker(put: Callable[[int], object]) -> None:
        for job in waiting:
            put(process(job))

    with TaskGroup() as group:
        for put in collect:
            group.spawn(worker, put)
        for job in jobs:
            waiting.send(job)
        waiting.close()
    return joined(kept)


def channel_back(jobs: Iterable[int], capacity: float, workers: int) -> list[int]:
    """Run our pool with a second channel for the results, as in `patterns.basic`."""
    waiting, results = Channel[int](capacity), Channel[int](capacity)

    def submit() -> None:
        for job in jobs:
            waiting.send(job)
        waiting.close()

    def worker() -> None:
        for job in waiting:
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


@contextmanager
def threads(targets: Iterable[Callable[[], object]]) -> Iterator[None]:
    """Run the targets in threads; leaving waits for them."""
    started = [threading.Thread(target=target) for target in targets]
    for thread in started:
        thread.start()
    yield
    for thread in started:
        thread.join()


def with_queue(
    waiting: queue.Queue[int | None] | queue.SimpleQueue[int | None],
    jobs: Iterable[int],
    workers: int,
    nap: float | None,
    keep: bool,
) -> list[int]:
    """Run threads that take jobs from a queue, with a sentinel for each."""
    process = process_of(nap)
    kept, collect = collectors(workers, keep)

    def worker(put: Callable[[int], object]) -> None:
        while (job := waiting.get()) is not None:
            put(process(job))

    with threads(partial(worker, put) for put in collect):
        for job in jobs:
            waiting.put(job)
        for _ in range(workers):
            waiting.put(None)
    return joined(kept)


def queue_queue(
    jobs: Iterable[int], capacity: float, workers: int, nap: float | None, keep: bool
) -> list[int]:
    """Run `queue.Queue`."""
    return with_queue(queue.Queue(size(capacity)), jobs, workers, nap, keep)


def simple_queue(
    jobs: Iterable[int], capacity: float, workers: int, nap: float | None, keep: bool
) -> list[int]:
    """Run `queue.SimpleQueue`."""
    return with_queue(queue.SimpleQueue(), jobs, workers, nap, keep)


def queue_back(jobs: Iterable[int], capacity: float, workers: int) -> list[int]:
    """Run `queue.Queue` with a second one for the results."""
    waiting: queue.Queue[int | None] = queue.Queue(size(capacity))
    results: queue.Queue[int | None] = queue.Queue(size(capacity))

    def submit() -> None:
        for job in jobs:
            waiting.put(job)
        for _ in range(workers):
            waiting.put(None)

    def worker() -> None:
        while (job := waiting.get()) is not None:
            results.put(no_op(job))
        results.put(None)

    done, ended = [], 0
    with threads([submit, *[worker] * workers]):
        while ended < workers:
            result = results.get()
            if result is None:
                ended += 1
            else:
                done.append(result)
    return done


def asyncio_queue(
    jobs: Iterable[int], capacity: float, workers: int, nap: float | None, keep: bool
) -> list[int]:
    """Run `asyncio.Queue` and a sentinel a worker."""

    async def main() -> list[int]:
        waiting: asyncio.Queue[int | None] = asyncio.Queue(size(capacity))
        kept, collect = collectors(workers, keep)

        async def worker(put: Callable[[int], object]) -> None:
            while (job := await waiting.get()) is not None:
                put(no_op(job))

        async def napper(put: Callable[[int], object]) -> None:
            while (job := await waiting.get()) is not None:
                await asyncio.sleep(nap or 0)
                put(job)

        async with asyncio.TaskGroup() as group:
            for put in collect:
                group.create_task(worker(put) if nap is None else napper(put))
            for job in jobs:
                await waiting.put(job)
            for _ in kept:
                await waiting.put(None)
        return joined(kept)

    return asyncio.run(main())


def asyncio_back(jobs: Iterable[int], capacity: float, workers: int) -> list[int]:
    """Run `asyncio.Queue` with a second one for the results."""

    async def main() -> list[int]:
        waiting: asyncio.Queue[int | None] = asyncio.Queue(size(capacity))
        results: asyncio.Queue[int | None] = asyncio.Queue(size(capacity))

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


def anyio_stream(
    jobs: Iterable[int], capacity: float, workers: int, nap: float | None, keep: bool
) -> list[int]:
    """Run an anyio memory object stream, on asyncio."""
    import anyio

    async def main() -> list[int]:
        send, receive = anyio.create_memory_object_stream[int](capacity)
        kept, collect = collectors(workers, keep)

        async def worker(put: Callable[[int], object]) -> None:
            async for job in receive:
                put(no_op(job))

        async def napper(put: Callable[[int], object]) -> None:
            async for job in receive:
                await anyio.sleep(nap or 0)
                put(job)

        with receive:
            async with anyio.create_task_group() as group:
                for put in collect:
                    group.start_soon(worker if nap is None else napper, put)
                with send:
                    for job in jobs:
                        await send.send(job)
        return joined(kept)

    return anyio.run(main)


def executor_map(
    jobs: Iterable[int], capacity: float, workers: int, nap: float | None, keep: bool
) -> list[int]:
    """Run `ThreadPoolExecutor.map`."""
    with ThreadPoolExecutor(workers) as pool:
        return taken(pool.map(process_of(nap), jobs), keep)


def thread_pool_imap(
    jobs: Iterable[int], capacity: float, workers: int, nap: float | None, keep: bool
) -> list[int]:
    """Run `multiprocessing.pool.ThreadPool.imap_unordered`, which hands over job by job."""
    with ThreadPool(workers) as pool:
        return taken(pool.imap_unordered(process_of(nap), jobs), keep)


def thread_pool_map(
    jobs: Iterable[int], capacity: float, workers: int, nap: float | None, keep: bool
) -> list[int]:
    """Run `multiprocessing.pool.ThreadPool.map`, which hands over four chunks a worker."""
    with ThreadPool(workers) as pool:
        return taken(pool.map(process_of(nap), jobs), keep)


def joblib_threads(
    jobs: Iterable[int], capacity: float, workers: int, nap: float | None, keep: bool
) -> list[int]:
    """Run `joblib.Parallel` with threads, `pre_dispatch` being capacity and one a worker."""
    from joblib import Parallel, delayed

    ahead = "all" if capacity == UNBOUNDED else int(capacity) + workers
    process = delayed(process_of(nap))
    pool = Parallel(workers, "threading", pre_dispatch=ahead, return_as="generator_unordered")
    return taken(pool(process(job) for job in jobs), keep)


def pebble_pool(
    jobs: Iterable[int], capacity: float, workers: int, nap: float | None, keep: bool
) -> list[int]:
    """Run `pebble.ThreadPool.schedule`."""
    from pebble import ThreadPool as PebblePool

    process = process_of(nap)
    pool = PebblePool(max_workers=workers)
    try:
        futures = [pool.schedule(process, args=(job,)) for job in jobs]
        return taken((future.result() for future in futures), keep)
    finally:
        pool.close()  # type: ignore[no-untyped-call,unused-ignore]
        pool.join()


def aiometer_amap(
    jobs: Iterable[int], capacity: float, workers: int, nap: float | None, keep: bool
) -> list[int]:
    """Run `aiometer.amap`, on asyncio."""
    from aiometer import amap

    async def main() -> list[int]:
        kept: list[int] = []
        put = kept.append if keep else no_op
        process = awaiting_process_of(nap)
        async with amap(process, list(jobs), max_at_once=workers) as results:
            async for result in results:
                put(result)
        return kept

    return asyncio.run(main())


def size(capacity: float) -> int:
    """Return the capacity as the standard queues want it."""
    return 0 if capacity == UNBOUNDED else int(capacity)


CHANNEL = "Channel (here)"

CONTENDERS: dict[str, Contender] = {
    contender.name: contender
    for contender in (
        Contender(
            CHANNEL, 0, "threads; job by job, first come first served, written in Python", channel
        ),
        Contender(
            "queue.Queue", 1, "threads; job by job, a lock and two conditions for each", queue_queue
        ),
        Contender(
            "asyncio.Queue", 1, "tasks in one thread, so there is no thread to wake", asyncio_queue
        ),
        Contender(
            "anyio stream",
            0,
            "tasks in one thread; lets others run at each operation",
            anyio_stream,
        ),
        Contender(
            greenlets.NAME,
            0,
            "greenlets in one thread, so there is none to wake, and the queue is compiled; but "
            "a job that blocks without gevent's knowing holds up all others",
            greenlets.pool,
            greenlets.timed,
        ),
        Contender(
            "joblib threads",
            0,
            "threads; quick jobs go in batches, so the limit is a rough one",
            joblib_threads,
        ),
        Contender(
            "queue.SimpleQueue",
            UNBOUNDED,
            "threads; job by job, compiled, without a limit",
            simple_queue,
        ),
        Contender(
            "executor.map", UNBOUNDED, "threads; job by job, a Future for each", executor_map
        ),
        Contender(
            "ThreadPool.imap",
            UNBOUNDED,
            "threads; job by job, results in any order",
            thread_pool_imap,
        ),
        Contender(
            "ThreadPool.map",
            UNBOUNDED,
            "threads; hands over some big chunks, not jobs",
            thread_pool_map,
        ),
        Contender(
            "pebble schedule", UNBOUNDED, "threads; job by job, a Future for each", pebble_pool
        ),
        Contender(
            "aiometer.amap",
            UNBOUNDED,
            "a task for each job, all jobs in a list beforehand",
            aiometer_amap,
        ),
    )
}

BACK: dict[str, Callable[[Iterable[int], float, int], list[int]]] = {
    CHANNEL: channel_back,
    "queue.Queue": queue_back,
    "asyncio.Queue": asyncio_back,
}
