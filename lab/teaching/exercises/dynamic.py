"""Exercises on the dynamic pool: who leaves when, looking and adding as one step, an autoscaler."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from random import Random
from types import SimpleNamespace
from typing import Any, NamedTuple

from lab.model.run import Run
from lab.simulation import simulate
from lab.teaching.demands import FEW, starts
from lab.teaching.exercises.about import About
from lab.teaching.exercises.timelines import drawn, which_is_which
from lab.teaching.expect import NEARLY, expect_number
from lab.teaching.grading import NotYet
from lab.teaching.problem import Asked, Question, Task
from lab.teaching.trying import Demand, Trial, ends
from lab.teaching.wording import kind, listed, plural
from lab.tracing import worker_count
from patterns.concurrency import AtomicInt, Cancelled, Closed, Report, TaskGroup, now, sleep
from patterns.dynamic import DynamicPool

__all__ = ["ABOUT", "drain", "extend", "predict", "read", "repair"]


# Predict


class Leaving(NamedTuple):
    """A pool of which some workers are told to leave.

    Attributes:
        jobs: how many.
        seconds: that each takes.
        workers: who begin.
        leavers: how many of them are told to leave.
        told: seconds after the beginning at which they are.
    """

    jobs: int
    seconds: float
    workers: int
    leavers: int
    told: float


def _leaving(case: Leaving) -> Report[int, int]:
    def process(job: int) -> int:
        sleep(case.seconds)
        return job

    pool = DynamicPool(process, max_workers=case.workers)
    with pool.start():
        while pool.add_worker():
            pass
        for job in range(1, case.jobs + 1):
            pool.submit(job)
        sleep(case.told)
        for _ in range(case.leavers):
            pool.remove_worker()
    return pool.report


def _who_leaves(random: Random) -> Asked:
    while True:
        seconds, workers = random.choice((1, 2, 3)), random.choice((3, 4))
        case = Leaving(
            random.randrange(9, 17),
            seconds,
            workers,
            random.randrange(1, workers),
            seconds * random.choice((1.5, 2.5)),
        )
        run = simulate(_leaving, case)
        right, all_stay = run.elapsed, simulate(_leaving, case._replace(leavers=0)).elapsed
        if all_stay < right - NEARLY:
            break

    def judge(answer: Any) -> str:
        given = expect_number(answer)
        finished = (int(case.told / seconds) + 1) * seconds
        left = case.jobs - workers * int(finished / seconds)
        if abs(given - right) < NEARLY:
            return (
                f"{right:g} s: at {finished:g} s {plural(left, 'job')} are left, for "
                f"{plural(workers - case.leavers, 'worker')}"
            )
        if abs(given - all_stay) < NEARLY:
            raise NotYet(f"{given:g} s is how long it takes if all {workers} stay to the end")
        if given < right:
            raise NotYet(
                f"{given:g} s is too short: count the jobs that are left when those who were told "
                "to leave are gone, and who is there to do them"
            )
        raise NotYet(
            f"{given:g} s is too long: who is told to leave still finishes the job in hand, "
            "so no job is begun twice"
        )

    leave = "one of them is" if case.leavers == 1 else f"{case.leavers} of them are"
    return Asked(
        f"{workers} workers get {case.jobs} jobs, all at once; each job takes {seconds} s. After "
        f"{case.told:g} s {leave} told to leave. After how many seconds is the last job done?",
        judge,
        numbers=case,
        shown=partial(drawn, run),
    )


predict = Question(
    "dynamic/predict",
    kind="predict",
    title="Who is told to leave",
    minutes=5,
    goal="You can work out what becomes of the jobs when workers leave a pool that runs.",
    text="Work it out with pencil and paper.",
    answer="seconds",
    make=_who_leaves,
    hints=[
        "When they are told to leave, each of them has a job in hand. What becomes of it?",
        "Count what is done at the moment when those who leave are gone. The rest falls to those "
        "who stay.",
        "Those who stay do the rest in rounds: as many jobs in a round as there are workers left, "
        "and the last round may not be full.",
    ],
)


# Read


_CALLS = ("workers are added", "workers are told to leave", "stop", "cancel")


def _called(call: str, seconds: Sequence[float], at: float) -> Report[int, int]:
    def process(job: int) -> int:
        sleep(seconds[job])
        return job

    pool = DynamicPool(process, min_workers=2, max_workers=4)
    with suppress(Cancelled), pool.start():
        while call != "workers are added" and pool.add_worker():
            pass
        for job in range(len(seconds)):
            pool.submit(job)
        sleep(at)
        if call == "stop":
            pool.stop()
        elif call == "cancel":
            pool.context.cancel()
        else:
            change = pool.add_worker if call == "workers are added" else pool.remove_worker
            for _ in range(2):
                change()
    return pool.report


def _four_calls(random: Random) -> Asked:
    seconds = [random.choice((1, 2, 3)) for _ in range(14)]
    at = random.choice((2.5, 3.5))
    letters = dict(zip(random.sample(_CALLS, 4), "ABCD", strict=True))
    runs = {letters[call]: simulate(_called, call, seconds, at) for call in _CALLS}
    why = {
        "workers are added": f"there more workers have jobs after {at:g} s than before",
        "workers are told to leave": f"there two workers begin nothing after {at:g} s, "
        "and the other two do all the rest",
        "stop": f"there nobody begins a job after {at:g} s, and what was begun is done to the end",
        "cancel": f"there what is in work at {at:g} s is cut short",
    }

    def wrong(place: int, letter: str) -> str:
        call = _CALLS[place]
        return f"{letter} is not the one in which {_THAT[call]}: {why[call]}"

    return which_is_which(
        f"Fourteen jobs, and after {at:g} s something happens to the pool: (1) it has two workers, "
        "and two are added; (2) it has four workers, and two are told to leave; (3) it has four, "
        "and is stopped (`stop`); (4) it has four, and its context is cancelled (`cancel`). Which "
        "timeline is which? Write four letters: the timeline of (1) first, that of (4) last.",
        runs,
        wrong=wrong,
        praise=f"who begins jobs after {at:g} s, and what becomes of those in work",
    )


_THAT = {
    "workers are added": "workers are added",
    "workers are told to leave": "workers are told to leave",
    "stop": "the pool is stopped",
    "cancel": "the pool is cancelled",
}

read = Question(
    "dynamic/read",
    kind="read",
    title="What happened to the pool?",
    minutes=5,
    goal="You can see in a timeline whether workers came or left, or the pool was stopped or "
    "cancelled.",
    text=(
        "Look for a moment from which on things are different. Think about this, too: in which of "
        "the four has no job been lost?"
    ),
    answer="letters",
    make=_four_calls,
    hints=[
        "Begin with the one that is cancelled: its last bars look different from all others.",
        "A pool that is stopped begins nothing more. If only some of its workers begin nothing "
        "more, these were told to leave.",
        "A worker that is added has no bar before it came.",
    ],
)


# Repair


class _Count:
    """An AtomicInt that remembers how high it ever was."""

    def __init__(self, value: int) -> None:
        self._count = AtomicInt(value, "workers")
        self.highest = value

    def load(self) -> int:
        return self._count.load()

    def store(self, value: int) -> None:
        self._count.store(value)
        self.highest = max(self.highest, value)

    def add(self, delta: int) -> int:
        value = self._count.add(delta)
        self.highest = max(self.highest, value)
        return value

    def compare_and_swap(self, old: int, new: int) -> bool:
        done = self._count.compare_and_swap(old, new)
        if done:
            self.highest = max(self.highest, new)
        return done


class _Asking(NamedTuple):
    callers: int
    there: int
    limit: int

    @property
    def room(self) -> int:
        return min(self.callers, self.limit - self.there)


@dataclass
class _Answers:
    """What the callers were told; `counted` workers there are then, `highest` there ever were."""

    added: list[Any] = field(default_factory=list)
    counted: int = 0
    highest: int = 0
    after_one_left: Any = None


def _all_at_once(add_worker: Callable[..., Any], case: _Asking) -> _Answers:
    counter, told = _Count(case.there), _Answers()
    with TaskGroup() as group:
        for number in range(1, case.callers + 1):
            group.spawn(
                lambda: told.added.append(add_worker(counter, case.limit)), name=f"caller-{number}"
            )
    told.counted, told.highest = counter.load(), counter.highest
    return told


def _one_leaves(add_worker: Callable[..., Any]) -> _Answers:
    counter, told = _Count(0), _Answers()
    told.added = [add_worker(counter, 2) for _ in range(4)]
    counter.add(-1)
    told.after_one_left = bool(add_worker(counter, 2))
    told.counted, told.highest = counter.load(), counter.highest
    return told


def _asking(
    callers: int, there: int, limit: int, schedules: int | None = 40, statements: bool = False
) -> Trial:
    case = _Asking(callers, there, limit)
    return Trial(
        f"with {callers} callers, {there} workers and a maximum of {limit}",
        partial(_all_at_once, case=case),
        case,
        schedules=schedules,
        statements=statements,
    )


def _callers() -> list[Trial]:
    return [
        _asking(3, 0, 3),
        _asking(8, 0, 2),
        _asking(5, 2, 4),
        _asking(2, 1, 1),
        _asking(30, 0, 30, schedules=0),
        _asking(3, 0, 2, schedules=None, statements=True),
        _asking(4, 0, 1, schedules=None, statements=True),
        Trial("with 2 workers, one of whom leaves,", _one_leaves, _Asking(4, 0, 2), schedules=0),
    ]


def _true_or_false(run: Run[_Answers], case: _Asking) -> None:
    for answer in run.value.added:
        if not any(answer is value or answer == value for value in (True, False)):
            raise NotYet(f"it must return True or False, and returned {answer!r}")


def _added(run: Run[_Answers]) -> int:
    return sum(map(bool, run.value.added))


def _not_too_many(run: Run[_Answers], case: _Asking) -> None:
    if _added(run) > case.room:
        raise NotYet(
            f"it added {plural(_added(run), 'worker')} where there was room for {case.room}"
        )


def _nobody_turned_away(run: Run[_Answers], case: _Asking) -> None:
    if _added(run) < case.room:
        raise NotYet(
            f"it added {plural(_added(run), 'worker')} and turned others away, "
            f"with room for {case.room}"
        )


def _room_again(run: Run[_Answers], case: _Asking) -> None:
    if run.value.after_one_left is False:
        raise NotYet("it turns the next one away, though there is room again")


def _counted(run: Run[_Answers], case: _Asking) -> None:
    left = run.value.after_one_left
    right = case.there + _added(run) + (0 if left is None else int(left) - 1)
    if run.value.counted != right:
        raise NotYet(
            f"it added {plural(_added(run), 'worker')} to {case.there} and counted "
            f"{run.value.counted}"
            if left is None
            else f"it counts {plural(run.value.counted, 'worker')} then, not {right}"
        )


def _never_too_many(run: Run[_Answers], case: _Asking) -> None:
    if run.value.highest > case.limit:
        raise NotYet(
            f"it counted {run.value.highest} workers for a moment, and {case.limit} is the maximum"
        )


repair = Task(
    "dynamic/repair",
    kind="repair",
    title="Look and add in one step",
    minutes=10,
    goal="You can change a number that many tasks change at once, and keep a limit exactly.",
    text=(
        "`count` is an `AtomicInt`: it has `load()`, `add(n)` and `compare_and_swap(old, new)`, "
        "which says whether it made the change. Many tasks call `add_worker` at once. It is to "
        "count a worker more and return True, or to return False if there are `max_workers`. There "
        "may never be too many, not for a moment, and nobody may be turned away while there is "
        "room. Repair it."
    ),
    answer="add_worker",
    parameters="count, max_workers",
    trials=_callers,
    demands=[
        ends(1),
        Demand("it returns True or False", 1, _true_or_false),
        Demand("no more workers are added than there is room for", 2, _not_too_many, needed=True),
        Demand("nobody is turned away while there is room", 3, _nobody_turned_away, needed=True),
        Demand("there is room again when somebody has left", 1, _room_again),
        Demand("as many are counted as were added", 1, _counted),
        Demand("there are never too many, not for a moment", 3, _never_too_many),
    ],
    praise="it added as many as there was room for, in every order of events",
    hints=[
        "Between `load` and `add` another task may do the same. Which of the three methods looks "
        "and changes in one step?",
        "`compare_and_swap(seen, seen + 1)` changes nothing if somebody was quicker. Does that "
        "mean that there is no room?",
        "If it did not work, look again: a loop that ends when there is no room, or when the "
        "change was made.",
    ],
)


# Extend: an autoscaler


LOAD_STEPS = 100_000  # for who looks a hundred times a second


LOAD_SECONDS = 29  # of burst, steady load and calm


def load(
    autoscale: Callable[[DynamicPool[int, int]], object], start: float = 0.0, times: int = 1
) -> int:
    """Put a burst, a steady load and a calm on a pool; return how many workers are left then.

    All that begins at `start` (seconds), and comes `times` times.
    40 jobs at once; from 1 s to 19 s a job every 0.1 s; nothing more until 29 s. A job takes
    0.2 to 0.3 s, 0.25 s on average, so the steady load needs three workers. There may be 1 to 8.
    """

    def process(job: int) -> int:
        sleep(0.2 + job * 7 % 11 / 100)
        return job

    autoscaler: Any = SimpleNamespace(watch=autoscale)
    pool = DynamicPool(process, min_workers=1, max_workers=8, autoscaler=autoscaler, buffer=300)
    with pool.start():
        sleep(start)
        for again in range(1, times + 1):
            for job in range(40):
                pool.submit(job)
            sleep(1)
            for job in range(40, 220):
                pool.submit(job)
                sleep(0.1)
            sleep(start + again * LOAD_SECONDS - now())
        return pool.worker_count


class _When(NamedTuple):
    """When a load comes first, in seconds, and how often; its last time is judged."""

    start: float
    times: int

    @property
    def began(self) -> float:
        return self.start + (self.times - 1) * LOAD_SECONDS


def _load(name: str, start: float = 0.0, times: int = 1, schedules: int = 1) -> Trial:
    return Trial(
        name,
        partial(load, start=start, times=times),
        _When(start, times),
        schedules=schedules,
        max_steps=times * LOAD_STEPS,
    )


def _loads() -> list[Trial]:
    return [
        _load("", schedules=4),
        _load("with a load that begins after 23.4 s", start=23.4),
        _load("with a load that comes a second time", times=2),
    ]


class _Numbers:
    """How many workers there were, by seconds since the load began."""

    def __init__(self, run: Run[int], began: float) -> None:
        counter = worker_count(run.trace)
        numbers = dict(zip(counter.times, counter.values, strict=True))  # the last at each moment
        self._numbers = {time - began: number for time, number in numbers.items()}

    def between(self, start: float, end: float) -> list[int]:
        """Return the numbers that there were from `start` on, until `end`."""
        since = [number for time, number in self._numbers.items() if start <= time < end]
        return [self.at(start), *since]

    def at(self, time: float) -> int:
        """Return the number at a time."""
        return [number for when, number in self._numbers.items() if when <= time][-1]


def _alone_before(run: Run[int], when: _When) -> None:
    before = _Numbers(run, when.start).at(-NEARLY) if when.start else 1
    if before > 1:
        raise NotYet(f"it has {plural(before, 'worker')} before there is any job")


def _come_soon(run: Run[int], when: _When) -> None:
    peak = max(_Numbers(run, when.began).between(0, 2))
    if peak < 4:
        raise NotYet(
            f"it is too slow: in the first 2 s of the burst it comes to {plural(peak, 'worker')}"
        )


def _leave_soon(run: Run[int], when: _When) -> None:
    last = _Numbers(run, when.began).at(19 - NEARLY)
    if last > 5:
        raise NotYet(f"it keeps {plural(last, 'worker')} under the steady load, which needs three")


def _steady(run: Run[int], when: _When) -> None:
    settled = _Numbers(run, when.began).between(7, 19)
    added = sum(after > before for before, after in pairwise(settled))
    if added > 3:
        raise NotYet(
            "it makes the number go up and down under the steady load: "
            f"from 7 s to 19 s it adds a worker {added} times, after sending others away"
        )


def _done_in_time(run: Run[int], when: _When) -> None:
    if run.elapsed > when.began + LOAD_SECONDS:
        raise NotYet(f"it has too few workers for the load: the jobs take until {run.elapsed:g} s")


def _calm(run: Run[int], when: _When) -> None:
    if run.value > 1:
        raise NotYet(f"after 10 s without a job there are still {plural(run.value, 'worker')}")


extend = Task(
    "dynamic/extend",
    kind="extend",
    title="An autoscaler that also lets go",
    minutes=20,
    goal="You can make a pool follow its load up and down, without unrest.",
    text=(
        "This autoscaler only ever adds. Let it also call `pool.remove_worker()`, which tells a "
        "worker to leave, or returns False at the minimum. When a burst is over, there should soon "
        "be as many workers as the load needs; under a steady load their number should stay nearly "
        "the same; and after a long calm only the minimum should be left.\n\n"
        "The check gives the pool forty jobs at once, then for 18 s a job every 0.1 s, then "
        "nothing for 10 s. A job takes about a quarter of a second. There may be one to eight "
        "workers. All that begins at a time that your code does not know, and may come again."
    ),
    answer="autoscale",
    parameters="pool",
    trials=_loads,
    demands=[
        ends(1),
        Demand("there is one worker before there is any job", 1, _alone_before),
        Demand("workers come with the burst", 2, _come_soon, needed=True),
        Demand("those leave that the steady load does not need", 3, _leave_soon, needed=True),
        Demand("under the steady load the number stays nearly the same", 3, _steady),
        Demand("there are enough for the load", 1, _done_in_time),
        Demand("after a long calm the minimum is left", 2, _calm),
    ],
    praise=(
        "workers come with the burst, as many stay as the steady load needs, and then they leave"
    ),
    hints=[
        "When are there too many workers? Compare `pool.in_flight` with `pool.worker_count`.",
        "That somebody has nothing to do at one moment is no reason to send anybody away: in the "
        "next moment a job may come.",
        "Count how often *in a row* you have seen fewer jobs than workers. One look that finds "
        "everybody at work starts the count anew.",
        "At five such looks in a row: `pool.remove_worker()`, and the count begins again.",
    ],
)


# Build: shut down, with a time for what is left


class _Shift(NamedTuple):
    """A pool with some jobs (of n or [n] seconds; of [n, why] one that fails) that is shut down.

    Attributes:
        jobs: all submitted at the beginning.
        workers: who do them.
        at: seconds after which it is shut down.
        seconds: that are left to the queue then.
        late: whether somebody wants to submit one more job meanwhile.
    """

    jobs: tuple[Any, ...]
    workers: int
    at: float
    seconds: float
    late: bool = False

    @property
    def ends_at(self) -> float:
        """After this nothing is begun."""
        return self.at + self.seconds

    @property
    def started(self) -> int:
        """Jobs that are begun by then."""
        begun = starts(map(_takes, self.jobs), self.workers)
        return sum(begin < self.ends_at - NEARLY for begin in begun)


_A_TENTH = 0.1  # seconds that an answer may be late by
_LATE = 1  # the job that comes late; it takes a second


def _takes(job: Any) -> float:
    return float(job[0] if isinstance(job, list) else job)


@dataclass
class _ShutDown:
    returned: Any = None
    at: float = 0.0
    over: float = 0.0
    begun: list[tuple[float, Any]] = field(default_factory=list)
    cut_short: list[Any] = field(default_factory=list)
    jobs: list[Any] = field(default_factory=list)
    refused: bool | None = None


def _shut(shut_down: Callable[..., Any], shift: _Shift) -> _ShutDown:
    seen = _ShutDown(jobs=list(shift.jobs))

    def process(job: Any) -> Any:
        seen.begun.append((now(), job))
        try:
            sleep(_takes(job))
        except BaseException:
            seen.cut_short.append(job)
            raise
        seen.over = now()
        if isinstance(job, list) and len(job) > 1:
            raise ValueError(job[1])
        return job

    def come_late() -> None:
        sleep(shift.at + 0.25)
        try:
            pool.submit(_LATE)
            seen.refused = False
        except Closed:
            seen.refused = True

    pool = DynamicPool(process, min_workers=shift.workers)
    with TaskGroup() as others, pool.start():
        for job in seen.jobs:
            pool.submit(job)
        if shift.late:
            others.spawn(come_late, name="who comes late")
        sleep(shift.at)
        seen.returned = shut_down(pool, shift.seconds)
        seen.at = now()
        if isinstance(seen.returned, list | tuple):
            seen.returned = [*seen.returned]
    return seen


def _shift(
    jobs: Sequence[Any],
    workers: int,
    at: float,
    seconds: float,
    late: bool = False,
    statements: bool = False,
) -> Trial:
    shift = _Shift(tuple(jobs), workers, at, seconds, late)
    each = "no jobs" if not jobs else f"jobs of {', '.join(f'{_takes(job):g}' for job in jobs)} s"
    return Trial(
        f"with {each}, {plural(workers, 'worker')} and seconds={seconds:g} after {at:g} s",
        partial(_shut, shift=shift),
        shift,
        schedules=None if statements else FEW,
        statements=statements,
    )


def _shifts() -> list[Trial]:
    return [
        _shift([1] * 8, 2, 0.5, 1.75),
        _shift([1, 2, 1, 2], 2, 0.5, 9),
        _shift([3, 1, 1, 1, 3, 1], 2, 0.5, 0),
        _shift([], 2, 0, 5),
        _shift([[2], [1], [1], [2], [1]], 2, 0.2, 1.3),
        _shift([1] * 6, 1, 0.5, 2),
        _shift([1, 1], 5, 0.25, 2),
        _shift([2, 2, 2, 2], 2, 0.5, 1, late=True),
        _shift([1, 2, 3], 3, 0.5, 1.75),
        _shift([[1], [1, "no price"], [1], [1]], 2, 0.5, 0.25),
        _shift([1, 1, 2, 2], 2, 0.5, 0.5, statements=True),  # time is up as jobs are done
    ]


def _finished(run: Run[_ShutDown], shift: _Shift) -> None:
    if run.value.cut_short:
        raise NotYet(f"it cuts jobs short that were in work: {listed(run.value.cut_short)}")


def _nothing_begun_after(run: Run[_ShutDown], shift: _Shift) -> None:
    for begun, job in run.value.begun:
        if begun > shift.ends_at + _A_TENTH + NEARLY:
            raise NotYet(
                f"it lets job {job!r} begin at {begun:g} s, though time was up at "
                f"{shift.ends_at:g} s"
            )


def _goes_on_until_then(run: Run[_ShutDown], shift: _Shift) -> None:
    begun = len(run.value.begun)
    if begun < shift.started:
        raise NotYet(
            f"it lets only {plural(begun, 'job')} begin, and by {shift.ends_at:g} s "
            f"{shift.started} can"
        )


def _closed_at_once(run: Run[_ShutDown], shift: _Shift) -> None:
    if run.value.refused is False:
        raise NotYet("it takes a job that is submitted after it was called")


def _returns_the_rest(run: Run[_ShutDown], shift: _Shift) -> None:
    returned, jobs = run.value.returned, run.value.jobs
    if not isinstance(returned, list):
        raise NotYet(f"it returned {kind(returned)}, not a list of jobs")
    rest = jobs[len(run.value.begun) :]
    own = returned[: len(rest)] if shift.late else returned
    if len(own) != len(rest) or any(a is not b for a, b in zip(own, rest, strict=True)):
        raise NotYet(
            f"it returned {plural(len(returned), 'job')} ({listed(returned)}), and those that "
            f"were never started are {listed(rest) or 'none'}"
        )


def _returns_in_time(run: Run[_ShutDown], shift: _Shift) -> None:
    at, over = run.value.at, max(shift.at, run.value.over)
    if at < over - NEARLY:
        raise NotYet(f"it returns at {at:g} s, while jobs are in work until {over:g} s")
    if at > over + 2 * _A_TENTH + NEARLY:
        raise NotYet(f"it returns only at {at:g} s, and all is over at {over:g} s")


drain = Task(
    "dynamic/drain",
    kind="build",
    title="Close, but not for ever",
    minutes=15,
    goal="You can shut a pool down in order: a time for what is left, and a list of what is not "
    "done.",
    text=(
        "A service is to be shut down. `close` lets all jobs be done, which may take long; `stop` "
        "drops all that wait, at once. What one wants is between the two: "
        "`shut_down(pool, seconds)` takes no more jobs from the moment it is called, gives those "
        "that are there `seconds` more to be begun, and then lets nothing more begin. Jobs in work "
        "are finished, always. When the last of them is done (and if all is done earlier, then) it "
        "returns the list of the jobs that were never started, in order, for whoever comes "
        "next.\n\n"
        "`pool` is a `DynamicPool` that runs, with the lesson's `close` and `stop`, with `report`, "
        "`in_flight` and `worker_count`. Its `join()` waits until each job has its result, or the "
        "last worker has left. A tenth of a second of delay is allowed."
    ),
    answer="shut_down",
    parameters="pool, seconds",
    trials=_shifts,
    demands=[
        ends(1),
        Demand("jobs in work are finished", 2, _finished, needed=True),
        Demand("nothing is begun when time is up", 2, _nothing_begun_after, needed=True),
        Demand("until then jobs go on being begun", 2, _goes_on_until_then, needed=True),
        Demand("no more jobs are taken from the beginning on", 2, _closed_at_once),
        Demand("it returns the jobs that were never started, in order", 3, _returns_the_rest),
        Demand("it returns when the last job in work is done", 3, _returns_in_time),
    ],
    praise="what is in work is finished, what has time is done, and the rest is handed on",
    hints=[
        "It needs both: first the one that lets all be done, and, when time is up, the one that "
        "drops the rest. What do you wait for in between?",
        "Waiting with a limit: whatever waits inside `with TaskGroup(Context(timeout=seconds)):` "
        "raises `Cancelled` when time is up. That is no reason for your function to end.",
        "`pool.join()` inside such a block, with `suppress(Cancelled)` around it; then stop, and "
        "join once more, until the workers have left.",
        "`pool.report.never_started` is the list, once nobody begins anything any more.",
    ],
)


ABOUT = About(
    module="dynamic",
    notebook="05_dynamic",
    title="the dynamic pool",
    imports=(
        "from contextlib import suppress\n\n"
        "from lab import simulate\n"
        "from patterns.concurrency import Cancelled, Context, TaskGroup, now, sleep\n"
        "from patterns.dynamic import DynamicPool"
    ),
    problems=(predict, read, repair, extend, drain),
)
