"""All seven patterns on one workload: uneven jobs, some that fail, and a burst.

The jobs, when they arrive, and what is done with them are the same for all; only the pool differs.
Where a pattern's `run` cannot take jobs as they arrive, its workers are put into a frame that can;
each pool's docstring here says what differs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from itertools import accumulate
from random import Random
from textwrap import wrap
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeAlias

from lab import tracing
from lab.model.run import Run
from lab.tracing import State, Trace
from lab.tracing.theory import makespan_lower_bound
from patterns import basic, dynamic, error_handling, generic, heartbeat, rate_limited, reusable
from patterns.concurrency import Channel, Report, TaskGroup, now, sleep
from patterns.concurrency.checks import check_count, nanoseconds

__all__ = [
    "BURST",
    "COLUMNS",
    "POOLS",
    "RATE",
    "JobFailed",
    "Row",
    "Table",
    "Work",
    "Workload",
    "draw_random_arrivals",
    "draw_workload",
    "run_framed",
    "run_pool",
    "run_pools",
    "tabulate",
]

Rest: TypeAlias = Callable[[float], object]
AnyReport: TypeAlias = Report[Any, int]

RATE: Final = 4.0  # jobs a second, of the rate-limited pool
BURST: Final = 3  # jobs that it lets through at once


class Process(Protocol):
    """What a pool is to do with a job, taking the job's time by `rest`."""

    def __call__(self, job: int, rest: Rest = sleep) -> int: ...


class JobFailed(Exception):
    """A job of the workload that was drawn to fail."""


@dataclass(frozen=True, slots=True)
class Work:
    """One job: its number from 1, when it arrives and how long it takes (s), whether it fails."""

    id: int
    arrives: float
    seconds: float
    fails: bool


@dataclass(frozen=True, slots=True)
class Workload:
    """The jobs, in the order of their arrival, and what every pool is given to do them.

    Attributes:
        jobs: numbered from 1.
        workers: workers, >= 1, of a pool that has a fixed number.
        scale: by which all times, also those of the pools, are multiplied, > 0.
    """

    jobs: tuple[Work, ...]
    workers: int
    scale: float

    @property
    def ids(self) -> tuple[int, ...]:
        """The jobs' numbers."""
        return tuple(work.id for work in self.jobs)

    def process(self, job: int, rest: Rest = sleep) -> int:
        """Take the job's time, by `rest`, and double its number; raise JobFailed if it fails."""
        work = self.jobs[job - 1]
        rest(work.seconds)
        if work.fails:
            raise JobFailed(f"job {job} went wrong")
        return job * 2

    def arriving(self) -> Iterator[int]:
        """Iterate over the jobs' numbers, resting until each one has arrived."""
        begin = now()
        for work in self.jobs:
            sleep(max(0.0, begin + work.arrives - now()))
            yield work.id


def draw_workload(
    draw: int = 84,
    *,
    steady: int = 10,
    burst: int = 16,
    failure_rate: float = 0.15,
    workers: int = 4,
    scale: float = 1.0,
) -> Workload:
    """Draw jobs that arrive one every 0.2 s, and then, after a pause of a second, many at once.

    Four jobs of five take 0.2 to 0.6 s, the fifth a second or more.

    Args:
        draw: the jobs that belong to this number, every time.
        steady: jobs before the pause, >= 0.
        burst: jobs after it, >= 0.
        failure_rate: the chance of each job to fail, from 0 to 1.
        workers: workers, >= 1.
        scale: by which all times are multiplied, > 0.

    Raises ValueError for a bad number.
    """
    check_count("steady", steady, 0)
    check_count("burst", burst, 0)
    check_count("workers", workers, 1)
    nanoseconds(scale, "scale", positive=True)
    if not 0 <= failure_rate <= 1:
        raise ValueError(f"failure_rate must be from 0 to 1, got {failure_rate!r}")
    random = Random(draw)
    arrivals = [0.2 * n for n in range(steady)] + [0.2 * steady + 0.8] * burst
    jobs = []
    for number, arrives in enumerate(arrivals, start=1):
        tenths = random.choice((2, 3, 3, 4, 4, 5, 5, 6, 10, 14))
        fails = random.random() < failure_rate
        jobs.append(Work(number, _exact(arrives * scale), _exact(tenths / 10 * scale), fails))
    return Workload(tuple(jobs), workers, scale)


def draw_random_arrivals(
    load: float,
    *,
    workers: int = 4,
    jobs: int = 1000,
    constant: bool = False,
    draw: int = 1,
) -> Workload:
    """Draw jobs that come at random moments, as the M/M/c queue of theory has them.

    The times between two arrivals are exponential, and so are the service times, which are a
    second on average.

    Args:
        load: the work that arrives in a second, as a share of what the workers can do, > 0.
        workers: workers, >= 1.
        jobs: jobs, >= 0.
        constant: whether every job takes exactly a second instead.
        draw: the jobs that belong to this number, every time.

    Raises ValueError for a bad number.
    """
    check_count("workers", workers, 1)
    check_count("jobs", jobs, 0)
    if not 0 < load < math.inf:
        raise ValueError(f"load must be a number > 0, got {load!r}")
    random = Random(draw)
    arrivals = accumulate(random.expovariate(load * workers) for _ in range(jobs))
    return Workload(
        tuple(
            Work(number, _exact(time), 1.0 if constant else _exact(random.expovariate(1)), False)
            for number, time in enumerate(arrivals, start=1)
        ),
        workers,
        scale=1.0,
    )


def run_framed(workload: Workload, body: Callable[[int, Any, Any, list[Any]], None]) -> AnyReport:
    """Run what `basic.run` runs, with workers that do `body`; submit each job when it arrives."""
    jobs = Channel[Any](len(workload.jobs), "jobs")
    results = Channel[Any](len(workload.jobs), "results")
    started: list[Any] = []
    finished: list[Any] = []
    with TaskGroup() as group:
        group.spawn(basic.submit, workload.arriving(), jobs)
        group.spawn(
            basic.work, workload.workers, lambda n: body(n, jobs, results, started), results
        )
        finished.extend(results)
    return Report(workload.ids, tuple(started), tuple(finished))


def run_basic(workload: Workload, process: Process) -> AnyReport:
    """Run the basic pool, with a submitter that rests until each job has arrived."""

    def body(number: int, jobs: Any, results: Any, started: list[Any]) -> None:
        basic.worker(number, jobs, results, process, started, lambda line: None)

    return run_framed(workload, body)


def run_reusable(workload: Workload, process: Process) -> AnyReport:
    """Run the reusable pool as it is: its jobs may arrive when they like."""
    return _serve(reusable.WorkerPool(workload.workers, 100, process), workload)


def run_generic(workload: Workload, process: Process) -> AnyReport:
    """Run the generic pool as it is: a small buffer, and the first failure ends the run."""
    pool = generic.Pool(workload.workers, process)
    with suppress(JobFailed):
        _serve(pool, workload)
    return Report(workload.ids, pool.report.started, pool.report.results)


def run_error_handling(workload: Workload, process: Process) -> AnyReport:
    """Run the workers of the pool with error handling, with jobs that arrive, and no deadline."""

    def body(number: int, jobs: Any, results: Any, started: list[Any]) -> None:
        error_handling.worker(jobs, results, process, started)  # type: ignore[arg-type]

    return run_framed(workload, body)


def run_dynamic(workload: Workload, process: Process) -> AnyReport:
    """Run the dynamic pool with half the workers, and an autoscaler that may double them."""
    few, many = max(1, workload.workers // 2), 2 * workload.workers
    pool = dynamic.DynamicPool(process, min_workers=few, max_workers=many)
    scaler = dynamic.Autoscaler(interval=0.05 * workload.scale)
    return _serve(pool, workload, autoscaler=scaler)


def run_rate_limited(workload: Workload, process: Process) -> AnyReport:
    """Run the rate-limited pool's workers on one bucket: RATE jobs a second, BURST at once."""
    limits = rate_limited.make_limits(
        "bucket",
        "shared",
        num_workers=workload.workers,
        worker_interval=workload.workers / RATE * workload.scale,
        burst=BURST,
    )

    def body(number: int, jobs: Any, results: Any, started: list[Any]) -> None:
        limit = limits[number - 1]
        rate_limited.worker(number, jobs, results, limit, process, started, lambda line: None)

    return run_framed(workload, body)


def run_heartbeat(workload: Workload, process: Process) -> AnyReport:
    """Run the pool with heartbeats; a job rests piece by piece, and beats after each piece.

    A worker is given up after a second without a beat, whatever the scale: on real threads, with a
    shorter time, a busy machine would look like a hanging job.
    """
    interval = 0.1 * max(workload.scale, 1.0)

    def beating(job: int, beat: heartbeat.Beat) -> int:
        def rest(seconds: float) -> None:
            pieces = max(1, math.ceil(seconds / interval))
            for _ in range(pieces):
                sleep(seconds / pieces)
                beat()

        return process(job, rest)

    pool = heartbeat.HeartbeatPool(beating, workers=workload.workers, interval=interval, missed=10)
    return _serve(pool, workload)


def _serve(pool: Any, workload: Workload, **options: Any) -> AnyReport:
    """Open a pool, submit each job when it arrives, and collect meanwhile."""

    def submit() -> None:
        for job in workload.arriving():
            pool.submit(job)
        pool.close()

    with pool.start(**options), TaskGroup() as submitter:
        submitter.spawn(submit)
        for _ in pool.results():
            pass
    return pool.report  # type: ignore[no-any-return]


POOLS: Final[Mapping[str, Callable[[Workload, Process], AnyReport]]] = MappingProxyType(
    {
        "basic": run_basic,
        "reusable": run_reusable,
        "generic": run_generic,
        "error_handling": run_error_handling,
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
    on_job: Callable[[], object] = lambda: None,
) -> Run[AnyReport]:
    """Run one pattern on the workload, in virtual time or on real threads.

    Args:
        name: one of POOLS.
        workload: the jobs.
        seed: None gives every task its turn in order, a number the random order that belongs to it.
        real: whether to run on real threads.
        on_job: called after each job, in the worker's task.

    Raises ValueError for a name that is none of them, or a seed for real threads.
    """
    if name not in POOLS:
        raise ValueError(f"name must be one of {', '.join(POOLS)}, got {name!r}")
    if real and seed is not None:
        raise ValueError(f"real threads take no seed, got {seed}")

    def process(job: int, rest: Rest = sleep) -> int:
        try:
            return workload.process(job, rest)
        finally:
            on_job()

    def main() -> AnyReport:
        return POOLS[name](workload, process)

    if real:
        from lab.observing.measure import measure

        return measure(main)
    from lab.simulation import simulate

    return simulate(main, seed=seed)


def run_pools(
    workload: Workload, *, seed: int | None = None, real: bool = False
) -> dict[str, Run[AnyReport]]:
    """Run all seven patterns on the workload, one after the other; see `run_pool`."""
    return {name: run_pool(name, workload, seed=seed, real=real) for name in POOLS}


@dataclass(frozen=True, slots=True)
class Row:
    """What one pattern made of the workload.

    Attributes:
        pattern: its name.
        makespan: seconds until the last job ended.
        ideal: seconds that no schedule of the jobs it started can beat, with as many workers.
        throughput: jobs ended a second.
        utilisation: the share of the workers' time spent working, 0 to 1.
        wait_p50: seconds from a job's arrival until work on it began, half of the jobs at most.
        wait_p95: the same, 95 of 100 jobs at most.
        wait_p99: the same, 99 of 100 jobs at most.
        peak_queue: the most jobs that waited in the job channel at one time.
        workers_peak: the most workers alive at one time.
        submitted: jobs of the workload.
        succeeded: jobs that returned a value.
        failed: jobs that raised.
        cancelled: jobs that were cut short.
        never_started: jobs that no worker took.
    """

    pattern: str
    makespan: float
    ideal: float
    throughput: float
    utilisation: float
    wait_p50: float
    wait_p95: float
    wait_p99: float
    peak_queue: int
    workers_peak: int
    submitted: int
    succeeded: int
    failed: int
    cancelled: int
    never_started: int

    @classmethod
    def of(cls, pattern: str, workload: Workload, run: Run[AnyReport]) -> Row:
        """Work the numbers out from a run."""
        trace, report = run.trace, run.value
        arrivals = {str(work.id): work.arrives for work in workload.jobs}
        started = [job.id for job in trace.jobs if job.started is not None]
        workers = tracing.workers_peak(trace)
        waits = _waits(trace, arrivals) or [0.0]
        depths = tracing.queue_depth(trace)[1]
        return cls(
            pattern,
            makespan=tracing.makespan(trace),
            ideal=_exact(
                makespan_lower_bound(
                    [arrivals[job] for job in started],
                    tracing.service_times(trace),
                    max(workers, 1),
                )
            ),
            throughput=tracing.throughput(trace),
            utilisation=tracing.utilisation(trace),
            wait_p50=tracing.percentile(waits, 50),
            wait_p95=tracing.percentile(waits, 95),
            wait_p99=tracing.percentile(waits, 99),
            peak_queue=max(depths, default=0),
            workers_peak=workers,
            submitted=len(report.submitted),
            succeeded=len(report.succeeded),
            failed=len(report.failed),
            cancelled=len(report.cancelled),
            never_started=len(report.never_started),
        )

    @property
    def balanced(self) -> bool:
        """Whether the books balance."""
        ended = self.succeeded + self.failed + self.cancelled + self.never_started
        return self.submitted == ended


def _waits(trace: Trace, arrivals: Mapping[str, float]) -> list[float]:
    """Return the seconds from each job's arrival until work on it began, in a limiter included."""
    began: dict[str, float] = {}
    for span in trace.spans:  # in the order in which they begin
        if span.state is State.WORKING and span.job is not None:
            began.setdefault(span.job, span.start)
    return [max(0.0, _exact(time - arrivals[job])) for job, time in began.items()]


COLUMNS: Final[Mapping[str, Callable[[Row], str]]] = MappingProxyType(
    {
        "pattern": lambda row: row.pattern,
        "makespan s": lambda row: f"{row.makespan:.2f}",
        "ideal s": lambda row: f"{row.ideal:.2f}",
        "jobs per s": lambda row: f"{row.throughput:.1f}",
        "busy, of workers": lambda row: f"{row.utilisation:.0%} of {row.workers_peak}",
        "wait p50 s": lambda row: f"{row.wait_p50:.2f}",
        "wait p95 s": lambda row: f"{row.wait_p95:.2f}",
        "wait p99 s": lambda row: f"{row.wait_p99:.2f}",
        "peak queue": lambda row: str(row.peak_queue),
        "submitted = succeeded + failed + cancelled + never started": lambda row: (
            f"{row.submitted} = {row.succeeded}+{row.failed}+{row.cancelled}+{row.never_started}"
        ),
    }
)


class Table:
    """Rows under the headings of COLUMNS: as text, in a notebook as a table."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = tuple(rows)

    def cells(self) -> list[list[str]]:
        """Return the table's body as text, row by row."""
        return [[show(row) for show in COLUMNS.values()] for row in self.rows]

    def headings(self) -> list[str]:
        """Return the headings, in as many lines as make them no wider than what is below."""
        headings = []
        for number, name in enumerate(COLUMNS):
            below = [cells[number] for cells in self.cells()]
            headings.append("\n".join(wrap(name, max(map(len, [*below, *name.split()])))))
        return headings

    def __repr__(self) -> str:
        heads = [heading.split("\n") for heading in self.headings()]
        height = max(map(len, heads))
        above = zip(*([""] * (height - len(head)) + head for head in heads), strict=True)
        lines = [*above, *self.cells()]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            " ".join(
                text.rjust(width) if number else text.ljust(width)
                for number, (text, width) in enumerate(zip(line, widths, strict=True))
            )
            for line in lines
        )

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in COLUMNS)
        body = ""
        for first, *others in self.cells():
            cells = "".join(f"<td>{cell}</td>" for cell in others)
            body += f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>'
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def tabulate(workload: Workload, runs: Mapping[str, Run[AnyReport]]) -> Table:
    """Make the table of runs of one workload, by the names under which they are given."""
    return Table([Row.of(name, workload, run) for name, run in runs.items()])


def _exact(seconds: float) -> float:
    return round(seconds, 9)
