"""What made one run quicker than another: job by job, to the nanosecond.

Between its submission and its end a job is always in one of four phases: it waits for a worker, is
throttled, is worked on, or waits for its result to be taken. So the difference between the times
at which it ended in two runs is the sum of the differences of these, and of its submission.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from lab.model.trace import Outcome, State, Trace
from lab.tracing.numbers import makespan
from lab.tracing.traced import Traced, ns, trace_of

__all__ = ["CAUSES", "Change", "Diff", "diff", "seconds_text"]

CAUSES: Final = MappingProxyType(
    {
        "service": ("service took {} longer", "service took {} less"),
        "throttled": ("throttled {} longer", "throttled {} less"),
        "blocked": ("blocked {} longer on its result", "blocked {} less on its result"),
        "waiting": ("waited {} longer for a worker", "waited {} less for a worker"),
        "submitted": ("submitted {} later", "submitted {} earlier"),
    }
)
MOST_NAMES: Final = 20  # of jobs, in a text
_WORDS = {**CAUSES, "turn": ("got a worker {} later", "got a worker {} sooner")}
_PHASES = {State.THROTTLED: "throttled", State.WORKING: "service", State.BLOCKED: "blocked"}


@dataclass(frozen=True, slots=True)
class Change:
    """One job that ended in both runs.

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
        return (ns(self.before) - ns(self.after)) / 1e9

    @property
    def cause(self) -> str:
        """In words, the part that changed most in the direction of the whole; "" for no change."""
        return self.reason(6)

    def reason(self, digits: int) -> str:
        """Return the cause with so many significant digits."""
        if not self.gained:
            return ""
        sign = -1 if self.gained > 0 else 1
        parts = dict(self.parts)
        if parts["submitted"] * parts["waiting"] < 0:
            # Submitted earlier to wait longer, as with a larger buffer: that is no gain in itself.
            parts["turn"] = parts.pop("submitted") + parts.pop("waiting")
        name = max(parts, key=lambda part: sign * parts[part])
        longer, shorter = _WORDS[name]
        return (longer if sign > 0 else shorter).format(seconds_text(abs(parts[name]), digits))


@dataclass(frozen=True, slots=True)
class Diff:
    """Two runs compared.

    Attributes:
        changes: the jobs that ended in both, in the order of the first run's submissions.
        only_before: the other jobs that ended in the first run, and what became of each in the
            second ("cancelled", "never started" or "not there").
        only_after: the same for the second run.
        makespans: seconds, of the first and of the second run.
    """

    changes: tuple[Change, ...]
    only_before: dict[str, str]
    only_after: dict[str, str]
    makespans: tuple[float, float]

    def __str__(self) -> str:
        return self.describe("the first run", "the second run")

    def describe(self, first: str, second: str) -> str:
        """Say what changed, calling the two runs by these names."""
        earlier = [change for change in self.changes if change.gained > 0]
        later = [change for change in self.changes if change.gained < 0]
        before, after = self.makespans
        text = f"makespan {before:.6g} s ({first}), {after:.6g} s ({second}); "
        text += f"{len(earlier)} jobs ended earlier, {len(later)} later"
        most = max(self.changes, key=lambda change: abs(change.gained), default=None)
        if most is not None and most.gained:
            text += f"; most of all job {most.job}: {most.cause}"
        for jobs, name in ((self.only_before, first), (self.only_after, second)):
            if jobs:
                named = ", ".join(list(jobs)[:MOST_NAMES]) + ", …" * (len(jobs) > MOST_NAMES)
                text += f"; ended only in {name}: {named}"
        return text

    def totals(self) -> dict[str, float]:
        """Seconds by cause, over all jobs that ended in both: what the second run spent more."""
        return {
            cause: sum(ns(change.parts[cause]) for change in self.changes) / 1e9 for cause in CAUSES
        }


def diff(before: Traced, after: Traced) -> Diff:
    """Compare two runs by job; jobs are matched by their names.

    A job has ended if it succeeded or failed. Where one of the runs does not tell when a job was
    submitted, its wait is counted from the start of the run in both.
    """
    one_trace, other_trace = trace_of(before), trace_of(after)
    first, second = _phases(one_trace), _phases(other_trace)
    changes = []
    for job in first:
        if job in second:
            known = None not in (first[job]["submitted"], second[job]["submitted"])
            one, other = _parts(first[job], known), _parts(second[job], known)
            parts = {cause: (other[cause] - one[cause]) / 1e9 for cause in CAUSES}
            ends = (sum(one.values()) / 1e9, sum(other.values()) / 1e9)
            changes.append(Change(job, *ends, parts))
    return Diff(
        tuple(changes),
        _outcomes(first, second, other_trace),
        _outcomes(second, first, one_trace),
        (makespan(before), makespan(after)),
    )


def seconds_text(seconds: float, digits: int) -> str:
    """Return a time in words, in thousandths of a second if it is short."""
    return f"{seconds:.{digits}g} s" if seconds >= 0.01 else f"{seconds * 1000:.{digits}g} ms"


def _phases(trace: Trace) -> dict[str, dict[str, int | None]]:
    """Return for each job that ended its submission, start and end, and its phases (ns)."""
    phases: dict[str, dict[str, int]] = {}
    for span in trace.spans:
        if span.job is not None and span.state in _PHASES:
            spent = phases.setdefault(span.job, dict.fromkeys(_PHASES.values(), 0))
            spent[_PHASES[span.state]] += ns(span.end) - ns(span.start)
    return {
        job.id: {
            **phases.get(job.id, dict.fromkeys(_PHASES.values(), 0)),
            "submitted": None if job.submitted is None else ns(job.submitted),
            "started": ns(job.started or 0.0),
            "finished": ns(job.finished),
        }
        for job in trace.jobs
        if job.finished is not None and job.outcome in (Outcome.OK, Outcome.FAILED)
    }


def _parts(phases: dict[str, Any], known: bool) -> dict[str, int]:
    """Divide the time until a job's end among the causes; what is left over is service."""
    submitted = phases["submitted"] if known else 0
    parts = {cause: phases.get(cause, 0) for cause in CAUSES}
    parts |= {"submitted": submitted, "waiting": phases["started"] - submitted}
    parts["service"] = phases["finished"] - sum(parts.values()) + parts["service"]
    return parts


def _outcomes(
    ended: dict[str, dict[str, int | None]], others: dict[str, dict[str, int | None]], other: Trace
) -> dict[str, str]:
    outcomes = {job.id: str(job.outcome) for job in other.jobs}
    return {job: outcomes.get(job, "not there") for job in ended if job not in others}
