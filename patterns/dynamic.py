"""The dynamic pool: workers join and leave while it runs, by hand or by load.

Use it when the load changes so much that a fixed number of workers is idle at one time and
overrun at another, and a worker costs something (a connection, memory, money).
Don't when the load is steady: a fixed number is simpler, and nothing has to be tuned.

What it guarantees:
- the limits: never more than `max_workers` workers at once, nor fewer than `min_workers` staying,
  however many tasks call `add_worker` and `remove_worker` at the same time.
- retiring: a worker told to leave finishes the job in its hands first; no job is lost.
- stopping: `close` lets the workers finish all that was submitted; `stop` lets them finish only
  what they have begun, and `report` names the jobs that were dropped.
- errors, order, backpressure and cancellation: as in the reusable pool.

What it costs: a thread for each worker; with an autoscaler one more, and its settings to choose.

In Go: an `atomic.Int32` for the number of workers, and a context that ends them. There looking at
the number and adding one are two steps, so two callers can both pass the check; and `Stop` cancels
right after closing the queue, so most jobs are dropped without a word.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

from patterns.concurrency import (
    AtomicInt,
    Cancelled,
    Channel,
    Context,
    Report,
    Result,
    TaskGroup,
    sleep,
)
from patterns.concurrency.checks import check_count, nanoseconds

__all__ = ["Autoscaler", "DynamicPool", "main", "run"]


class DynamicPool:
    """Workers that can be added and removed; open it with `with pool.start():`.

    Args:
        process: what to do with a job.
        max_workers: workers at once, >= 1.
        min_workers: workers to start with, and below which none is removed; 1 to `max_workers`.
        buffer: jobs, and results, that may wait, >= 0.

    Raises ValueError for a bad number.
    """

    def __init__(
        self,
        process: Callable[[int], int],
        *,
        max_workers: int = 10,
        min_workers: int = 2,
        buffer: int = 100,
    ) -> None:
        check_count("max_workers", max_workers, 1)
        check_count("min_workers", min_workers, 1)
        check_count("buffer", buffer, 0)
        if min_workers > max_workers:
            raise ValueError(
                f"min_workers must be <= max_workers, got {min_workers} and {max_workers}"
            )
        self._process = process
        self._min, self._max = min_workers, max_workers
        self._jobs = Channel[int](buffer, "jobs")
        self._results = Channel[Result[int, int]](buffer, "results")
        self._alive = AtomicInt(0, "workers alive")
        self._staying = AtomicInt(0, "workers not told to leave")
        self._stopping = Context()
        self._terms: list[Context] = []  # of those who stay: when it ends, its worker leaves
        self._numbers = itertools.count(1)
        self._context: Context | None = None
        self._submitted: list[int] = []
        self._started: list[int] = []
        self._finished: list[Result[int, int]] = []

    @contextmanager
    def start(
        self, context: Context | None = None, autoscaler: Autoscaler | None = None
    ) -> Iterator[DynamicPool]:
        """Start `min_workers` workers; leaving the block closes the pool and waits for the rest.

        Raises what the block raises; Cancelled if `context` is cancelled before all is done;
        RuntimeError if the pool was started before.
        """
        if self._context is not None:
            raise RuntimeError("a pool is started once: make a new one")
        with closing(self._results), TaskGroup(context) as watch, TaskGroup() as self._group:
            self._context = self._group.context
            self._alive.store(self._min)
            for _ in range(self._min):
                self._spawn()
            if autoscaler is not None:
                watch.spawn(autoscaler.watch, self)
            yield self
            self.close()
            for _ in self.results():
                pass
            watch.context.cancel("the pool is over")

    def add_worker(self) -> bool:
        """Add a worker; returns False, and adds none, at the maximum.

        The same if the pool is not started, or over, or the system gives no more threads.
        """
        if self._stopping.cancelled:
            return False
        # At 0 the last worker has left, and the results are closed.
        while 0 < (alive := self._alive.load()) < self._max:
            if self._alive.compare_and_swap(alive, alive + 1):
                try:
                    self._spawn()
                except RuntimeError:
                    return False
                return True
        return False

    def remove_worker(self) -> bool:
        """Tell a worker to leave after its job; returns False, and tells none, at the minimum."""
        while (staying := self._staying.load()) > self._min:
            if self._staying.compare_and_swap(staying, staying - 1):
                self._terms.pop().cancel("told to leave")
                return True
        return False

    def submit(self, job: int) -> None:
        """Offer a job, waiting while the buffer is full.

        Raises Cancelled if the pool is cancelled or over, before or while it waits; Closed if it
        is closed. The report then has the job among those never started.
        """
        if self._context is None:
            raise RuntimeError("submit works only inside the pool's block: with pool.start():")
        self._submitted.append(job)
        self._jobs.send(job, self._context)

    def results(self) -> Iterator[Result[int, int]]:
        """Iterate over results as they come, until the pool is closed and all jobs are done.

        Raises Cancelled if the pool is cancelled meanwhile.
        """
        return iter(self._results)

    def close(self) -> None:
        """Say that no more jobs come; returns at once, and what is submitted is still done."""
        self._jobs.close()

    def stop(self) -> None:
        """Start no more jobs; returns at once, jobs in work are finished, the rest is dropped."""
        self._jobs.close()
        self._stopping.cancel("stopped")

    @property
    def worker_count(self) -> int:
        """Workers alive, those included that were told to leave and still have a job."""
        return self._alive.load()

    @property
    def in_flight(self) -> int:
        """Jobs in the buffer or in a worker's hands."""
        return len(self._jobs) + len(self._started) - len(self._finished)

    @property
    def report(self) -> Report[int, int]:
        """What became of each job; complete when the pool's block has been left."""
        # Last things first: so each list holds all that is in the next, even while the pool runs.
        # Unpacked: `tuple(a_list)` can crash CPython 3.11 if another thread appends meanwhile.
        finished = (*self._finished,)
        started = (*self._started,)
        return Report((*self._submitted,), started, finished)

    def _spawn(self) -> None:
        """Start a worker that is counted already."""
        term = self._stopping.child()
        try:
            self._group.spawn(self._worker, term, name=f"worker-{next(self._numbers)}")
        except BaseException:
            self._count_out()
            raise
        self._terms.append(term)
        self._staying.add(1)

    def _worker(self, term: Context) -> None:
        """Take one job after the other until the term ends or there are no more."""
        try:
            for job in self._jobs.values(term):
                self._started.append(job)
                try:
                    result = Result(job, value=self._process(job))
                except Exception as error:
                    result = Result(job, error=error)
                self._results.send(result)
                self._finished.append(result)
        except Cancelled:
            pass
        finally:
            self._count_out()

    def _count_out(self) -> None:
        if self._alive.add(-1) == 0:
            self._results.close()


@dataclass(frozen=True, slots=True)
class Autoscaler:
    """When to add a worker and when to retire one.

    Between the two thresholds nothing happens, and retiring takes patience: this hysteresis keeps
    the number of workers from going up and down with every small change of the load.

    Attributes:
        interval: seconds between two looks at the pool, > 0.
        grow_above: jobs in flight per worker, >= 1; with more, a worker is added at each look.
            The buffer must have room for them: nobody sees jobs that wait outside.
        calm_looks: looks in a row, >= 1, that must find a worker without a job before one retires.
    """

    interval: float = 0.05
    grow_above: float = 2.0
    calm_looks: int = 10

    def __post_init__(self) -> None:
        nanoseconds(self.interval, "interval", positive=True)
        check_count("calm_looks", self.calm_looks, 1)
        if not isinstance(self.grow_above, int | float) or not self.grow_above >= 1:
            raise ValueError(f"grow_above must be a number >= 1, got {self.grow_above!r}")

    def watch(self, pool: DynamicPool) -> None:
        """Look at the pool again and again, until the task is cancelled."""
        calm = 0
        while True:
            sleep(self.interval)
            load, workers = pool.in_flight, pool.worker_count
            calm = calm + 1 if load < workers else 0
            if load > self.grow_above * workers:
                pool.add_worker()
            elif calm >= self.calm_looks and pool.remove_worker():
                calm = 0


def run(
    *,
    num_jobs: int = 50,
    min_workers: int = 2,
    max_workers: int = 10,
    job_seconds: float = 0.1,
    buffer: int = 100,
    add_every: int = 10,
    autoscaler: Autoscaler | None = None,
    pauses: Mapping[int, float] | None = None,
    process: Callable[[int], int] | None = None,
    context: Context | None = None,
    log: Callable[[str], object] = lambda line: None,
) -> Report[int, int]:
    """Submit jobs 0 to `num_jobs` - 1 while workers are added, and report on every one.

    Args:
        num_jobs: jobs, >= 0.
        min_workers: workers to start with, >= 1.
        max_workers: workers at once, >= `min_workers`.
        job_seconds: how long a job takes, seconds >= 0.
        buffer: jobs, and results, that may wait, >= 0.
        add_every: jobs, >= 1, after which the submitter adds a worker, beginning with the first.
        autoscaler: adds and retires workers by load, in place of the submitter.
        pauses: seconds, >= 0, for which the submitter rests after a job, by job.
        process: what to do with a job, in place of taking `job_seconds` and doubling it.
        context: ends the run early when it is cancelled.
        log: called with a line of text for every worker added by hand and every result.

    Raises ValueError for a bad number, before anything is started.
    """
    check_count("num_jobs", num_jobs, 0)
    nanoseconds(job_seconds, "job_seconds")
    check_count("add_every", add_every, 1)
    rests = pauses or {}
    for rest in rests.values():
        nanoseconds(rest, "pauses")

    def double(job: int) -> int:
        sleep(job_seconds)
        return job * 2

    def submit() -> None:
        for job in range(num_jobs):
            pool.submit(job)
            if autoscaler is None and job % add_every == 0 and pool.add_worker():
                log(f"added a worker, now {pool.worker_count}")
            if job in rests:
                sleep(rests[job])
        pool.close()

    pool = DynamicPool(
        process or double, max_workers=max_workers, min_workers=min_workers, buffer=buffer
    )
    try:
        with pool.start(context, autoscaler), TaskGroup() as submitter:
            submitter.spawn(submit)
            for result in pool.results():
                log(f"result: {result.value if result.error is None else repr(result.error)}")
    except Cancelled as cancelled:
        log(f"cancelled: {cancelled}")
    return Report(tuple(range(num_jobs)), pool.report.started, pool.report.results)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the pattern from the command line; return the exit status."""
    from lab.command import Command

    command = Command("dynamic", __doc__)
    command.add("--jobs", int, 50, "jobs to process, >= 0")
    command.add("--min-workers", int, 2, "workers to start with, >= 1")
    command.add("--max-workers", int, 10, "workers at once")
    command.add("--seconds", float, 0.1, "how long a job takes, seconds >= 0")
    command.add("--add-every", int, 10, "jobs after which the submitter adds a worker, >= 1")
    command.add_switch("--autoscale", "add and retire workers by load in place of that")
    return command.run(
        argv,
        lambda options, log: run(
            num_jobs=options.jobs,
            min_workers=options.min_workers,
            max_workers=options.max_workers,
            job_seconds=options.seconds,
            add_every=options.add_every,
            autoscaler=Autoscaler() if options.autoscale else None,
            log=log,
        ),
    )


if __name__ == "__main__":
    raise SystemExit(main())
