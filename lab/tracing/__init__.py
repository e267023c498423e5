"""Traces: what happened in a run, the numbers that follow from it, and its way in and out."""

from lab.model.trace import Clock, Counter, Job, Outcome, Span, State, Trace
from lab.tracing.build import build_trace
from lab.tracing.by_hand import trace_from_jobs, trace_from_spans
from lab.tracing.curves import (
    job_starts,
    jobs_done,
    jobs_in_system,
    queue_depth,
    start_times,
    token_levels,
    worker_count,
)
from lab.tracing.export import from_json, to_chrome_trace, to_json
from lab.tracing.health import found_at
from lab.tracing.labels import job_labels
from lab.tracing.laws import (
    LittlesLaw,
    fullest_window,
    littles_law,
    littles_law_until,
    most_in_window,
    most_within,
)
from lab.tracing.numbers import (
    counts,
    ideal_makespan,
    last_submission,
    latencies,
    longest_wait,
    makespan,
    percentile,
    queue_peak,
    service_times,
    throughput,
    unfinished,
    utilisation,
    waiting_times,
    worker_seconds,
    workers_joined,
    workers_peak,
    workers_started,
)
from lab.tracing.tables import tabulate
from lab.tracing.traced import HasTrace, Traced, trace_of
from lab.tracing.words import describe, elapsed_text

__all__ = [
    "Clock",
    "Counter",
    "HasTrace",
    "Job",
    "LittlesLaw",
    "Outcome",
    "Span",
    "State",
    "Trace",
    "Traced",
    "build_trace",
    "counts",
    "describe",
    "elapsed_text",
    "found_at",
    "from_json",
    "fullest_window",
    "ideal_makespan",
    "job_labels",
    "job_starts",
    "jobs_done",
    "jobs_in_system",
    "last_submission",
    "latencies",
    "littles_law",
    "littles_law_until",
    "longest_wait",
    "makespan",
    "most_in_window",
    "most_within",
    "percentile",
    "queue_depth",
    "queue_peak",
    "service_times",
    "start_times",
    "tabulate",
    "throughput",
    "to_chrome_trace",
    "to_json",
    "token_levels",
    "trace_from_jobs",
    "trace_from_spans",
    "trace_of",
    "unfinished",
    "utilisation",
    "waiting_times",
    "worker_count",
    "worker_seconds",
    "workers_joined",
    "workers_peak",
    "workers_started",
]
