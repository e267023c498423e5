"""The pool with heartbeats: workers show that they live, a supervisor replaces those that don't.

Use it when jobs run code that may hang or take its worker down, and the pool has to go on for days.
Don't when every job has a timeout that works (the error-handling pool is enough).

What it guarantees:
- detection: the supervisor looks once in `interval` seconds at every worker that has a job. One
  that missed `missed` beats in a row is replaced: never sooner than `missed` intervals after its
  last beat, never later than `missed + 1`. Taking a job is a beat.
- nothing is lost: the job of a worker given up fails with WorkerLost. If the worker comes back
  after all, its result is not taken: every job has one result.
- errors: an exception in `process` becomes that job's result, and the worker goes on.
- cancellation: jobs are cut short where they wait, and where they beat; a worker that hangs holds
  up the end of the pool for as long as it takes to give it up, and no longer.
- order and backpressure: as in the reusable pool, but results wait in memory, so that no slow
  reader holds up the replacement of a worker.

What it costs: a thread more for the supervisor; jobs that take longer than `missed` intervals have
to call `beat`. A thread that hangs cannot be killed: it is left behind, with all that it holds,
until the program ends. Only a process can be killed; it shares no memory with the others.

In Go: a worker's `select` with a ticker beside its jobs. A goroutine cannot be killed either.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Collection, MutableSequence, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

from patterns.concurrency import (
    AtomicInt,
    Cancelled,
    Channel,
    Context,
    Report,
    Result,
    TaskGroup,
    go,
    hang,
    now,
    sleep,
)
from patterns.concurrency.checks import NANOSECONDS_PER_SECOND, check_count, nanoseconds
from patterns.concurrency.runtime import Task, current_runtime
from patterns.reusable import WorkerPool

__all__ = ["Beat", "Health", "HeartbeatPool", "WorkerLost", "main", "run"]

Beat: TypeAlias = Callable[[], None]


class WorkerLost(Exception):
    """The worker of this job hung, or died; then its `__cause__` is what it died of."""


@dataclass(frozen=True, slots=True)
class Health:
    """What the supervisor saw of one worker at one look.

    Attributes:
        time: seconds since the pool was started.
        worker: its name.
        missed: looks in a row without a new beat.
        job: the job in its hands.
        verdict: "well", or "stuck" or "dead" when it is given up.
    """

    time: float
    worker: str
    missed: int
    job: int
    verdict: str


class Held:
    """A job in a worker's hands, and the beats that the worker gives meanwhile."""

    def __init__(self, job: int, worker: Task, context: Context) -> None:
        self.job, self.worker, self._context = job, worker, context
        self.beats, self.beats_seen, self.missed = 1, 0, 0
        self.died_of: BaseException | None = None
        # Whoever turns it to 0 gives the job its result: the worker, or who gives the worker up.
        self.unsettled = AtomicInt(1, f"job {job} unsettled")

    def beat(self) -> None:
        """Show that the worker lives; raise Cancelled if nobody waits for its job any more."""
        self._context.check()
        if not self.unsettled.load():
            raise Cancelled(f"{self.worker.name} was given up and replaced")
        self.beats += 1

    @property
    def verdict(self) -> str:
        """What a worker is that gives no beats."""
        return "stuck" if self.died_of is None else "dead"


class HeartbeatPool(WorkerPool):
    """A reusable pool whose workers are watched and replaced.

    Args:
        process: makes a job's value; gets the job, and `beat` to call once an interval.
        workers: workers, >= 1.
        interval: seconds between two looks of the supervisor, > 0.
        missed: beats, >= 2, missed in a row, with which a worker is given up.
        buffer: jobs that may wait, >= 0.
        history: what the supervisor sees is appended to it; a deque may forget what is old.

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
        history: MutableSequence[Health] | None = None,
    ) -> None:
        super().__init__(workers, buffer, lambda held: process(held.job, held.beat))
        check_count("missed", missed, 2)
        nanoseconds(interval, "interval", positive=True)
        self._interval, self._missed = interval, missed
        self._history = deque[Health](maxlen=0) if history is None else history
        self._results = Channel(math.inf, "results")
        self._ended = Channel[None](0, "ended")
        self._places = AtomicInt(workers, "places filled")
        self._born = AtomicInt(0, "workers born")
        self._held: dict[Held, None] = {}

    def _work(self) -> None:
        """Run workers and supervisor; when every job is done, close the results."""
        self._began = now()
        try:
            with Context() as over, TaskGroup() as group:
                for _ in range(self._workers):
                    self._add_worker(group)
                # Not in the group: when that is cancelled, somebody must free it of the stuck.
                go(self._supervise, group, over)
                for _ in self._ended:
                    pass
        finally:
            for held in list(self._held):  # of workers that died too late to be replaced
                self._give_up(held)
        self._running().check()  # if they were cancelled, the results are not complete
        self._results.close()

    # A worker's side.

    def _add_worker(self, group: TaskGroup) -> None:
        group.spawn(self._worker, name=f"worker-{self._born.add(1)}")

    def _worker(self) -> None:
        """Take one job after the other; the last worker to leave ends the pool."""
        me = current_runtime().current()
        with suppress(Cancelled):
            for job in self._jobs:
                if not self._do(Held(job, me, self._running())):
                    return  # without a word: its place is for the supervisor to fill
        if self._places.add(-1) == 0:
            self._ended.close()

    def _do(self, held: Held) -> bool:
        """Process a job; tell whether its worker is alive and in its place afterwards."""
        self._started.append(held.job)
        self._held[held] = None
        try:
            result = Result(held.job, value=self._process(held))
        except Exception as error:
            result = Result(held.job, error=error)
        except BaseException as error:  # such as SystemExit, of which a thread dies unheard
            held.died_of = error
            return False
        return self._settle(held, result)

    def _settle(self, held: Held, result: Result[int, int]) -> bool:
        """Give a job its result, unless it has one; tell whether it had none."""
        if not held.unsettled.compare_and_swap(1, 0):
            return False
        del self._held[held]
        self._finished.append(result)
        self._results.send(result)
        return True

    # The supervisor's side.

    def _supervise(self, group: TaskGroup, over: Context) -> None:
        """Look at every worker that has a job, once an interval, until the pool is over."""
        with suppress(Cancelled):
            while True:
                over.sleep(self._interval)
                for held in list(self._held):
                    self._look_at(held, group)

    def _look_at(self, held: Held, group: TaskGroup) -> None:
        beats = held.beats
        held.missed = held.missed + 1 if beats == held.beats_seen else 0
        held.beats_seen = beats
        verdict = held.verdict if held.missed >= self._missed else "well"
        time = now() - self._began
        self._history.append(Health(time, held.worker.name, held.missed, held.job, verdict))
        if verdict != "well":
            with suppress(RuntimeError):  # the group has ended
                group.spawn(self._replace, held, group)  # in the group, which waits for it

    def _replace(self, held: Held, group: TaskGroup) -> None:
        if self._give_up(held):
            group.abandon(held.worker)
            self._add_worker(group)

    def _give_up(self, held: Held) -> bool:
        """Let the job of a lost worker fail; tell whether the worker has not come back just now."""
        error = WorkerLost(f"{held.worker.name} is {held.verdict}: {held.missed} beats missed")
        error.__cause__ = held.died_of
        return self._settle(held, Result(held.job, error=error))


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
    history: MutableSequence[Health] | None = None,
    context: Context | None = None,
    log: Callable[[str], object] = lambda line: None,
) -> Report[int, int]:
    """Process jobs 1 to `num_jobs`, some of which take their worker down, and report on every one.

    Args:
        num_jobs: jobs, >= 0.
        num_workers: workers, >= 1.
        job_seconds: how long a job takes, seconds >= 0; it beats once an interval.
        interval: seconds between two looks of the supervisor, > 0.
        missed: beats, >= 2, missed in a row, with which a worker is given up.
        stuck: jobs that never return.
        deadly: jobs that end their worker's thread with SystemExit.
        buffer: jobs that may wait, >= 0.
        process: what to do with a job, in place of all that.
        history: what the supervisor sees of each worker at each look is appended to it.
        context: ends the run early when it is cancelled.
        log: called with a line of text for every result.

    Raises ValueError for a bad number, before anything is started.
    """
    check_count("num_jobs", num_jobs, 0)
    time = nanoseconds(job_seconds, "job_seconds")
    intervals, rest = divmod(time, nanoseconds(interval, "interval", positive=True))

    def double(job: int, beat: Beat) -> int:
        if job in stuck:
            hang()
        if job in deadly:
            raise SystemExit(f"job {job} ends its worker's thread")
        for _ in range(intervals):
            sleep(interval)
            beat()
        sleep(rest / NANOSECONDS_PER_SECOND)
        return job * 2

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
        history=history,
    )
    try:
        with pool.start(context), TaskGroup() as submitter:
            submitter.spawn(submit)
            for result in pool.results():
                log(f"job {result.job}: {result.error or result.value}")
    except Cancelled as cancelled:
        log(f"cancelled: {cancelled}")
    return Report(tuple(range(1, num_jobs + 1)), pool.report.started, pool.report.results)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the pattern from the command line; return the exit status."""
    from lab.command import Command

    command = Command("heartbeat", __doc__)
    command.add("--jobs", int, 12, "jobs to process, >= 0")
    command.add("--workers", int, 3, "workers, >= 1")
    command.add("--seconds", float, 0.5, "how long a job takes, seconds >= 0")
    command.add("--interval", float, 0.1, "between two looks of the supervisor, seconds > 0")
    command.add("--missed", int, 3, "missed beats in a row with which a worker is given up, >= 2")
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
