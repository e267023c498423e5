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
- no silent end: if a worker cannot be replaced, since the system gives no more threads, or the
  supervisor itself fails, the pool is cancelled and that exception comes out.
- cancellation: jobs are cut short where they wait, and where they beat; a worker that hangs holds
  up the end of the pool for as long as it takes to give it up, and no longer.
- order and backpressure: as in the reusable pool.

What it costs: a thread more for the supervisor; jobs that take longer than `missed` intervals have
to call `beat`. A thread that hangs cannot be killed: it is left behind, with all that it holds,
until the program ends. Only a process can be killed; it shares no memory with the others.

In Go: a worker's `select` with a ticker beside its jobs. A goroutine cannot be killed either.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, MutableSequence
from contextlib import contextmanager
from contextvars import Context as Variables
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from .concurrency import (
    AtomicInt,
    Cancelled,
    Channel,
    Context,
    Failed,
    Report,
    Result,
    TaskGroup,
    attempt,
    go,
    hang,
    now,
    sleep,
)
from .concurrency.checks import check_count, check_process, nanoseconds
from .concurrency.runtime import Task, Waiter, current_runtime
from .reusable import WorkerPool, serve

__all__ = ["Beat", "Health", "HeartbeatPool", "WorkerLost", "demo", "run"]

J = TypeVar("J")
R = TypeVar("R")

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
    job: object
    verdict: str


class JobInHand(Generic[J]):
    """A job in a worker's hands, and the beats that the worker gives meanwhile."""

    def __init__(self, job: J, worker: Task, context: Context) -> None:
        self.job, self.worker, self._context = job, worker, context
        self.beats, self.beats_seen, self.missed = 1, 0, 0
        self.died_of: BaseException | None = None
        # Whoever turns it to 0 decides the job's fate: the worker, or who gives the worker up.
        self.unsettled = AtomicInt(1, f"{worker.name}'s job unsettled")

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


class HeartbeatPool(WorkerPool[J, R]):
    """A reusable pool whose workers are watched and replaced.

    The arguments, and what it raises, are those of `run`.
    """

    def __init__(
        self,
        process: Callable[[J, Beat], R],
        *,
        workers: int = 3,
        interval: float = 0.1,
        missed: int = 3,
        buffer: int = 100,
        history: MutableSequence[Health] | None = None,
    ) -> None:
        check_process(process)
        check_count("missed", missed, 2)
        nanoseconds(interval, "interval", positive=True)
        super().__init__(lambda job: process(job, lambda: None), workers=workers, buffer=buffer)
        self._beating = process
        self._interval, self._missed = interval, missed
        self._history = deque[Health](maxlen=0) if history is None else history
        self._ended = Channel[None](0, "ended")
        self._places = AtomicInt(workers, "places filled")
        self._born = AtomicInt(0, "workers born")
        self._in_hand: dict[JobInHand[J], None] = {}
        self._broken: BaseException | None = None

    def run_workers(self) -> None:
        """Start the supervisor, then the workers; return when the last of these has left."""
        self._began = now()
        limit = Context(self.context)
        group = TaskGroup(limit)
        try:
            with self._supervised(group, limit), group:
                for _ in range(self.workers):
                    self._add_worker(group)
                for _ in self._ended:
                    pass
        finally:
            for in_hand in list(self._in_hand):  # of workers that died too late to be replaced
                self.give_up(in_hand)
            if self._broken is not None:
                raise self._broken

    # A worker's side.

    def worker(self, number: int) -> None:
        """Take one job after the other; the last worker to leave ends the pool."""
        me = current_runtime().current()
        for job, variables in self.queue:
            if not self.do(JobInHand(job, me, self.context), variables):
                return  # without a word: its place is for the supervisor to fill
        if self._places.add(-1) == 0:
            self._ended.close()

    def do(self, in_hand: JobInHand[J], variables: Variables) -> bool:
        """Process a job; tell whether its worker is alive and in its place afterwards."""
        self.begin(in_hand.job)
        self._in_hand[in_hand] = None
        try:
            result = attempt(lambda job: self._beating(job, in_hand.beat), in_hand.job, variables)
        except Cancelled:  # the pool is: nobody decides the job's fate any more
            if in_hand.unsettled.compare_and_swap(1, 0):
                del self._in_hand[in_hand]
            raise
        except BaseException as error:  # such as SystemExit, of which a thread dies unheard
            in_hand.died_of = error
            return False
        return self.settle(in_hand, result)

    def settle(self, in_hand: JobInHand[J], result: Result[J, R]) -> bool:
        """Give a job its result, unless it has one; tell whether it had none."""
        if not in_hand.unsettled.compare_and_swap(1, 0):
            return False
        del self._in_hand[in_hand]
        self.finish(result)
        return True

    # The supervisor's side.

    @contextmanager
    def _supervised(self, group: TaskGroup, limit: Context) -> Iterator[None]:
        """Have a supervisor look after the workers of `group` until the block is left.

        If it fails it cancels `limit`, the context of the group, which may not be entered yet.
        """
        over, gone = Context(), current_runtime().waiter()
        # Not in the group: when that is cancelled, somebody must free it of the stuck.
        go(self._supervise, group, limit, over, gone)
        try:
            yield
        finally:
            over.cancel("all workers have left")
            gone.wait("join", group)  # though cancelled: a job's fate may be in its hands

    def _supervise(self, group: TaskGroup, limit: Context, over: Context, gone: Waiter) -> None:
        """Look at every worker that has a job, once an interval, until the pool is over."""
        while True:
            try:
                over.sleep(self._interval)
                all_in_hand = list(self._in_hand)
            except Cancelled:
                break
            except BaseException as error:
                self._break(error, limit)
                continue
            for in_hand in all_in_hand:
                try:
                    self.look_at(in_hand, group)
                except BaseException as error:
                    self._break(error, limit)
        if gone.claim():
            gone.unpark()

    def _break(self, error: BaseException, limit: Context) -> None:
        """Cancel the workers for what the supervisor failed of.

        The supervisor goes on: their group waits for the stuck until they are given up.
        """
        if not limit.cancelled:
            self._broken = error
            limit.cancel("the supervisor failed")

    def look_at(self, in_hand: JobInHand[J], group: TaskGroup) -> None:
        """Count what a worker has missed since the last look; replace it if that is too much."""
        beats = in_hand.beats
        in_hand.missed = in_hand.missed + 1 if beats == in_hand.beats_seen else 0
        in_hand.beats_seen = beats
        verdict = in_hand.verdict if in_hand.missed >= self._missed else "well"
        worker, time = in_hand.worker, now() - self._began
        try:
            self._history.append(Health(time, worker.name, in_hand.missed, in_hand.job, verdict))
        finally:
            if verdict != "well" and self.give_up(in_hand):
                self.replace(worker, group)

    def replace(self, worker: Task, group: TaskGroup) -> None:
        """Start a worker in place of one that nobody waits for any more."""
        try:
            if not group.context.cancelled:
                self._add_worker(group)  # before the old one leaves, so that the group stays open
        finally:
            group.abandon(worker)

    def _add_worker(self, group: TaskGroup) -> None:
        number = self._born.add(1)
        group.spawn(self.worker, number, name=f"worker-{number}")

    def give_up(self, in_hand: JobInHand[J]) -> bool:
        """Let the job of a lost worker fail; tell whether the worker has not come back just now."""
        error = WorkerLost(
            f"{in_hand.worker.name} is {in_hand.verdict}: {in_hand.missed} beats missed"
        )
        error.__cause__ = in_hand.died_of
        return self.settle(in_hand, Failed(in_hand.job, error))


def run(
    jobs: Iterable[J],
    process: Callable[[J, Beat], R],
    *,
    interval: float = 0.1,
    missed: int = 3,
    history: MutableSequence[Health] | None = None,
    workers: int = 3,
    buffer: int = 100,
    timeout: float | None = None,
    context: Context | None = None,
    on_result: Callable[[Result[J, R]], object] | None = None,
) -> Report[J, R]:
    """Process `jobs`, some of which may take their worker down, and report on every one.

    Args:
        process: makes a job's value; gets the job, and `beat` to call once an interval.
        interval: seconds between two looks of the supervisor, > 0.
        missed: beats, >= 2, missed in a row, with which a worker is given up.
        history: what the supervisor sees of each worker at each look is appended to it; a deque
            may forget what is old.

    The other arguments, and what it raises, are those of `reusable.run`.
    """
    pool = HeartbeatPool(
        process,
        workers=workers,
        interval=interval,
        missed=missed,
        buffer=buffer,
        history=history,
    )
    return serve(pool, jobs, timeout=timeout, context=context, on_result=on_result)


def demo(
    *,
    jobs: int = 12,
    workers: int = 3,
    seconds: float = 0.5,
    interval: float = 0.1,
    missed: int = 3,
    stuck: tuple[int, ...] = (4,),
    deadly: tuple[int, ...] = (8,),
    history: MutableSequence[Health] | None = None,
    timeout: float | None = None,
    context: Context | None = None,
    on_result: Callable[[Result[int, int]], object] | None = None,
) -> Report[int, int]:
    """Double the numbers from 1, some of which take their worker down.

    Args:
        jobs: jobs, >= 0.
        seconds: how long a job takes, >= 0; it beats once an interval.
        stuck: jobs that never return.
        deadly: jobs that end their worker's thread with SystemExit.

    The other arguments are those of `run`.
    """
    check_count("jobs", jobs, 0)
    beats, rest = divmod(
        nanoseconds(seconds, "seconds"), nanoseconds(interval, "interval", positive=True)
    )

    def double(job: int, beat: Beat) -> int:
        if job in stuck:
            hang()
        if job in deadly:
            raise SystemExit(f"job {job} ends its worker's thread")
        for _ in range(beats):
            sleep(interval)
            beat()
        sleep(rest / 1e9)
        return job * 2

    return run(
        range(1, jobs + 1),
        double,
        interval=interval,
        missed=missed,
        history=history,
        workers=workers,
        timeout=timeout,
        context=context,
        on_result=on_result,
    )


if __name__ == "__main__":
    from .concurrency.command import main

    raise SystemExit(main(demo))
