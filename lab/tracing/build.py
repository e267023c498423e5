"""From the events that the primitives record to a trace.

Pattern code says nothing about jobs and states; they follow from the operations, by these rules.

- A task with a name of its own whose first channel operation is a receive is a worker and gets a
  lane. The channel it first receives from is its job channel.
- A job begins when it is received there, and ends when the worker turns to that channel again, or
  ends itself; sending a result does not end it.
- Without a job in hand the worker is waiting; after the end of the job channel, stopped. With a
  job it is working, unless it waits for a limiter (throttled) or for another channel (blocked).
- A job failed if a value was sent for it whose `error` is not None, or an exception ended its
  worker; a value sent by another task is for the job that is its `job`. A value that was refused
  counts like one that was sent: the job was done, though nobody took the result. A job was
  cancelled if Cancelled ended its worker before that, or if it is still in hand when the recording
  ends.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

from lab.model.trace import Clock, Counter, Job, Outcome, Span, State, Trace
from patterns.concurrency import Cancelled, Closed
from patterns.concurrency.recording import (
    ENDED,
    NO_MORE,
    PARKED_RECEIVING,
    PARKED_SENDING,
    PARKED_THROTTLED,
    RECEIVED,
    REFUSED,
    RESUMED,
    SENT,
    STARTED,
    Event,
)

__all__ = ["build_trace", "job_labels", "trace_from_jobs", "trace_from_spans"]

_RECEIVES = {PARKED_RECEIVING, RECEIVED, NO_MORE}
_CHANNEL_OPERATIONS = _RECEIVES | {SENT, REFUSED, PARKED_SENDING}


class _Held:
    """A job in a worker's hands."""

    def __init__(self, value: object, started: int) -> None:
        self.value = value
        self.started = started
        self.finished = started
        self.outcome: Outcome | None = None
        self.error: object = None
        self.refused = False  # a value sent for it: it was done, though too late
        self.pieces: list[tuple[State, int, int, str | None]] = []

    def blame(self, error: object, outcome: Outcome = Outcome.FAILED) -> None:
        """Let `error` decide the outcome, unless an earlier one has."""
        if self.outcome is None and error is not None:
            self.outcome, self.error = outcome, error

    def end_worker(self, error: object) -> None:
        """Let what ended the worker decide."""
        if not (self.refused and isinstance(error, Cancelled | Closed)):
            cancelled = isinstance(error, Cancelled)
            self.blame(error, Outcome.CANCELLED if cancelled else Outcome.FAILED)


class _Lane:
    """One worker's states so far."""

    def __init__(self, task: Any, born: int) -> None:
        self.name: str = task.name
        self.channel: Any = None
        self.is_worker: bool | None = None
        self.held: _Held | None = None
        self.done: list[_Held] = []
        self.pieces: list[tuple[State, int, int, str | None]] = []  # without a job
        self._idle = State.WAITING
        self._state: State | None = State.WAITING
        self._since = born
        self._waiting_for: str | None = None

    def follow(self, time: int, kind: str, subject: Any, value: object, error: object) -> None:
        """Take one event of this task into account."""
        if self.is_worker is None and kind in _CHANNEL_OPERATIONS:
            self.is_worker = kind in _RECEIVES
            self.channel = subject
        if kind in _RECEIVES and subject is self.channel:
            self._turn_to_jobs(time, kind, value)
        elif kind == PARKED_RECEIVING:
            self._enter(time, State.BLOCKED if self.held else State.WAITING, subject.name)
        elif kind == PARKED_SENDING:
            self._enter(time, State.BLOCKED if self.held else self._idle, subject.name)
            self._blame(error)
        elif kind == PARKED_THROTTLED:
            self._enter(time, State.THROTTLED, subject.name)
        elif kind == RESUMED:
            self._enter(time, State.WORKING if self.held else self._idle, None)
        elif kind == SENT:
            self._blame(error)
        elif kind == REFUSED and self.held is not None:
            self.held.refused = True
            self.held.blame(error)
        elif kind == ENDED:
            if self.held is not None:
                self.held.end_worker(error)
            self._finish_job(time, Outcome.OK)
            self._enter(time, None, None)
            if not self.pieces and not self.done:  # came, found nothing to do, and left at once
                self.pieces.append((self._idle, time, time, None))

    def _turn_to_jobs(self, time: int, kind: str, value: object) -> None:
        self._finish_job(time, Outcome.OK)
        if kind == RECEIVED:
            self._enter(time, State.WORKING, None)
            self.held = _Held(value, time)
        elif kind == PARKED_RECEIVING:
            self._enter(time, State.WAITING, self.channel.name)
        else:
            self._idle = State.STOPPED
            self._enter(time, State.STOPPED, None)

    def close(self, end: int) -> None:
        """End what is still open when the recording ends."""
        if self._state is None:
            return
        if self._since == end and self._state is not State.WORKING:
            # A wait that was cut off as it began is the last thing the worker did.
            pieces = self.pieces if self.held is None else self.held.pieces
            pieces.append((self._state, end, end, self._waiting_for))
        self._finish_job(end, Outcome.CANCELLED)
        self._enter(end, None, None)

    def _blame(self, error: object) -> None:
        if self.held is not None:
            self.held.blame(error)

    def _finish_job(self, time: int, outcome: Outcome) -> None:
        if self.held is not None:
            self._enter(time, self._idle, None)
            self.held.finished = time
            self.held.outcome = self.held.outcome or outcome
            self.done.append(self.held)
            self.held = None

    def _enter(self, time: int, state: State | None, waiting_for: str | None) -> None:
        if (state, waiting_for) == (self._state, self._waiting_for):
            return
        if self._state is not None:
            pieces = self.pieces if self.held is None else self.held.pieces
            piece = (self._state, self._since, time, self._waiting_for)
            if time > self._since:
                last = pieces[-1] if pieces else None
                if last is not None and (last[0], last[2], last[3]) == (
                    self._state,
                    self._since,
                    self._waiting_for,
                ):
                    pieces[-1] = (last[0], last[1], time, last[3])
                else:
                    pieces.append(piece)
        self._state, self._since, self._waiting_for = state, time, waiting_for


def build_trace(events: Iterable[Event], *, clock: Clock, start: int, end: int) -> Trace:
    """Make a trace of `events`, recorded from `start` to `end` (ns on `clock`)."""
    log = sorted(events, key=lambda event: event[0])  # threads may append a little out of order
    lanes = _follow(log, end)
    workers = {task: lane for task, lane in lanes.items() if lane.is_worker}
    names = _distinct(lane.name for lane in workers.values())
    channels = {id(lane.channel): lane.channel for lane in workers.values()}
    ledger = _Ledger(log, channels, start)
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


def _follow(log: list[Event], end: int) -> dict[Any, _Lane]:
    lanes: dict[Any, _Lane] = {}
    for time, task, kind, subject, value, _, error in log:
        if kind == SENT and error is not None:
            _blame_holder(lanes, task, getattr(value, "job", None), error)
        if not task.named:
            continue
        if kind == STARTED or task not in lanes:
            lanes[task] = _Lane(task, time)
        lanes[task].follow(time, kind, subject, value, error)
    for lane in lanes.values():
        lane.close(end)
    return lanes


def _blame_holder(lanes: dict[Any, _Lane], sender: Any, job: object, error: object) -> None:
    """Let `error` decide what became of `job`, if another task than its worker sent it."""
    own = lanes.get(sender)
    if job is None or (own is not None and own.held is not None and own.held.value is job):
        return
    for lane in lanes.values():
        for held in [lane.held, *lane.done]:
            if held is not None and held.value is job:
                held.outcome = None
                held.blame(error)


class _Entry:
    """One job from its submission on."""

    def __init__(self, value: object, submitted: int | None) -> None:
        self.value = value
        self.submitted = submitted
        self.held: _Held | None = None
        self.worker: str | None = None
        self.label = ""


class _Ledger:
    """Every job that was sent to a job channel or received from one.

    A job received is matched with the job sent by identity, because a sender that had to wait
    reports its success only when it runs again, which may be after the receiver did.
    """

    def __init__(self, log: list[Event], channels: dict[int, Any], start: int) -> None:
        self._start = start
        self._channels = channels
        self._entries: list[_Entry] = []
        self._sent: dict[int, deque[_Entry]] = {}
        for time, _, kind, subject, value, _, _ in log:
            if kind == SENT and id(subject) in channels:
                entry = _Entry(value, time)
                self._entries.append(entry)
                self._sent.setdefault(id(value), deque()).append(entry)
        labels = job_labels(entry.value for entry in self._entries)
        for entry, label in zip(self._entries, labels, strict=True):
            entry.label = label

    def spans(self, worker: str, lane: _Lane) -> list[Span]:
        """Enter the jobs that `lane` did and return all its spans."""
        spans = [
            Span(worker, state, self._at(start), self._at(end), waiting_for=waiting_for)
            for state, start, end, waiting_for in lane.pieces
        ]
        for held in lane.done:
            entry = self._find(held)
            entry.held, entry.worker = held, worker
            pieces = held.pieces
            if not any(state is State.WORKING for state, *_ in pieces):
                throttled = (end for state, _, end, _ in pieces if state is State.THROTTLED)
                turn = max(throttled, default=held.started)
                pieces = [*pieces, (State.WORKING, turn, turn, None)]
            spans += [
                Span(
                    worker,
                    state,
                    self._at(start),
                    self._at(end),
                    entry.label,
                    held.outcome,
                    waiting_for,
                )
                for state, start, end, waiting_for in pieces
            ]
        return spans

    def add_received_elsewhere(self, log: list[Event], workers: dict[Any, _Lane]) -> None:
        """Enter jobs taken by tasks that have no lane; when they ended is not known."""
        for time, task, kind, subject, value, _, _ in log:
            if kind == RECEIVED and id(subject) in self._channels and task not in workers:
                held = _Held(value, time)
                held.outcome = Outcome.OK
                entry = self._find(held)
                entry.held, entry.worker = held, task.name

    def jobs(self) -> list[Job]:
        """Return the jobs, in the order of their submission."""
        return [self._job(entry) for entry in self._entries]

    def _find(self, held: _Held) -> _Entry:
        waiting = self._sent.get(id(held.value))
        if waiting:
            return waiting.popleft()
        entry = _Entry(held.value, None)
        self._entries.append(entry)
        entry.label = job_labels(entry.value for entry in self._entries)[-1]
        return entry

    def _job(self, entry: _Entry) -> Job:
        held = entry.held
        if held is None:
            submitted = None if entry.submitted is None else self._at(entry.submitted)
            return Job(entry.label, Outcome.NEVER_STARTED, submitted)
        submitted_at = None if entry.submitted is None else min(entry.submitted, held.started)
        return Job(
            id=entry.label,
            outcome=held.outcome or Outcome.CANCELLED,
            submitted=None if submitted_at is None else self._at(submitted_at),
            started=self._at(held.started),
            finished=self._at(held.finished),
            worker=entry.worker,
            error=None if held.error is None else repr(held.error),
        )

    def _at(self, time: int) -> float:
        return (time - self._start) / 1e9


def job_labels(jobs: Iterable[object]) -> list[str]:
    """Name jobs, each by its `id`, else by its value, else by its place; no name comes twice."""
    return _distinct(_label(job, n) for n, job in enumerate(jobs, start=1))


def _label(value: Any, number: int) -> str:
    """Name a job by its `id`, else by its value; never by a text with an address in it."""
    for candidate in (getattr(value, "id", None), value):
        if isinstance(candidate, str | int | float):
            return str(candidate)
        if isinstance(candidate, tuple) and all(
            isinstance(c, str | int | float) for c in candidate
        ):
            return str(candidate)
    return f"#{number}"


def _distinct(names: Iterable[str]) -> list[str]:
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return distinct


def _queues(log: list[Event], start: int) -> tuple[tuple[Counter, ...], dict[int, str]]:
    channels: dict[int, Any] = {}
    samples: dict[int, list[tuple[float, int]]] = {}
    for time, _, kind, subject, _, depth, _ in log:
        if kind in (SENT, RECEIVED):
            channels[id(subject)] = subject
            samples.setdefault(id(subject), [(0.0, 0)]).append(((time - start) / 1e9, depth))
    names = _distinct(channel.name for channel in channels.values())
    counters = tuple(
        Counter(
            name,
            tuple(time for time, _ in samples[number]),
            tuple(depth for _, depth in samples[number]),
            channel.capacity if isinstance(channel.capacity, int) else None,
        )
        for name, (number, channel) in zip(names, channels.items(), strict=True)
    )
    return counters, dict(zip(channels, names, strict=True))


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
    workers = tuple(dict.fromkeys(span.worker for span in ordered))
    return Trace(clock, elapsed, workers, ordered, jobs)


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
            spans.append(Span(worker, State.WORKING, start, end, job.id, job.outcome))
            free = end
    spans.sort(key=lambda span: (span.start, span.end))
    queues = () if waiting is None else (waiting,)
    name = None if waiting is None else waiting.name
    return Trace(clock, elapsed, tuple(own), tuple(spans), jobs, queues, name)
