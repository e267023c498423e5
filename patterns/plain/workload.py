"""One workload for every plain pool: jobs that wait, jobs that compute, and jobs that do both."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Executor
from dataclasses import dataclass

__all__ = ["Job", "compute", "cpu_bound", "io_bound", "mixed", "work", "work_async", "work_split"]


@dataclass(frozen=True, slots=True)
class Job:
    """A job that waits, for somebody else's computer say, and then computes.

    Attributes:
        id: its number.
        wait: seconds, >= 0.
        steps: turns of a loop in Python, >= 0; a million take some hundredths of a second.
    """

    id: int
    wait: float = 0.0
    steps: int = 0


def io_bound(number: int, wait: float = 1.0) -> list[Job]:
    """Make jobs that only wait, `wait` seconds each."""
    return [Job(n, wait) for n in range(1, number + 1)]


def cpu_bound(number: int, steps: int = 1_000_000) -> list[Job]:
    """Make jobs that only compute."""
    return [Job(n, 0.0, steps) for n in range(1, number + 1)]


def mixed(number: int, wait: float = 0.05, steps: int = 1_000_000) -> list[Job]:
    """Make jobs that wait and then compute: fetch a page, then read it."""
    return [Job(n, wait, steps) for n in range(1, number + 1)]


def compute(steps: int) -> int:
    """Add up the numbers below `steps`, in Python, with the interpreter lock if there is one."""
    total = 0
    for number in range(steps):
        total += number
    return total


def work(job: Job) -> int:
    """Do a job in a thread or a process."""
    time.sleep(job.wait)
    return compute(job.steps)


async def work_async(job: Job) -> int:
    """Do a job in a task: while it waits others run, while it computes no other does."""
    if job.wait:
        await asyncio.sleep(job.wait)
    return compute(job.steps)


async def work_split(executor: Executor, job: Job) -> int:
    """Wait in a task, compute in an executor; the task's worker waits for that too."""
    await asyncio.sleep(job.wait)
    return await asyncio.get_running_loop().run_in_executor(executor, compute, job.steps)
