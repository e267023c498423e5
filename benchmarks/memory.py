"""Print by how many megabytes the peak of memory grows: `python -m benchmarks.memory NAME JOBS`."""

from __future__ import annotations

import resource
import sys

from benchmarks.contenders import executor, no_op
from patterns.concurrency import Channel, TaskGroup


def stream(jobs: int, workers: int = 4) -> None:
    """Pass jobs through a pool that keeps nothing."""
    channel = Channel[int](100)

    def worker() -> None:
        for job in channel:
            no_op(job)

    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
        for job in range(jobs):
            channel.send(job)
        channel.close()


def peak() -> float:
    """Return the highest resident memory so far, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


if __name__ == "__main__":
    name, jobs = sys.argv[1], int(sys.argv[2])
    run = stream if name == "channel" else lambda jobs: executor(range(jobs), 0, 4)
    run(1_000)
    before = peak()
    run(jobs)
    print(peak() - before)
