"""Describe what a simulated task waits for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lab.model.deadlock import Stuck
from patterns.concurrency.channel import Channel

if TYPE_CHECKING:
    from lab.simulation.runtime import SimulatedTask

__all__ = ["stuck_task"]

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
    buffered = len(channel._items)
    closed = ", closed" if channel._closed else ""
    if channel.capacity == 0:
        return f"unbuffered{closed}"
    if buffered == channel.capacity:
        return f"{buffered}/{channel.capacity} full{closed}"
    if buffered == 0:
        return f"empty{closed}"
    limit = "" if channel.capacity == math.inf else f"/{channel.capacity}"
    return f"{buffered}{limit} buffered{closed}"


def _where(task: SimulatedTask) -> str:
    frame = task.greenlet.gr_frame if task.greenlet is not None else None
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        inner = frame.f_code.co_name in _COMPREHENSIONS
        if not inner and not module.startswith(("patterns.concurrency", "lab.")):
            return f", in {frame.f_code.co_name}, line {frame.f_lineno}"
        frame = frame.f_back
    return ""
