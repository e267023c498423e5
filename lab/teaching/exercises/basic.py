"""Exercises on the basic pool: uneven jobs, orders, who closes the results, stopping, sorting."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, NamedTuple

from lab.model.run import Run
from lab.simulation import simulate
from lab.teaching.demands import (
    BATTERY,
    Case,
    Work,
    demand_at_once,
    demand_buffer,
    demand_done_by,
    rest,
    watched,
    watched_sleeping,
)
from lab.teaching.exercises.about import About
from lab.teaching.exercises.timelines import drawn, which_is_which
from lab.teaching.expect import expect_elapsed, expect_number, expect_same
from lab.teaching.grading import NotYet
from lab.teaching.problem import Asked, Question, Task
from lab.teaching.trying import Demand, Trial, ends
from lab.teaching.wording import plural
from patterns import basic
from patterns.concurrency import sleep

__all__ = ["ABOUT", "extend", "ordered", "predict", "read", "repair"]


# Predict


def _uneven(random: Random) -> Asked:
    seconds = random.sample(range(1, 10), 7)
    run = simulate(basic.run, seconds, sleep, workers=3)

    def judge(answer: Any) -> str:
        given, least = expect_number(answer), sum(seconds) / 3
        if abs(given - run.elapsed) < 1e-6:
            return f"{run.elapsed:g} s: whoever is free takes the next job, and so it comes out"
        if given < least - 0.1:
            raise NotYet(
                f"{given:g} s is too short: {sum(seconds)} s of work take three workers "
                f"{least:.2f} s at least"
            )
        if given < least + 0.1:
            raise NotYet(
                f"{given:g} s would need three workers who all stop at the same moment; "
                "write down second by second who takes which job"
            )
        if given < run.elapsed:
            raise NotYet(
                f"{given:g} s would need somebody who chooses the jobs cleverly; "
                "here whoever is free takes the next one in order"
            )
        raise NotYet(f"{given:g} s is too long: nobody who is free waits while there are jobs")

    jobs = ", ".join(map(str, seconds))
    return Asked(
        f"Seven jobs take {jobs} seconds. Three workers take them in this order. After how many "
        "seconds is everything done?",
        judge,
        numbers=seconds,
        shown=partial(drawn, run),
    )


predict = Question(
    "basic/predict",
    kind="predict",
    title="When is the last job done?",
    minutes=5,
    goal="You can work out how long a pool takes for jobs that are not alike.",
    text="Work it out with pencil and paper, second by second.",
    answer="seconds",
    make=_uneven,
    hints=[
        "At 0 s the first three jobs begin. Who is free first, and when?",
        "Keep three numbers, one for each worker: when it is free. The next job always goes to "
        "the smallest.",
        "The answer is the largest of the three numbers when no job is left, not the last one "
        "that you changed.",
    ],
)


# Read


_ORDERS = ("as they came", "longest first", "shortest first")


def _three_orders(random: Random) -> Asked:
    seconds = random.sample(range(1, 10), 7)
    while seconds[:3] == sorted(seconds)[:3] or seconds[:3] == sorted(seconds)[-3:]:
        random.shuffle(seconds)
    in_order = {
        "as they came": seconds,
        "longest first": sorted(seconds, reverse=True),
        "shortest first": sorted(seconds),
    }
    orders = dict(zip("ABC", random.sample(_ORDERS, 3), strict=True))
    letters = {order: letter for letter, order in orders.items()}
    runs = {
        letters[order]: simulate(basic.run, in_order[order], sleep, workers=3) for order in _ORDERS
    }
    took = ", ".join(f"{order} {runs[letters[order]].elapsed:g} s" for order in _ORDERS)

    def wrong(place: int, letter: str) -> str:
        begun = ", ".join(map(str, in_order[orders[letter]][:3]))
        return (
            f"{letter} is not {_ORDERS[place]}: look at the three jobs that begin at 0 s, which "
            f"take {begun} s"
        )

    return which_is_which(
        "The same seven jobs went through three pools in three orders: as they came, longest first "
        f"and shortest first. As they came, they take {', '.join(map(str, seconds))} seconds. "
        "Which timeline is which? Write three letters: first the one of the jobs as they came, "
        "then of longest first, then of shortest first.",
        runs,
        wrong=wrong,
        praise=f"what the workers take at 0 s gives the order away ({took})",
    )


read = Question(
    "basic/read",
    kind="read",
    title="Which order was it?",
    minutes=5,
    goal="You can read from a timeline in which order jobs were taken, and what that did.",
    text="Think about this, too: which order would you choose, to have the last job done soonest?",
    answer="letters",
    make=_three_orders,
    hints=[
        "A bar's length is how long a job takes. Compare the bars that begin at 0 s.",
        "Longest first: the bars become shorter from left to right. Shortest first: longer.",
    ],
)


# Repair


class _Size(NamedTuple):
    jobs: list[int]
    workers: int
    buffer: int


def _sized(jobs: Any, workers: int, buffer: int, *, statements: bool = False) -> Trial:
    size = _Size(list(jobs), workers, buffer)
    return Trial(
        f"with {plural(len(size.jobs), 'job')}, {plural(workers, 'worker')} and buffer {buffer}",
        lambda pool: watched_sleeping(lambda jobs: pool(jobs, workers, buffer), size.jobs, 1.0),
        size,
        statements=statements,
    )


def _sizes() -> list[Trial]:
    return [
        _sized(range(1, 11), 3, 2),
        _sized(range(1, 11), 3, 0),
        _sized(range(1, 13), 4, 1),
        _sized((), 2, 1),
        _sized(range(1, 3), 5, 0),
        _sized((7, 7, 2, 9, 2), 2, 2),
        _sized((5,), 1, 3),
        _sized([4, 8], 3, 2, statements=True),
        _sized([], 2, 2, statements=True),
    ]


def _doubled(run: Run[Work], size: _Size) -> None:
    expect_same(run.value.value, [2 * job for job in size.jobs])


def _as_many_at_once(run: Run[Work], size: _Size) -> None:
    demand_at_once(run.value, size.workers, min(size.workers, len(size.jobs)))
    expect_elapsed(run, -(-len(size.jobs) // size.workers))


def _by_workers(run: Run[Work], size: _Size) -> None:
    demand_done_by(run.value, size.workers)


def _in_the_buffer(run: Run[Work], size: _Size) -> None:
    demand_buffer(run.value, size.buffer)


repair = Task(
    "basic/repair",
    kind="repair",
    title="Who closes the results?",
    minutes=10,
    goal="You can say who may close a channel that several workers send to, and when.",
    text=(
        "In this pool each worker closes the results when it finds no more jobs. Run the check, "
        "see what happens, and repair the pool. It must work for every number of jobs and workers "
        "and for every buffer, and take no longer than the work needs.\n\n"
        "`submit` sends the jobs and closes the queue. `basic.work`, shown in the lesson, is yours "
        "to use."
    ),
    answer="my_pool",
    parameters="jobs, workers, buffer",
    trials=_sizes,
    demands=[
        ends(1),
        Demand("every result comes out, once", 2, _doubled, needed=True),
        Demand("as many jobs are in work as there are workers, and no more", 4, _as_many_at_once),
        Demand("the workers do the jobs, not one task for each job", 2, _by_workers),
        Demand("no more jobs wait than `buffer`", 1, _in_the_buffer),
    ],
    praise="every result came out in every order of events, for every buffer",
    hints=[
        "Who can know that no more results will come? Not a worker: it knows only of itself.",
        "Nothing more comes when the last worker has ended. Leaving a `TaskGroup` is a moment at "
        "which that is so.",
        "Take the workers' own `results.close()` away, and let `basic.work(workers, worker, "
        "results)` run the workers and close. Spawn it as one task, so that you collect meanwhile.",
    ],
)


# Extend: the first results


EMPTY = {3: None, 1: "", 2: 0}  # results that count as false, by the seconds of their jobs
_EMPTY = "which are None, '' and 0"


def rest_in_vain(job: int) -> Any:
    """Take the job's time for a result that counts as false."""
    sleep(job)
    return EMPTY[job]


class _Wanted(NamedTuple):
    wanted: int
    workers: int
    at_once: int
    results: list[Any]
    seconds: float


def nap(job: int, *, slow: int = 0) -> int:
    """Take `job` seconds for it (20 for the slow one) and return its square: none end together."""
    sleep(20 if job == slow else job)
    return job * job


def _first_of(
    wanted: int, jobs: int, workers: int, slow: int, done: tuple[int, ...], seconds: float
) -> Trial:
    numbers = list(range(1, jobs + 1))
    one_slow = f", job {slow} a slow one," if slow else ""
    at_once = min(jobs, workers) if wanted else 0
    return Trial(
        f"with {wanted} of {jobs} results wanted from {workers} workers{one_slow}",
        lambda first: watched(partial(first, wanted, [*numbers], workers), partial(nap, slow=slow)),
        _Wanted(wanted, workers, at_once, [job * job for job in done], seconds),
    )


def _first_of_empty(wanted: int, done: tuple[int, ...], seconds: float) -> Trial:
    return Trial(
        f"with {wanted} of 3 results wanted, {_EMPTY},",
        lambda first: watched(partial(first, wanted, [*EMPTY], 3), rest_in_vain),
        _Wanted(wanted, 3, 3, [EMPTY[job] for job in done], seconds),
        schedules=3,
    )


def _two_of_four_at_once() -> Trial:
    return Trial(
        "with 2 of 4 results wanted, which come at the same moment,",
        lambda first: watched(partial(first, 2, [1, 1, 1, 1], 4), rest),
        _Wanted(2, 4, 4, ["result of 1"] * 2, 1),
    )


def _all_of(case: Case, *, statements: bool = False) -> Trial:
    wanted = len(case.jobs) + 1
    return Trial(
        case.name,
        lambda first: watched(
            lambda process: first(wanted, list(case.jobs), case.workers, process), rest
        ),
        _Wanted(
            wanted,
            case.workers,
            case.at_once,
            [f"result of {job}" for job in case.jobs],
            case.seconds,
        ),
        schedules=6,
        statements=statements,
    )


def _wanting() -> list[Trial]:
    # The jobs that are done first, and when the last of these is: job n takes n seconds.
    return [
        _first_of(3, 7, 3, 0, (1, 2, 3), 3),
        _first_of(5, 7, 3, 0, (1, 2, 3, 4, 5), 7),
        _first_of(1, 2, 5, 0, (1,), 1),
        _first_of(5, 3, 2, 0, (1, 2, 3), 4),
        _first_of(3, 7, 3, 1, (2, 3, 4), 6),
        _first_of(0, 3, 2, 0, (), 0),
        *map(_all_of, BATTERY),
        _two_of_four_at_once(),
        _first_of_empty(2, (1, 2), 2),
        _first_of_empty(3, (1, 2, 3), 3),
        _all_of(Case("with 2 jobs and 3 workers", (1, 1), 3), statements=True),
    ]


def _not_more(run: Run[Work], facts: _Wanted) -> None:
    value = run.value.value
    if isinstance(value, list | tuple) and len(value) > facts.wanted:
        raise NotYet(f"it returned {len(value)} results, and only {facts.wanted} were wanted")


def _wanted_at_once(run: Run[Work], facts: _Wanted) -> None:
    demand_at_once(run.value, facts.workers, facts.at_once)


def _in_time(run: Run[Work], facts: _Wanted) -> None:
    expect_elapsed(run, facts.seconds)


def _the_first(run: Run[Work], facts: _Wanted) -> None:
    if run.elapsed <= facts.seconds + 1e-6:  # whoever is late has other results, too
        expect_same(run.value.value, facts.results)


extend = Task(
    "basic/extend",
    kind="extend",
    title="The first results are enough",
    minutes=15,
    goal="You can end a pool early without leaving anybody behind.",
    text=(
        "Often the results that come first are enough: the prices of three shops out of seven, "
        "say. `first(wanted, jobs, workers, process)` is to return the first `wanted` results of "
        "`process(job)`: none if `wanted` is 0, all of them if there are fewer. It returns *as "
        "soon as it has them*, and leaves no task behind. A result may be anything, even None.\n\n"
        "This one stops collecting in time (`islice` takes the first few). But leaving the group's "
        "block waits for all its tasks. What ends them earlier?"
    ),
    answer="first",
    parameters="wanted, jobs, workers, process",
    trials=_wanting,
    demands=[
        ends(1),
        Demand("no more results than are wanted", 1, _not_more),
        Demand("as many jobs are in work as there are workers, and no more", 2, _wanted_at_once),
        Demand("it ends with the last result that is wanted", 4, _in_time),
        Demand("the results are those that came first", 2, _the_first, needed=True),
    ],
    praise="it ends with the last result that is wanted, and no task is left",
    hints=[
        "Who is still waiting, and for what, when the last wanted result has been taken?",
        "A worker that waits to send hears a cancel. Every group has a context: `group.context`.",
        'Collect inside the block, then `group.context.cancel("seen enough")`. The tasks hear it '
        "where they wait; the block itself then ends quietly, and there is nothing to catch.",
    ],
)


# Build: in order


def _in_order(case: Case, *, statements: bool = False) -> Trial:
    return Trial(
        case.name,
        lambda pool: watched(lambda process: pool(list(case.jobs), case.workers, process), rest),
        case,
        schedules=6 if not statements else None,
        statements=statements,
    )


@dataclass
class Parcel:
    """A job that looks like any other one, and is equal to it, whatever it takes."""

    seconds: float = field(compare=False, repr=False)


def carry(parcel: Parcel) -> str:
    """Take the parcel's time."""
    sleep(parcel.seconds)
    return f"carried in {parcel.seconds:g} s"


PARCELS = (Parcel(2), Parcel(1), Parcel(3))


def _parcels_in_order() -> Trial:
    case = Case("with jobs of 2, 1 and 3 s that are all equal and 2 workers", PARCELS, 2)
    return Trial(
        case.name, lambda pool: watched(partial(pool, [*PARCELS], 2), carry), case, schedules=3
    )


def _empty_in_order() -> Trial:
    case = Case(f"with three results, {_EMPTY}, and 2 workers", tuple(EMPTY), 2)
    return Trial(
        case.name,
        lambda pool: watched(partial(pool, [*EMPTY], 2), rest_in_vain),
        case,
        schedules=3,
    )


def _orders() -> list[Trial]:
    return [
        *map(_in_order, BATTERY),
        _in_order(Case("with jobs that are lists and numbers and 2 workers", ([2], 1, [1], 2), 2)),
        _parcels_in_order(),
        _empty_in_order(),
        _in_order(Case("with 2 jobs and 3 workers", (2, 1), 3), statements=True),
    ]


def _results_of(case: Case) -> list[Any]:
    if case.jobs is PARCELS:
        return ["carried in 2 s", "carried in 1 s", "carried in 3 s"]
    if case.jobs == tuple(EMPTY):
        return [*EMPTY.values()]
    return [f"result of {job}" for job in case.jobs]


def _each_once(run: Run[Work], case: Case) -> None:
    expect_same(run.value.value, _results_of(case))


def _at_once(run: Run[Work], case: Case) -> None:
    demand_at_once(run.value, case.workers, case.at_once)


def _no_longer(run: Run[Work], case: Case) -> None:
    expect_elapsed(run, case.seconds)


def _in_the_order_of_jobs(run: Run[Work], case: Case) -> None:
    pairs = zip(run.value.value, _results_of(case), strict=False)
    for place, (got, right) in enumerate(pairs, start=1):
        if got != right:
            raise NotYet(f"its result number {place} is {got!r}, and should be {right!r}")


ordered = Task(
    "basic/ordered",
    kind="extend",
    title="Results in the order of the jobs",
    minutes=15,
    goal="You can give results back in the order of the jobs, whoever is done first.",
    text=(
        "The pool returns results in the order in which they come. Change it so that "
        "`in_order(jobs, workers, process)` returns them in the order of the jobs, with as many "
        "jobs in work as before. Jobs may be anything: equal to each other, or impossible to sort "
        "or to use as the key of a dict. A result may be anything, too, even None."
    ),
    answer="in_order",
    parameters="jobs, workers, process",
    trials=_orders,
    demands=[
        ends(1),
        Demand("every result comes out, once", 1, _each_once, needed=True),
        Demand("the results are in the order of the jobs", 3, _in_the_order_of_jobs, needed=True),
        Demand("as many jobs are in work as there are workers, and no more", 2, _at_once),
        Demand("it takes no longer than the work needs", 3, _no_longer, needed=True),
    ],
    praise="the results come in the order of the jobs, whoever is done first",
    hints=[
        "When a result comes out, what would have to be known to put it in its place?",
        "A channel can carry anything, pairs too: `enumerate(jobs)` makes pairs of number and job.",
        "Workers send on the number with the result. Sort these pairs: the numbers differ, so that "
        "results are never compared.",
    ],
)


ABOUT = About(
    module="basic",
    notebook="01_basic",
    title="the basic pool",
    imports=(
        "from itertools import islice\n\n"
        "from lab import simulate\n"
        "from lab.teaching.exercises.queues import submit\n"
        "from patterns import basic\n"
        "from patterns.concurrency import Channel, TaskGroup, sleep"
    ),
    problems=(predict, read, repair, extend, ordered),
)
