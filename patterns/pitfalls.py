"""Broken on purpose: the ways worker pools go wrong, each as a small faithful pool.

Run them in a simulation only; on real threads some of them hang for ever.

Where the tasks of a group would be saved by it, these pools start theirs with the bare `go`, as
the article's programs do: nobody waits for such a task, cancels it, or learns how it ended.
"""

from __future__ import annotations

import itertools

from .concurrency import (
    AtomicInt,
    Cancelled,
    Channel,
    Context,
    Failed,
    Result,
    TaskGroup,
    attempt,
    go,
    now,
    sleep,
)
from .error_handling import Task, process_task, sample_tasks

__all__ = [
    "check_then_act",
    "consumer_closes",
    "dies_silently",
    "fixed_window",
    "lost_at_deadline",
    "reader_leaves",
    "stop_drops_queue",
    "submit_after_cancellation",
    "two_small_buffers",
    "waits_for_own_pool",
]


def two_small_buffers(
    *, jobs: int = 10, workers: int = 3, seconds: float = 1.0, buffer: int = 2
) -> list[int]:
    """Submit every job first, collect results afterwards: deadlocks when the buffers are small.

    The main task sends jobs until `jobs` is full. The workers send results until `results` is
    full, then wait for someone to collect them; that is the main task, which waits for them to
    take a job. With buffers of `jobs`, as in the article, nobody ever waits and it works.

    The pool that is immune: `patterns.basic`, which collects while it submits.
    """
    queue = Channel[int](buffer, "jobs")
    results = Channel[int](buffer, "results")

    def worker() -> None:
        for job in queue:
            sleep(seconds)
            results.send(job * 2)

    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, name=f"worker-{number}")
        for job in range(1, jobs + 1):
            queue.send(job)
        queue.close()
    results.close()
    return list(results)


def consumer_closes(
    *, jobs: int = 10, workers: int = 3, seconds: float = 1.0, wanted: int = 4
) -> list[int]:
    """Take some results, then close the results' channel: the workers still send to it.

    A worker that sends to a closed channel raises Closed and is gone (in Go the whole program
    ends in a panic), and with it the result in its hands. Only the side that sends knows when
    nothing more will be sent, so only that side can close.

    The pool that is immune: every one here; the results are closed when the last worker has ended.
    """
    queue = Channel[int](jobs, "jobs")
    results = Channel[int](0, "results")

    def worker() -> None:
        for job in queue:
            sleep(seconds)
            results.send(job * 2)

    for number in range(1, workers + 1):
        go(worker, name=f"worker-{number}")
    for job in range(1, jobs + 1):
        queue.send(job)
    queue.close()
    collected = [results.receive() for _ in range(wanted)]
    results.close()
    return collected


def submit_after_cancellation(
    *,
    jobs: int = 200,
    workers: int = 3,
    seconds: float = 0.1,
    buffer: int = 100,
    timeout: float = 0.15,
) -> list[int]:
    """Cancel the workers, but not the submitter: it waits for room in a queue nobody empties.

    The workers watch the context and leave at the deadline. The submitter does not; when the
    buffer is full it waits for ever, so it never closes the jobs, and the results never end.

    The pool that is immune: `patterns.reusable`, whose `submit` ends with the pool.
    """
    context = Context(timeout=timeout)
    queue = Channel[int](buffer, "jobs")
    results = Channel[int](buffer, "results")
    ended = Channel[None](workers, "ended")

    def worker() -> None:
        try:
            for job in queue.values(context):
                sleep(seconds)
                results.send(job * 2, context)
        except Cancelled:
            pass
        ended.send(None)

    def submit_and_close() -> None:
        for job in range(jobs):
            queue.send(job)
        queue.close()
        for _ in range(workers):
            ended.receive()
        results.close()

    for number in range(1, workers + 1):
        go(worker, name=f"worker-{number}")
    go(submit_and_close)
    return list(results)


def dies_silently(
    *,
    jobs: int = 10,
    workers: int = 3,
    seconds: float = 1.0,
    bad: tuple[int, ...] = (3, 5, 6),
) -> list[int]:
    """Let an exception end the worker: its job has no result, and one worker is missing.

    A thread that raises ends; Python prints the exception and the program goes on without it.
    The reader waits for a result that never comes, for ever if it counts on all of them.

    The pool that is immune: every one here; an exception becomes its job's result. What is no
    `Exception`, and ends the worker all the same, ends the run too, except in `patterns.heartbeat`,
    which replaces the worker.
    """
    queue = Channel[int](jobs, "jobs")
    results = Channel[int](jobs, "results")

    def worker() -> None:
        for job in queue:
            sleep(seconds)
            if job in bad:
                raise ValueError(f"job {job} is bad")
            results.send(job * 2)

    for number in range(1, workers + 1):
        go(worker, name=f"worker-{number}")
    for job in range(1, jobs + 1):
        queue.send(job)
    queue.close()
    return [results.receive() for _ in range(jobs)]


def lost_at_deadline(
    jobs: tuple[Task, ...] | None = None, *, workers: int = 5, timeout: float = 0.12
) -> tuple[int, int]:
    """Stop at a deadline and drop what is in the workers' hands; return (succeeded, failed).

    A worker that sees the deadline just leaves: the job it has taken, and the result it has
    made, are gone, and so are the jobs in the queue. The summary counts what is left, and looks
    no different from that of a shorter run.

    The pool that is immune: `patterns.error_handling`; its report has every job submitted.
    """
    jobs = sample_tasks() if jobs is None else jobs
    context = Context(timeout=timeout)
    queue = Channel[Task](len(jobs), "jobs")
    results = Channel[Result[Task, str]](0, "results")

    def worker() -> None:
        for job in queue.values(context):
            results.send(attempt(process_task, job), context)

    def work() -> None:
        try:
            with TaskGroup(context) as group:
                for number in range(1, workers + 1):
                    group.spawn(worker, name=f"worker-{number}")
        finally:
            results.close()

    for job in jobs:
        queue.send(job)
    queue.close()
    go(work, name="work")
    collected = list(results)
    failed = sum(isinstance(result, Failed) for result in collected)
    return len(collected) - failed, failed


def stop_drops_queue(*, jobs: int = 50, workers: int = 7, seconds: float = 0.1) -> list[int]:
    """Close the queue and cancel the workers in one go: most of the queue is dropped.

    Closing says "finish what is there", cancelling says "stop at once"; the second wins. Nobody
    hears of the jobs that were still waiting: the results simply end.

    The pool that is immune: `patterns.dynamic`, where `close` drains the queue, and the report has
    the jobs that `stop` dropped.
    """
    queue = Channel[int](100, "jobs")
    results = Channel[int](100, "results")
    context = Context()

    def worker() -> None:
        try:
            for job in queue.values(context):
                sleep(seconds)
                results.send(job * 2)
        except Cancelled:
            pass

    def work() -> None:
        with TaskGroup() as group:
            for number in range(1, workers + 1):
                group.spawn(worker, name=f"worker-{number}")
        results.close()

    go(work)
    for job in range(jobs):
        queue.send(job)
    queue.close()
    context.cancel("stopped")
    return list(results)


def check_then_act(*, callers: int = 8, max_workers: int = 2, seconds: float = 1.0) -> int:
    """Look at the number of workers, then add one: return how many there were at once.

    Between looking and adding, another caller may look as well. Both see room for one more.

    The pool that is immune: `patterns.dynamic`, where looking and adding are one step.
    """
    count = AtomicInt(0, "workers")
    numbers = itertools.count(1)
    peak = 0

    def worker() -> None:
        nonlocal peak
        peak = max(peak, count.load())
        sleep(seconds)
        count.add(-1)

    def add_worker() -> bool:
        if count.load() >= max_workers:
            return False
        count.add(1)
        workers.spawn(worker, name=f"worker-{next(numbers)}")
        return True

    with TaskGroup() as workers, TaskGroup() as group:
        for number in range(1, callers + 1):
            group.spawn(add_worker, name=f"caller-{number}")
    return peak


def reader_leaves(
    *, jobs: int = 10, workers: int = 3, seconds: float = 1.0, wanted: int = 2
) -> list[int]:
    """Take some results and go: the workers wait for ever to hand on the others.

    They watch no context while they send. Each keeps a thread, and whatever it holds, until the
    program ends; a server that does this at every request runs out of both.

    The pool that is immune: every one here; there is room for all results, and leaving early
    cancels whatever its workers wait for.
    """
    queue = Channel[int](jobs, "jobs")
    results = Channel[int](0, "results")

    def worker() -> None:
        for job in queue:
            sleep(seconds)
            results.send(job * 2)

    for job in range(1, jobs + 1):
        queue.send(job)
    queue.close()
    for number in range(1, workers + 1):
        go(worker, name=f"worker-{number}")
    collected = [results.receive() for _ in range(wanted)]
    sleep(3 * seconds)  # the program goes on with something else
    return collected


def fixed_window(
    *,
    jobs: int = 20,
    workers: int = 5,
    limit: int = 5,
    window: float = 1.0,
    first_at: float = 0.9,
) -> list[float]:
    """Count jobs per calendar second, say; return when each was let through, in seconds.

    The count starts anew with each window, so `limit` jobs at the end of one and `limit` at the
    start of the next pass within a moment: twice what was promised for any time that long.

    The pool that is immune: `patterns.rate_limited`, whose limit holds in every window.
    """
    queue = Channel[int](jobs, "jobs")
    passed: list[float] = []
    counts: dict[int, AtomicInt] = {}

    def wait_for_turn() -> None:
        while True:
            this_window = int(now() / window)
            count = counts.setdefault(this_window, AtomicInt(0, f"window {this_window}"))
            if count.add(1) <= limit:
                return
            sleep((this_window + 1) * window - now())

    def worker() -> None:
        for _ in queue:
            wait_for_turn()
            passed.append(now())

    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, name=f"worker-{number}")
        sleep(first_at)
        for job in range(jobs):
            queue.send(job)
        queue.close()
    return passed


def waits_for_own_pool(*, pages: int = 2, workers: int = 2, seconds: float = 1.0) -> list[str]:
    """Have each page hand its image to the pool that it runs in, and wait for it.

    A page keeps its worker while it waits. When every worker has a page in hand, nobody is left to
    load an image. With fewer pages than workers that cannot happen. A `ThreadPoolExecutor` does the
    same when one of its jobs waits for the result of another.

    What is immune: jobs that wait for no other job of their pool. `patterns.basic` has no way to
    submit from within a job.
    """
    queue = Channel[str](2 * pages, "jobs")
    done = Channel[str](pages, "pages")
    images = {f"image {n}": Channel[str](1, f"image {n}") for n in range(1, pages + 1)}

    def worker() -> None:
        for job in queue:
            if job in images:
                sleep(seconds)
                images[job].send(job)
            else:
                image = job.replace("page", "image")
                queue.send(image)
                done.send(images[image].receive())

    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, name=f"worker-{number}")
        for number in range(1, pages + 1):
            queue.send(f"page {number}")
        loaded = [done.receive() for _ in range(pages)]
        queue.close()
    return loaded
