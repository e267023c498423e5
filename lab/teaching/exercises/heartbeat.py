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
from lab.teaching.wording import describe, plural
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


PAGES, PAGE_SECONDS = {1: 5, 2: 5, 3: 5, 4: 4, 5: 7}, 0.25  # pages of each book
HANGS = 3  # the book with a page that never comes: page 4


@grader
def check_repair(my_job: Any) -> str:
    """Books of which every page comes are read; the one that hangs is found in time."""
    expect_function(my_job, "job, beat, pages")
    run_orders(partial(_read_books, my_job), SCHEDULES, expect=_all_but_one)
    return "the books are read, and the one that hangs is found in time, in every order of events"


def _read_books(
    my_job: Callable[..., int],
) -> tuple[Report[int, int], float, dict[int, BaseException]]:
    """Return the report, how long after its last page the hung job was given up, and exits."""
    exits: dict[int, BaseException] = {}
    history: list[Health] = []
    last_page = 0.0

    def pages(book: int) -> Iterator[int]:
        nonlocal last_page
        for page in range(1, PAGES[book] + 1):
            if book == HANGS and page == 4:
                last_page = now()
                hang()
            sleep(PAGE_SECONDS)
            yield page

    def process(book: int, beat: Beat) -> int:
        try:
            return my_job(book, beat, pages(book))
        except (SystemExit, KeyboardInterrupt) as error:
            exits[book] = error
            raise

    report = heartbeat.run(list(PAGES), process, workers=2, history=history)
    found = found_at(history, HANGS)
    return report, math.inf if found is None else round(found - last_page, 9), exits


def _all_but_one(run: Run[Any]) -> None:
    report, late, exits = run.value
    for job, error in exits.items():
        raise NotYet(f"its job {job} raised {describe(error)}, and took its worker down")
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
        elif result.value != sum(range(PAGES[result.job] + 1)):
            raise NotYet(
                f"its job {result.job} returned {result.value!r}, not the sum of the pages"
            )
    if late > 0.4:
        raise NotYet(f"job {HANGS} was given up {late:g} s after its last page: 0.4 s are enough")


Job = int | str


class OddError(Exception):
    """An error of no type that an answer could know."""


PLANS: list[Mapping[Job, tuple[str, ...]]] = [
    {1: ("well",), 2: ("hang", "well"), 3: ("well",), 4: ("die", "well"), 5: ("well",)},
    {1: ("hang", "hang"), 2: ("die", "hang"), 3: ("well",)},
    {1: ("raise",), 2: ("hang", "raise"), 3: ("well",), 4: ("well",)},
    {1: ("well",), 2: ("well",), 3: ("die", "well")},
    {},
    {7: ("break",), 3: ("hang", "break"), 12: ("die", "die"), 5: ("break",)},
    {"a": ("hang", "well"), "b": ("well",), "c": ("die", "break"), "d": ("odd",)},
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
            case=_named(plan),
        )
    return "who was lost once got a second chance, and nobody a third, in every order of events"


def _named(plan: Mapping[Job, tuple[str, ...]]) -> str:
    numbered = list(plan) == list(range(1, len(plan) + 1))
    names = "" if numbered else f" {', '.join(map(str, plan))}"
    return f"with {plural(len(plan), 'job')}{names}"


def _follow(
    second_chance: Callable[..., Any], plan: Mapping[Job, tuple[str, ...]]
) -> tuple[Any, Counter[Job]]:
    """Return what it returns, and how often each job was begun."""
    begun = Counter[Job]()

    def process(job: Job, beat: Beat) -> object:
        begun[job] += 1
        what = plan[job][min(begun[job], len(plan[job])) - 1]
        sleep(0.05 * job if isinstance(job, int) else 0.05)
        if what == "hang":
            hang()
        if what == "die":
            raise SystemExit
        if what == "raise":
            raise ValueError(f"job {job} is broken")
        if what == "odd":
            raise OddError(job)
        if what == "break":
            raise KeyError(f"job {job} is unknown")
        return _value(job)

    return second_chance(list(plan), process), begun


def _value(job: Job) -> object:
    return -job if isinstance(job, int) else f"value of {job}"


def _two_chances(plan: Mapping[Job, tuple[str, ...]], run: Run[Any]) -> None:
    values, begun = run.value
    if not isinstance(values, dict):
        raise NotYet(f"it returned {values!r}, not a dictionary of values")
    for job, tries in plan.items():
        if begun[job] < len(tries):
            raise NotYet(f"it gave job {job} no second chance, though its worker was lost")
        if begun[job] > len(tries):
            last = {
                "raise": "which had failed",
                "break": "which had failed",
                "odd": "which had failed",
                "well": "which was done",
            }
            why = last.get(tries[-1], "whose worker was lost twice")
            raise NotYet(f"it began job {job}, {why}, once more")
        if tries[-1] == "well" and values.get(job) != _value(job):
            raise NotYet(
                f"it returned {values.get(job)!r} as the value of job {job}, not {_value(job)}"
            )
    surplus = [job for job in values if plan.get(job, ("none",))[-1] != "well"]
    if surplus:
        raise NotYet(f"it returned a value for job {surplus[0]!r}, which has none")
