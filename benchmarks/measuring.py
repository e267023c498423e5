"""What a job costs with each contender, in turns, so that noise hits all alike."""

from __future__ import annotations

import concurrent.futures
import gc
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial

from benchmarks import greenlets
from benchmarks.contenders import BACK, CHANNEL, CONTENDERS, UNBOUNDED, Contender
from benchmarks.memory import CAPACITY, WORKERS
from benchmarks.table import Table, capacity_name, spread

CAPACITIES = (0, 1, 8, 100, 1000, math.inf)
CREWS = (10, 100, 1000)
Costs = dict[str, dict[float, list[float]]]


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


def present() -> dict[str, Contender]:
    """Return the contenders that are installed."""
    return {
        name: contender
        for name, contender in CONTENDERS.items()
        if name != greenlets.NAME or greenlets.installed()
    }


def timed(contender: Contender, jobs: int, capacity: float, crew: int, nap: float | None) -> float:
    """Return the seconds that a contender takes for all jobs."""
    if contender.timed is not None:
        return contender.timed(jobs, capacity, crew, nap)
    return seconds(partial(contender.run, range(jobs), capacity, crew, nap, True))


def enough(once: Callable[[int], float], budget: float, least: int) -> int:
    """Return a number of jobs that take about `budget` seconds, from `least` to 100,000."""
    cost = (once(1_000) - once(200)) / 800  # start and end of the pool cancel out
    return max(least, min(100_000, int(budget / max(cost, 1e-9))))


def job_costs(rounds: int, budget: float, least: int) -> Costs:
    """Measure microseconds a job by contender and capacity, `rounds` of them each."""
    costs: Costs = {name: {} for name in present()}
    for capacity in CAPACITIES:
        runs = {
            name: partial(_timed_jobs, contender, capacity)
            for name, contender in present().items()
            if contender.offers(capacity)
        }
        for name, measured in _in_turns(runs, rounds, budget, least).items():
            costs[name][capacity] = measured
    return costs


def back_costs(rounds: int, budget: float, least: int) -> Costs:
    """Measure the same with results that are sent back through a second queue."""
    costs: Costs = {name: {} for name in BACK}
    for capacity in CAPACITIES:
        runs = {
            name: partial(_timed_back, name, capacity)
            for name in BACK
            if CONTENDERS[name].offers(capacity)
        }
        for name, measured in _in_turns(runs, rounds, budget, least).items():
            costs[name][capacity] = measured
    return costs


def _timed_jobs(contender: Contender, capacity: float, jobs: int) -> float:
    return timed(contender, jobs, capacity, WORKERS, None)


def _timed_back(name: str, capacity: float, jobs: int) -> float:
    return seconds(partial(BACK[name], range(jobs), capacity, WORKERS))


def _in_turns(
    runs: Mapping[str, Callable[[int], float]], rounds: int, budget: float, least: int
) -> dict[str, list[float]]:
    jobs = {name: enough(run, budget, least) for name, run in runs.items()}
    costs: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            costs[name].append(run(jobs[name]) / jobs[name] * 1e6)
    return costs


def crew_costs(rounds: int, jobs: int) -> Costs:
    """Measure microseconds a job that does nothing with many workers, their start included."""
    return _by_crew(rounds, lambda crew: jobs, None, lambda taken, crew: taken / jobs * 1e6)


def nap_ratios(rounds: int, jobs: int, nap: float) -> Costs:
    """Measure the makespan of `jobs` naps a worker as a multiple of the ideal one."""
    ideal = jobs * nap
    return _by_crew(rounds, lambda crew: jobs * crew, nap, lambda taken, crew: taken / ideal)


def _by_crew(
    rounds: int,
    jobs: Callable[[int], int],
    nap: float | None,
    figure: Callable[[float, int], float],
) -> Costs:
    figures: Costs = {name: {} for name in present()}
    for crew in CREWS:
        for _ in range(rounds):
            for name, contender in present().items():
                capacity = CAPACITY if contender.bounded else UNBOUNDED
                taken = timed(contender, jobs(crew), capacity, crew, nap)
                figures[name].setdefault(crew, []).append(figure(taken, crew))
    return figures


def memory(jobs: int) -> dict[str, float]:
    """Measure by how many MB the peak grows while `jobs` stream through, each in a process."""
    slowest_first = list(reversed(present()))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        grown = pool.map(lambda name: _grown(name, jobs), slowest_first)
    by_name = dict(zip(slowest_first, grown, strict=True))
    return {name: by_name[name] for name in present()}


def _grown(name: str, jobs: int) -> float:
    command = [sys.executable, "-m", "benchmarks.memory", name, str(jobs)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return float(done.stdout)


def cost_table(title: str, costs: Costs) -> Table:
    """Return a row for each contender and a column for each capacity."""
    table = Table(title, ["", *map(capacity_name, CAPACITIES)])
    for name, by_capacity in costs.items():
        table.rows.append([name, *(spread(by_capacity.get(c)) for c in CAPACITIES)])
    return table


def crew_table(title: str, figures: Costs, digits: int) -> Table:
    """Return a row for each contender and a column for each number of workers."""
    table = Table(title, ["", *(f"{crew} workers" for crew in CREWS)])
    for name, by_crew in figures.items():
        table.rows.append([name, *(spread(by_crew[crew], digits) for crew in CREWS)])
    return table


def memory_table(grown: Mapping[str, float], jobs: int) -> Table:
    """Return a row for each contender."""
    title = f"Peak memory grown by {jobs:,} jobs, no result kept: MB"
    table = Table(title, ["", "capacity", "MB"])
    for name, megabytes in grown.items():
        bounded = CONTENDERS[name].bounded
        capacity = capacity_name(CAPACITY if bounded else UNBOUNDED)
        table.rows.append([name, capacity, f"{megabytes:.1f}"])
    return table


def summary_table(costs: Costs, naps: Costs, grown: Mapping[str, float], jobs: int) -> Table:
    """Return the medians of all measurements in one table."""
    capacities = [f"{capacity_name(capacity)}" for capacity in CAPACITIES]
    title = (
        "µs a job by capacity (4 workers); MB grown by "
        f"{jobs:,} jobs; makespan over ideal with {CREWS[-1]:,} workers that wait"
    )
    table = Table(title, ["", *capacities, "MB", "makespan"])
    for name, by_capacity in costs.items():
        cells = [
            f"{statistics.median(by_capacity[c]):.2f}" if c in by_capacity else "-"
            for c in CAPACITIES
        ]
        makespan = statistics.median(naps[name][CREWS[-1]])
        table.rows.append([name, *cells, f"{grown[name]:,.0f}", f"{makespan:.2f}"])
    return table


def median(costs: Costs, name: str, capacity: float) -> float:
    """Return the median cost; that of a contender without capacities for every capacity."""
    by_capacity = costs[name]
    return statistics.median(by_capacity.get(capacity) or by_capacity[UNBOUNDED])


def faster_peers(costs: Costs) -> list[str]:
    """Say which peers are cheaper than our pool by a twentieth or more, where, and why."""
    lines = []
    for name in costs:
        times = {
            capacity: median(costs, CHANNEL, capacity) / median(costs, name, capacity)
            for capacity in CAPACITIES
            if capacity in costs[name]
        }
        faster = [
            f"{ratio:.1f} times at {capacity_name(capacity)}"
            for capacity, ratio in times.items()
            if ratio >= 1.05
        ]
        if faster and name != CHANNEL:
            lines.append(f"- {name}, {', '.join(faster)}: {CONTENDERS[name].note}.")
    return lines
