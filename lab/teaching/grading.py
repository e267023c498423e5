"""Check a reader's own pool in the simulator and answer in one sentence, whatever it does.

A check is a function under `grader`: it returns the sentence for a right answer and raises
`NotYet` with the sentence for a wrong one. Sentences about a pool begin with "it". A check builds
on `attempts`, which runs the pool in many orders of events, each with fresh channels; what the
pool is given must be made anew for each of them, inside the function that is run.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec

from lab.model.deadlock import Deadlock, sentences
from lab.model.run import Run
from lab.simulation import StepLimitExceeded, simulate
from lab.simulation.runtime import SimulatedRuntime
from lab.teaching.guard import REAL_WAIT, OutOfPatience, guarded, quietly
from patterns.concurrency import Report, Result
from patterns.concurrency.runtime import current_runtime

__all__ = [
    "NotYet",
    "Verdict",
    "attempt",
    "attempts",
    "expect_books",
    "expect_function",
    "expect_same",
    "grader",
]

P = ParamSpec("P")

PATIENCE = 5.0  # seconds of real time for one run
MAX_STEPS = 100_000
_LONGEST = 240
_EMPTY = "there is nothing to check yet: write your answer in the cell above, run it, then this one"


class NotYet(Exception):
    """The answer is not right yet, and this sentence says why."""


class _Endless(NotYet):
    """It does not end, so trying it in more orders of events would take too long."""


class _RealWait(NotYet):
    """It was seen to wait in real time."""


@dataclass(frozen=True, repr=False)
class Verdict:
    """The answer to a reader's answer: right or not yet, and one sentence on one line."""

    passed: bool
    sentence: str

    def __repr__(self) -> str:
        return f"{'Right' if self.passed else 'Not yet'}: {_one_line(self.sentence, _LONGEST)}"

    __str__ = __repr__


def grader(check: Callable[P, str]) -> Callable[P, Verdict]:
    """Make a check answer with a Verdict, whatever it or the reader's code raises."""

    @wraps(check)
    def checked(*args: P.args, **kwargs: P.kwargs) -> Verdict:
        if any(answer is None or answer is ... for answer in args):
            return Verdict(False, _EMPTY)
        try:
            return Verdict(True, check(*args, **kwargs))
        except KeyboardInterrupt:
            raise
        except NotYet as not_yet:
            return Verdict(False, str(not_yet))
        except BaseException as error:
            return Verdict(False, str(_explain(error)))

    return checked


def attempt(
    pool: Callable[[], Any],
    *,
    seed: int | None = None,
    max_steps: int | None = None,
    patience: float | None = None,
) -> Run[Any]:
    """Run `pool()` once in the simulator; raise NotYet if it does not end as a pool should.

    Args:
        pool: called without arguments; what it prints is not shown.
        seed: None for the exact run, a number for a random order of events.
        max_steps: steps of the simulation until it counts as endless; None: MAX_STEPS.
        patience: seconds of real time until it counts as endless; None: PATIENCE.
    """
    if not callable(pool):
        raise NotYet(f"it is {_kind(pool)}, not a function")
    steps = MAX_STEPS if max_steps is None else max_steps
    seconds = PATIENCE if patience is None else patience
    for _ in range(2):
        try:
            return _attempt_once(pool, seed, steps, seconds)
        except _RealWait:  # a busy machine may look like it, but hardly three times
            continue
    return _attempt_once(pool, seed, steps, seconds)


def _attempt_once(
    pool: Callable[[], Any], seed: int | None, max_steps: int, patience: float
) -> Run[Any]:
    simulations: list[SimulatedRuntime] = []

    def body() -> Any:
        runtime = current_runtime()
        assert isinstance(runtime, SimulatedRuntime)
        simulations.append(runtime)
        return pool()

    def simulation() -> Run[Any]:
        return simulate(body, seed=seed, max_steps=max_steps)

    failure: NotYet | None = None
    with quietly() as faults:
        try:
            run = guarded(simulation, simulations, patience)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and not isinstance(error, OutOfPatience):
                raise
            failure = _explain(error, simulations[0].crashes)
    if faults and not isinstance(failure, _Endless):
        raise (_RealWait if faults[0] == REAL_WAIT else NotYet)(faults[0])
    if failure is not None:
        raise failure
    if run.crashes:
        task, crash = run.crashes[0]
        raise NotYet(f"its {task} raised {_told(crash)}, and nobody noticed")
    if run.leaks:
        count = "a task" if len(run.leaks) == 1 else f"{len(run.leaks)} tasks"
        raise NotYet(f"it leaves {count} behind: {_waits(run.leaks)}")
    if inspect.isgenerator(run.value) or inspect.iscoroutine(run.value):
        run.value.close()
        raise NotYet(f"it returned {_kind(run.value)}: its code has not run at all")
    return run


def attempts(
    pool: Callable[[], Any],
    schedules: int = 100,
    *,
    expect: Callable[[Run[Any]], object] | None = None,
    case: str = "",
    max_steps: int | None = None,
    patience: float | None = None,
) -> list[Run[Any]]:
    """Attempt the exact run, then the random orders 0, 1, 2, …; return all runs.

    Args:
        pool: called without arguments, once for each order.
        schedules: random orders of events, >= 0.
        expect: called with each run; raises NotYet if that is not what a right pool does.
        case: what the sentence begins with, such as "with 0 jobs".
        max_steps: as for `attempt`.
        patience: as for `attempt`.
    """
    runs: list[Run[Any]] = []
    refused: list[str] = []
    for seed in [None, *range(schedules)]:
        try:
            runs.append(attempt(pool, seed=seed, max_steps=max_steps, patience=patience))
            if expect is not None:
                expect(runs[-1])
        except NotYet as not_yet:
            if seed is None:
                raise NotYet(f"{case} {not_yet}".strip()) from None
            if isinstance(not_yet, _Endless):
                raise NotYet(f"{case} in some orders of events {not_yet}".strip()) from None
            refused.append(str(not_yet))
    if refused:
        orders = f"in {len(refused)} of {schedules} orders of events"
        raise NotYet(f"{case} {orders} {refused[0]}".strip())
    return runs


def expect_function(pool: object, parameters: str) -> None:
    """Raise NotYet unless `pool` can be called with these, such as "num_jobs, buffer"."""
    wanted = f"it must be a function of ({parameters})"
    if not callable(pool):
        raise NotYet(f"{wanted}, and is {_kind(pool)}")
    try:
        signature = inspect.signature(pool)
    except ValueError:  # some built-in functions have none
        return
    try:
        signature.bind(*re.findall(r"\w+", parameters))
    except TypeError:
        raise NotYet(f"{wanted}, and takes {signature}") from None


def expect_same(got: Any, expected: Iterable[Any], what: str = "results") -> None:
    """Raise NotYet unless `got` is a list or tuple of what is expected, in any order."""
    if not isinstance(got, list | tuple):
        raise NotYet(f"it returned {_kind(got)}, not a list of {what}")
    expected = list(expected)
    _refuse_if(got, expected, what, lost=_surplus(expected, got))


def expect_books(report: Any, jobs: Iterable[Any]) -> None:
    """Raise NotYet unless `report` is a Report in which each of `jobs` is in just one account."""
    if not isinstance(report, Report):
        raise NotYet(f"it returned {_kind(report)}, not a Report")
    for thing in report.results:
        if not isinstance(thing, Result):
            raise NotYet(f"it put {_kind(thing)} among the results, not a Result")
    expect_same(report.submitted, jobs, "submitted jobs")
    _refuse_if(report.started, report.submitted, "started jobs")
    finished = [result.job for result in report.results]
    _refuse_if(finished, report.started, "jobs with a result")


def _refuse_if(
    got: Sequence[Any], allowed: Sequence[Any], what: str, lost: Sequence[Any] = ()
) -> None:
    surplus = _surplus(got, allowed)
    faults = {
        "lost": list(lost),
        "doubled": [thing for thing in surplus if thing in allowed],
        "made up": [thing for thing in surplus if thing not in allowed],
    }
    told = [f"{fault} {what}: {_listed(things)}" for fault, things in faults.items() if things]
    if told:
        raise NotYet(f"it {'; '.join(told)}")


def _surplus(things: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """Take each of `others` once out of `things`; they need be neither hashable nor sorted."""
    left = list(things)
    for other in others:
        if other in left:
            left.remove(other)
    return left


# How a run ends that does not end as it should, in words.


def _explain(error: BaseException, crashes: Iterable[tuple[str, BaseException]] = ()) -> NotYet:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, NotYet):
        return error
    if isinstance(error, NotImplementedError):
        return NotYet(_EMPTY)
    if isinstance(error, OutOfPatience):
        return _Endless("it does not end: it loops for ever, or waits in real time")
    if isinstance(error, StepLimitExceeded):
        return _Endless("it does not end: its tasks go on and on")
    if isinstance(error, Deadlock):
        after = "".join(f", after {task} raised {_told(crash)}" for task, crash in [*crashes][:1])
        return NotYet(f"it deadlocks at {error.time:g} s{after}: {_waits(error.tasks)}")
    if isinstance(error, RecursionError):
        return NotYet("it calls itself without end (RecursionError)")
    return NotYet(f"it raised {_told(error)}")


def _told(error: BaseException) -> str:
    """Name an exception, its message, and the line of the reader's own cell."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    try:
        message = _one_line(str(error), 120)
    except Exception:
        message = ""
    told = type(error).__name__ + (f": {message}" if message else "")
    traceback, where = error.__traceback__, ""
    while traceback is not None:
        if traceback.tb_frame.f_globals.get("__name__") == "__main__":
            where = f" (in {traceback.tb_frame.f_code.co_name}, line {traceback.tb_lineno})"
        traceback = traceback.tb_next
    return told + where


def _waits(tasks: Iterable[Any]) -> str:
    return re.sub(r", line \d+", "", "; ".join(line.strip() for line in sentences(tasks)))


def _kind(value: object) -> str:
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _listed(things: list[Any]) -> str:
    more = f" and {len(things) - 5} more" if len(things) > 5 else ""
    return _one_line(", ".join(repr(thing) for thing in things[:5]), 80) + more


def _one_line(text: str, longest: int) -> str:
    text = " ".join(re.sub(r" at 0x[0-9a-fA-F]+", "", text).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"
