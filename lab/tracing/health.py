"""What the history of a supervisor says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

__all__ = ["Look", "found_at"]


class Look(Protocol):
    """What a supervisor saw of a worker; `patterns.heartbeat.Health` is one."""

    @property
    def time(self) -> float:
        """Seconds since the pool was started."""

    @property
    def job(self) -> object:
        """The job in the worker's hands."""

    @property
    def verdict(self) -> str:
        """Whether it is "well"."""


def found_at(history: Iterable[Look], job: object) -> float | None:
    """When the supervisor gave up the worker that had `job`, in seconds; None if it did not."""
    return next((look.time for look in history if look.job == job and look.verdict != "well"), None)
