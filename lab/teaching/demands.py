"""What a check may demand of a pool besides its results: at once, but not more; in time; every way.

A check calls the pool with `watched`, or `watched_sleeping` where the exercise gives the pool no
`process`; looks at what was seen of the run; and each demand raises NotYet with one sentence, such
as "it works on 4 jobs at a time, and 3 are allowed". What is seen is the process itself, so nobody
can sleep first and compute later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heapreplace
from itertools import pairwise
from typing import Any, Final, NamedTuple

from lab.teaching.expect import NEARLY
from lab.teaching.grading import NotYet
from lab.teaching.wording import plural
from patterns.concurrency import now, sleep
from patterns.concurrency.runtime import current_runtime

__all__ = [
    "BATTERY",
    "FEW",
    "Case",
    "Takers",
    "Work",
    "demand_at_once",
    "demand_buffer",
    "demand_done_by",
    "demand_rate",
    "demand_several",
    "demand_takers",
    "most_at_once",
    "rest",
    "seconds_needed",
    "seconds_of",
    "starts",
    "watched",
    "watched_sleeping",
    "watched_takers",
]


@dataclass
class Work:
    """What was seen of one run of a pool.

    Attributes:
        value: what the pool returned.
        begun: when each job was begun (virtual seconds), and which.
        returned: what the process returned, by the job's place in `begun`.
        raised: what it raised, likewise.
        peak: the most jobs in work at one time.
        waiting: the most jobs that waited in a channel at one time.
        tasks: who did the jobs.
        made: how many results were made of jobs at each moment, where there is no process.
        busy: jobs in work now.
    """

    value: Any = None
    begun: list[tuple[float, Any]] = field(default_factory=list)
    returned: dict[int, Any] = field(default_factory=dict)
    raised: dict[int, BaseException] = field(default_factory=dict)
    peak: int = 0
    waiting: int = 0
    tasks: set[Any] = field(default_factory=set)
    made: Counter[float] = field(default_factory=Counter)
    busy: int = 0


def watched(pool: Callable[[Callable[..., Any]], Any], process: Callable[..., Any]) -> Work:
    """Call `pool(process)`, inside a simulation, with a process that notes what is done with it."""
    work = Work()

    def noting(job: Any, *args: Any) -> Any:
        place = len(work.begun)
        work.begun.append((now(), job))
        work.tasks.add(current_runtime().current())
        work.busy += 1
        work.peak = max(work.peak, work.busy)
        try:
            work.returned[place] = process(job, *args)
        except BaseException as error:
            work.raised[place] = error
            raise
        finally:
            work.busy -= 1
        return work.returned[place]

    work.value = pool(noting)
    return work


class Number(int):
    """A job that is seen in a channel, and when something is made of it."""

    made: Counter[Any]
    where: Callable[[], Any]

    def _note(self, result: Any) -> Any:
        self.made[self.where()] += 1
        return result

    def __mul__(self, other: Any) -> Any:
        return self._note(int(self) * _plain(other))

    def __add__(self, other: Any) -> Any:
        return self._note(int(self) + _plain(other))

    def __lshift__(self, other: Any) -> Any:
        return self._note(int(self) << _plain(other))

    __rmul__, __radd__ = __mul__, __add__


def _plain(number: Any) -> Any:
    return int(number) if isinstance(number, Number) else number


def _numbers(jobs: Iterable[int], made: Counter[Any], where: Callable[[], Any]) -> list[int]:
    numbers = [Number(job) for job in jobs]
    for number in numbers:
        number.made, number.where = made, where
    return [*numbers]


def _listen(hook: Any, **heard: Callable[..., None]) -> None:
    """Let a run's hook call these, too; in a run that is not recorded nobody else may listen."""
    for name, listener in heard.items():
        setattr(hook, name, _both(getattr(hook, name), listener))


def _both(first: Callable[..., None] | None, then: Callable[..., None]) -> Callable[..., None]:
    if first is None:
        return then

    def both(*args: Any) -> None:
        first(*args)
        then(*args)

    return both


def watched_sleeping(pool: Callable[[list[int]], Any], jobs: Iterable[int], seconds: float) -> Work:
    """Call `pool(jobs)`, inside a simulation, where a job consists in sleeping for so long."""
    work = Work()
    ends: list[float] = []
    runtime: Any = current_runtime()
    hook = runtime.hook

    def noting_parks(verb: str, subject: Any, value: Any, until: int | None) -> None:
        if verb == "sleep" and until is not None and abs(until / 1e9 - now() - seconds) < NEARLY:
            work.begun.append((now(), None))
            work.tasks.add(runtime.current())
            ends.append(until / 1e9)
            work.peak = max(work.peak, sum(end > now() + NEARLY for end in ends))

    def noting_after(operation: str, subject: Any, value: Any, error: Any, depth: int) -> None:
        if operation == "send" and isinstance(value, Number):
            work.waiting = max(work.waiting, depth)

    _listen(hook, parks=noting_parks, after=noting_after)
    work.value = pool(_numbers(jobs, work.made, now))
    return work


@dataclass
class Takers:
    """Who took jobs from the channel that the first one was sent to.

    Attributes:
        value: what the pool returned.
        tasks: who received from it, or heard that there is nothing more.
        started: tasks that were started.
        jobs: how many were sent.
        made_by_caller: results that were made by whoever called the pool.
    """

    value: Any = None
    tasks: set[Any] = field(default_factory=set)
    started: int = 0
    jobs: int = 0
    made_by_caller: int = 0


def watched_takers(pool: Callable[[list[int]], Any], jobs: Iterable[int]) -> Takers:
    """Call `pool(jobs)`, inside a simulation, and note who takes the jobs."""
    takers, channels = Takers(), list[Any]()
    runtime: Any = current_runtime()
    hook = runtime.hook

    def noting_after(operation: str, subject: Any, value: Any, error: Any, depth: int) -> None:
        if operation == "send" and isinstance(value, Number):
            channels.append(subject)
            takers.jobs += subject is channels[0]
        if operation == "receive" and channels and subject is channels[0]:
            takers.tasks.add(runtime.current())

    def noting_started(task: Any) -> None:
        takers.started += 1

    # A task's start is told only where its end is, too.
    _listen(hook, after=noting_after, started=noting_started, ended=lambda task, error: None)
    made = Counter[Any]()
    takers.value = pool(_numbers(jobs, made, runtime.current))
    takers.made_by_caller = made[runtime.current()]
    return takers


def demand_takers(takers: Takers, workers: int) -> None:
    """Demand that as many tasks took jobs as there should be workers."""
    if takers.started < workers:
        started = plural(takers.started, "task") if takers.started else "no task"
        raise NotYet(f"it starts {started}, and {plural(workers, 'worker')} should do the jobs")
    if takers.made_by_caller:
        raise NotYet(f"it does the jobs itself, and {plural(workers, 'worker')} should do them")
    if takers.jobs and len(takers.tasks) != workers:
        number = len(takers.tasks)
        takes = "task takes" if number == 1 else "tasks take"
        raise NotYet(f"{number} {takes} jobs, and {plural(workers, 'worker')} should")


def demand_at_once(work: Work, allowed: int, possible: int) -> None:
    """Demand that as many jobs were in work at one time as could be, and never more.

    Args:
        work: what was seen.
        allowed: jobs that may be in work at one time, such as the number of workers.
        possible: how many can be, with the jobs there are.
    """
    if work.peak > allowed:
        raise NotYet(f"it works on {work.peak} jobs at a time, and {allowed} {_may(allowed)}")
    if work.peak < possible:
        does = {0: "works on no job", 1: "does one job at a time"}
        done = does.get(work.peak, f"works on {work.peak} jobs at a time")
        raise NotYet(f"it {done}, though {possible} could run at once")


def demand_several(peak: int, possible: int, does: str, what: str, done: str) -> None:
    """Demand more than one thing at a time, where that is possible.

    Args:
        peak: the most that were in work at one time.
        possible: how many could be.
        does: what the pool does with one, such as "fetches".
        what: that is, such as "page".
        done: the same of several: "could be fetched" has "fetched".
    """
    if possible > 1 and peak < 2:
        how = f"{does} one {what} at a time" if peak else f"{does} no {what}"
        raise NotYet(f"it {how}, though {possible} could be {done} at once")


def demand_done_by(work: Work, workers: int) -> None:
    """Demand that no more tasks did the jobs than there are workers, each when it had done it."""
    if len(work.tasks) > workers:
        raise NotYet(
            f"{len(work.tasks)} tasks do the jobs in turn, and {plural(workers, 'worker')} should"
        )
    most = max(work.made.values(), default=0)
    if most > workers:
        raise NotYet(f"it makes {most} results at one moment, with {plural(workers, 'worker')}")


def _may(allowed: int) -> str:
    return "is allowed" if allowed == 1 else "are allowed"


def demand_buffer(work: Work, buffer: int) -> None:
    """Demand that no more jobs waited in a channel than the buffer is for."""
    if work.waiting > buffer:
        raise NotYet(f"it lets {plural(work.waiting, 'job')} wait, and the buffer is for {buffer}")


def demand_rate(begun: Sequence[tuple[float, Any]], rate: float) -> None:
    """Demand that any two jobs began at least 1 / rate seconds apart."""
    for (earlier, first), (later, second) in pairwise(begun):
        if later - earlier < 1 / rate - NEARLY:
            raise NotYet(
                f"it began job {second!r} at {later:g} s, {later - earlier:g} s after "
                f"job {first!r}, and the limit is one every {1 / rate:g} s"
            )


# Jobs that a pool has to manage, whatever it is for.


class Case(NamedTuple):
    """Jobs for a pool; how long each takes, `seconds_of` says."""

    name: str
    jobs: tuple[Any, ...]
    workers: int

    @property
    def seconds(self) -> float:
        """How long the jobs take, if whoever is free takes the next one."""
        return seconds_needed(map(seconds_of, self.jobs), self.workers)

    @property
    def at_once(self) -> int:
        """How many of the jobs can be in work at one time."""
        return min(len(self.jobs), self.workers)


FEW: Final = 6  # random orders of each case: what else goes wrong in some, other cases show
BATTERY: Final = (
    Case("with no jobs", (), 2),
    Case("with one job", (3,), 3),
    Case("with jobs of 3, 1, 1, 1 and 3 s and 2 workers", (3, 1, 1, 1, 3), 2),
    Case("with five equal jobs and 3 workers", (2, 2, 2, 2, 2), 3),
    Case("with jobs that are lists and 2 workers", ([2], [1], [1], [2]), 2),
    Case("with 2 jobs and 5 workers", (2, 1), 5),
)


def seconds_of(job: Any) -> float:
    """Return how long a job takes: its `seconds`, if it has some; or it is, or lists, a number."""
    if hasattr(job, "seconds"):
        return float(job.seconds)
    return float(job[0] if isinstance(job, list | tuple) else job)


def rest(job: Any) -> str:
    """Take the job's time; what it returns can be sorted and is a key, whatever the job is."""
    sleep(seconds_of(job))
    return f"result of {job}"


def starts(seconds: Iterable[float], workers: int, gap: float = 0.0) -> list[float]:
    """Return when each job begins, if whoever is free takes the next one, `gap` s after the last.

    Raises ValueError if there are no workers.
    """
    free, begun = [0.0] * workers, list[float]()
    if not free:
        raise ValueError(f"workers must be >= 1, got {workers}")
    for each in seconds:
        begin = max(free[0], begun[-1] + gap) if begun else free[0]
        begun.append(begin)
        heapreplace(free, begin + each)
    return begun


def most_at_once(seconds: Iterable[float], workers: int, gap: float = 0.0) -> int:
    """Return how many jobs are in work at one time at most, if they begin as `starts` says."""
    each = list(seconds)
    begun = starts(each, workers, gap)
    return max(
        (
            sum(
                begin <= time < begin + took - NEARLY
                for begin, took in zip(begun, each, strict=True)
            )
            for time in begun
        ),
        default=0,
    )


def seconds_needed(seconds: Iterable[float], workers: int, gap: float = 0.0) -> float:
    """Return when all jobs are done, if they begin as `starts` says."""
    each = list(seconds)
    begun = starts(each, workers, gap)
    return max((begin + took for begin, took in zip(begun, each, strict=True)), default=0.0)
