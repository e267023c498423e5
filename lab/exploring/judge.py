"""Tell whether a run of a pool went wrong, and how."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any

from lab.model.deadlock import Deadlock, Stuck, sentences
from lab.model.run import Later, Run
from lab.model.trace import Trace
from lab.simulation.play import Played
from lab.simulation.runtime import StepLimitExceeded
from patterns.concurrency.report import Report

__all__ = ["Check", "Verdict", "judge"]

Check = Callable[[Run[Any]], object]
Verdict = tuple[str, str]  # the kind of failure, and one sentence


def judge(played: Played, check: Check | None, traced: bool) -> Verdict | None:
    """Return what went wrong, or None.

    The kinds are "deadlock", "endless", "crash" (a task outside any group raised), "leak" (a task
    was left), "error" (`main` raised), "books" (a Report that does not balance) and "check".
    A task in `hang` is no leak: it stands for what nothing can end.
    """
    error = played.error
    if isinstance(error, Deadlock):
        return "deadlock", f"deadlock at {error.time:g} s: {_waits(error.tasks)}"
    if isinstance(error, StepLimitExceeded):
        return "endless", f"{error.where}; {_waits(error.tasks)}"
    if error is not None:
        return "error", f"it raised {_named(error)}"
    if isinstance(played.value, GeneratorType | CoroutineType | AsyncGeneratorType):
        if not isinstance(played.value, AsyncGeneratorType):
            played.value.close()
        return "error", f"it returned a {type(played.value).__name__}: its code has not run"
    if played.runtime.crashes:
        task, crash = played.runtime.crashes[0]
        return "crash", f"{task} died of {_named(crash)}, and nobody noticed"
    leaks = [leak for leak in played.leaks if leak.doing != "hanging"]
    if leaks:
        return "leak", f"left behind: {_waits(leaks)}"
    if isinstance(played.value, Report):
        wrong = _wrong_books(played.value)
        if wrong is not None:
            return "books", wrong
    return None if check is None else _checked(played, check, traced)


def _checked(played: Played, check: Check, traced: bool) -> Verdict | None:
    trace = Later(played.trace) if traced else _no_trace
    run = Run(played.value, trace, played.end / 1e9, "virtual", steps=played.runtime.steps)
    try:
        passed = check(run)
    except AssertionError as error:
        return "check", str(error).partition("\n")[0] or "the check failed"
    if passed is not None and not passed:
        return "check", f"the check failed: it returned {_short(played.value)}"
    return None


def _wrong_books(report: Report[Any, Any]) -> str | None:
    jobs = sorted(map(id, report.submitted))
    if jobs == sorted(map(id, report.started)) == sorted(id(r.job) for r in report.results):
        return None  # each was started and has a result: as nearly always, and quick to see
    counts = report.counts
    return None if counts.balanced else f"the books do not balance: {counts}"


def _no_trace() -> Trace:
    raise AttributeError("exploring records no trace: say explore(…, traced=True)")


def _waits(tasks: Iterable[Stuck]) -> str:
    text = "; ".join(line.strip() for line in sentences(tasks))
    return re.sub(r", in [^,;]+, line \d+", "", text)


def _named(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, RecursionError):
        return "RecursionError: it calls itself without end"  # where that is noticed, varies
    message = _short(error)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _short(value: object) -> str:
    try:
        text = " ".join(str(value).split())
    except Exception:  # whatever it is, it is not what went wrong
        text = type(value).__name__
    return text if len(text) <= 80 else f"{text[:79]}…"
