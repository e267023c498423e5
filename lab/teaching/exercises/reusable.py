"""Exercises on the reusable pool: room in the queue, four endings, deadlines, shifts, closing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, NamedTuple

from lab.model.run import Run
from lab.simulation import simulate
from lab.teaching.demands import Work, demand_at_once, rest, seconds_of, starts, watched
from lab.teaching.exercises.about import About
from lab.teaching.exercises.timelines import which_is_which
from lab.teaching.expect import (
    expect_balanced,
    expect_elapsed,
    expect_number,
    expect_same,
)
from lab.teaching.grading import NotYet
from lab.teaching.problem import Asked, Question, Task
from lab.teaching.trying import Demand, Trial, ends
from lab.teaching.wording import listed, plural
from patterns.concurrency import (
    Cancelled,
    Closed,
    Context,
    Failed,
    Report,
    TaskGroup,
    now,
    sleep,
)
from patterns.reusable import WorkerPool

__all__ = ["ABOUT", "build", "extend", "predict", "read", "repair"]


def square(job: int) -> int:
    """Take a second for it and return its square."""
    sleep(1)
    return job * job


# Predict


class Submitting(NamedTuple):
    """Jobs that one task submits.

    Attributes:
        seconds: that each job takes, in the order of submission.
        workers: of the pool.
        buffer: of the pool.
    """

    seconds: list[int]
    workers: int
    buffer: int


def _submission_times(size: Submitting) -> list[float]:
    pool, times = WorkerPool(sleep, workers=size.workers, buffer=size.buffer), list[float]()
    with pool.start(), TaskGroup() as reader:
        reader.spawn(lambda: [*pool.results()])
        for job in size.seconds:
            pool.submit(job)
            times.append(now())
        pool.close()
    return times


def _last_submission(random: Random) -> Asked:
    size, last_begins = Submitting([], 1, 1), 0.0
    run = simulate(_submission_times, size)
    while not size.seconds or not 0 < run.value[-1] < last_begins < run.elapsed:
        seconds = random.sample(range(1, 10), 8)
        size = Submitting(seconds, random.choice((2, 3)), random.choice((1, 2, 3)))
        run = simulate(_submission_times, size)
        last_begins = starts(map(float, seconds), size.workers)[-1]
    times, jobs = run.value, len(size.seconds)

    def judge(answer: Any) -> str:
        seconds = expect_number(answer, "a number of seconds >= 0", least=0)
        if abs(seconds - times[-1]) < 1e-6:
            return (
                f"{seconds:g} s: by then the workers have taken {jobs - size.buffer} jobs, "
                f"and the buffer has room for what is left"
            )
        if seconds < times[-1]:
            taken = sum(time <= seconds for time in times)
            raise NotYet(
                f"after {seconds:g} s `submit` has taken {taken} jobs of {jobs}: "
                f"{taken - size.buffer} the workers had by then, and {size.buffer} "
                f"{'fills' if size.buffer == 1 else 'fill'} the buffer"
            )
        if abs(seconds - last_begins) < 1e-6:
            raise NotYet(
                f"at {seconds:g} s a worker takes the last job; `submit` took it before, "
                "as soon as there was room in the buffer"
            )
        if abs(seconds - run.elapsed) < 1e-6:
            raise NotYet(
                f"at {seconds:g} s everything is done; `submit` waits for room, not for the jobs"
            )
        raise NotYet(
            f"{seconds:g} s is too long: whoever takes a job from the buffer makes room in it"
        )

    def shown() -> object:
        from lab.plots import draw, queue_depth, timeline

        return draw(run, timeline, queue_depth)

    return Asked(
        f"Eight jobs take {', '.join(map(str, size.seconds))} seconds. One task submits them in "
        f"this order, as fast as the pool takes them, to {size.workers} workers with a buffer of "
        f"{size.buffer}. After how many seconds has `submit` taken the last one?",
        judge,
        numbers=size,
        shown=shown,
    )


predict = Question(
    "reusable/predict",
    kind="predict",
    title="When is the submitter done?",
    minutes=6,
    goal="You can say how long a full buffer holds up whoever submits.",
    text=(
        "`submit` returns when the pool has the job: a worker took it, or it lies in the buffer. "
        "Another task collects the results, so that nobody waits for that. Work it out with pencil "
        "and paper."
    ),
    answer="seconds",
    make=_last_submission,
    hints=[
        "At 0 s each worker has a job, and the buffer is full. What has to happen before `submit` "
        "can take one more?",
        "Each time a worker takes a job out of the buffer, there is room for one. So write down "
        "when each job is *begun*.",
        "The last job finds room when all but as many as fill the buffer have been begun: with a "
        "buffer of 2, when the sixth of eight is.",
    ],
)


# Read


class Day(NamedTuple):
    """What two cameras take, and how the pool ends.

    Attributes:
        north: seconds for each picture of its first burst, and of its second.
        pause: seconds between these bursts.
        south: seconds for each picture of its only burst.
        leaves: seconds that it stays on after it.
    """

    north: tuple[list[int], list[int]]
    pause: int
    south: list[int]
    leaves: int


_ENDINGS = (
    "a queue with room for all, closed when both cameras had ended",
    "a queue with no room at all, closed when both cameras had ended",
    "a queue with room for all, closed by the first camera that ended",
    "a queue with room for all, and a deadline",
)
_CLUES = (
    "with room for all the second burst is there after the pause, and nothing is missing or cut",
    "with no room `submit` holds up a camera, so that its pause begins later, and ends later",
    "who closes too early keeps out what comes later, and what was taken is done to its end",
    "a deadline cuts short whatever is in work",
)


def _take(pool: WorkerPool[int, Any], day: Day, *, hasty: bool) -> None:
    def north() -> None:
        for pause, burst in zip((0, day.pause), day.north, strict=True):
            sleep(pause)
            for picture in burst:
                pool.submit(picture)

    def south() -> None:
        for picture in day.south:
            pool.submit(picture)
        sleep(day.leaves)

    def camera(bursts: Callable[[], None]) -> None:
        with suppress(Closed):
            bursts()
            if hasty:
                pool.close()

    with TaskGroup() as cameras:
        cameras.spawn(camera, north)
        cameras.spawn(camera, south)


def _day(
    day: Day, *, buffer: int = 100, hasty: bool = False, timeout: float | None = None
) -> Report[int, Any]:
    pool = WorkerPool[int, Any](sleep, workers=2, buffer=buffer)
    with suppress(Cancelled), pool.start(Context(timeout=timeout)):
        _take(pool, day, hasty=hasty)
    return pool.report


def _four_endings(random: Random) -> Asked:
    held_up = 0.0  # seconds: a break that is too short is hard to see
    while held_up < 3:
        first, second = random.choices((2, 3, 4), k=4), random.choices((2, 3, 4), k=3)
        day = Day((first, second), random.choice((5, 6)), random.choices((2, 3, 4), k=2), 2)
        with_room, without = simulate(_day, day), simulate(_day, day, buffer=0)
        held_up = without.elapsed - with_room.elapsed
    cut = starts(map(float, with_room.value.submitted), 2)[-2] + 0.5
    runs = [
        with_room,
        without,
        simulate(_day, day, hasty=True),
        simulate(_day, day, timeout=cut),
    ]
    letters = random.sample("ABCD", 4)
    return which_is_which(
        "The same pictures went through four pools of two workers. Camera north takes pictures "
        f"that need {_listed(first)} s, pauses for {day.pause} s, then takes others that need "
        f"{_listed(second)} s. Camera south takes pictures that need {_listed(day.south)} s, and "
        f"ends {day.leaves} s later. Each camera submits a burst as fast as the pool takes it.\n\n"
        f"Which timeline is which? Write four letters: first the one of {_ENDINGS[0]}; then of "
        f"{_ENDINGS[1]}; then of {_ENDINGS[2]}; then of {_ENDINGS[3]}.",
        dict(zip(letters, runs, strict=True)),
        wrong=lambda place, letter: f"{letter} is not {_ENDINGS[place]}: {_CLUES[place]}",
        praise="what is missing, what is cut and what comes late tell the endings apart",
    )


def _listed(numbers: Sequence[int]) -> str:
    return f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


read = Question(
    "reusable/read",
    kind="read",
    title="How did it end?",
    minutes=8,
    goal="You can see from a timeline how a pool was ended, and whether somebody was held up.",
    text=(
        "In a timeline of the workers you see neither the cameras nor the queue. You do see what "
        "they did. A bar's number is the seconds that its picture needs; 4 (2) is the second one "
        "that needs 4 s. Think about this, too: which of the four pools would tell you that "
        "pictures are missing, and how?"
    ),
    answer="letters",
    make=_four_endings,
    hints=[
        "Count the bars, and compare the lengths of the last ones with their numbers.",
        "One has every bar, but long nothing in the middle. Who waited there, and what for?",
        "Cut short: a deadline. Bars missing, none cut short: closed too early. A long break in "
        "the middle: the camera was held up, and began its pause late.",
    ],
)


# Repair


class _Due(NamedTuple):
    jobs: list[Any]
    seconds: list[float]
    workers: int
    timeout: float
    results: list[Any]
    called_at: float

    @property
    def ends(self) -> list[float]:
        begun = starts(self.seconds, self.workers)
        return [begin + took for begin, took in zip(begun, self.seconds, strict=True)]

    def done(self, values: Sequence[Any]) -> list[bool]:
        """Tell which jobs were done; one that ends at the deadline, if its value is there."""
        return [
            end < self.timeout or (end == self.timeout and result in values)
            for end, result in zip(self.ends, self.results, strict=True)
        ]


@dataclass
class Errand:
    """A job that is equal to another one of the same name, however long they take."""

    name: str
    seconds: float = field(compare=False)


def run_errand(errand: Errand) -> str:
    """Take the errand's time."""
    sleep(errand.seconds)
    return f"{errand.name} of {errand.seconds:g} s"


def _by(
    name: str,
    jobs: Sequence[Any],
    workers: int,
    timeout: float,
    process: Any,
    *,
    called_at: float = 0,
    **more: Any,
) -> Trial:
    squares = process is square
    seconds = [1.0 if squares else seconds_of(job) for job in jobs]
    results = [job * job if squares else _result(job) for job in jobs]

    def call(pool: Any) -> Work:
        sleep(called_at)
        return watched(lambda noting: pool([*jobs], workers, noting, timeout), process)

    return Trial(
        f"with {name}, {plural(workers, 'worker')} and {timeout:g} s{_when(called_at)}",
        call,
        _Due([*jobs], seconds, workers, timeout, results, called_at),
        **more,
    )


def _when(called_at: float) -> str:
    return f", called at {called_at:g} s," if called_at else ""


def _result(job: Any) -> str:
    return f"{job.name} of {job.seconds:g} s" if isinstance(job, Errand) else f"result of {job}"


def _errands(*seconds: float) -> list[Errand]:
    return [Errand("walk", each) for each in seconds]


def _deadlines() -> list[Trial]:
    numbers = [(20, 3, 2.5), (5, 2, 9), (4, 4, 0.5), (0, 2, 1)]
    uneven = [((4, 1, 3, 2, 5), 2, 3.5), ((6, 1, 2, 3), 3, 4.5), ((3,), 4, 9)]
    equal = [[2], [1], [1], [2], [1], [2], [1]]
    one, two = [1], [2]
    return [
        *(
            _by(f"{jobs} jobs", range(1, jobs + 1), workers, timeout, square, schedules=10)
            for jobs, workers, timeout in numbers
        ),
        *(
            _by(f"jobs of {', '.join(map(str, jobs))} s", jobs, workers, timeout, rest)
            for jobs, workers, timeout in uneven
        ),
        _by("jobs that are lists, some of them equal", equal, 2, 2.53, rest),
        _by("jobs of which some are the same list", [two, one, two, one, one, two], 2, 2.53, rest),
        _by("equal jobs of 4, 1, 2 and 5 s", _errands(4, 1, 2, 5), 2, 3.5, run_errand),
        _by("jobs of 1, 2, 3, 5, 4 s", (1, 2, 3, 5, 4), 3, 3, rest),
        _by("20 jobs", range(1, 21), 3, 2.5, square, called_at=10, schedules=3),
        _by("2 jobs", (1, 2), 3, 1.5, rest, statements=True),
    ]


def _two_lists(run: Run[Work], due: _Due) -> None:
    answer = run.value.value
    pair = isinstance(answer, tuple | list) and len(answer) == 2
    if not pair or not all(isinstance(part, list | tuple) for part in answer):
        raise NotYet("it must return two lists: the values, and the jobs that are left")


def _no_more(run: Run[Work], due: Any) -> None:
    demand_at_once(run.value, due.workers, 0)


def _values(run: Run[Work], due: _Due) -> None:
    _two_lists(run, due)
    values = run.value.value[0]
    each = [*zip(due.results, due.done(values), strict=True)]
    expected = [result for result, done in each if done]
    late = _surplus_of([result for result, done in each if not done], expected)
    late = [value for value in values if value in late and value not in expected]
    if late:
        raise NotYet(f"it has values of jobs that were not done by the deadline: {listed(late)}")
    expect_same(values, expected, "values")


def _left(run: Run[Work], due: _Due) -> None:
    _two_lists(run, due)
    values, left = run.value.value
    done = due.done(values)
    expected = [job for job, done in zip(due.jobs, done, strict=True) if not done]
    expect_same(left, expected, "jobs that are left")
    if any(isinstance(job, Errand) for job in due.jobs):
        over = [job for job in left if not any(job is other for other in expected)]
        if over:
            raise NotYet(
                "it has a job that was done among those that are left, for one equal to it"
            )


def _all_at_once(run: Run[Work], due: Any) -> None:
    demand_at_once(run.value, due.workers, min(due.workers, len(due.jobs)))


def _by_the_deadline(run: Run[Work], due: _Due) -> None:
    expect_elapsed(run, due.called_at + min(due.timeout, max(due.ends, default=0)))


repair = Task(
    "reusable/repair",
    kind="repair",
    title="Done by a deadline, or left",
    minutes=12,
    goal="You can account for every job after a deadline.",
    text=(
        "This function does as many jobs as it can by a deadline, `timeout` seconds from now. It "
        "should return two lists: the values of the jobs that are done, and the jobs that are not, "
        "so that somebody can do them later. It ends at the deadline, or as soon as all is done. "
        "`jobs` is a list; jobs may be of any type, and some may be equal to each other. No job "
        "fails. Run the check, see what gets lost, and repair it."
    ),
    answer="by_the_deadline",
    parameters="jobs, workers, process, timeout",
    trials=_deadlines,
    demands=[
        ends(1),
        Demand("it returns two lists", 0, _two_lists, needed=True),
        Demand("no more jobs are in work than there are workers", 1, _no_more),
        Demand("the value of every job that was done in time comes out", 3, _values, needed=True),
        Demand("every other job is among those that are left, once", 3, _left, needed=True),
        Demand("as many jobs are in work as there are workers", 1, _all_at_once),
        Demand("it ends at the deadline, or when all is done", 1, _by_the_deadline),
    ],
    praise="every job is either among the values or among the jobs that are left",
    hints=[
        "Three kinds of jobs get lost, and all the values when the deadline strikes. What becomes "
        "of a list that is still being built when an exception comes?",
        "The report has the values of all that was done, collected or not. And it names those that "
        "were begun and cut short. Which jobs can it not know of?",
        "A job is left if it was cut short, or was never started, or was never submitted. The "
        "submitter goes through `jobs` in order, so how many it got rid of says which are left.",
        "`left = report.cancelled + report.never_started + jobs[len(report.submitted):]`, where "
        "`report = pool.report`; and `report.values` are the values.",
    ],
)


# Extend: shifts


class _Shifts(NamedTuple):
    jobs: list[Any]
    workers: int
    seconds: float
    shifts: int | None
    end: float | None


class _BadJobError(Exception):
    pass


def rest_or_fail(job: Any) -> str:
    """Take the job's time; a job of 2 s fails at the end."""
    result = rest(job)
    if job == 2:
        raise _BadJobError(f"job {job} is bad")
    return result


def _in(
    jobs: Sequence[Any],
    workers: int,
    seconds: float,
    process: Any,
    *,
    name: str = "",
    shifts: int | None = None,
    end: float | None = None,
    **more: Any,
) -> Trial:
    name = name or plural(len(jobs), "job")
    return Trial(
        f"with {name}, {plural(workers, 'worker')} and shifts of {seconds:g} s",
        lambda pool: watched(lambda noting: pool([*jobs], workers, noting, seconds), process),
        _Shifts([*jobs], workers, seconds, shifts, end),
        **more,
    )


def _in_shifts() -> list[Trial]:
    # The last two numbers are the shifts it takes, and when the last one is over.
    numbers = [(7, 2, 2.5, 2, 4.5), (10, 3, 1.5, 4, 5.5), (4, 4, 5, 1, 1), (9, 1, 1.5, 9, 13)]
    uneven = [((3, 1, 4, 1, 2), 2, 4.5), ((2, 4, 3), 5, 4.5)]
    equal = [[1], [1], [2], [1], [1], [2]]
    bad = (1, 3, 2, 1, 3)
    return [
        *(
            _in(range(1, jobs + 1), workers, seconds, square, shifts=shifts, end=end, schedules=6)
            for jobs, workers, seconds, shifts, end in numbers
        ),
        _in((), 2, 1, rest, name="no jobs", shifts=0, end=0, schedules=3),
        *(
            _in(
                jobs,
                workers,
                seconds,
                rest,
                name=f"jobs of {', '.join(map(str, jobs))} s",
                schedules=10,
            )
            for jobs, workers, seconds in uneven
        ),
        _in(equal, 2, 2.5, rest, name="jobs that are lists, some of them equal"),
        _in(_errands(1, 4, 4, 0.25), 2, 4.5, run_errand, name="equal jobs of 1, 4, 4, 0.25 s"),
        _in(bad, 2, 3.5, rest_or_fail, name="jobs of 1, 3, 2, 1, 3 s, of which job 2 fails"),
        _in((1, 2), 3, 1.5, square, shifts=1, end=1, statements=True),
    ]


def _reports(run: Run[Work], facts: _Shifts) -> None:
    reports = run.value.value
    if not isinstance(reports, list | tuple) or not all(isinstance(r, Report) for r in reports):
        raise NotYet("it must return a list of reports, one for each shift")
    for report in reports:
        expect_balanced(report, [*report.submitted, *report.unsubmitted])


def _each_done_once(run: Run[Work], facts: _Shifts) -> None:
    _reports(run, facts)
    results = [result for report in run.value.value for result in report.results]
    expect_same([result.job for result in results], facts.jobs, "finished jobs")
    raised = [job for job, error in _over(run.value) if error is not None]
    failed = [result.job for result in results if isinstance(result, Failed)]
    expect_same(failed, raised, "failed jobs")
    done = [job for job, _ in _over(run.value)]
    if any(isinstance(job, Errand) and sum(job is one for one in done) > 1 for job in done):
        raise NotYet("it does a job twice, and another one that is equal to it never")


def _over(work: Work) -> list[tuple[Any, BaseException | None]]:
    """Return each job that was done to its end, with the exception that it raised, if any."""
    ends = {**dict.fromkeys(work.returned), **work.raised}
    cut = Cancelled
    return [(work.begun[place][1], end) for place, end in ends.items() if not isinstance(end, cut)]


def _not_too_long(run: Run[Work], facts: _Shifts) -> None:
    _reports(run, facts)
    if facts.shifts is None or len(run.value.value) > facts.shifts:
        return
    for place in run.value.returned:  # each job takes a second
        begun, job = run.value.begun[place]
        if begun < facts.seconds < begun + 1:
            raise NotYet(
                f"its first shift is over at {facts.seconds:g} s, and job {job} is still being "
                f"done, until {begun + 1:g} s"
            )


def _as_few_shifts(run: Run[Work], facts: _Shifts) -> None:
    _reports(run, facts)
    if facts.shifts is not None and len(run.value.value) != facts.shifts:
        many = plural(len(run.value.value), "report")
        raise NotYet(f"it returned {many}, and it takes {plural(facts.shifts, 'shift')}")


def _shifts_in_time(run: Run[Work], facts: _Shifts) -> None:
    if facts.end is not None:
        expect_elapsed(run, facts.end)


extend = Task(
    "reusable/extend",
    kind="extend",
    title="In shifts",
    minutes=12,
    goal="You can go on after a deadline with exactly what it left undone.",
    text=(
        "A machine may run for `seconds` at a time, a shift; then its pool is cancelled, and the "
        "next shift begins at once. Let this function work in as many shifts as it takes: what was "
        "not done in one is done in the next, from its beginning. The last one ends as soon as all "
        "is done. Return the reports of all shifts, in a list.\n\n"
        "No job takes longer than a shift. A job that fails is over, too: its exception is its "
        "result, and its shift's report has it among the failed. `jobs` is a list; jobs may be of "
        "any type, and some may be equal. Without jobs there is no shift."
    ),
    answer="in_shifts",
    parameters="jobs, workers, process, seconds",
    trials=_in_shifts,
    demands=[
        ends(1),
        Demand("it returns a report of each shift", 1, _reports, needed=True),
        Demand("no more jobs are in work than there are workers", 1, _no_more),
        Demand("a shift ends after its seconds", 1, _not_too_long, needed=True),
        Demand("each job has a result, once", 3, _each_done_once, needed=True),
        Demand("it takes as few shifts as possible", 1, _as_few_shifts),
        Demand("as many jobs are in work as there are workers", 1, _all_at_once),
        Demand("the shifts follow each other, and the last ends with its jobs", 1, _shifts_in_time),
    ],
    praise="every job is done once, in as few shifts as possible",
    hints=[
        "A pool is started once: each shift needs a new one. What are its jobs?",
        "The report of a shift says which jobs have no result: those that were cut short, and "
        "those that were never started.",
        "Loop `while jobs:`; at the end of each round append the report, and set "
        "`jobs = pool.report.cancelled + pool.report.never_started`.",
    ],
)


# Build: closing time


_ROOM = 2


class _Closing(NamedTuple):
    jobs: list[Any]  # those that it has taken by closing time
    workers: int
    expected: Report[Any, Any]
    end: float


def _closing(
    name: str,
    source: Callable[[], Iterable[Any]],
    workers: int,
    closing: float,
    grace: float,
    process: Any,
    *,
    called_at: float = 0,
    **more: Any,
) -> Trial:
    asked = f"closing at {closing:g} s and {grace:g} s of grace"
    if called_at:
        asked = f"closing after {closing:g} s and {grace:g} s of grace"

    def call(pool: Any) -> Work:
        sleep(called_at)
        return watched(lambda noting: pool(source(), workers, noting, closing, grace), process)

    expected = _expected(source, workers, closing, grace, process)
    return Trial(
        f"with {name}, {plural(workers, 'worker')}, {asked}{_when(called_at)}",
        call,
        expected._replace(end=called_at + expected.end),
        **more,
    )


def _expected(
    source: Callable[[], Iterable[Any]], workers: int, closing: float, grace: float, process: Any
) -> _Closing:
    patient = simulate(_until_closing, source, workers, process, closing, 1000)
    run = simulate(_until_closing, source, workers, process, closing, grace)
    return _Closing([*patient.value.started], workers, run.value, run.elapsed)


def _until_closing(
    source: Callable[[], Iterable[Any]], workers: int, process: Any, closing: float, grace: float
) -> Report[Any, Any]:
    pool = WorkerPool[Any, Any](process, workers=workers, buffer=_ROOM)

    def submit() -> None:
        with suppress(Cancelled), TaskGroup(Context(timeout=closing)):
            for job in source():
                pool.submit(job)

    with suppress(Cancelled), pool.start(Context(timeout=closing + grace)):
        submit()
    return pool.report


def _arriving(jobs: Sequence[Any], pause: float, then: float = 0) -> Iterator[Any]:
    """Give a job, wait so long, give the next; and at the end wait `then` seconds more."""
    for job in jobs:
        yield job
        sleep(pause)
    sleep(then)


def _closings() -> list[Trial]:
    endless = "jobs without end"
    uneven, equal = (3, 1, 4, 1, 5, 2, 6, 5, 1), [[2], [1], [1], [2], [1], [2], [1]]
    several = "jobs of 3, 1, 4, 1, 5, … s"
    return [
        _closing(endless, lambda: count(1), 3, 2.5, 5, square),
        _closing(endless, lambda: count(1), 3, 2.5, 0.25, square),
        _closing("4 jobs", lambda: [1, 2, 3, 4], 2, 60, 9, square),
        _closing("no jobs", list, 2, 3, 2, square),
        _closing(several, lambda: [*uneven], 2, 4.5, 9, rest),
        _closing(several, lambda: [*uneven], 2, 4.53, 3, rest),
        _closing("jobs that are lists", lambda: [*equal], 2, 2.5, 9, rest),
        _closing(
            "a job every second, and then none for long",
            lambda: _arriving([2, 2, 2], 1, then=50),
            2,
            4.5,
            9,
            rest,
        ),
        _closing(endless, lambda: count(1), 3, 2.5, 5, square, called_at=10, schedules=3),
        _closing("a job of 9 s and others", lambda: [9, 1, 1], 2, 1.5, 2, rest),
        _closing("2 jobs", lambda: [1, 2], 3, 3.5, 2, rest, statements=True),
    ]


def _is_a_report(run: Run[Work], facts: _Closing) -> None:
    report = run.value.value
    if not isinstance(report, Report):
        raise NotYet("it must return the report of its pool")
    expect_balanced(report, [*report.submitted, *report.unsubmitted])


def _taken_is_done(run: Run[Work], facts: _Closing) -> None:
    _is_a_report(run, facts)
    lost = _surplus_of(facts.expected.succeeded, run.value.value.succeeded)
    if lost:
        raise NotYet(
            f"it has no value of what was taken, and could be done in time: {listed(lost)}"
        )


def _nothing_new(run: Run[Work], facts: _Closing) -> None:
    begun = [job for _, job in run.value.begun]
    more = _surplus_of(begun, facts.jobs)
    if more:
        raise NotYet(f"it begins jobs that the pool had not taken by closing time: {listed(more)}")


def _surplus_of(jobs: Iterable[Any], others: Iterable[Any]) -> list[Any]:
    left = [*jobs]
    for other in others:
        if other in left:
            left.remove(other)
    return left


def _closed_in_time(run: Run[Work], facts: _Closing) -> None:
    expect_elapsed(run, facts.end)


build = Task(
    "reusable/build",
    kind="build",
    title="Closing time",
    minutes=20,
    goal="You can end a pool in two steps: first take nothing new, then, after a while, stop.",
    text=(
        "A server is to be restarted. Cutting everything short would be rude; waiting for "
        "everybody might take for ever. So it ends gracefully. Write "
        "`until_closing(jobs, workers, process, closing, grace)`, which submits `jobs` to a "
        "`WorkerPool` with a buffer of 2:\n\n"
        "- After `closing` seconds it takes no more. A job that is waiting in `submit` at that "
        "moment is not taken.\n"
        "- What it has taken, in work or in the buffer, is still done, for at most `grace` seconds "
        "more. Then whatever is left is cut short.\n"
        "- It ends as soon as there is nothing left to do, and returns the pool's report.\n\n"
        "`jobs` is any iterable: it may have no end, and it may wait (with `sleep`) before it "
        "gives the next job. No job fails. What you begin with is rude."
    ),
    answer="until_closing",
    parameters="jobs, workers, process, closing, grace",
    trials=_closings,
    demands=[
        ends(1),
        Demand("it returns the pool's report", 1, _is_a_report, needed=True),
        Demand("no more jobs are in work than there are workers", 1, _no_more),
        Demand("what was taken is done, if there is time", 4, _taken_is_done, needed=True),
        Demand("nothing is begun that was not taken by closing time", 2, _nothing_new),
        Demand("as many jobs are in work as can be", 1, _all_at_once),
        Demand(
            "it ends when nothing is left, or the grace is over", 2, _closed_in_time, needed=True
        ),
    ],
    praise="what was taken by closing time was done, and nobody waited longer than the grace",
    hints=[
        "There are two deadlines. Who is to hear the first one, and who only the second?",
        "The pool's own context is for the second one, `closing + grace` seconds from the start. "
        "The first one is for whoever submits, and must not reach the workers.",
        "A `TaskGroup` can have a context with a deadline of its own, inside the pool's block. "
        "Whatever waits in its block, in `submit` or for the next job, is woken with `Cancelled`.",
        "Inside `with suppress(Cancelled), pool.start(Context(timeout=closing + grace)):` put "
        "`with suppress(Cancelled), TaskGroup(Context(timeout=closing)):`, or a function that does "
        "this, and in that the loop that submits.",
    ],
)


ABOUT = About(
    module="reusable",
    notebook="02_reusable",
    title="the reusable pool",
    imports=(
        "from contextlib import suppress\n\n"
        "from lab.teaching.demands import starts\n"
        "from patterns import reusable\n"
        "from patterns.concurrency import Cancelled, Context, TaskGroup, sleep\n"
        "from patterns.reusable import WorkerPool"
    ),
    problems=(predict, read, repair, extend, build),
)
