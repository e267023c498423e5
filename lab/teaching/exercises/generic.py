"""Exercises on the generic pool: what a failure leaves undone, stages, hearing of it, order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from heapq import heapreplace
from random import Random
from typing import Any, NamedTuple

from lab.model.run import Run
from lab.simulation import simulate
from lab.teaching.demands import (
    BATTERY,
    Case,
    Work,
    demand_at_once,
    rest,
    seconds_of,
    starts,
    watched,
)
from lab.teaching.exercises.about import About
from lab.teaching.exercises.timelines import drawn, which_is_which
from lab.teaching.expect import expect_counts, expect_elapsed, expect_same
from lab.teaching.grading import NotYet
from lab.teaching.problem import Asked, Question, Task
from lab.teaching.trying import Demand, Trial, ends
from lab.teaching.wording import describe, one_line, plural
from patterns import generic, reusable
from patterns.concurrency import Report, TaskGroup, now, sleep
from patterns.generic import Pool

__all__ = ["ABOUT", "build", "extend", "predict", "read", "repair"]


class BadJobError(ValueError):
    """What a job of these exercises raises."""


def nap(job: int, *, bad: int = 0) -> int:
    """Take `job` seconds for it and return its square; fail at the end if it is the bad one."""
    sleep(job)
    if job == bad:
        raise BadJobError(f"job {job} is bad")
    return job * job


# Predict


class Failing(NamedTuple):
    """Jobs of which one fails.

    Attributes:
        seconds: that each job takes; no two are alike.
        bad: the seconds of the job that fails when they are over.
        workers: of the pool.
    """

    seconds: list[int]
    bad: int
    workers: int


def _one_fails(random: Random) -> Asked:
    jobs, workers = 8, 3
    while True:
        seconds = random.sample(range(1, 10), jobs)
        bad = random.choice(seconds[3:6])
        begun = starts(map(float, seconds), workers)
        over = [begin + each for begin, each in zip(begun, seconds, strict=True)]
        end = over[seconds.index(bad)]
        done = sum(each < end for each in over)
        in_work = sum(begin < end < each for begin, each in zip(begun, over, strict=True))
        if over.count(end) == 1 and done >= 2 and done + in_work < jobs - 1:
            break
    run = simulate(generic.run, seconds, partial(nap, bad=bad), workers=workers)

    def judge(answer: Any) -> str:
        what = f"two whole numbers, (seconds, jobs), with 0 to {jobs} jobs"
        given = expect_counts(answer, what)
        if len(given) != 2 or given[1] not in range(jobs + 1):
            raise NotYet(f"the answer must be {what}, got {answer!r}")
        at, number = given
        if at != run.elapsed:
            _wrong_end(at)
        if number != len(run.value.succeeded):
            _wrong_number(number)
        return (
            f"after {at} s, when the job of {bad} s fails, {number} jobs are done, "
            "and the others in work are cut short"
        )

    def _wrong_end(at: int) -> None:
        if at == max(over):
            raise NotYet(
                f"{at} s is right for a pool that goes on; here the first failure ends the run"
            )
        if at == bad:
            raise NotYet(f"the job fails {bad} s after a worker took it; when was that?")
        raise NotYet(
            f"the run does not end at {at} s: write down second by second who takes which job, "
            f"until the one of {bad} s fails"
        )

    def _wrong_number(number: int) -> None:
        if number == jobs - 1:
            raise NotYet(
                f"{number} is right for a pool that goes on; here the first failure ends the run"
            )
        if number == done + in_work:
            raise NotYet(
                f"{number} would be right if jobs in work were done to their end; "
                "here they are cut short when one fails"
            )
        if number == done + 1:
            raise NotYet(f"{number} would be right if the job that fails were one that succeeds")
        raise NotYet(
            f"{number} does not fit: write down second by second who takes which job, "
            f"until the one of {bad} s fails"
        )

    return Asked(
        f"Eight jobs take {', '.join(map(str, seconds))} seconds. Three workers take them in this "
        f"order, in a generic pool. The job of {bad} s fails when its {bad} seconds are over. "
        "After how many seconds does the run end, and how many jobs have succeeded by then?",
        judge,
        numbers=Failing(seconds, bad, workers),
        shown=partial(drawn, run),
    )


predict = Question(
    "generic/predict",
    kind="predict",
    title="What a failure leaves undone",
    minutes=6,
    goal="You can say when the first failure ends a run, and what is done by then.",
    text=(
        "`generic.run` gives the jobs to the pool and reports on them. Work it out with pencil and "
        "paper, and answer with both numbers: `(seconds, jobs)`."
    ),
    answer="end",
    make=_one_fails,
    hints=[
        "When does a worker take the job that will fail? Only then its seconds begin.",
        "Keep for each worker when it is free; the next job goes to whoever is free first. Stop "
        "when the bad job's seconds are over.",
        "Count the jobs whose end lies before that moment. Whatever is in work then is cut short, "
        "and the job that failed has not succeeded.",
    ],
)


# Read


class Files(NamedTuple):
    """Files to download and to unpack.

    Attributes:
        seconds: for each download.
        unpack: seconds for each unpacking.
        bad: the download that fails; 0: none.
    """

    seconds: list[int]
    unpack: int
    bad: int = 0

    def download(self, file: int) -> str:
        """Take as many seconds as the file's number says."""
        nap(file, bad=self.bad)
        return f"u{file}"

    def unpacked(self, file: str) -> str:
        """Take the seconds that each file takes."""
        sleep(self.unpack)
        return file

    def both(self, file: int) -> str:
        """Download and unpack in one job."""
        return self.unpacked(self.download(file))


def _connected(files: Files) -> list[Report[Any, Any]]:
    downloads, unpackers = Pool(files.download, workers=2), Pool(files.unpacked, workers=2)
    failures = suppress(BadJobError, ExceptionGroup)
    with failures, downloads.start(), unpackers.start(), TaskGroup() as submitters:
        submitters.spawn(reusable.submit, files.seconds, downloads)
        submitters.spawn(reusable.submit, downloads.values(), unpackers)
        for _ in unpackers.values():
            pass
    return [downloads.report, unpackers.report]


def _one_after_the_other(files: Files) -> list[Report[Any, Any]]:
    first = generic.run(files.seconds, files.download, workers=2)
    return [first, generic.run(first.values, files.unpacked, workers=2)]


def _one_pool(files: Files) -> list[Report[Any, Any]]:
    return [generic.run(files.seconds, files.both, workers=4)]


_PROGRAMS = (
    "two pools, the values of one being the jobs of the other",
    "two pools, the second of which gets the list of what the first returned",
    "one pool of four workers, each of which downloads and then unpacks",
    "two connected pools again, but one download fails",
)
_CLUES = (
    "when pools are connected, a file is unpacked as soon as it is there, and others still come",
    "a list is complete only when the last download is done, and nothing is unpacked before",
    "one pool begins four files at 0 s, and no worker has unpacking for a job of its own",
    "a failure cuts short what is in work, in both pools",
)


def _four_programs(random: Random) -> Asked:
    while True:
        files = Files(random.sample(range(2, 9), 6), random.choice((2, 3)))
        failing = files._replace(bad=files.seconds[random.choice((3, 4))])
        connected, listed = simulate(_connected, files), simulate(_one_after_the_other, files)
        failed = simulate(_connected, failing)
        apart = {sum(map(len, (report.results for report in failed.value)))}
        if listed.elapsed >= connected.elapsed + 3 and apart.isdisjoint({0, 1, 2, 3}):
            break
    letters = random.sample("ABCD", 4)
    runs = [connected, listed, simulate(_one_pool, files), failed]
    return which_is_which(
        f"Six files are downloaded, which takes {', '.join(map(str, files.seconds))} seconds, in "
        f"this order, and unpacked, which takes {files.unpack} s each. Each of the four programs "
        "has four workers.\n\n"
        f"Which timeline is which? Write four letters: first the one of {_PROGRAMS[0]}; then of "
        f"{_PROGRAMS[1]}; then of {_PROGRAMS[2]}; then of {_PROGRAMS[3]}.",
        dict(zip(letters, runs, strict=True)),
        wrong=lambda place, letter: f"{letter} is not {_PROGRAMS[place]}: {_CLUES[place]}",
        praise="when the first file is unpacked, and by whom, tells the programs apart",
    )


read = Question(
    "generic/read",
    kind="read",
    title="Which program was it?",
    minutes=8,
    goal="You can see from a timeline how pools were put together, and what one failure does.",
    text=(
        "A bar's number is the seconds that the download takes; u4 is the unpacking of the file "
        "whose download took 4 s. Think about this, too: in which program could unpacking fall "
        "behind, and in which could it never?"
    ),
    answer="letters",
    make=_four_programs,
    hints=[
        "Look for the first bar that begins with u. What is going on in the other rows then?",
        "In one program no job is unpacking alone, so no bar begins with u. In another one the "
        "first u comes when all downloads are over.",
        "What is left are the connected pools, with and without a failure: with one, bars are cut "
        "short, and files are missing.",
    ],
)


# Repair


class Heard(NamedTuple):
    """What whoever called a pool heard of it.

    Attributes:
        value: that it returned.
        error: what it raised, if that was the failure or a group with it.
        at: seconds, when.
    """

    value: Any
    error: BaseException | None
    at: float


def _heard(call: Callable[[], Any], failure: type[Exception]) -> Heard:
    try:
        return Heard(call(), None, now())
    except failure as error:
        return Heard(None, error, now())
    except ExceptionGroup as group:
        if group.subgroup(failure) is None:
            raise
        return Heard(None, group, now())


class _Outcome(NamedTuple):
    results: list[Any] | None  # None if a job fails
    seconds: float
    workers: int
    at_once: int


def _called(
    name: str,
    jobs: Sequence[Any],
    process: Callable[[], Callable[..., Any]],
    outcome: _Outcome,
    failure: type[Exception] = BadJobError,
    **more: Any,
) -> Trial:
    def call(pool: Any) -> Work:
        def heard(noting: Any) -> Heard:
            return _heard(lambda: pool([*jobs], outcome.workers, noting), failure)

        return watched(heard, process())

    return Trial(name, call, outcome, **more)


def _napping(jobs: int, workers: int, bad: int, seconds: float, **more: Any) -> Trial:
    results = None if bad else [job * job for job in range(1, jobs + 1)]
    fails = f", of which job {bad} fails," if bad else ""
    return _called(
        f"with {plural(jobs, 'job')} on {plural(workers, 'worker')}{fails}",
        range(1, jobs + 1),
        lambda: partial(nap, bad=bad),
        _Outcome(results, seconds, workers, min(jobs, workers)),
        **more,
    )


def _resting(case: Case) -> Trial:
    results = [f"result of {job}" for job in case.jobs]
    outcome = _Outcome(results, case.seconds, case.workers, case.at_once)
    return _called(case.name, case.jobs, lambda: rest, outcome, schedules=3)


class TwoWordsError(Exception):
    """It cannot be made again from its message."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} {other}")


class NothingFoundError(Exception):
    """It counts as false."""

    def __len__(self) -> int:
        return 0


def _raising(make: Callable[[], Exception]) -> Trial:
    failure = type(make())

    def process() -> Callable[[int], int]:
        def two_is_bad(job: int) -> int:
            sleep(job)
            if job == 2:
                raise make()
            return job

        return two_is_bad

    return _called(
        f"with 3 jobs on 2 workers, of which one raises {failure.__name__},",
        [1, 2, 3],
        process,
        _Outcome(None, 2, 2, 2),
        failure,
        schedules=3,
    )


def _giving_anything() -> Trial:
    results = {2: None, 1: KeyError("a result"), 3: 0}

    def process() -> Callable[[int], Any]:
        def giving(job: int) -> Any:
            sleep(job)
            return results[job]

        return giving

    return _called(
        "with 3 jobs whose results are None, an exception and 0",
        [*results],
        process,
        _Outcome([*results.values()], 4, 2, 2),
        schedules=3,
    )


def _failures() -> list[Trial]:
    return [
        _napping(7, 3, 0, 12),
        _napping(7, 3, 4, 5),
        _napping(7, 3, 1, 1),
        _napping(3, 2, 3, 4),
        _napping(4, 6, 2, 2),
        _napping(0, 2, 0, 0),
        *map(_resting, BATTERY),
        _giving_anything(),
        _raising(lambda: KeyError("no such job")),
        _raising(ZeroDivisionError),
        _raising(lambda: TwoWordsError("bad", "job")),
        _raising(lambda: ExceptionGroup("two bad parts", [KeyError("one"), ValueError("two")])),
        _raising(NothingFoundError),
        _napping(3, 2, 0, 4, statements=True),
    ]


def _all_results(run: Run[Work], facts: _Outcome) -> None:
    heard = run.value.value
    if facts.results is not None:
        if heard.error is not None:
            raise NotYet(f"it raised {describe(heard.error)}, and no job failed")
        expect_same(heard.value, facts.results)


def _the_failure_itself(run: Run[Work], facts: _Outcome) -> None:
    if facts.results is not None:
        return
    heard = run.value.value
    _not_silent(heard)
    if not any(heard.error is raised for raised in run.value.raised.values()):
        if isinstance(heard.error, ExceptionGroup):
            raise NotYet("it raised a group with the failure inside, not what `process` raised")
        raise NotYet("it raised another exception of this type, not the one that was raised")


def _not_silent(heard: Heard) -> None:
    if heard.error is None:
        value = heard.value
        several = isinstance(value, list | tuple)
        returned = plural(len(value), "result") if several else one_line(repr(value), 40)
        raise NotYet(f"it returned {returned}, and the caller never hears of the failure")


def _at_once(run: Run[Work], facts: _Outcome) -> None:
    demand_at_once(run.value, facts.workers, facts.at_once)


def _without_delay(run: Run[Work], facts: _Outcome) -> None:
    _in_time(run.value.value.at, facts.seconds, facts.results is None)


def _in_time(at: float, seconds: float, fails: bool) -> None:
    if abs(at - seconds) > 1e-6:
        what = "the failure is known" if fails else "all is done"
        raise NotYet(f"it took {at:g} s, and {what} after {seconds:g} s")


repair = Task(
    "generic/repair",
    kind="repair",
    title="The caller hears of a failure",
    minutes=8,
    goal="You can let a failure come out of a pool, at once and as it was raised.",
    text=(
        "This pool is to return the result of every job, whatever it is, in any order. If a job "
        "fails, whoever calls `my_pool` is to get that failure at once, the very exception that "
        "was raised, whatever `Exception` it is. (Other than StopIteration, which Python lets no "
        "generator hand on.) Somebody wanted to make it robust. Run the check, see what happens, "
        "and repair it."
    ),
    answer="my_pool",
    parameters="jobs, workers, process",
    trials=_failures,
    demands=[
        ends(1),
        Demand("every result comes out, once, if no job fails", 1, _all_results, needed=True),
        Demand("a failure comes out, as it was raised", 3, _the_failure_itself, needed=True),
        Demand("as many jobs are in work as there are workers, and no more", 2, _at_once),
        Demand("the failure comes out at once", 3, _without_delay),
    ],
    praise="each failure came out at once, and as it was raised, in all orders of events",
    hints=[
        "What does the caller get when a job fails? And what could the caller do to find out?",
        "A loop over `pool.values()` raises what the job raised. What becomes of it here?",
        "The pool hands on a failure by itself, and cancels the rest. It is enough not to stand in "
        "the way.",
    ],
)


# Extend: in order


def _name_later(job: int | list[int] | tuple[int]) -> dict[str, object]:
    """Take `job` seconds; results cannot be sorted."""
    sleep(seconds_of(job))
    return {"job": job}


def _in_order_of(jobs: list[Any], workers: int, **more: Any) -> Trial:
    case = Case("", tuple(jobs), workers)
    return Trial(
        f"with the jobs {jobs} and workers={workers}" if jobs else "with no jobs",
        lambda pool: watched(lambda noting: pool([*jobs], workers, noting), _name_later),
        case,
        **more,
    )


def _orders() -> list[Trial]:
    return [
        _in_order_of([3, 1, 2], 3),
        _in_order_of([5, 1, 1, 1, 2], 2),
        _in_order_of([2, 2, 1, 2, 1, 1, 3, 0, 1, 4], 4),
        _in_order_of([1], 4, schedules=3),
        _in_order_of([], 2, schedules=3),
        _in_order_of([2, 1] * 8, 1, schedules=3),
        _in_order_of([[2], [1]], 2),
        _in_order_of([[2], [1], [1], [2]], 2),
        _in_order_of([[1], [1], [1], [1]], 3),
        _in_order_of([[2], 1, (1,), 2], 2),
        _in_order_of([2, 1, 1], 5),
        _in_order_of([3, 1, 1, 1, 3], 2),
        _in_order_of([2, 1], 3, statements=True),
    ]


def _each_once(run: Run[Work], case: Case) -> None:
    expect_same(run.value.value, [{"job": job} for job in case.jobs])


def _in_their_order(run: Run[Work], case: Case) -> None:
    _each_once(run, case)
    got = [result["job"] for result in run.value.value]
    if got != [*case.jobs]:
        raise NotYet(f"it returned the results of {got}, which is another order")


def _a_result_each(run: Run[Work], case: Case) -> None:
    _each_once(run, case)
    made = {id(result): place for place, result in run.value.returned.items()}
    if len(made.keys() & {id(result) for result in run.value.value}) < len(case.jobs):
        raise NotYet("it takes one result for two jobs, since these are equal")
    for result, job in zip(run.value.value, case.jobs, strict=True):
        if run.value.begun[made[id(result)]][1] is not job:
            raise NotYet(f"it gives job {job} the result of another one that is equal to it")


def _case_at_once(run: Run[Work], case: Case) -> None:
    demand_at_once(run.value, case.workers, case.at_once)


def _no_longer(run: Run[Work], case: Case) -> None:
    expect_elapsed(run, case.seconds)


extend = Task(
    "generic/extend",
    kind="extend",
    title="Results in their jobs' order",
    minutes=12,
    goal="You can give each result its job's place, whatever jobs and results are.",
    text=(
        "Values come in the order of completion. Let `in_order` return them in the order of the "
        "jobs, without taking longer. `jobs` is a list; a job may be of any type, two may be "
        "equal, and still each is to have the result that was made of it. Results cannot be "
        "sorted. What would have to travel with each job?"
    ),
    answer="in_order",
    parameters="jobs, workers, process",
    trials=_orders,
    demands=[
        ends(1),
        Demand("every result comes out, once", 1, _each_once, needed=True),
        Demand("the results are in the order of the jobs", 2, _in_their_order, needed=True),
        Demand("equal jobs have their own result each", 2, _a_result_each),
        Demand("as many jobs are in work as there are workers, and no more", 2, _case_at_once),
        Demand("it takes no longer than the work needs", 2, _no_longer, needed=True),
    ],
    praise="every result stood in its job's place in all orders of events",
    hints=[
        "The pool carries whatever you give it. What could be given to it in place of a job?",
        "Give it pairs of place and job: `enumerate(jobs)`. Then the pool's function gets a pair.",
        "Write a function that takes a pair, calls `process` with the job, and returns the place "
        "with the result. Afterwards `dict(pool.values())` finds a result by its place.",
    ],
)


# Build: stages


class Stage(NamedTuple):
    """A stage of the exercise: each job takes so many seconds there."""

    seconds: float
    workers: int


class Passed(NamedTuple):
    """What was seen of one run through all stages: what the caller heard, and each stage's work."""

    heard: Heard
    works: list[Work]


class _Course(NamedTuple):
    results: list[Any] | None  # None if a job fails
    seconds: float
    workers: list[int]
    at_once: list[int]


def _step(name: str, seconds: float, bad: Any) -> Callable[[Any], str]:
    def step(value: Any) -> str:
        sleep(seconds)
        if bad is not None and str(value).split(" ")[0] == str(bad):
            raise BadJobError(f"job {bad} is bad")
        return f"{value} {name}"

    return step


def _pass(chain: Any, jobs: Sequence[Any], steps: Sequence[Any], workers: Sequence[int]) -> Passed:
    def watch(notings: list[Any]) -> Any:
        if len(notings) < len(steps):
            return watched(lambda noting: watch([*notings, noting]), steps[len(notings)])
        stages = [*zip(notings, workers, strict=True)]
        return _heard(lambda: chain([*jobs], stages), BadJobError)

    works, seen = list[Work](), watch([])
    while isinstance(seen, Work):
        works.append(seen)
        seen = seen.value
    return Passed(seen, works)


def _course(jobs: int, stages: Sequence[Stage], fails: tuple[int, int] | None) -> _Course:
    """Return when all is done, or the failing job (its place) has failed in its stage."""
    come, at_once, end = [0.0] * jobs, list[int](), 0.0
    for number, (seconds, workers) in enumerate(stages):
        free, begun = [0.0] * workers, list[float]()
        for time in come:
            begun.append(max(time, free[0]))
            heapreplace(free, begun[-1] + seconds)
        at_once.append(
            max((sum(0 <= time - b < seconds for b in begun) for time in begun), default=0)
        )
        come = [begin + seconds for begin in begun]
        if fails is not None and fails[0] == number:
            end = come[fails[1]]
            break
        end = max(come, default=0.0)
    many = [stage.workers for stage in stages]
    return _Course(None, end, many, at_once if fails is None else [0] * len(stages))


def _through(
    jobs: Sequence[Any],
    *stages: tuple[float, int],
    fails: tuple[int, int] | None = None,
    statements: bool = False,
) -> Trial:
    each = [Stage(*stage) for stage in stages]
    steps = [
        _step(name, stage.seconds, jobs[fails[1]] if fails and fails[0] == number else None)
        for number, (name, stage) in enumerate(zip("abcd", each, strict=False))
    ]
    name = f"with {plural(len(jobs), 'job')} and {plural(len(each), 'stage')}"
    if fails:
        name += f", of which number {fails[0] + 1} fails for job {jobs[fails[1]]},"
    course = _course(len(jobs), each, fails)
    if not fails:
        names = "abcd"[: len(each)]
        course = course._replace(results=[_after(job, names) for job in jobs])
    return Trial(
        name,
        lambda chain: _pass(chain, jobs, steps, [stage.workers for stage in each]),
        course,
        schedules=None if statements else 6,
        statements=statements,
    )


def _with_jobs_of_all_lengths() -> Trial:
    def first(job: int) -> str:
        sleep(job)
        return f"{job} a"

    # In the first stage the jobs are done at 4, 1 and 2 s, so the second has a break from 3 to 4 s.
    return Trial(
        "with jobs of 4, 1 and 2 s in the first of 2 stages",
        lambda chain: _pass(chain, [4, 1, 2], [first, _step("b", 1, None)], [3, 1]),
        _Course([_after(job, "ab") for job in (4, 1, 2)], 5, [3, 1], [3, 1]),
        schedules=6,
    )


def _with_nothing_between() -> Trial:
    def gives_nothing(job: int) -> None:
        sleep(1)

    stages = [Stage(1, 2), Stage(1, 1)]
    course = _course(3, stages, None)._replace(results=["None b"] * 3)
    return Trial(
        "with 3 jobs and 2 stages, of which number 1 returns None,",
        lambda chain: _pass(chain, [1, 2, 3], [gives_nothing, _step("b", 1, None)], [2, 1]),
        course,
        schedules=6,
    )


def _with_a_stage_twice() -> Trial:
    stages, jobs = [Stage(1, 1)] * 2, [1, 2, 3, 4]
    results = [_after(job, "aa") for job in jobs]
    course = _course(len(jobs), stages, None)._replace(results=results, workers=[2], at_once=[2])
    return Trial(
        "with 4 jobs and the same stage twice",
        lambda chain: _pass(
            lambda jobs, stages: chain(jobs, stages * 2), jobs, [_step("a", 1, None)], [1]
        ),
        course,
        schedules=6,
    )


def _after(job: Any, names: str) -> Any:
    return f"{job} {' '.join(names)}" if names else job


def _courses() -> list[Trial]:
    numbers = [1, 2, 3, 4, 5, 6]
    three = (1, 1), (3, 2), (1, 1)
    return [
        _through(numbers[:4], (1, 1), (1, 1)),
        _through(numbers, (1, 2), (2, 3), (1, 1)),
        _through(numbers[:5], (2, 3), (1, 2)),
        _through(numbers[:3], (2, 2)),
        _through([], (1, 1), (1, 2)),
        _through(numbers[:3]),
        _through([[1], [1], [2]], (1, 2), (2, 1)),
        _with_jobs_of_all_lengths(),
        _with_nothing_between(),
        _with_a_stage_twice(),
        _through(numbers[:5], *three, fails=(0, 3)),
        _through(numbers[:5], *three, fails=(1, 1)),
        _through(numbers[:5], *three, fails=(2, 0)),
        _through(numbers, (1, 3), (1, 1), (2, 2), (1, 1)),
        _through([1, 2], (1, 2), (1, 3), statements=True),
    ]


def _all_passed(run: Run[Passed], facts: _Course) -> None:
    heard = run.value.heard
    if facts.results is not None:
        if heard.error is not None:
            raise NotYet(f"it raised {describe(heard.error)}, and no job failed")
        expect_same(heard.value, facts.results)


def _hears_of_it(run: Run[Passed], facts: _Course) -> None:
    if facts.results is not None:
        return
    error = run.value.heard.error
    _not_silent(run.value.heard)
    raised = [id(error) for work in run.value.works for error in work.raised.values()]
    if not any(id(leaf) in raised for leaf in _leaves(error)):
        raise NotYet("it raised another exception of this type, not the one that was raised")


def _leaves(error: BaseException | None) -> list[BaseException | None]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for each in error.exceptions for leaf in _leaves(each)]
    return [error]


def _each_stage_at_once(run: Run[Passed], facts: _Course) -> None:
    each = zip(run.value.works, facts.workers, facts.at_once, strict=True)
    for number, (work, workers, at_once) in enumerate(each, start=1):
        try:
            demand_at_once(work, workers, at_once)
        except NotYet as not_yet:
            raise NotYet(f"in stage {number} {not_yet}") from None


def _stages_overlap(run: Run[Passed], facts: _Course) -> None:
    _in_time(run.value.heard.at, facts.seconds, facts.results is None)


build = Task(
    "generic/build",
    kind="build",
    title="A chain of pools",
    minutes=20,
    goal="You can connect any number of pools, so that all of them work at the same time.",
    text=(
        "The lesson connects two pools. Write `chain(jobs, stages)`, which connects any number of "
        "them. `stages` is a list of pairs `(process, workers)`: each job goes through the first "
        "stage's `process`, what comes out through the second's, and so on. Return a list of what "
        "comes out of the last stage, in any order.\n\n"
        "- Each stage has a pool of its own, with its own number of workers.\n"
        "- A stage begins with a value as soon as the one before has made it, whatever it is, and "
        "never waits for a later one.\n"
        "- If a job fails in any stage, everything ends at once, and the failure comes out of "
        "`chain`, as itself or in an `ExceptionGroup`.\n"
        "- Without stages the jobs come out as they are; without jobs, nothing does.\n\n"
        "What you begin with does one stage after the other, and says nothing of failures."
    ),
    answer="chain",
    parameters="jobs, stages",
    trials=_courses,
    demands=[
        ends(2),
        Demand("everything comes out of the last stage, once", 2, _all_passed, needed=True),
        Demand("a failure in any stage comes out", 3, _hears_of_it),
        Demand(
            "each stage has as many jobs in work as can be, and no more", 2, _each_stage_at_once
        ),
        Demand(
            "the stages work at the same time; a failure ends all", 4, _stages_overlap, needed=True
        ),
    ],
    praise="every stage began as soon as it could, and every failure came out at once",
    hints=[
        "The lesson's two pools need two submitters. How many do you need, and what does each one "
        "submit?",
        "Keep a variable `values`: at first the jobs; after each stage the `values()` of its pool. "
        "One task submits `values` to the next pool.",
        "All pools must be open before the first task begins. `contextlib.ExitStack` opens any "
        "number: `stack.enter_context(pool.start())`, and leaves them in the reverse order.",
        "In the stack's block: open a pool for each stage, then enter a `TaskGroup`; for each pool "
        "spawn `reusable.submit` with `values` and the pool, and set `values = pool.values()`. At "
        "last return `list(values)`.",
    ],
)


ABOUT = About(
    module="generic",
    notebook="03_generic",
    title="the generic pool",
    imports=(
        "from contextlib import ExitStack\n\n"
        "from lab.teaching.demands import starts\n"
        "from patterns import generic, reusable\n"
        "from patterns.concurrency import TaskGroup, sleep\n"
        "from patterns.generic import Pool"
    ),
    problems=(predict, read, repair, extend, build),
)
