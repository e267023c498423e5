"""What made one run quicker than another: job by job, to the nanosecond.

Between its submission and its end a job is always in one of four phases: it waits for a worker, is
throttled, is worked on, or waits for its result to be taken. So the difference between the times
at which it ended in two runs is the sum of the differences of these, and of its submission.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from patterns.lab.tracing.metrics import makespan
from patterns.lab.tracing.trace import Job, State, Trace

__all__ = ["Change", "Diff", "diff"]

CAUSES: Final = MappingProxyType(
    {
        "service": ("service took {} s longer", "service took {} s less"),
        "throttled": ("throttled {} s longer", "throttled {} s less"),
        "blocked": ("blocked {} s longer on its result", "blocked {} s less on its result"),
        "waiting": ("waited {} s longer for a worker", "waited {} s less for a worker"),
        "submitted": ("submitted {} s later", "submitted {} s earlier"),
    }
)
_PHASES = {State.THROTTLED: "throttled", State.WORKING: "service", State.BLOCKED: "blocked"}


@dataclass(frozen=True, slots=True)
class Change:
    """One job in two runs.

    Attributes:
        job: its name.
        before: seconds at which it ended in the first run.
        after: seconds at which it ended in the second.
        parts: by cause, the seconds that the second run spent more (or less, below 0).
    """

    job: str
    before: float
    after: float
    parts: dict[str, float]

    @property
    def gained(self) -> float:
        """Seconds by which it ended earlier in the second run; below 0: later."""
        return (_ns(self.before) - _ns(self.after)) / 1e9

    @property
    def cause(self) -> str:
        """In words, the part that changed most in the direction of the whole; "" for no change."""
        if not self.gained:
            return ""
        sign = -1 if self.gained > 0 else 1
        name = max(self.parts, key=lambda part: sign * self.parts[part])
        longer, shorter = CAUSES[name]
        return (longer if sign > 0 else shorter).format(f"{abs(self.parts[name]):.6g}")


@dataclass(frozen=True, slots=True)
class Diff:
    """Two runs compared.

    Attributes:
        changes: the jobs that ended in both, in the order of the first run's submissions.
        only_before: jobs that ended in the first run only.
        only_after: jobs that ended in the second run only.
        makespans: seconds, of the first and of the second run.
    """

    changes: tuple[Change, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    makespans: tuple[float, float]

    def __str__(self) -> str:
        earlier = [change for change in self.changes if change.gained > 0]
        later = [change for change in self.changes if change.gained < 0]
        text = f"makespan {self.makespans[0]:.6g} s before, {self.makespans[1]:.6g} s after; "
        text += f"{len(earlier)} jobs ended earlier, {len(later)} later"
        for change in sorted(self.changes, key=lambda c: -abs(c.gained))[:1]:
            if change.gained:
                text += f"; most of all job {change.job}: {change.cause}"
        for jobs, when in ((self.only_before, "before"), (self.only_after, "after")):
            if jobs:
                text += f"; ended only {when}: {', '.join(jobs)}"
        return text

    def totals(self) -> dict[str, float]:
        """Seconds by cause, over all jobs: what the second run spent more."""
        return {
            cause: sum(_ns(change.parts[cause]) for change in self.changes) / 1e9
            for cause in CAUSES
        }


def diff(before: Trace, after: Trace) -> Diff:
    """Compare two runs by job; jobs are matched by their names."""
    first, second = _ended(before), _ended(after)
    changes = tuple(
        Change(job, first[job]["end"] / 1e9, second[job]["end"] / 1e9, parts)
        for job in first
        if job in second
        for parts in [{cause: (second[job][cause] - first[job][cause]) / 1e9 for cause in CAUSES}]
    )
    return Diff(
        changes,
        tuple(job for job in first if job not in second),
        tuple(job for job in second if job not in first),
        (makespan(before), makespan(after)),
    )


def _ended(trace: Trace) -> dict[str, dict[str, int]]:
    """Return each job that ended, with its phases in nanoseconds."""
    phases = {job.id: _waiting(job) for job in trace.jobs if job.finished is not None}
    for span in trace.spans:
        if span.job in phases and span.state in _PHASES:
            phases[span.job][_PHASES[span.state]] += _ns(span.end) - _ns(span.start)
    return phases


def _waiting(job: Job) -> dict[str, int]:
    submitted = _ns(job.submitted or 0.0)
    phases = dict.fromkeys(CAUSES, 0)
    phases |= {"submitted": submitted, "waiting": _ns(job.started or 0.0) - submitted}
    phases["end"] = _ns(job.finished or 0.0)
    return phases


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)
