"""Traces in and out: JSON for other programs, Chrome trace events for ui.perfetto.dev."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from lab.model.trace import Counter, Job, Outcome, Span, State, Trace, Wake
from lab.tracing.labels import others_in
from lab.tracing.traced import Traced, trace_of

__all__ = ["from_json", "to_chrome_trace", "to_json"]

_FORMAT = "worker-pool-trace"
_VERSION = 2
_SUBMITTED = "submitted"  # the thread from which jobs come, in a Chrome trace


def to_json(run: Traced) -> str:
    """Return the trace of a run as one JSON object; `from_json` gives back an equal trace."""
    trace = trace_of(run)
    return json.dumps({"format": _FORMAT, "version": _VERSION, **asdict(trace)}, indent=1)


def from_json(text: str) -> Trace:
    """Return the trace that `to_json` wrote.

    Raises ValueError for anything else, or another version.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"a trace must be JSON: {error}") from None
    kind = data.get("format") if isinstance(data, dict) else None
    if kind != _FORMAT:
        raise ValueError(f"format must be {_FORMAT!r}, got {kind!r}")
    if data.get("version") != _VERSION:
        raise ValueError(f"version must be {_VERSION}, got {data.get('version')!r}")
    try:
        return Trace(
            clock=data["clock"],
            elapsed=data["elapsed"],
            workers=tuple(data["workers"]),
            spans=tuple(_span(span) for span in data["spans"]),
            jobs=tuple(Job(**{**job, "outcome": Outcome(job["outcome"])}) for job in data["jobs"]),
            queues=tuple(_counter(queue) for queue in data["queues"]),
            job_queue=data["job_queue"],
            wakes=tuple(Wake(**wake) for wake in data["wakes"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"a trace must have all its fields and no others: {error}") from None


def _span(data: dict[str, Any]) -> Span:
    outcome = data["outcome"]
    changed = {
        "state": State(data["state"]),
        "outcome": None if outcome is None else Outcome(outcome),
    }
    return Span(**{**data, **changed})


def _counter(data: dict[str, Any]) -> Counter:
    return Counter(**{**data, "times": tuple(data["times"]), "values": tuple(data["values"])})


def to_chrome_trace(run: Traced) -> str:
    """Return the trace of a run in the Trace Event Format, JSON object form, times in microseconds.

    Every worker is a thread with complete events ("X"), every queue a counter ("C"). Arrows ("s" to
    "f") lead from where a job was submitted, on a thread of its own, to where a worker started it
    ("handed over"), and from a task that ended another's wait to that one ("woke").
    """
    trace = trace_of(run)
    tasks = [*trace.workers, *others_in(trace)]
    threads = {task: number for number, task in enumerate(tasks, start=1)}
    events: list[dict[str, Any]] = [
        {
            "ph": "M",
            "pid": 1,
            "name": "process_name",
            "args": {"name": f"pool ({trace.clock} time)"},
        }
    ]
    for worker, number in {_SUBMITTED: 0, **threads}.items():
        name = {"ph": "M", "pid": 1, "tid": number, "name": "thread_name", "args": {"name": worker}}
        order = {"sort_index": number}
        events += [name, {**name, "name": "thread_sort_index", "args": order}]
    for span in trace.spans:
        details = {"job": span.job, "outcome": span.outcome, "waiting_for": span.waiting_for}
        events.append(
            {
                "ph": "X",
                "pid": 1,
                "tid": threads[span.worker],
                "name": f"job {span.job}" if span.state is State.WORKING else str(span.state),
                "cat": str(span.state),
                "ts": span.start * 1e6,
                "dur": span.duration * 1e6,
                "args": {key: value for key, value in details.items() if value is not None},
            }
        )
    for number, job in enumerate(trace.jobs):
        events += _handing_over(number, job, threads)
    for number, wake in enumerate(trace.wakes):
        events += _waking(number, wake, threads)
    for queue in trace.queues:
        for time, value in zip(queue.times, queue.values, strict=True):
            count = {"ph": "C", "pid": 1, "name": queue.name, "args": {"buffered": value}}
            events.append({**count, "ts": time * 1e6})
    return json.dumps({"traceEvents": events, "displayTimeUnit": "ms"})


def _handing_over(number: int, job: Job, threads: dict[str, int]) -> list[dict[str, Any]]:
    """Return the submission of a job, and the arrow from there to where it started."""
    if job.submitted is None:
        return []
    at = {"pid": 1, "tid": 0, "ts": job.submitted * 1e6}
    events = [{**at, "ph": "X", "dur": 0.0, "name": f"submit job {job.id}", "cat": "submit"}]
    if job.started is not None and job.worker in threads:
        arrow = {"id": number, "name": f"job {job.id}", "cat": "handed over"}
        there = {"pid": 1, "tid": threads[job.worker], "ts": job.started * 1e6}
        events += _arrow(arrow, at, there)
    return events


def _waking(number: int, wake: Wake, threads: dict[str, int]) -> list[dict[str, Any]]:
    """Return what a task did to wake another, that one's going on, and the arrow between them."""
    at = {"pid": 1, "tid": threads[wake.by], "ts": wake.time * 1e6}
    there = {"pid": 1, "tid": threads[wake.task], "ts": wake.went_on * 1e6}
    instant = {"ph": "X", "dur": 0.0, "cat": "woke"}  # an arrow needs an event at each end
    events = [{**at, **instant, "name": f"wake {wake.task}"}, {**there, **instant, "name": "go on"}]
    return events + _arrow({"id": number, "name": f"woke {wake.task}", "cat": "woke"}, at, there)


def _arrow(
    arrow: dict[str, Any], at: dict[str, Any], there: dict[str, Any]
) -> list[dict[str, Any]]:
    return [{**at, **arrow, "ph": "s"}, {**there, **arrow, "ph": "f", "bp": "e"}]
