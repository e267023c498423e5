"""What our own things cost: recording, drawing, simulating, importing."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from functools import partial

from benchmarks.baton import BatonRuntime
from benchmarks.contenders import CHANNEL, CONTENDERS
from benchmarks.measuring import seconds
from benchmarks.memory import WORKERS
from lab import measure, simulate
from lab.plots import draw
from lab.simulation import RandomOrder
from lab.simulation.ctrl_c import noticing_ctrl_c
from lab.simulation.play import play
from lab.simulation.runtime import SimulatedRuntime
from lab.simulation.strands import Strands
from lab.tracing import trace_of
from patterns import basic
from patterns.concurrency import Channel, TaskGroup


def verdict(met: bool) -> str:
    """Say whether a promise was kept."""
    return "met" if met else "NOT MET"


def print_blocking(jobs: int) -> None:
    """Print how near blocking jobs come to the ideal, and how evenly they are shared."""
    print(f"{jobs:,} jobs that sleep 1 ms: makespan over ideal (the sleeps as measured / workers)")
    for capacity in (0, 1, 100, 1000):
        ratio, shares = blocking(jobs, capacity)
        told = verdict(ratio <= 1.05)
        print(f"  capacity {capacity:<5} {ratio:6.3f}   {told}: at most 1.05; shares {shares}")
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
        pool = partial(CONTENDERS[CHANNEL].run, range(jobs), capacity, WORKERS, None, True)
        plain, recorded, whole = [], [], []
        for _ in range(rounds):
            plain.append(seconds(pool))
            start = time.perf_counter()
            run = measure(seconds, pool)
            recorded.append(run.value)
            trace_of(run)
            whole.append(time.perf_counter() - start)
        ratio = statistics.median(recorded) / statistics.median(plain)
        trace = statistics.median(whole) - statistics.median(recorded)
        added = (statistics.median(recorded) - statistics.median(plain)) / jobs * 1e6
        print(
            f"  capacity {capacity:<5} {ratio:6.2f}   {verdict(ratio < 2)}: under 2; it adds "
            f"{added:.2f} µs a job, and {trace:.2f} s afterwards to make the trace"
        )
    print()


def print_exploring(schedules: int) -> None:
    """Print how many schedules a second are explored by greenlets, and by a baton of threads."""
    rates = {}
    for kind, number in ((SimulatedRuntime, schedules), (BatonRuntime, schedules // 5)):
        start = time.perf_counter()
        with noticing_ctrl_c(), Strands() as strands:
            for seed in range(number):
                order = RandomOrder(seed)
                play(basic.demo, order, max_steps=100_000, kind=kind, strands=strands)
        rates[kind] = number / (time.perf_counter() - start)
    ratio = rates[SimulatedRuntime] / rates[BatonRuntime]
    print(
        f"Exploring basic's 10 jobs on 3 workers: {rates[SimulatedRuntime]:,.0f} schedules a "
        f"second, {rates[BatonRuntime]:,.0f} with real threads that hand on a baton: "
        f"{ratio:.1f} times as many   {verdict(ratio >= 10)}: at least 10\n"
    )


def print_simulation(jobs: int, schedules: int) -> None:
    """Print how quick the simulation is, wide and short."""
    start = time.perf_counter()
    run = simulate(basic.demo, jobs=jobs, workers=jobs // 10, buffer=100)
    took = time.perf_counter() - start
    trace = seconds(lambda: run.trace)
    print(
        f"Simulation: {jobs:,} jobs on {jobs // 10:,} workers in {took:.1f} s "
        f"({run.steps / took:,.0f} steps a second), and {trace:.1f} s for the trace"
    )
    start = time.perf_counter()
    for seed in range(schedules):
        trace_of(simulate(basic.demo, seed=seed))
    rate = schedules / (time.perf_counter() - start)
    print(f"Simulation: {rate:,.0f} random schedules a second of 10 jobs on 3 workers, traced\n")


def print_drawing(jobs: int) -> None:
    """Print how long a picture of a trace takes, with a span for each job."""
    trace = simulate(basic.demo, jobs=jobs, workers=100, buffer=100).trace
    took = seconds(lambda: draw(trace).png())
    print(f"Drawing: {len(trace.spans):,} spans in {took:.2f} s\n")


def import_time(module: str) -> float:
    """Return the best of several imports, each in a new interpreter, in seconds."""
    script = (
        f"import time; start = time.perf_counter(); import {module}; "
        "print(time.perf_counter() - start)"
    )
    command = [sys.executable, "-c", script]
    return min(
        float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for _ in range(9)
    )


def print_import() -> None:
    """Print what importing costs."""
    for module in ("patterns", "patterns.basic"):
        took = import_time(module)
        told = f"   {verdict(took < 0.05)}: under 50 ms" if module == "patterns" else ""
        print(f"import {module}: {took * 1e3:.1f} ms{told}")
