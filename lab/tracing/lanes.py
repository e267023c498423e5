"""What each worker did, from the events that the primitives record.

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

from typing import Any

from lab.model.trace import Outcome, State
from lab.tracing.events import (
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
from patterns.concurrency import Cancelled, Closed

__all__ = ["JobInHand", "Lane", "follow"]

_RECEIVES = {PARKED_RECEIVING, RECEIVED, NO_MORE}
_CHANNEL_OPERATIONS = _RECEIVES | {SENT, REFUSED, PARKED_SENDING}


class JobInHand:
    """A job that a worker has taken, and what it did with it."""

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


class Lane:
    """One worker's states so far."""

    def __init__(self, task: Any, born: int) -> None:
        self.name: str = task.name
        self.channel: Any = None
        self.is_worker: bool | None = None
        self.held: JobInHand | None = None
        self.done: list[JobInHand] = []
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
            self.held = JobInHand(value, time)
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
        self._finish_job(end, None)
        self._enter(end, None, None)

    def _blame(self, error: object) -> None:
        if self.held is not None:
            self.held.blame(error)

    def _finish_job(self, time: int, outcome: Outcome | None) -> None:
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


def follow(log: list[Event], end: int) -> dict[Any, Lane]:
    """Return the lane of each task that has a name of its own, up to `end` (ns)."""
    lanes: dict[Any, Lane] = {}
    for time, task, kind, subject, value, _, error in log:
        if kind == SENT and error is not None:
            _blame_worker(lanes, task, getattr(value, "job", None), error)
        if not task.named:
            continue
        if kind == STARTED or task not in lanes:
            lanes[task] = Lane(task, time)
        lanes[task].follow(time, kind, subject, value, error)
    for lane in lanes.values():
        lane.close(end)
    return lanes


def _blame_worker(lanes: dict[Any, Lane], sender: Any, job: object, error: object) -> None:
    """Let `error` decide what became of `job`, if another task than its worker sent it."""
    own = lanes.get(sender)
    if job is None or (own is not None and own.held is not None and own.held.value is job):
        return
    for lane in lanes.values():
        for held in [lane.held, *lane.done]:
            if held is not None and held.value is job:
                held.outcome = None
                held.blame(error)
