"""Numbers that change in a run: steps over time. Pure functions; times in seconds.

Each takes a run or its trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from lab.model.trace import Counter, Outcome, State
from lab.tracing.traced import Traced, ns, trace_of

__all__ = [
    "job_starts",
    "jobs_done",
    "jobs_in_system",
    "queue_depth",
    "start_times",
    "stays",
    "token_levels",
    "worker_count",
]


def jobs_done(run: Traced, outcome: Outcome | None = None) -> tuple[list[float], list[int]]:
    """Times at which jobs ended, ascending, and how many had ended by then.

    Jobs that succeeded or failed count; with `outcome`, only those that ended so.
    """
    trace = trace_of(run)
    wanted = (Outcome.OK, Outcome.FAILED) if outcome is None else (outcome,)
    times = sorted(j.finished for j in trace.jobs if j.finished is not None and j.outcome in wanted)
    return times, list(range(1, len(times) + 1))


def queue_depth(run: Traced, name: str | None = None) -> tuple[list[float], list[int]]:
    """Times, ascending, and the values buffered in a channel from each on.

    `name` is the channel's; None means the job channel. Raises ValueError if there is none of
    that name. Without a job channel both lists are empty.
    """
    trace = trace_of(run)
    wanted = name if name is not None else trace.job_queue
    if wanted is None:
        return [], []
    for queue in trace.queues:
        if queue.name == wanted:
            return list(queue.times), list(queue.values)
    known = ", ".join(queue.name for queue in trace.queues) or "none"
    raise ValueError(f"name must be one of the channels recorded ({known}), got {wanted!r}")


def worker_count(run: Traced) -> Counter:
    """Workers alive, as steps; a worker lives from its first span to the end of its last."""
    trace = trace_of(run)
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


def jobs_in_system(run: Traced) -> tuple[list[float], list[int]]:
    """Times, ascending, and the jobs submitted and not finished from each on, beginning at 0.

    Jobs never started are left out.
    """
    inside = stays(run)
    changes = sorted([(begin, 1) for begin, _ in inside] + [(end, -1) for _, end in inside])
    times = [0.0, *(time / 1e9 for time, _ in changes)]
    return times, list(accumulate((change for _, change in changes), initial=0))


def job_starts(run: Traced) -> dict[str, float]:
    """When work on each job began, by the job's name: at its start, or when a limiter let it go.

    Jobs that were cancelled while they waited for the limiter, or when their turn came, are left
    out.
    """
    trace = trace_of(run)
    let_go = {s.job: s.end for s in trace.spans if s.state is State.THROTTLED and s.job}
    begun = (
        (job, let_go.get(job.id, job.started)) for job in trace.jobs if job.started is not None
    )
    return {
        job.id: time
        for job, time in begun
        if time is not None and not (job.outcome is Outcome.CANCELLED and time == job.finished)
    }


def start_times(run: Traced) -> list[float]:
    """Times, ascending, at which work on jobs began; see `job_starts`."""
    return sorted(job_starts(run).values())


def token_levels(
    run: Traced, rate: float, burst: int, times: Sequence[float] | None = None
) -> tuple[list[float], list[float]]:
    """Tokens in a bucket from which every job let through took one, as the corners of a curve.

    The bucket starts full, gains `rate` (> 0) tokens a second and holds `burst` (>= 1). Below 0
    are tokens that were not there: more jobs went through than such a bucket allows. `times`, in
    ascending seconds, are when jobs went through; None means the trace's `start_times`.
    """
    trace = trace_of(run)
    corners, levels = [0.0], [float(burst)]
    for time in [*(start_times(trace) if times is None else times), trace.elapsed]:
        full_at = corners[-1] + (burst - levels[-1]) / rate
        if full_at < time:
            corners.append(full_at)
            levels.append(float(burst))
        level = min(burst, round(levels[-1] + (time - corners[-1]) * rate, 6))
        corners += [time, time]
        levels += [level, level - 1]
    return corners[:-1], levels[:-1]


def stays(run: Traced) -> list[tuple[int, int]]:
    """Return when each finished job came and left, in nanoseconds."""
    trace = trace_of(run)
    return [
        (ns(job.submitted), ns(job.finished))
        for job in trace.jobs
        if job.submitted is not None and job.finished is not None
    ]
