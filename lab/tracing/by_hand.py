"""Traces of what somebody else has recorded: spans, or what became of each job."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lab.model.trace import Clock, Counter, Job, Outcome, Span, State, Trace

__all__ = ["trace_from_jobs", "trace_from_spans"]


def trace_from_spans(spans: Iterable[Span], *, clock: Clock, elapsed: float) -> Trace:
    """Make a trace of spans recorded by hand, as an executor or an asyncio program would.

    The lanes come in the order of their first spans. A job is what spans with the same `job` tell
    of it; its submission is not known.
    """
    ordered = tuple(sorted(spans, key=lambda span: (span.start, span.end)))
    by_job: dict[str, list[Span]] = {}
    for span in ordered:
        if span.job is not None:
            by_job.setdefault(span.job, []).append(span)
    jobs = tuple(
        Job(
            id=name,
            outcome=next((s.outcome for s in reversed(own) if s.outcome), Outcome.OK),
            started=own[0].start,
            finished=max(s.end for s in own),
            worker=own[0].worker,
        )
        for name, own in by_job.items()
    )
    outcomes = {job.id: job.outcome for job in jobs}
    complete = tuple(
        span if span.job is None else replace(span, outcome=outcomes[span.job]) for span in ordered
    )
    workers = tuple(dict.fromkeys(span.worker for span in ordered))
    return Trace(clock, elapsed, workers, complete, jobs)


def trace_from_jobs(
    jobs: Iterable[Job], *, clock: Clock, elapsed: float, waiting: Counter | None = None
) -> Trace:
    """Make a trace from what became of each job, where nothing else is known of the workers.

    A worker is working on its jobs and waiting between two of them; its lane begins with its first
    job and ends with its last. The lanes come in the order of their first jobs.

    Args:
        jobs: in the order of their submission; no worker has two at a time.
        clock: "real" or "virtual".
        elapsed: seconds that the run took.
        waiting: the number of jobs submitted and not started, if it is known.
    """
    jobs = tuple(jobs)
    own: dict[str, list[Job]] = {}
    begun = [job for job in jobs if job.worker is not None and job.started is not None]
    for job in sorted(begun, key=lambda job: job.started or 0.0):
        own.setdefault(job.worker or "", []).append(job)
    spans: list[Span] = []
    for worker, done in own.items():
        free = None
        for job in done:
            start, end = job.started or 0.0, job.finished or 0.0
            if free is not None and start > free:
                spans.append(Span(worker, State.WAITING, free, start))
            # Nothing ended a job that was cancelled without an error: it was still in hand.
            in_hand = job.outcome is Outcome.CANCELLED and job.error is None
            outcome = None if in_hand else job.outcome
            spans.append(Span(worker, State.WORKING, start, end, job.id, outcome))
            free = end
    spans.sort(key=lambda span: (span.start, span.end))
    queues = () if waiting is None else (waiting,)
    name = None if waiting is None else waiting.name
    return Trace(clock, elapsed, tuple(own), tuple(spans), jobs, queues, name)
