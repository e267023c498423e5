"""Deadlocks and leaks: which tasks wait for what, as values and in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lab.model.trace import Trace

__all__ = ["Deadlock", "Stuck", "sentences"]

_LONGEST_LIST = 12


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

    Or so it seems: some wait, and all others have only looked and slept again, many times.

    Attributes:
        time: virtual seconds at which it happened.
        until: virtual seconds until which the others looked and slept; None if every task waits.
        tasks: what each task waits for.
        trace: the run until then; None if it was not recorded.
    """

    def __init__(self, time: int, tasks: list[Stuck], until: int | None = None) -> None:
        self.time = time / 1e9
        self.until = None if until is None else until / 1e9
        self.tasks = tuple(tasks)
        self.trace: Trace | None = None
        what = "every task waits, and nobody is left to wake one."
        if until is not None:
            what = f"some wait, and until {self.until} s the others only look, and sleep again."
        super().__init__(_story(f"Deadlock at {self.time} s: {what}", self.tasks))


def _story(what: str, tasks: Iterable[Stuck]) -> str:
    tasks = list(tasks)
    lines = [what]
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
