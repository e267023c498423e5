"""A simulation that tells every operation of every task, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

from lab.model.trace import Turn
from lab.simulation.order import Order
from lab.simulation.runtime import SimulatedRuntime, SimulatedTask, SimulatedWaiter
from lab.simulation.scheduled import (
    RECORDED_AND_SCHEDULED,
    RecordedScheduledChannel,
    ScheduledAtomicInt,
)
from patterns.concurrency.atomic import AtomicInt
from patterns.concurrency.channel import Channel
from patterns.concurrency.context import Cancelled, Context
from patterns.concurrency.recording import Recorder
from patterns.concurrency.runtime import Waiter

__all__ = ["WatchedRuntime"]

T = TypeVar("T")

_LONGEST = 28  # characters of a value
_WAITS: Final[Mapping[str, str]] = MappingProxyType(
    {"join": "wait for its tasks", "sleep": "sleep", "hang": "hang"}
)


class WatchedRuntime(SimulatedRuntime):
    """Notes what is done; read `turns` afterwards."""

    def __init__(
        self, order: Order, record: Recorder | None = None, max_steps: int = 10_000_000
    ) -> None:
        super().__init__(order, record, max_steps)
        self.variants = _WATCHED
        self._notes: list[_Note] = []
        self._last: dict[SimulatedTask, _Note] = {}
        # Whom the order preferred to the task of the base run, until it has its turn.
        self._instead_of: dict[SimulatedTask, str] = getattr(order, "instead_of", {})

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What was done, in order."""
        return tuple(note.turn() for note in self._notes)

    def note(self, operation: str, subject: object, result: str = "") -> None:
        """Note what the running task is doing, unless the run is over."""
        if self._state == "ending":
            return
        task = self.current()
        name = subject if isinstance(subject, str) else getattr(subject, "name", None) or ""
        instead_of = self._instead_of.pop(task, None)
        note = _Note(self.now(), task.name, operation, name, result, instead_of)
        self._notes.append(note)
        self._last[task] = note

    def done(self, result: object) -> None:
        """Note what came of what the running task is doing."""
        note = self._last.get(self.current())
        if note is not None and not note.result:
            note.result = short(result)

    def point(self, operation: str, subject: object) -> None:
        """Stand before an operation, and note it when it is done."""
        super().point(operation, subject)
        self.note(operation, subject)

    def waiter(self) -> Waiter:
        """Return a waiter that notes the wait."""
        return _WatchedWaiter(self, self.current())

    def _run_task(self, task: SimulatedTask, body: Callable[[], None]) -> None:
        def watched() -> None:
            self.note("start", None)
            try:
                body()
            except BaseException as error:
                self.note("end", None, f"raised {type(error).__name__}")
                raise
            self.note("end", None)

        super()._run_task(task, watched)


class _Note:
    """A turn that is being taken."""

    def __init__(
        self,
        time: int,
        task: str,
        operation: str,
        subject: str,
        result: str,
        instead_of: str | None,
    ) -> None:
        self.time, self.task, self.operation = time, task, operation
        self.subject, self.result, self.instead_of = subject, result, instead_of

    def turn(self) -> Turn:
        return Turn(
            self.time / 1e9, self.task, self.operation, self.subject, self.result, self.instead_of
        )


class _WatchedWaiter(SimulatedWaiter):
    """A wait that is noted."""

    __slots__ = ()
    runtime: WatchedRuntime

    def park(self, deadline: int | None, verb: str, subject: object) -> bool:
        runtime = self.runtime
        if verb in _WAITS:
            until = "" if deadline is None else f"until {deadline / 1e9:g} s"
            runtime.note(_WAITS[verb], None, until)
        else:
            runtime.done("waits")
        opened = super().park(deadline, verb, subject)
        if verb in _WAITS:
            runtime.note("go on", None)
        else:
            runtime.note(verb, subject)
        return opened


def short(value: object) -> str:
    """Name a value by its `id` or its `job`, else by its repr, in a few characters."""
    try:
        text = _named(value)
    except Exception:  # of the value's own code: to tell of a run must not change it
        text = type(value).__name__
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _named(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    number = getattr(value, "id", None)
    if isinstance(number, str | int):
        return f"id {number}"
    if (job := getattr(value, "job", None)) is not None:
        return f"job {short(job).removeprefix('id ')}"
    text = repr(value)
    return type(value).__name__ if " at 0x" in text else text


class _WatchedChannel(RecordedScheduledChannel[T]):
    """A channel that tells what went through it."""

    _runtime: WatchedRuntime

    def send(self, value: T, context: Context | None = None) -> None:
        _telling(self._runtime, super().send, value, context)
        self._runtime.done(value)

    def receive(self, context: Context | None = None) -> T:
        value: T = _telling(self._runtime, super().receive, context)
        return value


class _WatchedAtomicInt(ScheduledAtomicInt):
    """An atomic integer that tells its values."""

    _runtime: WatchedRuntime

    def load(self) -> int:
        return _tell(self._runtime, super().load())

    def store(self, value: int) -> None:
        super().store(value)
        self._runtime.done(value)

    def add(self, delta: int) -> int:
        return _tell(self._runtime, super().add(delta))

    def compare_and_swap(self, old: int, new: int) -> bool:
        swapped = super().compare_and_swap(old, new)
        self._runtime.done(f"{old} to {new}" if swapped else f"not {old} any more")
        return swapped


def _tell(runtime: WatchedRuntime, value: T) -> T:
    runtime.done(value)
    return value


def _telling(runtime: WatchedRuntime, operation: Callable[..., Any], *args: Any) -> Any:
    try:
        value = operation(*args)
    except (Exception, Cancelled) as error:
        runtime.done(f"raised {type(error).__name__}")
        raise
    return _tell(runtime, value)


_WATCHED: Final[Mapping[type, type]] = MappingProxyType(
    {
        **RECORDED_AND_SCHEDULED,
        Channel: _WatchedChannel,
        AtomicInt: _WatchedAtomicInt,
    }
)
