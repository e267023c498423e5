"""From the events that the primitives record to a trace; the rules are in `lanes`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from lab.model.trace import Clock, Counter, Span, Trace, Wake
from lab.tracing.events import CLOSED, RECEIVED, RESUMED, SENT, Event
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
        wakes=_wakes(log, dict(zip(workers, names, strict=True)), start),
    )


def _wakes(log: list[Event], workers: dict[Any, str], start: int) -> tuple[Wake, ...]:
    """Return who woke whom; a task that is no worker keeps its name, unless a worker has it."""
    resumed = [event for event in log if event[2] == RESUMED and event[4] is not None]
    pairs = [(event[4][1], event[1]) for event in resumed]
    others = [task for task in dict.fromkeys(chain(*pairs)) if task not in workers]
    names = distinct([*workers.values(), *(task.name for task in others)])
    name = dict(zip([*workers, *others], names, strict=True))
    return tuple(
        Wake(
            (woken_by[0] - start) / 1e9,
            name[by],
            name[task],
            (time - start) / 1e9,
            getattr(subject, "name", None) or "",
        )
        for (time, _, _, subject, woken_by, *_), (by, task) in zip(resumed, pairs, strict=True)
        if by is not task
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
