"""All seven pools on one workload: the jobs are the same, and only the pool differs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from lab.model.run import Run
from lab.teaching.rows import COLUMNS, Row, rows, tabulate
from lab.teaching.workload import (
    JobFailed,
    Work,
    Workload,
    sample_random_arrivals,
    sample_workload,
)
from patterns import basic, dynamic, error_handling, generic, heartbeat, rate_limited, reusable
from patterns.concurrency import Report, sleep

__all__ = [
    "BURST",
    "COLUMNS",
    "POOLS",
    "RATE",
    "JobFailed",
    "Row",
    "Work",
    "Workload",
    "rows",
    "run_pool",
    "run_pools",
    "sample_random_arrivals",
    "sample_workload",
    "tabulate",
]

AnyReport: TypeAlias = Report[Any, int]
OnResult: TypeAlias = Callable[[Any], object]
Call: TypeAlias = Callable[[Workload, OnResult | None], AnyReport]

RATE: Final = 4.0  # jobs a second, of the rate-limited pool
BURST: Final = 3  # jobs that it lets through at once


def run_dynamic(workload: Workload, on_result: OnResult | None = None) -> AnyReport:
    """Run the dynamic pool with half the workers, and an autoscaler that may quadruple them."""
    return dynamic.run(
        workload.arriving(),
        workload.process,
        min_workers=max(1, workload.workers // 2),
        max_workers=2 * workload.workers,
        autoscaler=dynamic.Autoscaler(interval=0.05 * workload.scale),
        on_result=on_result,
    )


def run_rate_limited(workload: Workload, on_result: OnResult | None = None) -> AnyReport:
    """Run the rate-limited pool on one bucket: RATE jobs a second, BURST at once."""
    return rate_limited.run(
        workload.arriving(),
        workload.process,
        rate=RATE / workload.scale,
        burst=BURST,
        workers=workload.workers,
        on_result=on_result,
    )


def run_heartbeat(workload: Workload, on_result: OnResult | None = None) -> AnyReport:
    """Run the pool with heartbeats; a job rests piece by piece, and beats after each piece.

    A worker is given up after a second without a beat, whatever the scale: on real threads, with a
    shorter time, a busy machine would look like a hanging job.
    """
    interval = 0.1 * max(workload.scale, 1.0)

    def process(job: int, beat: heartbeat.Beat) -> int:
        def rest(seconds: float) -> None:
            pieces = max(1, math.ceil(seconds / interval))
            for _ in range(pieces):
                sleep(seconds / pieces)
                beat()

        return workload.process(job, rest)

    return heartbeat.run(
        workload.arriving(),
        process,
        interval=interval,
        missed=10,
        workers=workload.workers,
        on_result=on_result,
    )


def _plainly(run: Callable[..., AnyReport]) -> Call:
    """Call a pool that has no settings of its own."""

    def call(workload: Workload, on_result: OnResult | None = None) -> AnyReport:
        jobs, process = workload.arriving(), workload.process
        return run(jobs, process, workers=workload.workers, on_result=on_result)

    return call


POOLS: Final[Mapping[str, Call]] = MappingProxyType(
    {
        "basic": _plainly(basic.run),
        "reusable": _plainly(reusable.run),
        "generic": _plainly(generic.run),  # the first failure ends it
        "error_handling": _plainly(error_handling.run),
        "dynamic": run_dynamic,
        "rate_limited": run_rate_limited,
        "heartbeat": run_heartbeat,
    }
)


def run_pool(
    name: str,
    workload: Workload,
    *,
    seed: int | None = None,
    real: bool = False,
    on_result: OnResult | None = None,
) -> Run[AnyReport]:
    """Run one pool on the workload, in virtual time or on real threads.

    Args:
        name: one of POOLS.
        workload: the jobs.
        seed: None gives every task its turn in order, a number the random order that belongs to it.
        real: whether to run on real threads.
        on_result: called with each result as it comes.

    Raises ValueError for a name that is none of them, or a seed for real threads.
    """
    if name not in POOLS:
        raise ValueError(f"name must be one of {', '.join(POOLS)}, got {name!r}")
    if real and seed is not None:
        raise ValueError(f"real threads take no seed, got {seed}")
    if real:
        from lab.observing.measure import measure

        run = measure(POOLS[name], workload, on_result)
    else:
        from lab.simulation import simulate

        run = simulate(POOLS[name], workload, on_result, seed=seed)
    return replace(run, name=name.replace("_", " "))


def run_pools(
    workload: Workload, *, seed: int | None = None, real: bool = False
) -> dict[str, Run[AnyReport]]:
    """Run all seven pools on the workload, one after the other; see `run_pool`."""
    return {name: run_pool(name, workload, seed=seed, real=real) for name in POOLS}
