"""The reusable pool: a fixed number of workers that take jobs for as long as the pool is open.

Use it when jobs keep arriving, from one place, from many, or from other jobs (a crawler: `join`
waits until no more come), and somebody else collects results.
Don't when all jobs come from one place (the basic pool is shorter), or when the load changes so
much that no fixed number of workers fits (a dynamic pool).

What it guarantees:
- order: jobs are started in the order of submission; results come in the order of completion.
- errors: an exception in `process` becomes that job's result; the worker goes on.
- backpressure: at most `buffer` jobs wait; `submit` waits when there are more. Results wait in
  memory, so no slow reader holds up the workers.
- cancellation: nothing new is started, whoever waits in `submit` or for a result is woken, and
  `report` names the jobs that were not done. Leaving the `with` block waits for the workers.

What it costs: a thread for each worker and one that closes the results; the report keeps every job
and result in memory.

In Go: a struct with `Start`, `Submit`, `Results` and `Close`. There `Submit` watches no context:
once the workers are gone it waits for ever, and the jobs that were not done vanish.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context as Variables
from contextvars import copy_context
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from .concurrency import (
    Cancelled,
    Channel,
    Context,
    Ledger,
    Report,
    Result,
    TaskGroup,
    attempt,
    sleep,
)
from .concurrency.checks import check_count, check_jobs, check_process, nanoseconds
from .concurrency.context import cancels_caller

__all__ = ["Job", "WorkerPool", "demo", "run", "serve"]

J = TypeVar("J")
R = TypeVar("R")


class WorkerPool(Generic[J, R]):
    """Workers that process what is submitted; open it with `with pool.start():`.

    Args:
        process: makes a job's value; called by the workers, in several threads at once.
        workers: workers, >= 1.
        buffer: jobs that may wait for a worker, >= 0. A job that submits others waits while the
            buffer is full, and if all workers do, nobody makes room: give such a pool room for all
            that may be pending, up to `sys.maxsize`.

    Raises ValueError or TypeError for a bad argument.

    Another kind of pool overrides `run_workers`, which starts the workers and waits for them, or
    `worker`, which is what each of them does: for each job of `queue`, which has the submitter's
    `contextvars` beside it, call `begin` and `finish`.
    """

    def __init__(self, process: Callable[[J], R], *, workers: int = 3, buffer: int = 100) -> None:
        check_process(process)
        check_count("workers", workers, 1)
        check_count("buffer", buffer, 0)
        self.process = process
        self.workers = workers
        self.queue = Channel[tuple[J, Variables]](buffer, "jobs")
        self._results = Channel[Result[J, R]](math.inf, "results")
        self.ledger = Ledger[J, R]()
        self._refused: list[J] = []
        self._joining: list[Channel[None]] = []
        self._context: Context | None = None

    @contextmanager
    def start(self, context: Context | None = None) -> Iterator[Self]:
        """Start the workers; leaving the block closes the pool and waits until all is done.

        Results that nobody has collected by then are in the `report` only. If the block raises,
        or `context` is cancelled, jobs in work are cut short where they wait, and the exception
        comes out. Raises RuntimeError if the pool was started before.

        Submitting, collecting and leaving block their thread. In a coroutine that is the thread of
        the event loop: call a function that does all this with `asyncio.to_thread`.
        """
        if self._context is not None:
            raise RuntimeError("a pool is started once: make a new one")
        with TaskGroup(context) as self._group:
            self._context = self._group.context
            self._group.spawn(self._work)
            yield self
            self.close()

    def submit(self, job: J) -> None:
        """Offer a job, waiting while the buffer is full.

        It will see the caller's `contextvars` as they are now, and what it sets only it sees.

        Raises Closed if the pool is closed; Cancelled if it is cancelled, before or while this
        waits, or its block has been left; the report then has the job among those never started.
        Raises RuntimeError before the pool is started.
        """
        context = self.context
        self.ledger.submitted.append(job)
        try:
            self.queue.send((job, copy_context()), context)
        except BaseException:
            self._refused.append(job)
            self._wake_joining()
            raise

    def results(self) -> Iterator[Result[J, R]]:
        """Iterate over results as they come, until the pool is closed and all jobs are done.

        Several tasks may do so: each result comes to one of them. Raises Cancelled if the pool is
        cancelled, or its block left, meanwhile; RuntimeError before the pool is started.
        """
        return self._results.values(self.context)

    def join(self) -> None:
        """Wait until no job is pending: each one submitted, by jobs too, has its result.

        So a pool whose jobs submit others is done when `join` returns, and its block may be left.
        Jobs that were dropped when the workers had left are not waited for. A job must not call
        it: it would wait for itself. Raises Cancelled if the pool is cancelled meanwhile;
        RuntimeError before the pool is started.
        """
        context = self.context
        done = Channel[None](0, "the pool's join")
        self._joining.append(done)
        if self._pending and not self._results.closed:
            for _ in done.values(context):
                pass

    def close(self) -> None:
        """Say that no more jobs come; returns at once, and what is submitted is still done."""
        self.queue.close()

    @property
    def context(self) -> Context:
        """The workers' context: cancelled, it ends the pool. Raises RuntimeError before start."""
        if self._context is None:
            raise RuntimeError("a pool works only inside its block: with pool.start():")
        return self._context

    @property
    def report(self) -> Report[J, R]:
        """What became of each job; complete when the pool's block has been left.

        Until then the jobs in work are among the cancelled ones.
        """
        return self.ledger.report()

    # What another kind of pool overrides, and what it calls.

    def run_workers(self) -> None:
        """Start the workers, and return when the last one has ended."""
        with TaskGroup() as group:
            for number in range(1, self.workers + 1):
                group.spawn(self.worker, number, name=f"worker-{number}")

    def worker(self, number: int) -> None:
        """Take one job after the other until there are no more; worker 1 is the first."""
        for job, variables in self.queue:
            self.begin(job)
            self.finish(attempt(self.process, job, variables))

    def begin(self, job: J) -> None:
        """Note that a worker has taken `job`."""
        self.ledger.started.append(job)

    def finish(self, result: Result[J, R]) -> None:
        """Note what came of a job, and hand it on to whoever collects."""
        self.ledger.results.append(result)
        self._results.send(result)
        self._wake_joining()

    def _work(self) -> None:
        self.run_workers()
        self.context.check()  # if they were cancelled, the results are not complete
        self._results.close()
        self._wake_joining()

    @property
    def _pending(self) -> int:
        """Jobs submitted that have no result yet; a job's own jobs are among them before it ends.

        The lists only grow, and what is subtracted is read first: so if this is 0, it was.
        """
        over = len(self.ledger.results) + len(self._refused)
        return len(self.ledger.submitted) - over

    def _wake_joining(self) -> None:
        # Who joins is listed before it looks whether jobs are pending, so one sees the other.
        while self._joining and (not self._pending or self._results.closed):
            with suppress(IndexError):  # another task was faster
                self._joining.pop().close()


def serve(
    pool: WorkerPool[J, R],
    jobs: Iterable[J],
    *,
    timeout: float | None = None,
    context: Context | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Open `pool`, submit `jobs` from one task, collect in this one, and report on every job.

    The arguments are those of `run`.
    """
    check_jobs(jobs)
    limit = Context(context, timeout=timeout)
    try:
        with pool.start(limit), TaskGroup() as submitter:
            submitter.spawn(submit, jobs, pool)
            for result in pool.results():
                if on_result is not None:
                    on_result(result)
    except Cancelled as cancelled:
        if cancels_caller(cancelled) or not limit.explains(cancelled):
            raise  # it is the caller's, or one that `on_result` raised
        return pool.ledger.report(str(cancelled), jobs)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(pool.ledger.report("interrupted", jobs)) from None
    return pool.report


def submit(jobs: Iterable[J], pool: WorkerPool[J, R]) -> None:
    """Submit every job, then close the pool."""
    for job in jobs:
        pool.submit(job)
    pool.close()


def run(
    jobs: Iterable[J],
    process: Callable[[J], R],
    *,
    workers: int = 3,
    buffer: int = 100,
    timeout: float | None = None,
    context: Context | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Submit `jobs` to a `WorkerPool` from one task, collect in another, and report on every one.

    Args:
        jobs: taken one by one as there is room, so that there may be any number of them.
        process: makes a job's value; called by the workers, in several threads at once.
        workers: jobs in work at a time, >= 1.
        buffer: jobs that may wait for a worker, >= 0.
        timeout: seconds from now on after which the run is cancelled; None: never.
        context: cancels the run when it is cancelled.
        on_result: called with each result as it comes, in the caller's thread.

    Raises ValueError or TypeError for a bad argument, before anything is started; after Ctrl-C
    KeyboardInterrupt, with the report as its argument.
    """
    pool = WorkerPool(process, workers=workers, buffer=buffer)
    return serve(pool, jobs, timeout=timeout, context=context, on_result=on_result)


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work of the article's program."""

    id: int
    payload: str = ""


def demo(
    *,
    jobs: int = 10,
    workers: int = 3,
    seconds: float = 0.1,
    buffer: int = 100,
    timeout: float | None = None,
    context: Context | None = None,
    on_result: Callable[[Result[Job, str]], object] | None = None,
) -> Report[Job, str]:
    """Process jobs with a payload, numbered from 0, as the article's program does.

    Args:
        jobs: jobs, >= 0.
        seconds: how long a job takes, >= 0.

    The other arguments are those of `run`.
    """
    check_count("jobs", jobs, 0)
    nanoseconds(seconds, "seconds")

    def say(job: Job) -> str:
        sleep(seconds)
        return f"Processed: {job.payload}"

    return run(
        [Job(number, f"data-{number}") for number in range(jobs)],
        say,
        workers=workers,
        buffer=buffer,
        timeout=timeout,
        context=context,
        on_result=on_result,
    )


if __name__ == "__main__":
    from .concurrency.command import main

    raise SystemExit(main(demo))
