"""Divide numbered trials among several processes, with the same answer as in one.

Each process tries every n-th number. What comes back is only which numbers went wrong, and how.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import signal
import struct
import sys
import warnings
from collections.abc import Callable
from select import select
from typing import IO, Final, NamedTuple

__all__ = ["ENDLESS_ENOUGH", "Finds", "Wrong", "can_copy", "copy_process", "in_one", "in_several"]

ENDLESS_ENOUGH: Final = 10  # trials that never end: as each takes all its steps, more take minutes

_RAISED: Final = object()
_SLOT: Final = struct.Struct("qq")  # trials done, and the number of the first that went wrong


class Wrong(NamedTuple):
    """A trial that went wrong.

    Attributes:
        number: which.
        kind: what went wrong; None: it raised.
        endless: whether it was stopped for want of steps only.
    """

    number: int
    kind: str | None
    endless: bool = False


Attempt = Callable[[int], Wrong | None]


class Finds:
    """What went wrong, in the order of the numbers, until there is enough of it.

    Args:
        stop_at_first: whether one is enough.
    """

    def __init__(self, stop_at_first: bool) -> None:
        self.wrong: list[Wrong] = []
        self.endless = 0
        self._most = 1 if stop_at_first else None

    def add(self, one: Wrong) -> None:
        """Take it in, unless there is enough."""
        if not self.enough:
            self.wrong.append(one)
            self.endless += one.endless

    @property
    def enough(self) -> bool:
        """Whether no more trials are needed."""
        return len(self.wrong) == self._most or self.endless == ENDLESS_ENOUGH


def can_copy() -> bool:
    """Tell whether this system can copy a process."""
    return hasattr(os, "fork") and sys.platform not in ("emscripten", "wasi")


def copy_process() -> int:
    """Copy this process; return the copy's number, and 0 in the copy itself.

    Other threads may hold locks, for which the copy would wait: it must take none of theirs, or be
    ended. Raises OSError if there is no room for another process.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of such locks
        return os.fork()


def in_one(
    attempt: Attempt,
    trials: int,
    stop_at_first: bool,
    advance: Callable[[int], object],
) -> Finds:
    """Try each number from 1 to `trials`, until it is enough; what `attempt` raises comes out."""
    finds = Finds(stop_at_first)
    for number in range(1, trials + 1):
        advance(1)
        wrong = attempt(number)
        if wrong is not None:
            finds.add(wrong)
            if finds.enough:
                break
    return finds


def in_several(
    attempt: Attempt,
    trials: int,
    stop_at_first: bool,
    advance: Callable[[int], object],
    processes: int,
    begin: Callable[[], Callable[[], float]],
) -> tuple[Finds, float]:
    """Do the same in copies of this process, which end with it; a trial that raises is `None`.

    Each copy calls `begin` first, and what that returned at the end: their sum is returned, too.
    What the trials leave behind or print is lost.
    """
    with mmap.mmap(-1, _SLOT.size * processes) as board:
        for place in range(processes):
            _SLOT.pack_into(board, place * _SLOT.size, 0, trials + 1)
        children = [
            _Child(
                attempt, range(place + 1, trials + 1, processes), place, stop_at_first, board, begin
            )
            for place in range(processes)
        ]
        try:
            done = 0
            waiting = {child.pipe: child for child in children}
            while waiting:
                ready, _, _ = select(list(waiting), [], [], 0.1)
                for pipe in ready:
                    waiting.pop(pipe).collect()
                now_done = sum(_slots(board, processes)[0])
                advance(now_done - done)
                done = now_done
        finally:
            for child in children:
                child.end()
    finds = Finds(stop_at_first)
    for wrong in sorted(one for child in children for one in child.wrong):
        finds.add(wrong)
    return finds, sum(child.told for child in children)


def _slots(board: mmap.mmap, processes: int) -> tuple[list[int], list[int]]:
    slots = [_SLOT.unpack_from(board, place * _SLOT.size) for place in range(processes)]
    return [slot[0] for slot in slots], [slot[1] for slot in slots]


class _Child:
    """A copy of this process that tries its share of the numbers."""

    def __init__(
        self,
        attempt: Attempt,
        numbers: range,
        place: int,
        stop_at_first: bool,
        board: mmap.mmap,
        begin: Callable[[], Callable[[], float]],
    ) -> None:
        self.wrong: list[Wrong] = []
        self.told = 0.0
        reading, writing = os.pipe()
        self._id = copy_process()  # a simulation takes no lock
        if self._id == 0:
            try:
                os.close(reading)
                tell = begin()
                found = _try_all(attempt, numbers, place, stop_at_first, board)
                with os.fdopen(writing, "w", encoding="utf-8") as pipe:
                    json.dump((found, tell()), pipe)
            finally:
                os._exit(0)
        os.close(writing)
        self.pipe: IO[str] = os.fdopen(reading, encoding="utf-8")

    def collect(self) -> None:
        """Take in what it found. Raises RuntimeError if it died without a word."""
        text = self.pipe.read()
        if not text:
            raise RuntimeError("a process that ran schedules has died")
        wrong, self.told = json.loads(text)
        self.wrong = [Wrong(*one) for one in wrong]

    def end(self) -> None:
        """End it, if it has not ended by itself."""
        self.pipe.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._id, signal.SIGKILL)
        os.waitpid(self._id, 0)


def _try_all(
    attempt: Attempt,
    numbers: range,
    place: int,
    stop_at_first: bool,
    board: mmap.mmap,
) -> list[Wrong]:
    finds = Finds(stop_at_first)
    processes = len(board) // _SLOT.size
    first = numbers.stop
    for done, number in enumerate(numbers, 1):
        try:
            wrong = attempt(number)
        except Exception:
            wrong = Wrong(number, None)
        if wrong is not None:
            finds.add(wrong)
            first = finds.wrong[0].number
        _SLOT.pack_into(board, place * _SLOT.size, done, first)
        over = finds.enough or (wrong is not None and wrong.kind is None)
        if over or (stop_at_first and min(_slots(board, processes)[1]) < number):
            break
    return finds.wrong
