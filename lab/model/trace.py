"""What happened in one run, as plain frozen records: spans, jobs, counters.

All times are seconds since the start of the run. Numbers that follow from these records
(makespan, utilisation, the counts) are computed in `lab.tracing`, never stored here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

__all__ = [
    "Clock",
    "Counter",
    "Job",
    "Outcome",
    "Span",
    "State",
    "Trace",
    "Turn",
    "Wake",
    "decisive",
    "telling",
]

Clock = Literal["real", "virtual"]


class State(StrEnum):
    """What a worker is doing; it is always in exactly one of these."""

    WAITING = "waiting"  # for a job
    WORKING = "working"
    BLOCKED = "blocked"  # handing on a result, or on another channel, with a job in hand
    THROTTLED = "throttled"  # by a ticker or a token bucket
    STOPPED = "stopped"  # takes no more jobs, has not ended yet


class Outcome(StrEnum):
    """How a job ended. Its values are what jobs are counted by."""

    OK = "ok"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NEVER_STARTED = "never started"


@dataclass(frozen=True, slots=True)
class Span:
    """One worker in one state, from `start` to `end` (seconds, start <= end)."""

    worker: str
    state: State
    start: float
    end: float
    job: str | None = None
    outcome: Outcome | None = None  # of the job, on all its spans; None: still in hand at the end
    waiting_for: str | None = None  # name of the channel or limiter, unless working

    @property
    def duration(self) -> float:
        """Length in seconds, >= 0."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Job:
    """One job's way through the pool. Times are None for what did not happen."""

    id: str
    outcome: Outcome
    submitted: float | None = None  # accepted by the job channel
    started: float | None = None  # received by a worker
    finished: float | None = None  # the worker is done with it
    worker: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Counter:
    """A number that changes in steps: `values[i]` holds from `times[i]` to the next time."""

    name: str
    times: tuple[float, ...]  # seconds, non-decreasing
    values: tuple[int, ...]  # same length as `times`
    limit: int | None = None  # the channel's capacity; None: no limit
    closed: float | None = None  # when the channel was closed, if it was
    closed_by: str | None = None  # by which task
    closed_by_sender: bool = False  # whether that task had sent to it


@dataclass(frozen=True, slots=True)
class Wake:
    """A task that waited, and the one that ended its wait: by sending, receiving, closing, …

    Attributes:
        time: when that was done, in seconds.
        by: the task that did it: a worker's lane, or the name of another task, such as "main".
        task: the one that waited.
        went_on: when it did, in seconds; on the virtual clock at once.
        waiting_for: name of the channel, limiter or context that it waited for; "" for others.
    """

    time: float
    by: str
    task: str
    went_on: float
    waiting_for: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One operation of one task, as it was done in one schedule.

    Attributes:
        time: virtual seconds.
        task: who did it.
        operation: what was done, such as "receive", or "go on" after a wait.
        subject: on what, such as "jobs"; "" for none.
        result: what came of it, such as "3"; "" for nothing.
        instead_of: who would have gone on in the base run, if the schedule moved somebody else
            ahead; else None.
        others: who could have gone on instead, or the first few of them; only of replays.
    """

    time: float
    task: str
    operation: str
    subject: str = ""
    result: str = ""
    instead_of: str | None = None
    others: tuple[str, ...] = field(default=(), compare=False, repr=False)

    @property
    def silent(self) -> bool:
        """Whether nothing happened that another task could see, and no move was made."""
        if self.instead_of is not None:
            return False
        if self.operation in ("start", "end"):
            return not self.result
        return self.operation == "go on" and not self.subject

    def __str__(self) -> str:
        text = f"{self.operation} {self.subject}".strip()
        return f"{text}: {self.result}" if self.result else text


def telling(turns: Iterable[Turn]) -> list[Turn]:
    """Leave out the silent turns."""
    return [turn for turn in turns if not turn.silent]


def decisive(turns: Sequence[Turn]) -> int | None:
    """Return which turn makes the difference, by its place; None without a move.

    It is the first with an effect, from the last move on, of the task that was moved ahead.
    """
    moved = [place for place, turn in enumerate(turns) if turn.instead_of]
    if not moved:
        return None
    task = turns[moved[-1]].task
    own = [place for place in range(moved[-1], len(turns)) if turns[place].task == task]
    return next((place for place in own if turns[place].subject), moved[-1])


@dataclass(frozen=True, slots=True)
class Trace:
    """One run: who worked when (`spans`), what became of each job, and the queues' depths.

    `workers` holds the lanes in the order in which the workers were born. `queues` holds one
    counter a channel: the jobs or results buffered in it. `wakes` is empty where nobody recorded
    them.
    """

    clock: Clock
    elapsed: float
    workers: tuple[str, ...]
    spans: tuple[Span, ...]
    jobs: tuple[Job, ...]
    queues: tuple[Counter, ...] = ()
    job_queue: str | None = None  # name of the counter in `queues` from which workers take jobs
    wakes: tuple[Wake, ...] = ()  # who woke whom, in the order in which they went on
