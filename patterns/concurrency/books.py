"""The books: what became of every job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from patterns.concurrency.errors import Cancelled

__all__ = ["Report", "Result"]

J = TypeVar("J")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Result(Generic[J, R]):
    """What came of one job: a value, or the exception that its processing raised."""

    job: J
    value: R | None = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Report(Generic[J, R]):
    """Where every job of a run went; each one is in exactly one of the last four lists.

    Attributes:
        submitted: the jobs, in the order in which they were offered.
        started: the jobs that a worker took, in that order.
        results: one for each job that was finished and handed back, in that order.
    """

    submitted: tuple[J, ...]
    started: tuple[J, ...]
    results: tuple[Result[J, R], ...]

    @property
    def succeeded(self) -> list[J]:
        """Jobs that returned a value."""
        return [r.job for r in self.results if r.error is None]

    @property
    def failed(self) -> list[J]:
        """Jobs that raised an exception other than Cancelled."""
        return [r.job for r in self.results if not isinstance(r.error, Cancelled | None)]

    @property
    def cancelled(self) -> list[J]:
        """Jobs that were started and cut short, or whose result could not be handed back."""
        return _without(self.started, self.succeeded + self.failed)

    @property
    def never_started(self) -> list[J]:
        """Jobs that no worker took."""
        return _without(self.submitted, self.started)

    @property
    def values(self) -> list[R | None]:
        """The values of the jobs that succeeded, in the order of completion."""
        return [r.value for r in self.results if r.error is None]

    def __str__(self) -> str:
        parts = {
            "succeeded": self.succeeded,
            "failed": self.failed,
            "cancelled": self.cancelled,
            "never started": self.never_started,
        }
        counts = ", ".join(f"{len(jobs)} {name}" for name, jobs in parts.items())
        return f"{len(self.submitted)} submitted: {counts}"


def _without(jobs: Sequence[J], others: Sequence[J]) -> list[J]:
    """Take each of `others` once out of `jobs`: the very object, or else an equal one.

    So jobs may be equal, unhashable, or like arrays, which do not say whether they are equal.
    """
    taken = Counter(map(id, others))
    left = []
    for job in jobs:
        if taken[id(job)]:
            taken[id(job)] -= 1
        else:
            left.append(job)
    for job in others:
        if taken[id(job)]:
            taken[id(job)] -= 1
            left.remove(job)
    return left
