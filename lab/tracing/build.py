"""From the events that the primitives record to a trace; the rules are in `lanes`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lab.model.trace import Clock, Counter, Span, Trace
from lab.tracing.events import CLOSED, RECEIVED, SENT, Event
from lab.tracing.labels import distinct
from lab.tracing.lanes import follow
from lab.tracing.ledger import Ledger

__all__ = ["build_trace"]


def build_trace(events: Iterable[Event], *, clock: Clock, start: int, end: int) -> Trace:
    """Make a trace of `events`, recorded from `start` to `end` (ns on `clock`)."""
    log = sorted(events, key=lambda event: event[0])  # threads may append a little out of order
    lanes = follow(log, end)
    workers = {task: lane for task, lane in lanes.items() if lane.is_worker}
    names = distinct(lane.name for lane in workers.values())
    channels = {id(lane.channel): lane.channel for lane in workers.values()}
    ledger = Ledger(log, channels, start)
    spans: list[Span] = []
    for name, lane in zip(names, workers.values(), strict=True):
        spans += ledger.spans(name, lane)
    ledger.add_received_elsewhere(log, workers)
    queues, queue_names = _queues(log, start)
    spans.sort(key=lambda span: (span.start, span.end))
    job_queue = next((queue_names[number] for number in channels if number in queue_names), None)
    return Trace(
        clock=clock,
        elapsed=(end - start) / 1e9,
        workers=tuple(names),
        spans=tuple(spans),
        jobs=tuple(ledger.jobs()),
        queues=queues,
        job_queue=job_queue,
    )


def _queues(log: list[Event], start: int) -> tuple[tuple[Counter, ...], dict[int, str]]:
    channels: dict[int, Any] = {}
    samples: dict[int, list[tuple[float, int]]] = {}
    closed: dict[int, tuple[float, str, bool]] = {}
    senders: set[tuple[int, Any]] = set()
    for time, task, kind, subject, _, depth, _ in log:
        if kind == CLOSED:
            sent = (id(subject), task) in senders
            closed.setdefault(id(subject), ((time - start) / 1e9, task.name, sent))
        elif kind in (SENT, RECEIVED):
            if kind == SENT:
                senders.add((id(subject), task))
            channels[id(subject)] = subject
            samples.setdefault(id(subject), [(0.0, 0)]).append(((time - start) / 1e9, depth))
    names = distinct(channel.name for channel in channels.values())
    counters = tuple(
        Counter(
            name,
            tuple(time for time, _ in samples[number]),
            tuple(depth for _, depth in samples[number]),
            channel.capacity if isinstance(channel.capacity, int) else None,
            *closed.get(number, ()),
        )
        for name, (number, channel) in zip(names, channels.items(), strict=True)
    )
    return counters, dict(zip(channels, names, strict=True))
