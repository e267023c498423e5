"""The pool with gevent, in a process of its own: `python -m benchmarks.greenlets`.

gevent runs an event loop of its own and is not installed for readers, so it is measured elsewhere:
a process that lives for the whole run, reads a request a line and answers with the seconds. Nothing
is monkey-patched, here or there.
"""

from __future__ import annotations

import atexit
import gc
import importlib.util
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from functools import cache

NAME = "gevent.queue"


def installed() -> bool:
    """Tell whether gevent is there."""
    return importlib.util.find_spec("gevent") is not None


def pool(
    jobs: Iterable[int], capacity: float, workers: int, nap: float | None, keep: bool
) -> list[int]:
    """Run greenlets that take jobs from a gevent queue; a `Channel` is its queue of capacity 0."""
    import gevent
    from gevent.queue import Channel, Queue

    waiting = Channel() if capacity == 0 else Queue(None if capacity == math.inf else int(capacity))
    kept: list[list[int]] = [[] for _ in range(workers)]

    def worker(put: Callable[[int], object]) -> None:
        while (job := waiting.get()) is not None:
            put(no_op(job))

    def napper(put: Callable[[int], object]) -> None:
        while (job := waiting.get()) is not None:
            gevent.sleep(nap)
            put(job)

    run = worker if nap is None else napper
    started = [gevent.spawn(run, out.append if keep else no_op) for out in kept]
    for job in jobs:
        waiting.put(job)
    for _ in started:
        waiting.put(None)
    gevent.joinall(started, raise_error=True)
    return [result for out in kept for result in out]


def no_op(job: int) -> int:
    """Do nothing with a job."""
    return job


def timed(jobs: int, capacity: float, workers: int, nap: float | None) -> float:
    """Let the other process run the pool, and return the seconds it took there."""
    process = _process()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps([jobs, capacity, workers, nap]) + "\n")
    process.stdin.flush()
    return float(process.stdout.readline())


@cache
def _process() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.greenlets"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    atexit.register(stop)
    return process


def stop() -> None:
    """End the other process, if there is one."""
    if _process.cache_info().currsize:
        _process().communicate()
        _process.cache_clear()


def main() -> None:
    """Answer requests until there are no more."""
    for line in sys.stdin:
        jobs, capacity, workers, nap = json.loads(line)
        gc.collect()
        gc.disable()
        start = time.perf_counter()
        done = pool(range(jobs), capacity, workers, nap, True)
        seconds = time.perf_counter() - start
        gc.enable()
        assert len(done) == jobs
        print(seconds, flush=True)


if __name__ == "__main__":
    main()
