"""Which lane of the picture a call belongs to: its worker's, or the first that is free."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Sequence
from typing import Final

from lab.observing.calls import Call

__all__ = ["current_worker", "lane_number", "lanes"]

_NUMBERED: Final = re.compile(r"worker-\d+")


def current_worker() -> object:
    """Return the task or the thread that this is called in."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return task or threading.current_thread()


def lanes(calls: Sequence[Call], end: int) -> dict[int, str]:
    """Name the worker of each call, by the call's identity."""
    own: dict[object, list[Call]] = {}
    for call in calls:
        own.setdefault(call.worker, []).append(call)
    given = {worker: _name(worker) for worker in own}
    if all(_NUMBERED.fullmatch(n) for n in given.values()) and len({*given.values()}) == len(given):
        return {id(call): given[call.worker] for call in calls}
    if all(len(one) == 1 for one in own.values()):
        return _slots(calls, end)
    numbers = {worker: f"worker-{n}" for n, worker in enumerate(own, start=1)}
    return {id(call): numbers[call.worker] for call in calls}


def _slots(calls: Sequence[Call], end: int) -> dict[int, str]:
    names: dict[int, str] = {}
    free: list[int] = []  # when each slot is
    for call in calls:
        slot = next((n for n, time in enumerate(free) if time <= call.start), len(free))
        free[slot : slot + 1] = [end if call.end is None else call.end]
        names[id(call)] = f"worker-{slot + 1}"
    return names


def _name(worker: object) -> str:
    if isinstance(worker, asyncio.Task):
        return worker.get_name()
    return worker.name if isinstance(worker, threading.Thread) else str(worker)


def lane_number(name: str) -> int:
    """Return by what lanes are sorted."""
    return int(name.removeprefix("worker-"))
