"""Every job of a run, from its submission on."""

from __future__ import annotations

from collections import deque
from typing import Any

from lab.model.trace import Job, Outcome, Span, State
from lab.tracing.events import RECEIVED, SENT, Event
from lab.tracing.labels import error_text, job_labels
from lab.tracing.lanes import JobInHand, Lane

__all__ = ["Ledger"]


class _Entry:
    """One job from its submission on."""

    def __init__(self, value: object, submitted: int | None) -> None:
        self.value = value
        self.submitted = submitted
        self.held: JobInHand | None = None
        self.worker: str | None = None
        self.label = ""


class Ledger:
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

    def spans(self, worker: str, lane: Lane) -> list[Span]:
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

    def add_received_elsewhere(self, log: list[Event], workers: dict[Any, Lane]) -> None:
        """Enter jobs taken by tasks that have no lane; when they ended is not known."""
        for time, task, kind, subject, value, _, _ in log:
            if kind == RECEIVED and id(subject) in self._channels and task not in workers:
                held = JobInHand(value, time)
                held.outcome = Outcome.OK
                entry = self._find(held)
                entry.held, entry.worker = held, task.name

    def jobs(self) -> list[Job]:
        """Return the jobs, in the order of their submission."""
        return [self._job(entry) for entry in self._entries]

    def _find(self, held: JobInHand) -> _Entry:
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
            error=None if held.error is None else error_text(held.error),
        )

    def _at(self, time: int) -> float:
        return (time - self._start) / 1e9
