"""What pools made of one workload, in numbers that can be laid side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from lab import tracing
from lab.model.run import Run
from lab.model.table import Table
from lab.teaching.workload import Workload, exact
from lab.tracing.theory import makespan_lower_bound
from patterns.concurrency import Counts, Report

__all__ = ["COLUMNS", "Row", "rows", "tabulate"]


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
        counts: what became of the jobs that the pool came to.
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
    counts: Counts

    @classmethod
    def of(cls, pattern: str, workload: Workload, run: Run[Report[Any, int]]) -> Row:
        """Work the numbers out from a run."""
        arrivals = {str(work.id): work.arrives for work in workload.jobs}
        started = [job.id for job in run.trace.jobs if job.started is not None]
        workers = tracing.workers_peak(run)
        waits = tracing.waiting_times(run, arrivals) or [0.0]
        return cls(
            pattern,
            makespan=tracing.makespan(run),
            ideal=exact(
                makespan_lower_bound(
                    [arrivals[job] for job in started],
                    tracing.service_times(run),
                    max(workers, 1),
                )
            ),
            throughput=tracing.throughput(run),
            utilisation=tracing.utilisation(run),
            wait_p50=tracing.percentile(waits, 50),
            wait_p95=tracing.percentile(waits, 95),
            wait_p99=tracing.percentile(waits, 99),
            peak_queue=tracing.queue_peak(run),
            workers_peak=workers,
            counts=run.value.counts,
        )


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
            f"{row.counts.submitted} = {row.counts.succeeded}+{row.counts.failed}+"
            f"{row.counts.cancelled}+{row.counts.never_started}"
        ),
    }
)


def rows(workload: Workload, runs: Mapping[str, Run[Report[Any, int]]]) -> list[Row]:
    """Work out the numbers of runs of one workload, by the names under which they are given."""
    return [Row.of(name, workload, run) for name, run in runs.items()]


def tabulate(workload: Workload, runs: Mapping[str, Run[Report[Any, int]]]) -> Table:
    """Make the table of runs of one workload, by the names under which they are given."""
    body = [[show(row) for show in COLUMNS.values()] for row in rows(workload, runs)]
    return Table(list(COLUMNS), body)
