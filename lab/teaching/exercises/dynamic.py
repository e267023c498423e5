"""Exercises on the dynamic pool: who leaves when, looking and adding as one step, an autoscaler."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from lab.model.run import Run
from lab.teaching.demands import demand_statements
from lab.teaching.expect import NEARLY, expect_function, expect_number
from lab.teaching.grading import NotYet, grader, run_once, run_orders
from lab.teaching.wording import plural
from lab.tracing import worker_count
from patterns.concurrency import AtomicInt, Report, TaskGroup, now, sleep
from patterns.dynamic import DynamicPool

__all__ = ["check_extend", "check_predict", "check_repair", "leaving", "load"]

SCHEDULES = 50
LOAD_STEPS = 100_000


def leaving(leavers: int = 2) -> Report[int, int]:
    """Give eight jobs of a second to three workers; after 1.5 s tell `leavers` of them to leave."""

    def process(job: int) -> int:
        sleep(1)
        return job

    pool = DynamicPool(process, min_workers=1, max_workers=3)
    with pool.start():
        pool.add_worker()
        pool.add_worker()
        for job in range(1, 9):
            pool.submit(job)
        sleep(1.5)
        for _ in range(leavers):
            pool.remove_worker()
    return pool.report


@grader
def check_predict(answer: Any) -> str:
    """Eight jobs of 1 s, three workers, two of them told to leave after 1.5 s: how long?"""
    seconds = expect_number(answer)
    run, all_stay = run_once(leaving), run_once(partial(leaving, leavers=0))
    if abs(seconds - run.elapsed) < 1e-6:
        return f"{seconds:g} s: six jobs are done by 2 s, and the one who stays does two more"
    if abs(seconds - all_stay.elapsed) < 1e-6:
        raise NotYet(f"{seconds:g} s is how long it takes if all three stay to the end")
    if seconds < run.elapsed:
        raise NotYet(f"{seconds:g} s is too short for the one who stays: count what is left at 2 s")
    raise NotYet(
        f"{seconds:g} s is too long: who is told to leave still finishes the job in hand, "
        "so no job is begun twice"
    )


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


@grader
def check_repair(add_worker: Any) -> str:
    """However many ask at once, as many are added as there is room for."""
    expect_function(add_worker, "count, max_workers")
    for callers, there, limit in [(3, 0, 3), (8, 0, 2), (5, 2, 4), (2, 1, 1)]:
        run_orders(
            partial(_all_at_once, add_worker, callers, there, limit),
            SCHEDULES,
            expect=partial(_exactly, min(callers, limit - there), there, limit),
            case=f"with {callers} callers, {there} workers and a maximum of {limit}",
        )
    run_orders(
        partial(_all_at_once, add_worker, 30, 0, 30),
        0,
        expect=partial(_exactly, 30, 0, 30),
        case="with 30 callers, 0 workers and a maximum of 30",
    )
    for callers, limit in [(3, 2), (4, 1)]:
        demand_statements(
            partial(_all_at_once, add_worker, callers, 0, limit),
            add_worker,
            expect=partial(_exactly, limit, 0, limit),
            case=f"with {callers} callers, 0 workers and a maximum of {limit}",
        )
    run_orders(partial(_one_leaves, add_worker), 0, case="with 2 workers, one of whom leaves,")
    return f"it added as many as there was room for, in every one of {SCHEDULES} orders of events"


def _one_leaves(add_worker: Callable[..., Any]) -> None:
    count = AtomicInt(0, "workers")
    for room in (True, True, False, False):
        if bool(add_worker(count, 2)) != room:
            raise NotYet("it turns somebody away while there is room, or adds one too many")
    count.add(-1)
    if not add_worker(count, 2):
        raise NotYet("it turns the next one away, though there is room again")
    if count.load() != 2:
        raise NotYet(f"it counts {plural(count.load(), 'worker')} then, not 2")


def _all_at_once(
    add_worker: Callable[..., Any], callers: int, there: int, limit: int
) -> tuple[list[Any], _Count, int]:
    counter = _Count(there)
    answers: list[Any] = []
    with TaskGroup() as group:
        for number in range(1, callers + 1):
            group.spawn(lambda: answers.append(add_worker(counter, limit)), name=f"caller-{number}")
    return answers, counter, counter.load()


def _exactly(room: int, there: int, limit: int, run: Run[Any]) -> None:
    answers, counter, last = run.value
    for answer in answers:
        if not any(answer is value or answer == value for value in (True, False)):
            raise NotYet(f"it must return True or False, and returned {answer!r}")
    added = sum(map(bool, answers))
    if added > room:
        raise NotYet(f"it added {plural(added, 'worker')} where there was room for {room}")
    if added < room:
        raise NotYet(
            f"it added {plural(added, 'worker')} and turned others away, with room for {room}"
        )
    if last != there + added:
        raise NotYet(f"it added {plural(added, 'worker')} to {there} and counted {last}")
    if counter.highest > limit:
        raise NotYet(
            f"it counted {counter.highest} workers for a moment, and {limit} is the maximum"
        )


def load(autoscale: Callable[[DynamicPool[int, int]], object], start: float = 0.0) -> int:
    """Put a burst, a steady load and a calm on a pool; return how many workers are left then.

    All that begins at `start` (seconds).
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
        for job in range(40):
            pool.submit(job)
        sleep(1)
        for job in range(40, 220):
            pool.submit(job)
            sleep(0.1)
        sleep(start + 29 - now())
        return pool.worker_count


@grader
def check_extend(autoscale: Any) -> str:
    """Workers come with the burst, leave when they are too many, and stay under a steady load."""
    expect_function(autoscale, "pool")
    run_orders(partial(load, autoscale), 5, expect=partial(_well_scaled, 0), max_steps=LOAD_STEPS)
    run_orders(
        partial(load, autoscale, 23.4),
        1,
        expect=partial(_well_scaled, 23.4),
        case="with a load that begins after 23.4 s",
        max_steps=LOAD_STEPS,
    )
    return "workers come with the burst, as many stay as the steady load needs, and then they leave"


def _well_scaled(began: float, run: Run[Any]) -> None:
    counter = worker_count(run.trace)
    numbers = dict(zip(counter.times, counter.values, strict=True))  # the last at each moment

    def between(start: float, end: float) -> list[int]:
        return [number for time, number in numbers.items() if start <= time - began < end]

    def at(time: float) -> int:
        return [number for when, number in numbers.items() if when - began <= time][-1]

    peak, settled = max([at(0), *between(0, 2)]), between(7, 19)
    if began and at(-NEARLY) > 1:
        raise NotYet(f"it has {plural(at(-NEARLY), 'worker')} before there is any job")
    added = sum(after > before for before, after in pairwise(settled))
    last = at(19 - NEARLY)
    if peak < 4:
        raise NotYet(
            f"it is too slow: in the first 2 s of the burst it comes to {plural(peak, 'worker')}"
        )
    if last > 5:
        raise NotYet(f"it keeps {plural(last, 'worker')} under the steady load, which needs three")
    if added > 3:
        raise NotYet(
            "it makes the number go up and down under the steady load: "
            f"from 7 s to 19 s it adds a worker {added} times, after sending others away"
        )
    if run.elapsed > began + 29:
        raise NotYet(f"it has too few workers for the load: the jobs take until {run.elapsed:g} s")
    if run.value > 1:
        raise NotYet(f"after 10 s without a job there are still {plural(run.value, 'worker')}")
