"""A run in words."""

from __future__ import annotations

from lab.model.trace import State, Trace
from lab.tracing.numbers import counts, unfinished, workers_joined, workers_peak
from lab.tracing.traced import Traced, ns, trace_of

__all__ = [
    "count_of",
    "describe",
    "elapsed_text",
    "outcomes",
]


def elapsed_text(run: Traced) -> str:
    """The length of the run in words, with as many digits as its clock is good for."""
    trace = trace_of(run)
    digits = 4 if trace.clock == "virtual" else 3
    return f"{trace.elapsed:.{digits}g} s"


def describe(run: Traced) -> str:
    """One or two sentences that say what a picture of the trace shows."""
    trace = trace_of(run)
    jobs = counts(trace)
    if not trace.workers:
        return f"No workers, {elapsed_text(trace)}."
    workers = count_of(len(trace.workers), "worker")
    joined, peak = workers_joined(trace), workers_peak(trace)
    if joined and peak < len(trace.workers):
        workers += f" (at most {peak} at once)"
    text = f"{workers}, {count_of(jobs.submitted, 'job')}, {elapsed_text(trace)}"
    if len(trace.workers) <= 8 and trace.elapsed and not joined:
        shares = {worker: f"{share:.0%}" for worker, share in _busy_shares(trace).items()}
        if len(shares) > 1 == len(set(shares.values())):
            text += f"; each busy {shares.popitem()[1]}"
        else:
            text += f"; busy: {', '.join(f'{worker} {share}' for worker, share in shares.items())}"
    ended = [f"{number} {outcome}" for outcome, number in outcomes(trace).items()]
    return f"{text}. {', '.join(ended)}." if ended else f"{text}."


def outcomes(trace: Trace) -> dict[str, int]:
    """Return how many jobs ended in each way, without the ways in which none did."""
    jobs, in_hand = counts(trace), unfinished(trace)
    numbers = {
        "succeeded": jobs.succeeded,
        "failed": jobs.failed,
        "unfinished": in_hand,
        "cancelled": jobs.cancelled - in_hand,
        "never started": jobs.never_started,
    }
    return {outcome: number for outcome, number in numbers.items() if number}


def _busy_shares(trace: Trace) -> dict[str, float]:
    busy = dict.fromkeys(trace.workers, 0)
    for span in trace.spans:
        if span.state is State.WORKING:
            busy[span.worker] += ns(span.end) - ns(span.start)
    whole = ns(trace.elapsed)
    return {worker: time / whole for worker, time in busy.items()}


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun, such as "1 job" or "2 jobs"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
