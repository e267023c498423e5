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
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from .autoscaler import Autoscaler
from .concurrency import (
    AtomicInt,
    Cancelled,
    Channel,
    Context,
    Report,
    Result,
    TaskGroup,
    attempt,
    now,
    sleep,
)
from .concurrency.checks import check_count, nanoseconds
from .concurrency.context import cancels_caller
from .reusable import WorkerPool, serve

__all__ = ["Autoscaler", "DynamicPool", "demo", "run"]

J = TypeVar("J")
R = TypeVar("R")


class DynamicPool(WorkerPool[J, R]):
    """A reusable pool whose workers can be added and removed.

    The arguments, and what it raises, are those of `run`; without an autoscaler workers come and
    go only when `add_worker` and `remove_worker` are called.
    """

    def __init__(
        self,
        process: Callable[[J], R],
        *,
        min_workers: int = 1,
        max_workers: int = 10,
        autoscaler: Autoscaler | None = None,
        buffer: int = 100,
    ) -> None:
        check_count("max_workers", max_workers, 1)
        check_count("min_workers", min_workers, 1)
        if min_workers > max_workers:
            raise ValueError(
                f"min_workers must be <= max_workers, got {min_workers} and {max_workers}"
            )
        if not (autoscaler is None or hasattr(autoscaler, "watch")):
            raise TypeError(f"autoscaler must be an Autoscaler, got {autoscaler!r}")
        super().__init__(process, workers=min_workers, buffer=buffer)
        self._max = max_workers
        self._autoscaler = autoscaler
        self._alive = AtomicInt(min_workers, "workers alive")
        self._staying = AtomicInt(0, "workers not told to leave")
        self._stopping = Context()
        self._terms: list[Context] = []  # of those who stay: when it ends, its worker leaves
        self._numbers = itertools.count(1)
        self._ended = Channel[None](0, "ended")
        self.at_work: list[tuple[float, int]] = []  # appended to by all, so that no lock is needed

    def add_worker(self) -> bool:
        """Add a worker; returns False, and adds none, at the maximum.

        The same if the pool is not started, or over, or the system gives no more threads.
        """
        if self._context is None or self._stopping.cancelled:
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
        """Tell a worker to leave after its job; returns False, and tells none, at the minimum.

        The same if the pool is not started, or over.
        """
        while (staying := self._staying.load()) > self.workers:
            if self._staying.compare_and_swap(staying, staying - 1):
                self._terms.pop().cancel("told to leave")
                return True
        return False

    def stop(self) -> None:
        """Start no more jobs; returns at once, jobs in work are finished, the rest is dropped."""
        self.close()
        self._stopping.cancel("stopped")

    @property
    def worker_count(self) -> int:
        """Workers alive, those included that were told to leave and still have a job."""
        return 0 if self._context is None else self._alive.load()

    @property
    def staying(self) -> int:
        """Workers alive that were not told to leave."""
        return self._staying.load()

    @property
    def in_flight(self) -> int:
        """Jobs in the buffer or in a worker's hands."""
        return len(self.queue) + len(self.ledger.started) - len(self.ledger.results)

    def run_workers(self) -> None:
        """Start the first workers, and return when the last one has left."""
        with TaskGroup() as watch:
            for _ in range(self.workers):
                self._spawn()
            if self._autoscaler is not None:
                watch.spawn(self._autoscaler.watch, self)
            for _ in self._ended:
                pass
            self._staying.store(0)
            watch.context.cancel("the last worker has left")

    def _spawn(self) -> None:
        """Start a worker that is counted already."""
        term = self._stopping.child()
        try:
            self._group.spawn(self.member, term, name=f"worker-{next(self._numbers)}")
        except BaseException:
            self._count_out()
            raise
        self._terms.append(term)
        self._staying.add(1)

    def member(self, term: Context) -> None:
        """Take one job after the other until the term ends or there are no more."""
        try:
            for job, variables in self.queue.values(term):
                self.begin(job)
                self.finish(attempt(self.process, job, variables))
        except Cancelled as cancelled:
            if cancels_caller(cancelled):
                raise  # the pool is cancelled, and not only this worker's term over
        finally:
            self._count_out()

    def begin(self, job: J) -> None:
        """Note that a worker has taken `job`, and how many are at work."""
        super().begin(job)
        self._note_at_work()

    def finish(self, result: Result[J, R]) -> None:
        """Note how many were at work, and what came of the job; hand that on."""
        self._note_at_work()
        super().finish(result)

    def _note_at_work(self) -> None:
        self.at_work.append((now(), len(self.ledger.started) - len(self.ledger.results)))

    def _count_out(self) -> None:
        if self._alive.add(-1) == 0:
            self._ended.close()


def run(
    jobs: Iterable[J],
    process: Callable[[J], R],
    *,
    min_workers: int = 1,
    max_workers: int = 10,
    autoscaler: Autoscaler | None = Autoscaler(),  # noqa: B008  (frozen)
    buffer: int = 100,
    timeout: float | None = None,
    context: Context | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process `jobs` with as many workers as the load asks for, and report on every one.

    Args:
        min_workers: workers to start with, and below which none is removed; >= 1.
        max_workers: workers at once, >= `min_workers`.
        autoscaler: when to add and to remove one; None: the number stays as it is.

    The other arguments, and what it raises, are those of `reusable.run`.
    """
    pool = DynamicPool(
        process,
        min_workers=min_workers,
        max_workers=max_workers,
        autoscaler=autoscaler,
        buffer=buffer,
    )
    return serve(pool, jobs, timeout=timeout, context=context, on_result=on_result)


def demo(
    *,
    jobs: int = 50,
    min_workers: int = 2,
    max_workers: int = 10,
    seconds: float = 0.1,
    buffer: int = 100,
    add_every: int = 10,
    autoscale: bool = False,
    timeout: float | None = None,
    context: Context | None = None,
    on_result: Callable[[Result[int, int]], object] | None = None,
) -> Report[int, int]:
    """Double the numbers from 0 while the submitter adds workers, as the article's program does.

    Args:
        jobs: jobs, >= 0.
        seconds: how long a job takes, >= 0.
        add_every: jobs, >= 1, after which the submitter adds a worker, beginning with the first.
        autoscale: add and retire workers by load in place of that.

    The other arguments are those of `run`.
    """
    check_count("jobs", jobs, 0)
    check_count("add_every", add_every, 1)
    nanoseconds(seconds, "seconds")

    def double(job: int) -> int:
        sleep(seconds)
        return job * 2

    def submitted() -> Iterator[int]:
        for job in range(jobs):
            yield job  # and goes on when the pool has taken it
            if not autoscale and job % add_every == 0:
                pool.add_worker()

    pool = DynamicPool(
        double,
        min_workers=min_workers,
        max_workers=max_workers,
        autoscaler=Autoscaler() if autoscale else None,
        buffer=buffer,
    )
    return serve(pool, submitted(), timeout=timeout, context=context, on_result=on_result)


if __name__ == "__main__":
    from .concurrency.command import main

    raise SystemExit(main(demo))
