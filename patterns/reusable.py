"""The reusable pool: a fixed number of workers that take jobs for as long as the pool is open.

Use it when jobs keep arriving, from one place or from many, and somebody else collects results.
Don't when all jobs are known beforehand (the basic pool is shorter), or when the load changes so
much that no fixed number of workers fits (a dynamic pool).

What it guarantees:
- order: jobs are started in the order of submission; results come in the order of completion.
- errors: an exception in `process` becomes that job's result; the worker goes on.
- backpressure: at most `buffer` jobs and `buffer` results wait; `submit` waits when there are more.
- cancellation: nothing new is started, whoever waits in `submit` or for a result is woken, and
  `report` names the jobs that were not done. Leaving the `with` block waits for the workers.

What it costs: a thread for each worker and one that closes the results; the report keeps every job
and result in memory. Submitting and collecting belong in different tasks, or in one with a buffer
for everything.

In Go: a struct with `Start`, `Submit`, `Results` and `Close`. There `Submit` watches no context:
once the workers are gone it waits for ever, and the jobs that were not done vanish.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from patterns.concurrency import Cancelled, Channel, Context, Report, Result, TaskGroup, sleep
from patterns.concurrency.checks import check_count, nanoseconds

__all__ = ["Job", "WorkerPool", "main", "run"]


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work."""

    id: int
    payload: str = ""


class WorkerPool:
    """Workers that process what is submitted; open it with `with pool.start():`.

    Args:
        workers: workers, >= 1.
        buffer: jobs, and results, that may wait, >= 0.
        process: what to do with a job; of any type, which the generic pool improves on.

    Raises ValueError for a bad number.
    """

    def __init__(self, workers: int, buffer: int, process: Callable[[Any], Any]) -> None:
        check_count("workers", workers, 1)
        check_count("buffer", buffer, 0)
        self._workers = workers
        self._process = process
        self._jobs = Channel[Any](buffer, "jobs")
        self._results = Channel[Result[Any, Any]](buffer, "results")
        self._context: Context | None = None
        self._submitted: list[Any] = []
        self._started: list[Any] = []
        self._finished: list[Result[Any, Any]] = []

    @contextmanager
    def start(self, context: Context | None = None) -> Iterator[WorkerPool]:
        """Start the workers; leaving the block closes the pool and waits until all is done.

        Results that nobody has collected by then are in the `report` only. If the block raises,
        or `context` is cancelled, jobs in work are cut short where they wait, and the exception
        comes out. Raises RuntimeError if the pool was started before.
        """
        if self._context is not None:
            raise RuntimeError("a pool is started once: make a new one")
        with TaskGroup(context) as group:
            self._context = group.context
            group.spawn(self._work)
            yield self
            self.close()
            for _ in self.results():
                pass

    def submit(self, job: Any) -> None:
        """Offer a job, waiting while the buffer is full.

        Raises Closed if the pool is closed; Cancelled if it is cancelled, before or while this
        waits, or its block has been left; the report then has the job among those never started.
        Raises RuntimeError before the pool is started.
        """
        context = self._running()
        self._submitted.append(job)
        self._jobs.send(job, context)

    def results(self) -> Iterator[Result[Any, Any]]:
        """Iterate over results as they come, until the pool is closed and all jobs are done.

        Several tasks may do so: each result comes to one of them. If nobody goes on collecting,
        cancel the pool or leave its block; else the workers wait, and whoever submits with them.
        Raises Cancelled if the pool is cancelled, or its block left, meanwhile; RuntimeError
        before the pool is started.
        """
        return self._results.values(self._running())

    def close(self) -> None:
        """Say that no more jobs come; returns at once, and what is submitted is still done."""
        self._jobs.close()

    @property
    def report(self) -> Report[Any, Any]:
        """What became of each job; complete when the pool's block has been left.

        Until then the jobs in work are among the cancelled ones.
        """
        # Backwards, so that no job is in a later list and not yet in an earlier one. And unpacked:
        # `tuple(a_list)` can crash CPython 3.11 if another thread appends to the list meanwhile.
        results = (*self._finished,)
        started = (*self._started,)
        return Report((*self._submitted,), started, results)

    def _running(self) -> Context:
        if self._context is None:
            raise RuntimeError("a pool works only inside its block: with pool.start():")
        return self._context

    def _work(self) -> None:
        """Run the workers; when they have done every job, close the results."""
        with TaskGroup() as workers:
            for number in range(1, self._workers + 1):
                workers.spawn(self._worker, name=f"worker-{number}")
        self._running().check()  # if they were cancelled, the results are not complete
        self._results.close()

    def _worker(self) -> None:
        for job in self._jobs:
            self._started.append(job)
            try:
                result = Result(job, value=self._process(job))
            except Exception as error:
                result = Result(job, error=error)
            self._results.send(result)
            self._finished.append(result)


def run(
    *,
    num_jobs: int = 10,
    num_workers: int = 3,
    job_seconds: float = 0.1,
    buffer: int = 100,
    process: Callable[[Job], str] | None = None,
    timeout: float | None = None,
    context: Context | None = None,
    log: Callable[[str], object] = lambda line: None,
) -> Report[Job, str]:
    """Submit jobs 0 to `num_jobs` - 1 from one task, collect in another, and report on every one.

    Args:
        num_jobs: jobs, >= 0.
        num_workers: workers, >= 1.
        job_seconds: how long a job takes, seconds >= 0.
        buffer: jobs, and results, that may wait, >= 0.
        process: what to do with a job, in place of taking `job_seconds` and saying so.
        timeout: seconds, >= 0, after which the run is cancelled; None: never.
        context: ends the run early when it is cancelled.
        log: called with a line of text for every result.

    Raises ValueError for a bad number, before anything is started.
    """
    check_count("num_jobs", num_jobs, 0)
    nanoseconds(job_seconds, "job_seconds")

    def say(job: Job) -> str:
        sleep(job_seconds)
        return f"Processed: {job.payload}"

    jobs = tuple(Job(number, f"data-{number}") for number in range(num_jobs))
    pool = WorkerPool(num_workers, buffer, process or say)
    try:
        with pool.start(Context(context, timeout=timeout)), TaskGroup() as submitter:
            submitter.spawn(submit, jobs, pool)
            for result in pool.results():
                log(f"job {result.job.id}: {result.error or result.value}")
    except Cancelled as cancelled:
        log(f"cancelled: {cancelled}")
    return Report(jobs, pool.report.started, pool.report.results)


def submit(jobs: Iterable[Job], pool: WorkerPool) -> None:
    """Submit every job, then close the pool."""
    for job in jobs:
        pool.submit(job)
    pool.close()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the pattern from the command line; return the exit status."""
    from lab.command import Command

    command = Command("reusable", __doc__)
    command.add("--jobs", int, 10, "jobs to process, >= 0")
    command.add("--workers", int, 3, "workers, >= 1")
    command.add("--seconds", float, 0.1, "how long a job takes, seconds >= 0")
    command.add("--buffer", int, 100, "jobs and results that may wait, >= 0")
    command.add("--timeout", float, None, "cancel after so many seconds, >= 0 (default: never)")
    return command.run(
        argv,
        lambda options, log: run(
            num_jobs=options.jobs,
            num_workers=options.workers,
            job_seconds=options.seconds,
            buffer=options.buffer,
            timeout=options.timeout,
            log=log,
        ),
    )


if __name__ == "__main__":
    raise SystemExit(main())
