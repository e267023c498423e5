"""Numbers that follow from a trace. Pure functions; times in seconds.

Sums are made in whole nanoseconds, so that figures from virtual time are exact.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter as Count
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import sub

from lab.model.trace import Counter, Outcome, State, Trace
from lab.tracing.theory import makespan_lower_bound

__all__ = [
    "Books",
    "LittlesLaw",
    "books",
    "describe",
    "elapsed_text",
    "fullest_window",
    "ideal_makespan",
    "jobs_done",
    "jobs_in_system",
    "latencies",
    "littles_law",
    "littles_law_until",
    "makespan",
    "most_in_window",
    "percentile",
    "queue_depth",
    "service_times",
    "throughput",
    "token_levels",
    "turns",
    "utilisation",
    "waiting_times",
    "worker_count",
    "workers_joined",
    "workers_peak",
]


@dataclass(frozen=True, slots=True)
class Books:
    """How many jobs came, and what became of them."""

    submitted: int
    succeeded: int
    failed: int
    cancelled: int
    never_started: int

    @property
    def balanced(self) -> bool:
        """Whether every job submitted is in exactly one of the other accounts."""
        ended = self.succeeded + self.failed + self.cancelled + self.never_started
        return self.submitted == ended

    def __str__(self) -> str:
        return (
            f"{self.submitted} submitted = {self.succeeded} succeeded + {self.failed} failed + "
            f"{self.cancelled} cancelled + {self.never_started} never started"
        )


@dataclass(frozen=True, slots=True)
class LittlesLaw:
    """L = lambda * W, each measured on its own.

    Attributes:
        in_system: L, the time average of the jobs submitted and not finished.
        arrival_rate: lambda, jobs submitted a second.
        time_in_system: W, the mean seconds from submission to the end.
    """

    in_system: float
    arrival_rate: float
    time_in_system: float


def books(trace: Trace) -> Books:
    """Count the jobs by outcome."""
    count = Count(job.outcome for job in trace.jobs)
    return Books(
        len(trace.jobs),
        count[Outcome.OK],
        count[Outcome.FAILED],
        count[Outcome.CANCELLED],
        count[Outcome.NEVER_STARTED],
    )


def makespan(trace: Trace) -> float:
    """Seconds from the start of the run to the end of its last job; 0.0 without jobs."""
    return max((job.finished for job in trace.jobs if job.finished is not None), default=0.0)


def workers_peak(trace: Trace) -> int:
    """The largest number of workers alive at one time."""
    return max(worker_count(trace).values, default=0)


def worker_count(trace: Trace) -> Counter:
    """Workers alive, as steps; a worker lives from its first span to the end of its last."""
    births: dict[str, float] = {}
    deaths: dict[str, float] = {}
    for span in trace.spans:
        if span.start < births.setdefault(span.worker, span.start):
            births[span.worker] = span.start
        if span.end > deaths.setdefault(span.worker, span.end):
            deaths[span.worker] = span.end
    # At one instant births come before deaths: a worker of no duration has been there.
    changes = sorted(
        [(time, 0, 1) for time in births.values()] + [(time, 1, -1) for time in deaths.values()]
    )
    values = accumulate((change for _, _, change in changes), initial=0)
    return Counter("workers", (0.0, *(time for time, _, _ in changes)), tuple(values))


def workers_joined(trace: Trace) -> bool:
    """Whether a worker was born when the first job had ended, or later."""
    first_end = min(
        (job.finished for job in trace.jobs if job.finished is not None), default=math.inf
    )
    births: dict[str, float] = {}
    for span in trace.spans:
        births[span.worker] = min(span.start, births.get(span.worker, math.inf))
    last = max(births.values(), default=0.0)
    return last > 0 and last >= first_end


def ideal_makespan(trace: Trace) -> float:
    """A makespan that no schedule of the same jobs on as many workers can beat, in seconds.

    Jobs never started are left out. See `makespan_lower_bound` for its sources.
    """
    started = [job for job in trace.jobs if job.started is not None]
    workers = workers_peak(trace)
    if not workers:
        return 0.0
    served = _work_by_job(trace)
    arrivals = [_ns(job.submitted or 0.0) for job in started]
    return makespan_lower_bound(arrivals, [served.get(job.id, 0) for job in started], workers) / 1e9


def turns(trace: Trace) -> list[float]:
    """Times, ascending, at which jobs had their turn: after the limiter, or at their start.

    Jobs that were cancelled while they waited for the limiter, or when their turn came, had none.
    """
    throttled = {
        span.job: span.end for span in trace.spans if span.state is State.THROTTLED and span.job
    }
    began = [
        (throttled.get(job.id, job.started), job) for job in trace.jobs if job.started is not None
    ]
    return sorted(
        time
        for time, job in began
        if not (job.outcome is Outcome.CANCELLED and time == job.finished)
    )


def token_levels(
    trace: Trace, rate: float, burst: int, times: Sequence[float] | None = None
) -> tuple[list[float], list[float]]:
    """Tokens in a bucket from which every job let through took one, as the corners of a curve.

    The bucket starts full, gains `rate` (> 0) tokens a second and holds `burst` (>= 1). Below 0
    are tokens that were not there: more jobs went through than such a bucket allows. `times`, in
    ascending seconds, are when jobs went through; None means the trace's `turns`.
    """
    corners, levels = [0.0], [float(burst)]
    for time in [*(turns(trace) if times is None else times), trace.elapsed]:
        full_at = corners[-1] + (burst - levels[-1]) / rate
        if full_at < time:
            corners.append(full_at)
            levels.append(float(burst))
        level = min(burst, round(levels[-1] + (time - corners[-1]) * rate, 6))
        corners += [time, time]
        levels += [level, level - 1]
    return corners[:-1], levels[:-1]


def throughput(trace: Trace) -> float:
    """Jobs finished a second, over the makespan; 0.0 if that is 0."""
    span = makespan(trace)
    return len(jobs_done(trace)[0]) / span if span else 0.0


def utilisation(trace: Trace) -> float:
    """The share of the workers' time spent working, from 0 to 1, over the run.

    Busy seconds divided by elapsed seconds times peak number of workers; 0.0 if that is 0.
    """
    offered = _ns(trace.elapsed) * workers_peak(trace)
    return sum(_work_by_job(trace).values()) / offered if offered else 0.0


def jobs_done(trace: Trace, outcome: Outcome | None = None) -> tuple[list[float], list[int]]:
    """Times at which jobs ended, ascending, and how many had ended by then.

    Jobs that succeeded or failed count; with `outcome`, only those that ended so.
    """
    wanted = (Outcome.OK, Outcome.FAILED) if outcome is None else (outcome,)
    times = sorted(j.finished for j in trace.jobs if j.finished is not None and j.outcome in wanted)
    return times, list(range(1, len(times) + 1))


def queue_depth(trace: Trace, name: str | None = None) -> tuple[list[float], list[int]]:
    """Times, ascending, and the values buffered in a channel from each on.

    `name` is the channel's; None means the job channel. Raises ValueError if there is none of
    that name. Without a job channel both lists are empty.
    """
    wanted = name if name is not None else trace.job_queue
    if wanted is None:
        return [], []
    for queue in trace.queues:
        if queue.name == wanted:
            return list(queue.times), list(queue.values)
    known = ", ".join(queue.name for queue in trace.queues) or "none"
    raise ValueError(f"name must be one of the channels recorded ({known}), got {wanted!r}")


def waiting_times(trace: Trace) -> list[float]:
    """Seconds from submission to start, for each job started, in the order of submission."""
    return [
        _difference(job.started, job.submitted)
        for job in trace.jobs
        if job.started is not None and job.submitted is not None
    ]


def latencies(trace: Trace) -> list[float]:
    """Seconds from submission to the end, for each job finished, in the order of submission."""
    return [
        _difference(job.finished, job.submitted)
        for job in trace.jobs
        if job.finished is not None and job.submitted is not None
    ]


def service_times(trace: Trace) -> list[float]:
    """Seconds a worker worked on each job started, without being blocked or throttled."""
    work = _work_by_job(trace)
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


def jobs_in_system(trace: Trace) -> tuple[list[float], list[int]]:
    """Times, ascending, and the jobs submitted and not finished from each on, beginning at 0.

    Jobs never started are left out.
    """
    stays = _stays(trace)
    changes = sorted([(begin, 1) for begin, _ in stays] + [(end, -1) for _, end in stays])
    times = [0.0, *(time / 1e9 for time, _ in changes)]
    return times, list(accumulate((change for _, change in changes), initial=0))


def littles_law(trace: Trace) -> LittlesLaw:
    """Measure both sides of Little's law over the run.

    L is the area under the number of jobs in the system divided by the time; lambda and W are
    counted from the jobs. The two sides are equal if every job that came has also left. Jobs
    never started are left out. Source: Little, A Proof for the Queuing Formula L = lambda W, 1961.
    """
    return littles_law_until(trace, [makespan(trace)])[0]


def littles_law_until(trace: Trace, times: Sequence[float]) -> list[LittlesLaw]:
    """Measure both sides of Little's law from the start to each of `times` (seconds).

    lambda counts the jobs that have come by then, W those that have left: what somebody can know
    who looks at the pool at that time. The sides differ as long as jobs are inside.
    """
    stays = _stays(trace)
    came = sorted(begin for begin, _ in stays)
    left = sorted((end, end - begin) for begin, end in stays)
    came_before = list(accumulate(came, initial=0))
    left_before = list(accumulate((end for end, _ in left), initial=0))
    stayed_before = list(accumulate((stay for _, stay in left), initial=0))
    laws = []
    for time in map(_ns, times):
        inside, out = bisect_right(came, time), bisect_right(left, (time, math.inf))
        area = (inside * time - came_before[inside]) - (out * time - left_before[out])
        laws.append(
            LittlesLaw(
                area / time if time else 0.0,
                inside / time * 1e9 if time else 0.0,
                stayed_before[out] / out / 1e9 if out else 0.0,
            )
        )
    return laws


def most_in_window(
    times: Sequence[float], counts: Sequence[int] | None = None
) -> tuple[list[float], list[int]]:
    """Lengths of windows in seconds, ascending, and the most of `times` within a window so long.

    Windows are closed at both ends. Each length is that of the shortest window that holds one of
    `counts`, ascending, from 1 to the number of times; None means all of these. Looking for one
    count takes time in proportion to the number of times.
    """
    ordered = sorted(map(_ns, times))
    numbers = list(range(1, len(ordered) + 1) if counts is None else counts)
    shortest = [min(map(sub, ordered[number - 1 :], ordered)) for number in numbers]
    return [length / 1e9 for length in shortest], numbers


def fullest_window(times: Sequence[float], rate: float) -> tuple[float, int]:
    """Length in seconds, and number of `times` in it, of the window most above `rate` a second.

    That is the one with the largest number less `rate` times length; (0.0, 0) without times.
    """
    best, length, number = 0.0, 0.0, 0
    lowest, first, low_time = math.inf, 0, 0
    for place, time in enumerate(sorted(map(_ns, times)), start=1):
        before = place - 1 - rate * time / 1e9
        if before < lowest:
            lowest, first, low_time = before, place, time
        if before + 1 - lowest > best:
            best = before + 1 - lowest
            length, number = (time - low_time) / 1e9, place - first + 1
    return length, number


def _stays(trace: Trace) -> list[tuple[int, int]]:
    """Return when each finished job came and left, in nanoseconds."""
    return [
        (_ns(job.submitted), _ns(job.finished))
        for job in trace.jobs
        if job.submitted is not None and job.finished is not None
    ]


def elapsed_text(trace: Trace) -> str:
    """The length of the run in words, with as many digits as its clock is good for."""
    digits = 4 if trace.clock == "virtual" else 3
    return f"{trace.elapsed:.{digits}g} s"


def describe(trace: Trace) -> str:
    """One or two sentences that say what a picture of the trace shows."""
    told = books(trace)
    if not trace.workers:
        return f"No workers, {elapsed_text(trace)}."
    workers = _count(len(trace.workers), "worker")
    joined, peak = workers_joined(trace), workers_peak(trace)
    if joined and peak < len(trace.workers):
        workers += f" (at most {peak} at once)"
    text = f"{workers}, {_count(told.submitted, 'job')}, {elapsed_text(trace)}"
    if len(trace.workers) <= 8 and trace.elapsed and not joined:
        shares = ", ".join(f"{w} {share:.0%}" for w, share in _busy_shares(trace).items())
        text += f"; busy: {shares}"
    fates = {
        "succeeded": told.succeeded,
        "failed": told.failed,
        "cancelled": told.cancelled,
        "never started": told.never_started,
    }
    ended = [f"{number} {fate}" for fate, number in fates.items() if number]
    return f"{text}. {', '.join(ended)}." if ended else f"{text}."


def _busy_shares(trace: Trace) -> dict[str, float]:
    busy = dict.fromkeys(trace.workers, 0)
    for span in trace.spans:
        if span.state is State.WORKING:
            busy[span.worker] += _ns(span.end) - _ns(span.start)
    whole = _ns(trace.elapsed)
    return {worker: time / whole for worker, time in busy.items()}


def _work_by_job(trace: Trace) -> dict[str, int]:
    work: dict[str, int] = {}
    for span in trace.spans:
        if span.state is State.WORKING and span.job is not None:
            work[span.job] = work.get(span.job, 0) + _ns(span.end) - _ns(span.start)
    return work


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _difference(later: float | None, earlier: float | None) -> float:
    return (_ns(later or 0.0) - _ns(earlier or 0.0)) / 1e9


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)
