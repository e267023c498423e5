"""Exercises on the pool with heartbeats: when a hang is found, a heart of its own, a second try."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from lab.model.run import Run
from lab.teaching.expect import expect_function, expect_number
from lab.teaching.grading import NotYet, grader, run_once, run_orders
from lab.teaching.wording import plural
from lab.tracing import found_at
from patterns import heartbeat
from patterns.concurrency import Failed, Report, hang, now, sleep
from patterns.heartbeat import Beat, Health, WorkerLost

__all__ = ["check_extend", "check_predict", "check_repair"]

SCHEDULES = 20


@grader
def check_predict(answer: Any) -> str:
    """A look each 0.5 s, 4 beats to miss; a job beats at 0.7 s and then hangs: when is it lost?"""
    seconds = expect_number(answer)

    def hangs(job: int, beat: Beat) -> None:
        sleep(0.7)
        beat()
        hang()

    def run() -> float | None:
        history: list[Health] = []
        heartbeat.run([1], hangs, workers=1, interval=0.5, missed=4, history=history)
        return found_at(history, 1)

    right = run_once(run).value
    if abs(seconds - right) < 1e-6:
        return f"{right:g} s: the look at 1 s sees the beat, the next four see no other"
    if abs(seconds * 2 - round(seconds * 2)) > 1e-6:
        raise NotYet(
            f"{seconds:g} s is no time at which the supervisor looks: it does at 0.5 s, 1 s …"
        )
    if seconds <= 2.0:
        raise NotYet(f"{seconds:g} s counts from the start of the job, which has beaten since")
    if seconds < right:
        raise NotYet(f"{seconds:g} s is too early: which is the first look that sees no new beat?")
    raise NotYet(f"{seconds:g} s is too late: four looks in a row without a new beat are enough")


BOOKS, PAGES, PAGE_SECONDS = 5, 5, 0.25
HANGS = 3  # the book with a page that never comes: page 4


@grader
def check_repair(my_job: Any) -> str:
    """Books of which every page comes are read; the one that hangs is found in time."""
    expect_function(my_job, "job, beat, pages")
    run_orders(partial(_read_books, my_job), SCHEDULES, expect=_all_but_one)
    return "the books are read, and the one that hangs is found in time, in every order of events"


def _read_books(my_job: Callable[..., int]) -> tuple[Report[int, int], float]:
    """Return the report, and how long after its last page the hung job was given up, in seconds."""
    history: list[Health] = []
    last_page = 0.0

    def pages(book: int) -> Iterator[int]:
        nonlocal last_page
        for page in range(1, PAGES + 1):
            if book == HANGS and page == 4:
                last_page = now()
                hang()
            sleep(PAGE_SECONDS)
            yield page

    def process(book: int, beat: Beat) -> int:
        return my_job(book, beat, pages(book))

    report = heartbeat.run(range(1, BOOKS + 1), process, workers=2, history=history)
    found = found_at(history, HANGS)
    return report, math.inf if found is None else round(found - last_page, 9)


def _all_but_one(run: Run[Any]) -> None:
    report, late = run.value
    for result in report.results:
        if isinstance(result, Failed):
            if not isinstance(result.error, WorkerLost):
                raise NotYet(f"its job {result.job} raised {result.error!r}")
            if result.job != HANGS:
                raise NotYet(
                    f"it is silent for too long: job {result.job} was given up, and was well"
                )
        elif result.job == HANGS:
            raise NotYet(f"its job {HANGS} ended without page 4, which never came")
        elif result.value != sum(range(PAGES + 1)):
            raise NotYet(
                f"its job {result.job} returned {result.value!r}, not the sum of the pages"
            )
    if late > 0.4:
        raise NotYet(f"job {HANGS} was given up {late:g} s after its last page: 0.4 s are enough")


PLANS: list[Mapping[int, tuple[str, ...]]] = [
    {1: ("well",), 2: ("hang", "well"), 3: ("well",), 4: ("die", "well"), 5: ("well",)},
    {1: ("hang", "hang"), 2: ("die", "hang"), 3: ("well",)},
    {1: ("raise",), 2: ("hang", "raise"), 3: ("well",), 4: ("well",)},
    {1: ("well",), 2: ("well",), 3: ("die", "well")},
]


@grader
def check_extend(second_chance: Any) -> str:
    """A job whose worker was lost is done again, once; then everything ends."""
    expect_function(second_chance, "jobs, process")
    for plan in PLANS:
        run_orders(
            partial(_follow, second_chance, plan),
            SCHEDULES,
            expect=partial(_two_chances, plan),
            case=f"with {plural(len(plan), 'job')}",
        )
    return "who was lost once got a second chance, and nobody a third, in every order of events"


def _follow(
    second_chance: Callable[..., Any], plan: Mapping[int, tuple[str, ...]]
) -> tuple[Any, Counter[int]]:
    """Return what it returns, and how often each job was begun."""
    begun = Counter[int]()

    def process(job: int, beat: Beat) -> int:
        begun[job] += 1
        what = plan[job][min(begun[job], len(plan[job])) - 1]
        sleep(0.05 * job)
        if what == "hang":
            hang()
        if what == "die":
            raise SystemExit
        if what == "raise":
            raise ValueError(f"job {job} is broken")
        return -job

    return second_chance(list(plan), process), begun


def _two_chances(plan: Mapping[int, tuple[str, ...]], run: Run[Any]) -> None:
    values, begun = run.value
    if not isinstance(values, dict):
        raise NotYet(f"it returned {values!r}, not a dictionary of values")
    for job, tries in plan.items():
        if begun[job] < len(tries):
            raise NotYet(f"it gave job {job} no second chance, though its worker was lost")
        if begun[job] > len(tries):
            last = {"raise": "which had failed", "well": "which was done"}
            why = last.get(tries[-1], "whose worker was lost twice")
            raise NotYet(f"it began job {job}, {why}, once more")
        if tries[-1] == "well" and values.get(job) != -job:
            raise NotYet(f"it returned {values.get(job)!r} as the value of job {job}, not {-job}")
    surplus = [job for job in values if plan.get(job, ("none",))[-1] != "well"]
    if surplus:
        raise NotYet(f"it returned a value for job {surplus[0]!r}, which has none")
