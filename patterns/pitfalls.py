"""Broken on purpose: the ways worker pools go wrong, each as a small faithful pool.

Run them in a simulation only; on real threads some of them hang for ever.
"""

from __future__ import annotations

from patterns.concurrency import Channel, TaskGroup, sleep

__all__ = ["two_small_buffers"]


def two_small_buffers(
    *, num_jobs: int = 10, num_workers: int = 3, job_seconds: float = 1.0, buffer: int = 2
) -> list[int]:
    """Submit every job first, collect results afterwards: deadlocks when the buffers are small.

    The main task sends jobs until `jobs` is full. The workers send results until `results` is
    full, then wait for someone to collect them; that is the main task, which waits for them to
    take a job. With buffers of `num_jobs`, as in the article, nobody ever waits and it works.

    The pool that is immune: `patterns.basic`, which collects while it submits.
    """
    jobs = Channel[int](buffer, "jobs")
    results = Channel[int](buffer, "results")

    def worker() -> None:
        for job in jobs:
            sleep(job_seconds)
            results.send(job * 2)

    with TaskGroup() as group:
        for number in range(1, num_workers + 1):
            group.spawn(worker, name=f"worker-{number}")
        for job in range(1, num_jobs + 1):
            jobs.send(job)
        jobs.close()
    results.close()
    return list(results)
