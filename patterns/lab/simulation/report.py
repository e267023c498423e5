"""Telling what tasks wait for: deadlocks and leaks, in words."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from patterns.concurrency.channel import Channel

if TYPE_CHECKING:
    from patterns.lab.simulation.runtime import SimulatedTask
    from patterns.lab.tracing.trace import Trace

__all__ = ["Deadlock", "Stuck"]

_LONGEST_LIST = 12
_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>")  # no functions since Python 3.12


@dataclass(frozen=True, slots=True)
class Stuck:
    """A task that has not ended, and what it waits for.

    `doing` is "sending", "receiving", "sleeping", "joining", "throttled", "hanging", "locked out"
    or "ready"; `what` completes the sentence "worker-1 is …"; `where` names the function and line
    that waits.
    """

    task: str
    doing: str
    what: str
    where: str
    channel: str | None = None

    def __str__(self) -> str:
        return f"{self.task} is {self.what}{self.where}"


class Deadlock(RuntimeError):
    """Every task waits for another one, and nothing can ever wake any of them.

    Attributes:
        time: virtual seconds at which it happened.
        tasks: what each task waits for.
        trace: the run until then; None if it was not recorded.
    """

    def __init__(self, time: int, tasks: list[Stuck]) -> None:
        self.time = time / 1e9
        self.tasks = tuple(tasks)
        self.trace: Trace | None = None
        super().__init__(_story(self.time, self.tasks))


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
        if not inner and not module.startswith(("patterns.concurrency", "patterns.lab")):
            return f", in {frame.f_code.co_name}, line {frame.f_lineno}"
        frame = frame.f_back
    return ""


def _story(time: float, tasks: Iterable[Stuck]) -> str:
    tasks = list(tasks)
    lines = [f"Deadlock at {time} s: every task waits, and nobody is left to wake one."]
    lines += sentences(tasks)
    sending = [t.channel for t in tasks if t.doing == "sending"]
    receiving = [t.channel for t in tasks if t.doing == "receiving"]
    lines += [f"  Nobody is receiving from {c}." for c in dict.fromkeys(sending) if c]
    lines += [
        f"  Nobody is sending to {c}, and it is not closed." for c in dict.fromkeys(receiving)
    ]
    return "\n".join(lines)


def sentences(tasks: Iterable[Stuck]) -> list[str]:
    """One indented line for all tasks that wait for the same thing at the same place."""
    groups: dict[str, list[str]] = {}
    for task in tasks:
        groups.setdefault(f"{task.what}{task.where}", []).append(task.task)
    lines = [
        f"  {_names(names)} {'is' if len(names) == 1 else 'are'} {what}"
        for what, names in groups.items()
    ]
    if len(lines) > _LONGEST_LIST:
        more = len(lines) - _LONGEST_LIST
        lines = [*lines[:_LONGEST_LIST], f"  and so on: {more} more"]
    return lines


def _names(names: list[str]) -> str:
    if len(names) > 5:
        return f"{names[0]}, {names[1]} … {names[-1]} ({len(names)} tasks)"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
