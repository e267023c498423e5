"""The basic pool in plain Python, five times.

- `threads` and `processes`: an executor. It takes all jobs at once, however many there are.
- `queue_threads`: threads around a `queue.Queue`, which holds the submitter back when it is full.
- `tasks`: the same with asyncio. `anyio_tasks`: the same with anyio.

In all of them what `process` raises becomes the result of its job, and the worker goes on. At the
deadline nothing more is started; threads and processes finish the job in hand, since nothing can
stop them from outside, while tasks are cut short where they wait.
"""

from __future__ import annotations

import asyncio
import math
import multiprocessing
import pickle
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from functools import partial
from queue import Empty, Queue, SimpleQueue
from threading import Event, Thread
from typing import Any, TypeVar

from ..concurrency import Failed, Ledger, Report, Result, Succeeded
from ..concurrency.checks import check_callable, check_count, check_process
from .common import (
    DONE,
    CutShort,
    Source,
    TimeLimit,
    alone,
    attempting,
    isolated,
    noting,
    packed,
    reported,
    unpacked,
    until_it_raises,
)

__all__ = ["anyio_tasks", "execute", "processes", "queue_threads", "tasks", "threads"]

J = TypeVar("J")
R = TypeVar("R")

# Not forked: a copy of this process would hold whatever locks its threads held at that moment.
_spawn = multiprocessing.get_context("spawn")


def threads(
    jobs: Iterable[J],
    process: Callable[[J], R],
    *,
    workers: int = 3,
    timeout: float | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process `jobs` with a `ThreadPoolExecutor`.

    Args:
        jobs: all taken before the first result is looked at; endless ones until the time is up.
        process: makes a job's value; called in several threads at once.
        workers: threads, >= 1.
        timeout: seconds from the call on after which no more jobs are started; None: never.
        on_result: called with each result, in the caller's thread.

    Raises ValueError or TypeError for a bad argument, before anything is started.
    """
    check_process(process)
    check_count("workers", workers, 1)
    limit = TimeLimit(timeout)
    return execute(ThreadPoolExecutor(workers), attempting(process), jobs, limit, on_result)


def processes(
    jobs: Iterable[J],
    process: Callable[[J], R],
    *,
    workers: int = 3,
    timeout: float | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process `jobs` with a `ProcessPoolExecutor`: like `threads`, each worker with its own GIL.

    Jobs and values travel between processes, so they must be picklable, and `process` must be a
    function that a module holds. Some jobs more than there are workers count as started, since
    the executor hands them out in advance. A job that takes its process down breaks the executor:
    every job that it holds fails by BrokenProcessPool, and the report says so.
    """
    check_process(process)
    check_count("workers", workers, 1)
    limit = TimeLimit(timeout)
    executor = ProcessPoolExecutor(workers, _spawn)
    return execute(executor, partial(packed, process), jobs, limit, on_result, pack=pickle.dumps)


def execute(
    executor: Executor,
    do: Callable[[J], Any],
    jobs: Iterable[J],
    limit: TimeLimit,
    on_result: Callable[[Result[J, R]], object] | None,
    room: float = math.inf,
    after_each: Callable[[int], object] | None = None,
    pack: Callable[[J], Any] = lambda job: job,
) -> Report[J, R]:
    """Submit `do(job)` for each of `jobs`, at most `room` of them at a time, and collect.

    `do` makes the job's result, by `attempting` or by `packed`; `after_each` is called with the
    number of jobs submitted; `pack` makes of a job what `do` gets, and if it raises the job fails.
    The executor is shut down at the end.
    """
    ledger = Ledger[J, R]()
    futures: dict[Future[Any], J] = {}
    done: SimpleQueue[Future[Any]] = SimpleQueue()
    reason = None

    def collect() -> None:
        result = note(done.get(timeout=limit.left))
        if on_result is not None:
            on_result(result)

    def note(future: Future[Any]) -> Result[J, R]:
        nonlocal reason
        result: Result[J, R]
        error = future.exception()
        if error is not None:  # the executor's own
            if isinstance(error, BrokenExecutor):
                reason = str(error)
            result = Failed(futures[future], error)
        else:
            value = future.result()
            result = unpacked(futures[future], value) if isinstance(value, bytes) else value
        ledger.results.append(result)
        return result

    def submit(job: J) -> Future[Any]:
        try:
            sent = pack(job)
        except (Exception, SystemExit) as error:
            failed = Future[Any]()
            failed.set_result(Failed(job, error))
            return failed
        return executor.submit(do, sent)

    try:
        for job in jobs:
            ledger.submitted.append(job)
            while len(futures) - len(ledger.results) >= room:
                collect()
            if limit.passed:
                raise CutShort(limit.reason)
            future = submit(job)
            futures[future] = job
            future.add_done_callback(done.put)
            if after_each is not None:
                after_each(len(futures))
        while len(ledger.results) < len(futures):
            collect()
    except Empty:
        reason = limit.reason
    except (CutShort, BrokenExecutor) as cut:
        reason = str(cut)
    finally:
        executor.shutdown(cancel_futures=True)  # what has begun is waited for
    while not done.empty():
        future = done.get()
        if not future.cancelled():
            note(future)
    ledger.started.extend(job for future, job in futures.items() if not future.cancelled())
    return ledger.report(reason, jobs)


def queue_threads(
    jobs: Iterable[J],
    process: Callable[[J], R],
    *,
    workers: int = 3,
    buffer: int = 100,
    timeout: float | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process `jobs` with threads that take them from a `queue.Queue` until they find a sentinel.

    Args:
        jobs: taken one by one, when the queue has room for the one before.
        process: makes a job's value; called in several threads at once.
        workers: threads, >= 1.
        buffer: jobs that may wait, >= 1 (0 would let a `queue.Queue` grow without limit).
        timeout: seconds from the call on after which no more jobs are started; None: never.
        on_result: called with each result as it comes, in the caller's thread.

    Raises ValueError or TypeError for a bad argument, before anything is started.
    """
    check_process(process)
    check_count("workers", workers, 1)
    check_count("buffer", buffer, 1)
    limit = TimeLimit(timeout)
    waiting: Queue[J] = Queue(buffer)
    results: SimpleQueue[Any] = SimpleQueue()  # of results, and DONE from each worker
    ledger = Ledger[J, R]()
    over = Event()
    do = attempting(process)
    reason = None
    errors: list[BaseException] = []

    def submit() -> None:
        try:
            for job in jobs:
                ledger.submitted.append(job)
                waiting.put(job)  # waits while the queue is full
                if over.is_set():
                    break
        except BaseException as error:  # `jobs` cannot go on
            errors.append(error)
        for _ in range(workers):
            waiting.put(DONE)

    def worker() -> None:
        while (job := waiting.get()) is not DONE:
            if not over.is_set():
                ledger.started.append(job)
                result = do(job)
                ledger.results.append(result)
                results.put(result)
        results.put(DONE)

    pool = [Thread(target=worker, name=f"worker-{n}") for n in range(1, workers + 1)]
    pool.append(Thread(target=submit, name="submitter"))
    try:
        for thread in pool:
            thread.start()
        at_work = workers
        while at_work:
            result = results.get(timeout=limit.left)
            if result is DONE:
                at_work -= 1
            elif on_result is not None:
                on_result(result)
    except Empty:
        reason = limit.reason
    finally:
        over.set()  # the workers empty the queue, so that the submitter does not wait for ever
        begun = [thread for thread in pool if thread.ident is not None]
        if len(begun) < len(pool):  # the system gave no more threads, so nobody submits
            for _ in begun:
                waiting.put(DONE)
        for thread in begun:
            thread.join()
    if errors:
        raise errors[0]
    return ledger.report(reason, jobs)


async def tasks(
    jobs: Iterable[J],
    process: Callable[[J], Awaitable[R]],
    *,
    workers: int = 3,
    buffer: int = 100,
    timeout: float | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process `jobs` with asyncio tasks that take them from an `asyncio.Queue`.

    Arguments and errors are those of `queue_threads`, except that `process` is an async function.
    """
    check_count("workers", workers, 1)
    check_count("buffer", buffer, 1)
    waiting: asyncio.Queue[J] = asyncio.Queue(buffer)
    ledger = Ledger[J, R]()
    do = noting(process, ledger, on_result)

    async def worker() -> None:
        while (job := await waiting.get()) is not DONE:
            await do(job)

    async def pool(group: asyncio.TaskGroup) -> None:
        for n in range(1, workers + 1):
            group.create_task(worker(), name=f"worker-{n}")
        for job in Source(jobs):
            ledger.submitted.append(job)
            await waiting.put(job)  # waits while the queue is full
            await asyncio.sleep(0)  # while it is not, the others must have their turn all the same
        for _ in range(workers):
            await waiting.put(DONE)

    return await reported(pool, ledger, jobs, timeout)


async def anyio_tasks(
    jobs: Iterable[J],
    process: Callable[[J], Awaitable[R]],
    *,
    workers: int = 3,
    buffer: int = 100,
    timeout: float | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process `jobs` with anyio tasks that take them from a memory object stream.

    Like `tasks`, but `buffer` may be 0: the submitter then hands each job to a worker in person.
    And no sentinel is needed: the workers' loop ends when the submitter closes its end. A task
    that is cancelled is told so at every `await` from then on.
    """
    import anyio

    check_callable(process)
    check_count("workers", workers, 1)
    check_count("buffer", buffer, 0)
    limit = TimeLimit(timeout)
    send, receive = anyio.create_memory_object_stream[J](buffer)
    ledger = Ledger[J, R]()
    hand_on = until_it_raises(on_result)

    async def worker() -> None:
        async for job in receive:
            ledger.started.append(job)
            result: Result[J, R]
            try:
                result = Succeeded(job, await isolated(process, job))
            except (Exception, SystemExit) as error:
                result = Failed(job, error)
            except anyio.get_cancelled_exc_class() as error:
                if anyio.current_effective_deadline() == -math.inf:
                    raise
                result = Failed(job, error)  # the job's own
            ledger.results.append(result)
            hand_on(result)

    try:
        with anyio.move_on_after(timeout) as scope, receive:
            async with anyio.create_task_group() as group:
                for n in range(1, workers + 1):
                    group.start_soon(worker, name=f"worker-{n}")
                with send:
                    for job in Source(jobs):
                        ledger.submitted.append(job)
                        await send.send(job)  # waits while the stream is full
    except BaseExceptionGroup as raised:
        raise alone(raised) from None
    return ledger.report(limit.reason if scope.cancelled_caught else None, jobs)
