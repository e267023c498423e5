"""What the player is told: a run and its turns as plain values, which JSON can hold.

Spans and jobs come in columns, so that ten thousand of them stay small. What follows from these
facts (who waits at 1.4 s, what to say of it) is worked out where it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from lab.model.deadlock import Deadlock
from lab.model.exploration import Failure
from lab.model.run import Run
from lab.model.trace import Counter, Outcome, Trace, Turn, decisive, telling
from lab.plots.palette import LOOKS, look_of
from lab.tracing import Traced, describe, trace_of
from lab.tracing.names import finding, name_of

__all__ = ["player_data", "run_data", "turns_data"]

_NOBODY: Final = -1  # the place of a worker or a job that there is none of
_CHANGES: Final = frozenset({"add", "store", "compare_and_swap"})  # a number that tasks share
_VALUES: Final = frozenset({"load", "add", "store"})  # their result is that number


def player_data(shown: Traced, title: str | None = None) -> dict[str, Any]:
    """Return all that the player needs to know of a run, a trace, a deadlock or a failure.

    Args:
        shown: what to play.
        title: what stands above; None: the run's name and what it came to.
    """
    trace = trace_of(shown)
    return {
        "title": _title(shown, trace) if title is None else title,
        "text": f"schedule: {shown.schedule}" if isinstance(shown, Failure) else describe(trace),
        "run": run_data(trace, stuck=_is_stuck(shown), ending=_ending(shown)),
        "panels": _panels(shown),
    }


def run_data(trace: Trace, *, stuck: bool = False, ending: Iterable[str] = ()) -> dict[str, Any]:
    """Return a trace in columns; times are seconds.

    Args:
        trace: the run.
        stuck: whether it ended because nobody could go on: who waits then, still waits.
        ending: sentences that say how it ended, if there is more to say than its jobs do.
    """
    workers = {worker: place for place, worker in enumerate(trace.workers)}
    jobs = {job.id: place for place, job in enumerate(trace.jobs)}
    spans = sorted(trace.spans, key=lambda span: (workers[span.worker], span.start, span.end))
    looks = list(LOOKS)
    in_hand = {span.job for span in spans if span.outcome is None}
    held = {j.id for j in trace.jobs if j.id in in_hand and j.outcome is Outcome.CANCELLED}
    return {
        "clock": trace.clock,
        "end": trace.elapsed,
        "stuck": stuck,
        "ending": list(ending),
        "workers": list(trace.workers),
        "looks": [
            {"name": look.name, "fill": look.fill, "ink": look.ink, "hatch": look.hatch}
            | {"text": look.text}
            for look in LOOKS.values()
        ],
        "spans": {
            "worker": [workers[span.worker] for span in spans],
            "start": [span.start for span in spans],
            "end": [span.end for span in spans],
            "look": [looks.index(look_of(span).name) for span in spans],
            "job": [_NOBODY if s.job is None else jobs.get(s.job, _NOBODY) for s in spans],
            "waits": _sparse(span.waiting_for for span in spans),
        },
        "jobs": {
            "id": [job.id for job in trace.jobs],
            "outcome": ["unfinished" if j.id in held else str(j.outcome) for j in trace.jobs],
            "submitted": [job.submitted for job in trace.jobs],
            "started": [job.started for job in trace.jobs],
            "finished": [None if job.id in held else job.finished for job in trace.jobs],
            "worker": [_NOBODY if j.worker is None else workers[j.worker] for j in trace.jobs],
            "error": _sparse(job.error for job in trace.jobs),
        },
        "queues": [_queue(queue, trace) for queue in trace.queues],
    }


def turns_data(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """Return the telling turns, each with what its task knew.

    A task that loads a number, and changes it after somebody else has, acts on what is no longer
    so: `stale` says what it saw, at which turn (from 1), and what the number had become by then;
    that is the last other one if it is by chance what it was.
    """
    became: dict[str, list[str]] = {}  # of each number, since the start
    seen: dict[tuple[str, str], tuple[str, int, int]] = {}
    told = []
    for number, turn in enumerate(telling(turns), start=1):
        known = seen.get((turn.task, turn.subject))
        values = became.setdefault(turn.subject, [])
        stale = None
        if turn.operation in _CHANGES and known is not None:
            saw, at, place = known
            others = [value for value in values[place:] if value != saw]
            if others:
                again = values[-1] == saw
                stale = {"saw": saw, "at": at, "now": others[-1], "again": again}
        value = _value(turn)
        if value is not None:
            values.append(value)
            seen[turn.task, turn.subject] = (value, number, len(values))
        told.append(
            {
                "time": turn.time,
                "task": turn.task,
                "operation": turn.operation,
                "subject": turn.subject,
                "result": turn.result,
                "text": str(turn),
                "insteadOf": turn.instead_of,
                "others": list(turn.others),
                "value": value,
                "stale": stale,
            }
        )
    return told


def _value(turn: Turn) -> str | None:
    """Return what a number is after a turn, if its result says so."""
    if turn.operation in _VALUES:
        return turn.result
    if turn.operation == "compare_and_swap":
        _, to, new = turn.result.partition(" to ")
        return new if to else None
    return None


def _panels(shown: Traced) -> list[dict[str, Any]]:
    """Return the schedules to play turn by turn: of a failure two, of a replayed run one."""
    if isinstance(shown, Failure):
        panels = [_panel("goes wrong", shown.turns, f"Goes wrong: {shown.message}.")]
        if shown.passing_turns:
            panels.append(_panel("goes well", shown.passing_turns, "It goes well."))
        return panels
    turns = shown.turns if isinstance(shown, Run) else ()
    return [_panel("this schedule", turns, "The run is over.")] if turns else []


def _panel(name: str, turns: Sequence[Turn], end: str) -> dict[str, Any]:
    decides = decisive(telling(turns))
    return {"name": name, "end": end, "decides": decides, "turns": turns_data(turns)}


def _title(shown: Traced, trace: Trace) -> str:
    if isinstance(shown, Failure):
        return shown.message.partition("\n")[0]
    if isinstance(shown, Deadlock):
        return f"Deadlock at {shown.time:.6g} s"
    name = name_of(shown)
    return f"{name}: {finding(trace)}" if name else finding(trace)


def _is_stuck(shown: Traced) -> bool:
    return isinstance(shown, Deadlock) or (isinstance(shown, Failure) and shown.kind == "deadlock")


def _ending(shown: Traced) -> list[str]:
    if isinstance(shown, Deadlock):
        return [line.strip() for line in str(shown).splitlines()]
    if isinstance(shown, Failure):
        return [line.strip() for line in shown.message.splitlines()]
    if isinstance(shown, Run):
        leaks = [f"Left behind: {leak}." for leak in shown.leaks]
        return leaks + [f"{task} crashed: {error!r}." for task, error in shown.crashes]
    return []


def _sparse(texts: Iterable[str | None]) -> dict[str, str]:
    """Return the texts that there are, by their places."""
    return {str(place): text for place, text in enumerate(texts) if text is not None}


def _queue(queue: Counter, trace: Trace) -> dict[str, Any]:
    """Return a queue, without what it held for no time at all."""
    depths = {}
    for time, depth in zip(queue.times, queue.values, strict=True):
        depths[time] = depth
    return {
        "name": queue.name,
        "capacity": queue.limit,
        "times": list(depths),
        "values": list(depths.values()),
        "forJobs": queue.name == trace.job_queue,
        "closed": queue.closed,
        "closedBy": queue.closed_by,
        "closedBySender": queue.closed_by_sender,
    }
