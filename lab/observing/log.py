"""What a pool takes from its jobs and does with them, noted down as it happens."""

from __future__ import annotations

import inspect
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from itertools import accumulate, count
from typing import Any

from lab.model.trace import Clock, Counter, Job, Outcome, Trace
from lab.observing.calls import Call, Process, Watched, calls_elsewhere
from lab.observing.lanes import current_worker, lane_number, lanes
from lab.tracing.by_hand import trace_from_jobs
from lab.tracing.labels import job_labels

__all__ = ["Log"]


@dataclass(slots=True)
class _Submission:
    """One job taken from the jobs; `time` is None if it was left there."""

    job: Any
    time: int | None
    number: float
    call: Call | None = None


class Log:
    """The jobs that the pool gets to see, and what is known of them."""

    def __init__(self, jobs: Iterable[Any], now: Callable[[], int], folder: str = "") -> None:
        self._jobs = jobs
        self._source = iter(jobs)
        self._now = now
        self._folder = folder
        self._numbers = count()
        self._begin = now()
        self._end: int | None = None
        self._submissions: list[_Submission] = []
        self._calls: list[Call] = []

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        job = next(self._source)
        self._submissions.append(_Submission(job, self._now(), next(self._numbers)))
        return job

    def __len__(self) -> int:
        return len(self._jobs)  # type: ignore[arg-type]

    def begin(self) -> None:
        """Set the clock to 0."""
        self._begin = self._now()

    def end(self) -> None:
        """Stop the clock; what happens from now on is not recorded."""
        if self._end is None:
            self._end = self._now()

    def watch(self, process: Process) -> Process:
        """Return `process` such that its calls are recorded."""
        if not inspect.iscoroutinefunction(process):
            return Watched(self, process, self._folder)

        @wraps(process)
        async def watched(job: Any) -> Any:
            with self.call(job):
                return await process(job)

        return watched

    def start(self, job: Any) -> Call:
        """Record the start of a call."""
        call = Call(job, current_worker(), self._now(), next(self._numbers))
        if self._end is None:
            self._calls.append(call)
        return call

    def stop(self, call: Call, error: BaseException | None) -> None:
        """Record its end."""
        if self._end is None:
            call.ended(self._now(), error)

    @contextmanager
    def call(self, job: Any, started: Call | None = None) -> Iterator[None]:
        """Record what happens to a call."""
        call = started or self.start(job)
        try:
            yield
        except BaseException as error:
            self.stop(call, error)
            raise
        self.stop(call, None)

    def trace(self, clock: Clock) -> Trace:
        """Make a trace of what has been recorded."""
        end = self._now() if self._end is None else self._end
        calls = sorted([*self._calls, *calls_elsewhere(self._folder)], key=_by_time)
        submissions = self._matched(calls)
        names = lanes(calls, end)
        labels = job_labels(submission.job for submission in submissions)
        jobs = [
            self._job(submission, label, names, end)
            for submission, label in zip(submissions, labels, strict=True)
        ]
        elapsed = (end - self._begin) / 1e9
        trace = trace_from_jobs(
            jobs, clock=clock, elapsed=elapsed, waiting=self._depth(submissions)
        )
        return replace(trace, workers=tuple(sorted(trace.workers, key=lane_number)))

    def _matched(self, calls: list[Call]) -> list[_Submission]:
        """Find for each call the submission of its job; what comes from a process is a copy."""
        submissions = list(self._submissions)
        if isinstance(self._jobs, Sized):
            submissions += [_Submission(job, None, math.inf) for job in self._source]
        unmatched = deque(submissions)
        for call in calls:
            for place, submission in enumerate(unmatched):
                if _same(submission.job, call.job):
                    submission.call = call
                    del unmatched[place]
                    break
            else:
                submissions.append(_Submission(call.job, None, math.inf, call))
        return submissions

    def _job(self, submission: _Submission, label: str, names: dict[int, str], end: int) -> Job:
        submitted = None if submission.time is None else self._at(submission.time)
        call = submission.call
        if call is None:
            return Job(label, Outcome.NEVER_STARTED, submitted)
        return Job(
            id=label,
            outcome=call.outcome,
            submitted=submitted,
            started=self._at(call.start),
            finished=self._at(end if call.end is None else call.end),
            worker=names[id(call)],
            error=call.error,
        )

    def _depth(self, submissions: list[_Submission]) -> Counter:
        changes: list[tuple[int, float, int]] = []
        for submission in submissions:
            if submission.time is not None:
                changes.append((submission.time, submission.number, 1))
                if submission.call is not None:
                    changes.append((submission.call.start, submission.call.number, -1))
        changes.sort()
        times = (self._at(time) for time, _, _ in changes)
        values = accumulate((change for *_, change in changes), initial=0)
        return Counter("jobs", (0.0, *times), tuple(values))

    def _at(self, time: int) -> float:
        return (time - self._begin) / 1e9


def _by_time(call: Call) -> tuple[int, float]:
    return call.start, call.number


def _same(job: Any, other: Any) -> bool:
    try:
        return job is other or bool(job == other)
    except Exception:  # arrays, for example, do not tell
        return False
