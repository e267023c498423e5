"""Print by how many megabytes the peak of memory grows: `python -m benchmarks.memory NAME JOBS`."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from benchmarks.contenders import CONTENDERS, UNBOUNDED

WORKERS = 4
CAPACITY = 100


def peak() -> float:
    """Return the highest resident memory so far, in MB.

    Linux hands the figure of `getrusage` on from the parent, so there it is read elsewhere.
    """
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def grown(name: str, jobs: int) -> float:
    """Stream `jobs` through a pool that keeps no result, and return the growth in MB."""
    contender = CONTENDERS[name]
    capacity = CAPACITY if contender.bounded else UNBOUNDED
    contender.run(range(1_000), capacity, WORKERS, None, False)
    before = peak()
    contender.run(range(jobs), capacity, WORKERS, None, False)
    return peak() - before


if __name__ == "__main__":
    print(grown(sys.argv[1], int(sys.argv[2])))
