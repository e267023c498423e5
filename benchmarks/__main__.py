"""Measure, in one run, what the pool costs beside its peers, and say which targets are met."""

from __future__ import annotations

import argparse
import gc
import math
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial

from benchmarks.contenders import KEPT, SENT, Contender, channel_kept, has_capacity
from patterns import basic
from patterns.concurrency import Channel, TaskGroup
from patterns.lab import measure, simulate

WORKERS = 4
CAPACITIES = (0, 1, 8, 100, 1000, math.inf)
Costs = dict[str, dict[float, list[float]]]


def main() -> int:
    """Run all measurements and print them."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, fewer jobs")
    quick = parser.parse_args().quick
    rounds, jobs = (3, 10_000) if quick else (7, 100_000)
    print(machine(), end="\n\n")
    kept = job_costs(KEPT, rounds, jobs)
    print_costs("Results kept in a list by each worker", kept)
    print_costs("Results sent back through a second queue", job_costs(SENT, rounds, jobs))
    print_targets(kept)
    print_memory(100_000 if quick else 1_000_000)
    print_blocking(400 if quick else 2_000)
    print_recording(rounds, jobs)
    print_simulation(10_000 if quick else 100_000, 200 if quick else 2_000)
    print_import()
    return 0


def machine() -> str:
    """Say where this was measured."""
    gil = "without" if not getattr(sys, "_is_gil_enabled", lambda: True)() else "with"
    return (
        f"Python {platform.python_version()} ({gil} the GIL), {platform.system()} on "
        f"{platform.machine()}, {os.cpu_count()} processors, {WORKERS} workers, no-op jobs"
    )


def job_costs(contenders: Mapping[str, Contender], rounds: int, jobs: int) -> Costs:
    """Microseconds a job, `rounds` of them each; contenders take turns, so that noise hits all."""
    costs: Costs = {name: {} for name in contenders}
    for capacity in CAPACITIES:
        number = jobs // 5 if capacity < 8 else jobs
        for _ in range(rounds):
            for name, contender in contenders.items():
                if has_capacity(name, capacity):
                    cost = seconds(partial(contender, range(number), capacity, WORKERS)) / number
                    costs[name].setdefault(capacity, []).append(cost * 1e6)
    return costs


def seconds(run: Callable[[], object]) -> float:
    """Time one call, with the garbage collector out of the way."""
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        run()
        return time.perf_counter() - start
    finally:
        gc.enable()


def print_costs(title: str, costs: Costs) -> None:
    """Print median and, behind it, the spread from best to worst."""
    print(f"{title}: microseconds a job, median (best to worst)")
    print(f"{'capacity':>9}", *(f"{name:>24}" for name in costs))
    for capacity in CAPACITIES:
        cells = [spread(by_capacity.get(capacity)) for by_capacity in costs.values()]
        name = "unbounded" if capacity == math.inf else capacity
        print(f"{name:>9}", *(f"{cell:>24}" for cell in cells))
    print("At 0, 1 and 8 a thread has to be woken for every job or few, which no thread is quick")
    print("at; asyncio has no threads to wake. executor.map has no capacity: it queues all jobs.\n")


def spread(values: list[float] | None) -> str:
    """Return the median with the best and the worst."""
    if values is None:
        return "-"
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def print_targets(costs: Costs) -> None:
    """Print the ratios that the project has promised, of the medians."""
    print("Throughput as a multiple of the peer's (results kept)")
    for peer, capacity, target in (
        ("executor.map", 100, 6.0),
        ("executor.map", 1000, 15.0),
        ("queue.Queue", 100, 1.0),
        ("asyncio.Queue", 100, 1.0),
        ("asyncio.Queue", 1000, 1.7),
    ):
        medians = [statistics.median(costs[name][capacity]) for name in (peer, "channel")]
        print_ratio(f"{peer} at {capacity}", medians[0] / medians[1], f"at least {target}", target)
    print()


def print_ratio(what: str, value: float, promise: str, at_least: float) -> None:
    """Print one ratio and whether it keeps the promise."""
    print(f"  {what:26} {value:6.2f}   {'met' if value >= at_least else 'NOT MET'}: {promise}")


def print_memory(jobs: int) -> None:
    """Print by how much the memory peak grows while jobs stream through a pool."""
    print(f"Peak memory grown by {jobs:,} jobs from a generator, capacity 100")
    for name in ("channel", "executor.map"):
        command = [sys.executable, "-m", "benchmarks.memory", name, str(jobs)]
        grown = float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
        target = "   (target: under 5 MB)" if name == "channel" else ""
        print(f"  {name:26} {grown:8.1f} MB{target}")
    print()


def print_blocking(jobs: int) -> None:
    """Print how near blocking jobs come to the ideal, and how evenly they are shared."""
    print(f"{jobs:,} jobs that sleep 1 ms: makespan over ideal (the sleeps as measured / workers)")
    for capacity in (0, 1, 100, 1000):
        ratio, shares = blocking(jobs, capacity)
        verdict = "met" if ratio <= 1.05 else "NOT MET"
        print(f"  capacity {capacity:<5} {ratio:6.3f}   {verdict}: at most 1.05; shares {shares}")
    print()


def blocking(jobs: int, capacity: int) -> tuple[float, list[int]]:
    """Return makespan over ideal, and the jobs each worker did."""
    channel = Channel[int](capacity)
    slept: list[list[float]] = [[] for _ in range(WORKERS)]

    def worker(own: list[float]) -> None:
        for _ in channel:
            start = time.perf_counter()
            time.sleep(0.001)
            own.append(time.perf_counter() - start)

    def pool() -> None:
        with TaskGroup() as group:
            for own in slept:
                group.spawn(worker, own)
            for job in range(jobs):
                channel.send(job)
            channel.close()

    makespan = seconds(pool)
    ideal = sum(map(sum, slept)) / WORKERS
    return makespan / ideal, [len(own) for own in slept]


def print_recording(rounds: int, jobs: int) -> None:
    """Print what an attached recorder costs, the making of the trace apart."""
    print("Recording attached, run time as a multiple of not attached")
    for capacity in (100, 1000):
        pool = partial(channel_kept, range(jobs), capacity, WORKERS)
        plain, recorded, whole = [], [], []
        for _ in range(rounds):
            plain.append(seconds(pool))
            inside: list[float] = []
            recorded_pool = partial(measure, lambda pool=pool, i=inside: i.append(seconds(pool)))
            whole.append(seconds(recorded_pool))
            recorded += inside
        ratio = statistics.median(recorded) / statistics.median(plain)
        trace = statistics.median(whole) - statistics.median(recorded)
        added = (statistics.median(recorded) - statistics.median(plain)) / jobs * 1e6
        verdict = "met" if ratio < 2 else "NOT MET"
        print(
            f"  capacity {capacity:<5} {ratio:6.2f}   {verdict}: under 2; it adds {added:.2f} "
            f"microseconds a job, and {trace:.2f} s afterwards to make the trace"
        )
    print()


def print_simulation(jobs: int, schedules: int) -> None:
    """Print how quick the simulation is, wide and short."""
    start = time.perf_counter()
    run = simulate(partial(basic.run, num_jobs=jobs, num_workers=jobs // 10, buffer=100))
    took = time.perf_counter() - start
    print(
        f"Simulation: {jobs:,} jobs on {jobs // 10:,} workers in {took:.1f} s "
        f"({run.steps / took:,.0f} steps a second, trace included)"
    )
    start = time.perf_counter()
    for seed in range(schedules):
        simulate(basic.run, seed=seed)
    rate = schedules / (time.perf_counter() - start)
    print(f"Simulation: {rate:,.0f} random schedules a second of 10 jobs on 3 workers, traced\n")


def print_import() -> None:
    """Print the best of several imports, less the start of the interpreter."""
    best = {}
    for statement in ("pass", "import patterns", "import patterns.basic"):
        command = [sys.executable, "-c", statement]
        best[statement] = min(
            seconds(partial(subprocess.run, command, check=True)) for _ in range(9)
        )
    for statement in ("import patterns", "import patterns.basic"):
        print(f"{statement}: {(best[statement] - best['pass']) * 1e3:.0f} ms")


if __name__ == "__main__":
    raise SystemExit(main())
