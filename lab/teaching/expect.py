"""What a right answer must be; each raises NotYet with the sentence for one that is not."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from numbers import Real
from typing import Any

from lab.model.run import Run
from lab.teaching.grading import NotYet
from lab.teaching.wording import kind, listed
from patterns.concurrency import Failed, Report, Succeeded

__all__ = [
    "expect_balanced",
    "expect_counts",
    "expect_elapsed",
    "expect_function",
    "expect_letters",
    "expect_number",
    "expect_same",
]

NEARLY = 1e-6  # seconds that floats may be wrong by


def expect_number(
    answer: Any, what: str = "a number of seconds", least: float = -math.inf
) -> float:
    """Return a reader's number; NotYet unless it is a finite one, >= `least`."""
    real = isinstance(answer, Real | Decimal) and not isinstance(answer, bool)
    if not real or not math.isfinite(answer) or answer < least:
        raise NotYet(f"the answer must be {what}, got {answer!r}")
    return float(answer)


def expect_counts(answer: Any, what: str) -> tuple[int, ...]:
    """Return a reader's whole numbers, whatever they are made of; NotYet for anything else."""
    each = answer if isinstance(answer, tuple | list) else [answer, None]
    if not all(_is_count(number) for number in each):
        raise NotYet(f"the answer must be {what}, got {answer!r}")
    return tuple(map(int, each))


def _is_count(number: Any) -> bool:
    real = isinstance(number, Real | Decimal) and not isinstance(number, bool)
    return real and math.isfinite(number) and bool(number == int(number))


def expect_letters(answer: Any, letters: str) -> str:
    """Return a reader's letters, each of `letters` once, in capitals; NotYet for anything else."""
    text = "".join(map(str, answer)) if isinstance(answer, tuple | list) else answer
    given = re.sub(r"[\s,;]", "", text).upper() if isinstance(text, str) else ""
    if sorted(given) != sorted(letters):
        raise NotYet(
            f"the answer must be the letters {listed(letters)} in some order, such as "
            f"{letters!r}, got {answer!r}"
        )
    return given


def expect_function(answer: object, parameters: str) -> None:
    """Expect that `answer` can be called with these, such as "jobs, buffer"."""
    wanted = f"it must be a function of ({parameters})"
    if not callable(answer):
        raise NotYet(f"{wanted}, and is {kind(answer)}")
    try:
        signature = inspect.signature(answer)
    except ValueError:  # some built-in functions have none
        return
    try:
        signature.bind(*re.findall(r"\w+", parameters))
    except TypeError:
        raise NotYet(f"{wanted}, and takes {signature}") from None


def expect_elapsed(run: Run[Any], seconds: float) -> None:
    """Expect that the run took so long."""
    if run.elapsed > seconds + NEARLY:
        raise NotYet(f"it took {run.elapsed:g} s, and {seconds:g} s are enough")
    if run.elapsed < seconds - NEARLY:
        raise NotYet(
            f"it took {run.elapsed:g} s, and what it has to do takes {seconds:g} s: "
            "does it leave something out, or do too much at once?"
        )


def expect_same(got: Any, expected: Iterable[Any], what: str = "results") -> None:
    """Expect that `got` is a list or tuple of what is expected, in any order."""
    if not isinstance(got, list | tuple):
        raise NotYet(f"it returned {kind(got)}, not a list of {what}")
    expected = list(expected)
    _refuse_surplus(got, expected, what, lost=_surplus(expected, got))


def expect_balanced(report: Any, jobs: Iterable[Any]) -> None:
    """Expect a Report that accounts for each of `jobs`, once."""
    if not isinstance(report, Report):
        raise NotYet(f"it returned {kind(report)}, not a Report")
    for thing in report.results:
        if not isinstance(thing, Succeeded | Failed):
            raise NotYet(f"it put {kind(thing)} among the results, not a Succeeded or a Failed")
    expect_same([*report.submitted, *report.unsubmitted], jobs, "submitted jobs")
    _refuse_surplus(report.started, report.submitted, "started jobs")
    finished = [result.job for result in report.results]
    _refuse_surplus(finished, report.started, "jobs with a result")


def _refuse_surplus(
    got: Sequence[Any], allowed: Sequence[Any], what: str, lost: Sequence[Any] = ()
) -> None:
    surplus = _surplus(got, allowed)
    faults = {
        "lost": list(lost),
        "doubled": [thing for thing in surplus if thing in allowed],
        "made up": [thing for thing in surplus if thing not in allowed],
    }
    found = [f"{fault} {what}: {listed(things)}" for fault, things in faults.items() if things]
    if found:
        raise NotYet(f"it {'; '.join(found)}")


def _surplus(things: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """Take each of `others` once out of `things`; they need be neither hashable nor sorted."""
    left = list(things)
    for other in others:
        if other in left:
            left.remove(other)
    return left
