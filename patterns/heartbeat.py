"""The pool with heartbeats: workers show that they live, a supervisor replaces those that don't.

Use it when jobs run code that may hang or take its worker down, and the pool has to go on for days.
Don't when every job has a timeout that works (the error-handling pool is enough).

What it guarantees:
- detection: the supervisor looks once in `interval` seconds; a worker whose beat it has missed
  `missed` times in a row is replaced, at most `missed + 1` intervals after its last beat.
- nothing is lost: the job of a worker given up fails with WorkerLost. If the worker comes back
  after all, its result is not taken: every job has one result.
- errors: an exception in `process` becomes that job's result, and the worker goes on.
- cancellation: jobs are cut short where they wait; a worker that hangs holds up the end of the
  pool for as long as it takes to give it up, and no longer.
- order and backpressure: as in the reusable pool, but results wait in memory: a worker held up by
  a slow reader would look as if it hung.

What it costs: a thread more for the supervisor; jobs that take longer than an interval have to
call `beat`. A thread that hangs cannot be killed: it is left behind, with all that it holds, until
the program ends. Only a process can be killed; then its memory is not shared with the others.

In Go: a worker's `select` with a ticker beside its jobs. A goroutine cannot be killed either.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from patterns.concurrency import (
    AtomicInt,
    Cancelled,
    Channel,
    Closed,
    Context,
    DeadlineExceeded,
    Report,
    Result,
    TaskGroup,
    go,
    hang,
    now,
    sleep,
)
from patterns.concurrency.checks import check_count, nanoseconds
from patterns.concurrency.runtime import Task

__all__ = ["Beat", "Health", "HeartbeatPool", "WorkerLost", "main", "run"]

Beat: TypeAlias = Callable[[], None]


class WorkerLost(Exception):
    """The worker of this job hung or died."""


@dataclass(frozen=True, slots=True)
class Health:
    """What the supervisor saw of one worker at one look.

    Attributes:
        time: seconds since the pool was started.
        worker: its name.
        missed: looks in a row without a new beat.
        job: the job in its hands, or None.
        verdict: "well", or "stuck" or "dead" when it is given up.
    """

    time: float
    worker: str
    missed: int
    job: int | None
    verdict: str


class Member:
    """A worker as the supervisor knows it."""

    task: Task

    def __init__(self, name: str) -> None:
        self.name = name
        self.beats = self.beats_seen = self.missed = 0
        self.job: int | None = None
        # Whoever turns one of these from 1 to 0 acts on it: the worker, or the supervisor.
        self.place = AtomicInt(1, f"place of {name}")  # 0: it has left, or was given up
        self.unsettled = AtomicInt(0, f"unsettled job of {name}")  # 1: its job has no result yet

    def beat(self) -> None:
        """Show that the worker is alive; raises Cancelled if it was given up meanwhile."""
        self.beats += 1
        if self.place.load() == 0:
            raise Cancelled(f"{self.name} was given up and replaced")


class HeartbeatPool:
    """Workers under supervision; open it with `with pool.start():`.

    Args:
        process: makes a job's value; gets the job, and `beat` to call at least once an interval.
        workers: workers, >= 1.
        interval: seconds between two looks of the supervisor, > 0.
        missed: beats, >= 2, that a worker may miss in a row before it is given up.
        buffer: jobs that may wait, >= 0.
        monitor: called with what the supervisor sees of each worker at each look.

    Raises ValueError for a bad number.
    """

    def __init__(
        self,
        process: Callable[[int, Beat], int],
        *,
        workers: int = 3,
        interval: float = 0.1,
        missed: int = 3,
        buffer: int = 100,
        monitor: Callable[[Health], object] = lambda health: None,
    ) -> None:
        check_count("workers", workers, 1)
        check_count("missed", missed, 2)
        check_count("buffer", buffer, 0)
        nanoseconds(interval, "interval", positive=True)
        self._process = process
        self._workers, self._interval, self._missed = workers, interval, missed
        self._monitor = monitor
        self._jobs = Channel[int](buffer, "jobs")
        self._results = Channel[Result[int, int]](math.inf, "results")
        self._over = Channel[None](0, "over")
        self._at_work = AtomicInt(0, "workers at work")
        self._members: list[Member] = []
        self._numbers = itertools.count(1)
        self._group: TaskGroup | None = None
        self._submitted: list[int] = []
        self._started: list[int] = []
        self._collected: list[Result[int, int]] = []

    @contextmanager
    def start(self, context: Context | None = None) -> Iterator[HeartbeatPool]:
        """Start workers and supervisor; leaving the block closes the pool and waits for the rest.

        Raises what the block raises; Cancelled if `context` is cancelled before all is done;
        RuntimeError if the pool was started before.
        """
        if self._group is not None:
            raise RuntimeError("a pool is started once: make a new one")
        self._began = now()
        try:
            with TaskGroup(context) as self._group:
                for _ in range(self._workers):
                    self._at_work.add(1)
                    self._add_worker(self._group)
                go(self._supervise, self._group)  # goes on when the group is cancelled
                yield self
                self.close()
                for _ in self.results():
                    pass
        finally:
            self._over.close()
            for me in self._members:  # who died shortly before the end, unnoticed
                if me.task.ended:
                    self._settle(me, "dead")
            while len(self._results):
                self._collected.append(self._results.receive())

    def submit(self, job: int) -> None:
        """Offer a job, waiting while the buffer is full.

        Raises Cancelled if the pool is cancelled, before or while it waits; Closed if it is
        closed. The report then has the job among those never started.
        """
        if self._group is None:
            raise RuntimeError("submit works only inside the pool's block: with pool.start():")
        self._submitted.append(job)
        self._jobs.send(job, self._group.context)

    def results(self) -> Iterator[Result[int, int]]:
        """Iterate over results as they come, until the pool is closed and all jobs are done.

        Raises Cancelled if the pool is cancelled meanwhile.
        """
        for result in self._results:
            self._collected.append(result)
            yield result

    def close(self) -> None:
        """Say that no more jobs come; returns at once, and what is submitted is still done."""
        self._jobs.close()

    @property
    def report(self) -> Report[int, int]:
        """What became of each job; complete when the pool's block has been left."""
        return Report(tuple(self._submitted), tuple(self._started), tuple(self._collected))

    # A worker's side.

    def _worker(self, me: Member, context: Context) -> None:
        try:
            while True:
                me.beat()
                try:
                    job = self._jobs.receive(context.child(timeout=self._interval))
                except DeadlineExceeded:
                    context.check()
                    continue  # to have nothing to do is no reason to be silent
                self._started.append(job)
                me.job = job
                me.unsettled.store(1)
                result = self._result(job, me.beat)
                if me.unsettled.compare_and_swap(1, 0):
                    me.job = None
                    self._results.send(result)
        except (Closed, Cancelled):
            if me.place.compare_and_swap(1, 0):
                self._leave()
        except BaseException:
            pass  # as dead as a thread can be: only its silence tells the supervisor

    def _result(self, job: int, beat: Beat) -> Result[int, int]:
        try:
            return Result(job, value=self._process(job, beat))
        except Exception as error:
            return Result(job, error=error)

    def _leave(self) -> None:
        """Leave without a replacement; the last one ends the pool."""
        if self._at_work.add(-1) == 0:
            self._results.close()
            self._over.close()

    # The supervisor's side.

    def _add_worker(self, group: TaskGroup) -> None:
        me = Member(f"worker-{next(self._numbers)}")
        me.task = group.spawn(self._worker, me, group.context, name=me.name)
        self._members.append(me)

    def _supervise(self, group: TaskGroup) -> None:
        while True:
            try:
                self._over.receive(Context(timeout=self._interval))
            except DeadlineExceeded:
                pass
            except Closed:
                return
            self._members = [me for me in self._members if me.place.load() == 1]
            for me in list(self._members):
                self._look_at(me, group)

    def _look_at(self, me: Member, group: TaskGroup) -> None:
        beats = me.beats
        me.missed = 0 if beats != me.beats_seen else me.missed + 1
        me.beats_seen = beats
        verdict = "well"
        if me.missed >= self._missed and me.place.compare_and_swap(1, 0):
            verdict = "dead" if me.task.ended else "stuck"
            self._replace(me, verdict, group)
        health = Health(now() - self._began, me.name, me.missed, me.job, verdict)
        try:
            self._monitor(health)
        except Exception as error:
            group.context.cancel(f"the monitor raised {error!r}")

    def _replace(self, me: Member, verdict: str, group: TaskGroup) -> None:
        self._settle(me, verdict)
        try:
            self._add_worker(group)
        except RuntimeError:  # the pool is being left: no worker is alive, and none is needed
            self._leave()
        group.abandon(me.task)

    def _settle(self, me: Member, verdict: str) -> None:
        """Let the job in the hands of a worker that is lost fail, if it has no result yet."""
        if me.unsettled.compare_and_swap(1, 0) and me.job is not None:
            lost = WorkerLost(f"{me.name} is {verdict}: {me.missed} beats missed")
            self._results.send(Result(me.job, error=lost))


def run(
    *,
    num_jobs: int = 12,
    num_workers: int = 3,
    job_seconds: float = 0.5,
    interval: float = 0.1,
    missed: int = 3,
    stuck: Collection[int] = (4,),
    deadly: Collection[int] = (8,),
    buffer: int = 100,
    process: Callable[[int, Beat], int] | None = None,
    monitor: Callable[[Health], object] = lambda health: None,
    context: Context | None = None,
    log: Callable[[str], object] = lambda line: None,
) -> Report[int, int]:
    """Process jobs 1 to `num_jobs`, some of which take their worker down, and report on every one.

    Args:
        num_jobs: jobs, >= 0.
        num_workers: workers, >= 1.
        job_seconds: how long a job takes, seconds >= 0; it beats once an interval.
        interval: seconds between two looks of the supervisor, > 0.
        missed: beats, >= 2, that a worker may miss in a row before it is given up.
        stuck: jobs that never return.
        deadly: jobs that end their worker's thread with SystemExit.
        buffer: jobs that may wait, >= 0.
        process: what to do with a job, in place of all that.
        monitor: called with what the supervisor sees of each worker at each look.
        context: ends the run early when it is cancelled.
        log: called with a line of text for every worker given up and every result.

    Raises ValueError for a bad number, before anything is started.
    """
    check_count("num_jobs", num_jobs, 0)
    nanoseconds(job_seconds, "job_seconds")
    nanoseconds(interval, "interval", positive=True)
    pieces = max(1, math.ceil(job_seconds / interval))

    def double(job: int, beat: Beat) -> int:
        if job in stuck:
            hang()
        if job in deadly:
            raise SystemExit(f"job {job} ends its worker's thread")
        for _ in range(pieces):
            sleep(job_seconds / pieces)
            beat()
        return job * 2

    def look(health: Health) -> None:
        if health.verdict != "well":
            log(f"{health.worker} is {health.verdict}: replaced")
        monitor(health)

    def submit() -> None:
        for job in range(1, num_jobs + 1):
            pool.submit(job)
        pool.close()

    pool = HeartbeatPool(
        process or double,
        workers=num_workers,
        interval=interval,
        missed=missed,
        buffer=buffer,
        monitor=look,
    )
    try:
        with pool.start(context), TaskGroup() as submitter:
            submitter.spawn(submit)
            for result in pool.results():
                log(f"result: {result.value if result.error is None else repr(result.error)}")
    except Cancelled as cancelled:
        log(f"cancelled: {cancelled}")
    return Report(tuple(range(1, num_jobs + 1)), pool.report.started, pool.report.results)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the pattern from the command line; return the exit status."""
    from patterns.lab.command import Command

    command = Command("heartbeat", __doc__)
    command.add("--jobs", int, 12, "jobs to process, >= 0")
    command.add("--workers", int, 3, "workers, >= 1")
    command.add("--seconds", float, 0.5, "how long a job takes, seconds >= 0")
    command.add("--interval", float, 0.1, "between two looks of the supervisor, seconds > 0")
    command.add("--missed", int, 3, "beats that a worker may miss in a row, >= 2")
    command.add("--stuck", int, 4, "the job that never returns; 0: none")
    command.add("--deadly", int, 8, "the job that ends its worker's thread; 0: none")
    return command.run(
        argv,
        lambda options, log: run(
            num_jobs=options.jobs,
            num_workers=options.workers,
            job_seconds=options.seconds,
            interval=options.interval,
            missed=options.missed,
            stuck={options.stuck},
            deadly={options.deadly},
            log=log,
        ),
    )


if __name__ == "__main__":
    raise SystemExit(main())
