"""What became of every job of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from .results import Failed, Result, Succeeded

__all__ = ["Counts", "Ledger", "Report"]

J = TypeVar("J")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many jobs were submitted, and what became of them; the books balance."""

    submitted: int
    succeeded: int
    failed: int
    cancelled: int
    never_started: int

    @property
    def balanced(self) -> bool:
        """Whether every job submitted is accounted for, once."""
        return self.submitted == (
            self.succeeded + self.failed + self.cancelled + self.never_started
        )

    def __str__(self) -> str:
        return (
            f"{self.submitted} submitted: {self.succeeded} succeeded, {self.failed} failed, "
            f"{self.cancelled} cancelled, {self.never_started} never started"
        )


@dataclass(frozen=True, slots=True)
class Report(Generic[J, R]):
    """Where every job of a run went.

    Each job submitted is in exactly one of `succeeded`, `failed`, `cancelled`, `never_started`.

    Attributes:
        submitted: the jobs that were offered to the workers, in that order.
        started: the jobs that a worker took, in that order.
        results: one for each job that ran to its end, in that order, even if that was too late
            for anybody to collect it.
        reason: why the run was cut short; None if it was not.
        unsubmitted: the jobs, of a list or another sequence given to `run`, that it had not come
            to when it was cut short: a tuple, or of a range, which may be huge, its rest. Of what
            can only be iterated over, the rest is not taken.
    """

    submitted: tuple[J, ...]
    started: tuple[J, ...]
    results: tuple[Result[J, R], ...]
    reason: str | None = None
    unsubmitted: Sequence[J] = ()

    @property
    def succeeded(self) -> list[J]:
        """Jobs that returned a value."""
        return [r.job for r in self.results if isinstance(r, Succeeded)]

    @property
    def failed(self) -> list[J]:
        """Jobs that raised an exception of their own."""
        return [r.job for r in self.results if isinstance(r, Failed)]

    @property
    def cancelled(self) -> list[J]:
        """Jobs that were started and cut short."""
        return _without(self.started, (r.job for r in self.results))

    @property
    def never_started(self) -> list[J]:
        """Jobs that no worker took."""
        return _without(self.submitted, self.started)

    @property
    def counts(self) -> Counts:
        """How many jobs there are of each kind."""
        return Counts(
            len(self.submitted),
            len(self.succeeded),
            len(self.failed),
            len(self.cancelled),
            len(self.never_started),
        )

    @property
    def values(self) -> list[R]:
        """The values of the jobs that succeeded, in the order of completion."""
        return [r.value for r in self.results if isinstance(r, Succeeded)]

    @property
    def errors(self) -> list[BaseException]:
        """The exceptions of the jobs that failed, in the order of completion."""
        return [r.error for r in self.results if isinstance(r, Failed)]

    def __str__(self) -> str:
        text = str(self.counts)
        if self.unsubmitted:
            text += f"; {len(self.unsubmitted)} not submitted"
        return text if self.reason is None else f"{text}; {self.reason}"


class Ledger(Generic[J, R]):
    """A run's jobs while it goes on: append to the three lists, in this order for each job."""

    def __init__(self) -> None:
        self.submitted: list[J] = []
        self.started: list[J] = []
        self.results: list[Result[J, R]] = []

    def report(self, reason: str | None = None, jobs: Iterable[J] = ()) -> Report[J, R]:
        """Return what became of each job; until the run is over, jobs in work count as cancelled.

        May be called while other tasks append.

        Args:
            reason: why the run was cut short; None if it was not.
            jobs: what the run was given.
        """
        # Backwards, so that no job is in a later list and not yet in an earlier one. And unpacked:
        # `tuple(a_list)` can crash CPython 3.11 if another thread appends to the list meanwhile.
        results = (*self.results,)
        started = (*self.started,)
        submitted = (*self.submitted,)
        left = () if reason is None else _from(jobs, len(submitted))
        return Report(submitted, started, results, reason, left)


def _from(jobs: Iterable[J], number: int) -> Sequence[J]:
    """Return what comes after the first `number` jobs of a sequence, a huge range as a range."""
    if isinstance(jobs, tuple | range):
        return jobs[number:]
    return (*islice(jobs, number, None),) if isinstance(jobs, Sequence) else ()


def _without(jobs: Sequence[J], others: Iterable[J]) -> list[J]:
    """Take each of `others`, the very object, once out of `jobs`: nothing need be comparable."""
    taken = Counter(map(id, others))
    left = []
    for job in jobs:
        if taken[id(job)]:
            taken[id(job)] -= 1
        else:
            left.append(job)
    return left
