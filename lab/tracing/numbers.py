"""Single numbers that follow from a run. Pure functions; times in seconds.

Each takes a run or its trace. Sums are made in whole nanoseconds, so that figures from virtual time
are exact.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from lab.model.trace import Outcome, State, Trace
from lab.tracing.curves import job_starts, jobs_done, queue_depth, worker_count
from lab.tracing.theory import makespan_lower_bound
from lab.tracing.traced import Traced, measured_in, ns, trace_of
from patterns.concurrency import Counts

__all__ = [
    "counts",
    "ideal_makespan",
    "last_submission",
    "latencies",
    "longest_wait",
    "makespan",
    "percentile",
    "queue_peak",
    "service_times",
    "throughput",
    "unfinished",
    "utilisation",
    "waiting_times",
    "work_by_job",
    "worker_seconds",
    "workers_joined",
    "workers_peak",
    "workers_started",
]


def counts(run: Traced) -> Counts:
    """Count the jobs by outcome."""
    trace = trace_of(run)
    number = Counter(job.outcome for job in trace.jobs)
    return Counts(
        len(trace.jobs),
        number[Outcome.OK],
        number[Outcome.FAILED],
        number[Outcome.CANCELLED],
        number[Outcome.NEVER_STARTED],
    )


def unfinished(run: Traced) -> int:
    """Count the jobs that were still in hand when all stopped; they are among the cancelled."""
    trace = trace_of(run)
    ended = {job.id for job in trace.jobs if job.outcome is not Outcome.CANCELLED}
    open_jobs = {span.job for span in trace.spans if span.job is not None and span.outcome is None}
    return len(open_jobs - ended)


@measured_in("s")
def makespan(run: Traced) -> float:
    """Seconds from the start of the run to the end of its last job; 0.0 without jobs."""
    trace = trace_of(run)
    return max((job.finished for job in trace.jobs if job.finished is not None), default=0.0)


@measured_in("s")
def ideal_makespan(run: Traced) -> float:
    """A makespan that no schedule of the same jobs on as many workers can beat, in seconds.

    Jobs never started are left out. See `makespan_lower_bound` for its sources.
    """
    trace = trace_of(run)
    started = [job for job in trace.jobs if job.started is not None]
    workers = workers_peak(trace)
    if not workers:
        return 0.0
    served = work_by_job(trace)
    arrivals = [ns(job.submitted or 0.0) for job in started]
    return makespan_lower_bound(arrivals, [served.get(job.id, 0) for job in started], workers) / 1e9


@measured_in("jobs/s")
def throughput(run: Traced) -> float:
    """Jobs finished a second, over the makespan; 0.0 if that is 0."""
    trace = trace_of(run)
    span = makespan(trace)
    return len(jobs_done(trace)[0]) / span if span else 0.0


@measured_in("%")
def utilisation(run: Traced) -> float:
    """The share of the workers' time spent working, from 0 to 1, over the run.

    Busy seconds divided by elapsed seconds times peak number of workers; 0.0 if that is 0.
    """
    trace = trace_of(run)
    offered = ns(trace.elapsed) * workers_peak(trace)
    return sum(work_by_job(trace).values()) / offered if offered else 0.0


def workers_peak(run: Traced) -> int:
    """The largest number of workers alive at one time."""
    return max(worker_count(run).values, default=0)


def workers_started(run: Traced) -> int:
    """How many workers there were, at one time or one after the other."""
    return len(trace_of(run).workers)


@measured_in("s")
def worker_seconds(run: Traced) -> float:
    """Seconds that workers were there, busy or not: from birth to end, summed over all of them."""
    return sum(ns(span.end) - ns(span.start) for span in trace_of(run).spans) / 1e9


def workers_joined(run: Traced) -> bool:
    """Whether a worker was born when the first job had ended, or later."""
    trace = trace_of(run)
    first_end = min(
        (job.finished for job in trace.jobs if job.finished is not None), default=math.inf
    )
    births: dict[str, float] = {}
    for span in trace.spans:
        births[span.worker] = min(span.start, births.get(span.worker, math.inf))
    last = max(births.values(), default=0.0)
    return last > 0 and last >= first_end


def queue_peak(run: Traced) -> int:
    """The most jobs that waited in the job channel at one time."""
    return max(queue_depth(run)[1], default=0)


@measured_in("s")
def last_submission(run: Traced) -> float:
    """Seconds from the start of the run until the last job found room; 0.0 without jobs."""
    times = (job.submitted for job in trace_of(run).jobs if job.submitted is not None)
    return max(times, default=0.0)


def waiting_times(run: Traced, arrivals: Mapping[str, float] | None = None) -> list[float]:
    """Seconds that each job begun had to wait, in the order of submission.

    A job waits from its arrival until work on it begins, and so in the queue and for a limiter, as
    long as either takes. It arrives when it is submitted, or at the time that `arrivals` has for
    its name: then it waits for room in the queue, too. Jobs whose arrival is not known, and those
    cancelled before work on them began, are left out.
    """
    trace = trace_of(run)
    begun = job_starts(trace)
    came = {job.id: job.submitted for job in trace.jobs} if arrivals is None else arrivals
    times = ((begun.get(job.id), came.get(job.id)) for job in trace.jobs)
    return [
        max(0, ns(start) - ns(arrival)) / 1e9
        for start, arrival in times
        if start is not None and arrival is not None
    ]


@measured_in("s")
def longest_wait(run: Traced) -> float:
    """The longest of the `waiting_times`; 0.0 without any."""
    return max(waiting_times(run), default=0.0)


def latencies(run: Traced) -> list[float]:
    """Seconds from submission to the end, for each job finished, in the order of submission."""
    trace = trace_of(run)
    return [
        (ns(job.finished) - ns(job.submitted)) / 1e9
        for job in trace.jobs
        if job.finished is not None and job.submitted is not None
    ]


def service_times(run: Traced) -> list[float]:
    """Seconds a worker worked on each job started, without being blocked or throttled."""
    trace = trace_of(run)
    work = work_by_job(trace)
    return [work.get(job.id, 0) / 1e9 for job in trace.jobs if job.started is not None]


def percentile(values: Sequence[float], p: float) -> float:
    """The smallest value that at least `p` per cent (0 < p <= 100) of them do not exceed.

    This is the nearest-rank definition (Hyndman and Fan, Sample Quantiles in Statistical
    Packages, 1996, type 1). Raises ValueError for no values or another `p`.
    """
    if not values:
        raise ValueError("values must hold at least one number, got none")
    if not 0 < p <= 100:
        raise ValueError(f"p must be > 0 and <= 100, got {p}")
    return sorted(values)[math.ceil(p / 100 * len(values)) - 1]


def work_by_job(trace: Trace) -> dict[str, int]:
    """Nanoseconds that a worker worked on each job, by the job's name."""
    work: dict[str, int] = {}
    for span in trace.spans:
        if span.state is State.WORKING and span.job is not None:
            work[span.job] = work.get(span.job, 0) + ns(span.end) - ns(span.start)
    return work
