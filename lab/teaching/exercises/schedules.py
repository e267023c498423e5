"""Exercises on schedules: how many there are, the last one out, a check that tells pools apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from itertools import product
from typing import Any, Final, cast

from lab.exploring import all_schedules, explore
from lab.model.exploration import Exploration
from lab.model.run import Run
from lab.simulation import StepLimitExceeded, simulate
from lab.simulation.runtime import SimulatedRuntime
from lab.teaching.demands import Takers, demand_statements, demand_takers, watched_takers
from lab.teaching.exercises.queues import filled
from lab.teaching.expect import expect_counts, expect_function, expect_same
from lab.teaching.grading import NotYet, grader, run_orders
from lab.teaching.guard import OutOfPatience, guarded, quietly
from lab.teaching.wording import plural
from patterns.concurrency import AtomicInt, TaskGroup
from patterns.concurrency.runtime import current_runtime

__all__ = ["check_extend", "check_predict", "check_repair", "filled", "new_limit"]

MOST: Final = 20_000  # distinct schedules of a reader's pool
MAX_STEPS: Final = 2_000
PATIENCE = 5.0  # seconds of real time for one schedule
LONG_PATIENCE = 8.0  # for all of them

_ENDLESS: Final = "it does not end: it loops for ever, or waits in real time"
_TOO_LONG: Final = (
    "it takes too long to try all its schedules: do with fewer operations, "
    "and let no task look at something again and again"
)


def new_limit() -> list[int]:
    """Let three workers look at a limit while a manager changes it; return what they saw."""
    limit, seen = AtomicInt(3, "limit"), list[int]()

    def look() -> None:
        seen.append(limit.load())

    with TaskGroup() as group:
        for number in (1, 2, 3):
            group.spawn(look, name=f"worker-{number}")
        group.spawn(limit.store, 5, name="manager")
    return seen


@grader
def check_predict(answer: Any) -> str:
    """Three looks and a change: how many distinct schedules, and how many see two limits?"""
    numbers = expect_counts(answer, "two whole numbers, such as (12, 3)")
    if len(numbers) != 2:
        raise NotYet(f"the answer must be two whole numbers, got {len(numbers)}")
    distinct, failing = numbers
    found = explore(new_limit, check=lambda run: len(set(run.value)) == 1, how="every")
    if failing > distinct:
        raise NotYet(f"of {distinct} schedules no more than {distinct} can fail, got {failing}")
    if distinct == 24:
        raise NotYet(
            "24 orders of four operations is right, but they are not all distinct: "
            "two workers who look one after the other see the same, whoever is first"
        )
    if distinct == 4:
        raise NotYet(
            "the change can come first, second, third or last, so there are at least 4; "
            "but if it is second, it matters which worker has looked before"
        )
    if distinct != found.schedules:
        raise NotYet(
            f"there are not {distinct} distinct schedules: all that matters of each worker is "
            "whether it looks before or after the change"
        )
    if failing != found.failures:
        raise NotYet(
            f"{distinct} distinct schedules is right, but not {failing} of them fail: "
            "in how many do all three look before the change, or all three after it?"
        )
    return (
        f"{distinct}, because each of the three looks before or after the change: 2 x 2 x 2; "
        f"all but two of them, {failing}, fail"
    )


@grader
def check_repair(pool: Any) -> str:
    """All results come out and the pool ends, in every schedule there is."""
    expect_function(pool, "jobs, workers")
    tried = 0
    for jobs, workers in [(0, 2), (1, 2), (2, 1), (0, 3)]:
        right = partial(_all_doubled, jobs)
        found = _every_schedule(partial(pool, list(range(1, jobs + 1)), workers), right)
        case = f"with {plural(jobs, 'job')} and {plural(workers, 'worker')}"
        if found.failure is not None:
            raise NotYet(
                f"{case} it goes wrong in {found.failures:,} of {found.schedules:,} distinct "
                f"schedules, for example: {found.failure.message}"
            )
        if not found.complete:
            raise NotYet(
                f"{case} it has more than {MOST:,} distinct schedules, too many to try them all; "
                "it goes with fewer operations"
            )
        tried += found.schedules
    for numbers, workers in [([7, 4, 7], 2), ([], 3), ([5], 1)]:
        case = f"with {plural(len(numbers), 'job')} and {plural(workers, 'worker')}"
        run_orders(
            partial(watched_takers, partial(_swapped, pool, workers), numbers),
            5,
            expect=partial(_taken_by, numbers, workers),
            case=case,
        )
        demand_statements(
            partial(pool, numbers, workers),
            pool,
            expect=partial(_doubled, numbers),
            case=case,
        )
    return f"nothing goes wrong in any of {tried:,} distinct schedules of four small pools"


def _doubled(jobs: list[int], run: Run[Any]) -> None:
    expect_same(run.value, [2 * job for job in jobs])


def _swapped(pool: Callable[..., Any], workers: int, jobs: list[int]) -> Any:
    return pool(jobs, workers)


def _taken_by(jobs: list[int], workers: int, run: Run[Takers]) -> None:
    expect_same(run.value.value, [2 * job for job in jobs])
    demand_takers(run.value, workers)


def _all_doubled(jobs: int, run: Run[Any]) -> None:
    try:
        expect_same(run.value, [2 * job for job in range(1, jobs + 1)])
    except NotYet as wrong:
        raise AssertionError(str(wrong)) from None


def _every_schedule(pool: Callable[[], Any], check: Callable[[Run[Any]], object]) -> Exploration:
    """Explore a reader's pool; whatever it does, it ends, prints nothing, starts nothing real."""
    try:
        _guarded(pool, partial(simulate, max_steps=MAX_STEPS), PATIENCE, _ENDLESS)
    except StepLimitExceeded:
        raise NotYet(_ENDLESS) from None
    except NotYet:
        raise
    except Exception:  # exploring tells in how many schedules
        pass
    exploring = partial(explore, check=check, how="every", schedules=MOST, max_steps=MAX_STEPS)
    found: Exploration = _guarded(pool, exploring, LONG_PATIENCE, _TOO_LONG)
    return found


def _guarded(
    pool: Callable[[], Any], look_at: Callable[..., Any], patience: float, too_long: str
) -> Any:
    simulations: list[SimulatedRuntime] = []

    def body() -> Any:
        runtime = current_runtime()
        assert isinstance(runtime, SimulatedRuntime)
        simulations[:] = [runtime]  # of thousands, the one that runs
        return pool()

    with quietly() as faults:
        try:
            found = guarded(cast("Any", partial(look_at, body)), simulations, patience)
        except OutOfPatience:
            raise NotYet(too_long) from None
    if faults:
        raise NotYet(faults[0])
    return found


JOBS: Final = (1, 2, 3)
OTHERS: Final = ((2, 4), (2, 4, 8), (1, 5, 6), (2, 4, 6, 6), (2, 4, 6, 0), (-2, 4, 6))


def _one_each() -> list[int]:
    """Right: each worker has a job of its own; their results come in any order."""
    done, results = AtomicInt(0, "done"), list[int]()

    def worker(job: int) -> None:
        done.add(1)
        results.append(2 * job)

    _at_once(worker)
    return results


def _look_then_take() -> list[int]:
    """Broken: workers may do the same job, and then another job is left."""
    # From the middle on, so that three times the same job gives the sum of all three.
    taken, results = AtomicInt(1, "taken"), list[int]()

    def worker(_: int) -> None:
        number = taken.load()
        taken.store(number + 1)
        results.append(2 * JOBS[number % len(JOBS)])

    _at_once(worker)
    return results


def _overwrites() -> list[int]:
    """Broken: two results may be put into the same place, and one of them is lost."""
    next_place, places = AtomicInt(0, "next place"), dict[int, int]()

    def worker(job: int) -> None:
        place = next_place.load()
        places[place] = 2 * job
        next_place.store(place + 1)

    _at_once(worker)
    return list(places.values())


def _does_again() -> list[int]:
    """Broken: no job is left, but one may be done by both workers."""
    taken, results = AtomicInt(0, "taken"), list[int]()

    def worker(_: int) -> None:
        while (number := taken.load()) < len(JOBS):
            taken.store(number + 1)
            results.append(2 * JOBS[number])

    _at_once(worker, 2)
    return results


def _at_once(worker: Callable[[int], None], workers: int = 3) -> None:
    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, number, name=f"worker-{number}")


@grader
def check_extend(right: Any) -> str:
    """The check passes every schedule of a right pool, and refuses the wrong ones of three."""
    expect_function(right, "run")
    refused = 0
    for pool in (_one_each, _look_then_take, _overwrites, _does_again):
        good, bad = _all_runs(pool)
        if wrong := _misjudged(right, good, False):
            raise NotYet(
                f"it refuses {len(wrong)} of {len(good)} schedules in which nothing is wrong: "
                f"there each job has one result, {wrong[0].value}"
            )
        if missed := _misjudged(right, bad, True):
            raise NotYet(
                f"it lets {len(missed)} of {len(bad)} schedules pass in which something is wrong: "
                f"there the results of jobs 1, 2 and 3 are {missed[0].value}"
            )
        refused += len(bad)
    some = _all_runs(_one_each)[0][0]
    others = [
        replace(some, value=list(value)) for value in (*OTHERS, *product((2, 4, 6), repeat=3))
    ]
    if missed := _misjudged(right, [run for run in others if sorted(run.value) != [2, 4, 6]], True):
        raise NotYet(f"it lets {missed[0].value} pass as the results of jobs 1, 2 and 3")
    return f"it refuses all {refused} schedules in which a job is lost or done twice, and no other"


@cache
def _all_runs(pool: Callable[[], list[int]]) -> tuple[list[Run[Any]], list[Run[Any]]]:
    """Return the runs in which nothing is wrong, and the others."""
    runs: list[Run[Any]] = []
    number = len(all_schedules(pool, check=runs.append))
    del runs[:-number]  # the search may have started again
    good = [run for run in runs if sorted(run.value) == [2 * job for job in JOBS]]
    return good, [run for run in runs if run not in good]


def _misjudged(
    right: Callable[[Any], object], runs: list[Run[Any]], passes: bool
) -> list[Run[Any]]:
    """Return the runs that the reader's check lets pass, or those it does not."""

    def passed(run: Run[Any]) -> bool:
        try:
            answer = right(replace(run, value=[*run.value]))  # a check may sort it
            return answer is None or bool(answer)
        except AssertionError:
            return False

    def looking() -> list[Run[Any]]:
        return [run for run in runs if passed(run) == passes]

    # In a simulation, since that can be ended whatever the check does.
    found: list[Run[Any]] = _guarded(looking, simulate, PATIENCE, _ENDLESS).value
    return found
