"""What the exercises' pools take their jobs from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from patterns.concurrency import Channel

__all__ = ["filled", "submit"]

J = TypeVar("J")


def submit(jobs: Iterable[J], queue: Channel[J]) -> None:
    """Send every job, then close the channel."""
    for job in jobs:
        queue.send(job)
    queue.close()


def filled(jobs: Sequence[J], name: str = "jobs") -> Channel[J]:
    """Return a closed channel that holds all `jobs`."""
    queue = Channel[J](len(jobs), name)
    submit(jobs, queue)
    return queue
