"""Describe what a simulated task waits for."""

from __future__ import annotations

import math
from types import FrameType
from typing import Any

from lab.model.deadlock import Stuck
from lab.simulation.switching import outer
from lab.simulation.tasks import SimulatedTask
from patterns.concurrency.channel import Channel

__all__ = ["place", "stuck_task"]

_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>")  # no functions since Python 3.12


def stuck_task(task: SimulatedTask) -> Stuck:
    """Describe what `task` waits for."""
    where = _where(task)
    if task.blocked_on is None:
        return Stuck(task.name, "ready", "ready to run", where)
    verb, subject, until = task.blocked_on
    if isinstance(subject, Channel):
        preposition = "sending to" if verb == "send" else "receiving from"
        what = f"{preposition} {subject.name} ({_filling(subject)})"
        return Stuck(task.name, preposition.split()[0], what, where, subject.name)
    if verb == "sleep":
        return Stuck(task.name, "sleeping", f"sleeping until {(until or 0) / 1e9} s", where)
    if verb == "join":
        return Stuck(task.name, "joining", "waiting for its tasks to end", where)
    if verb == "hang":
        return Stuck(task.name, "hanging", "hanging in a call that never returns", where)
    doing = "locked out" if verb == "lock" else "throttled"
    return Stuck(task.name, doing, f"waiting for {subject}", where)


def _filling(channel: Channel[Any]) -> str:
    state = channel.statistics()
    closed = ", closed" if state.closed else ""
    if state.capacity == 0:
        return f"unbuffered{closed}"
    if state.buffered == state.capacity:
        return f"{state.buffered}/{state.capacity} full{closed}"
    if state.buffered == 0:
        return f"empty{closed}"
    limit = "" if state.capacity == math.inf else f"/{state.capacity}"
    return f"{state.buffered}{limit} buffered{closed}"


def _where(task: SimulatedTask) -> str:
    return place(task.strand.gr_frame if task.strand is not None else None)


def place(frame: FrameType | None) -> str:
    """Name the function and line of the innermost call that is not the lab's own."""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        inner = frame.f_code.co_name in _COMPREHENSIONS
        if not inner and not module.startswith(("patterns.concurrency", "lab.")):
            return f", in {frame.f_code.co_name}, line {frame.f_lineno}"
        frame = outer(frame)
    return ""
