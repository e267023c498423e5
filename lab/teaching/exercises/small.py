"""Pools so small that one can look at each of their schedules."""

from __future__ import annotations

from collections.abc import Sequence

from patterns import basic
from patterns.concurrency import AtomicInt, Channel, TaskGroup, sleep

__all__ = ["add_up", "new_limit", "under_the_gil"]


def new_limit(looks: Sequence[int], changes: Sequence[int]) -> list[int]:
    """Let workers look at a limit while a manager changes it; return what they saw.

    Args:
        looks: how often each worker looks.
        changes: what the manager changes it to, one after the other.
    """
    limit, seen = AtomicInt(3, "limit"), list[int]()

    def look(times: int) -> None:
        for _ in range(times):
            seen.append(limit.load())

    def change() -> None:
        for new in changes:
            limit.store(new)

    with TaskGroup() as group:
        for number, times in enumerate(looks, start=1):
            group.spawn(look, times, name=f"worker-{number}")
        group.spawn(change, name="manager")
    return seen


def add_up(amounts: Sequence[int]) -> int:
    """Let each worker add an amount to one total, and return that; additions may be lost."""
    total = AtomicInt(0, "total")

    def add(amount: int) -> None:
        before = total.load()
        total.store(before + amount)

    with TaskGroup() as group:
        for number, amount in enumerate(amounts, start=1):
            group.spawn(add, amount, name=f"worker-{number}")
    return total.load()


def under_the_gil(jobs: int, threads: int, wait: float, compute: float) -> None:
    """Do jobs that first wait and then compute, on threads of which one at a time computes.

    Args:
        jobs: how many, >= 0.
        threads: how many do them, >= 1.
        wait: seconds that each job waits.
        compute: seconds that each job computes.
    """
    gil = Channel[int](1, "GIL")

    def process(job: int) -> None:
        sleep(wait)
        gil.send(job)  # takes the lock, once nobody else has it
        sleep(compute)
        gil.receive()  # gives it back

    basic.run(range(1, jobs + 1), process, workers=threads)
