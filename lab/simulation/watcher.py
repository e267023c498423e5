"""A listener that tells every operation of every task, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from lab.model.trace import Turn
from lab.tracing.labels import content
from patterns.concurrency import Cancelled
from patterns.concurrency.hooks import Listener

if TYPE_CHECKING:
    from lab.simulation.runtime import SimulatedRuntime

__all__ = ["Watcher"]

_LONGEST = 28  # characters of a value
_WAITS: Final[Mapping[str, str]] = MappingProxyType(
    {"join": "wait for its tasks", "sleep": "sleep", "hang": "hang"}
)


@dataclass(slots=True)
class _Note:
    """A turn that is being taken."""

    time: int
    task: str
    operation: str
    subject: str
    result: str
    instead_of: str | None
    others: tuple[str, ...]


class Watcher(Listener):
    """Notes what is done in one simulation; read `turns` at any time.

    Args:
        instead_of: the name of the task that the base run would have preferred, by the task that
            an order has moved ahead of it; taken out when that one has its turn.
        others: the names of those who could have gone on, in the same way.
    """

    def __init__(
        self,
        instead_of: dict[Any, str] | None = None,
        others: dict[Any, tuple[str, ...]] | None = None,
    ) -> None:
        self._instead_of = {} if instead_of is None else instead_of
        self._others = {} if others is None else others
        self._notes: list[_Note] = []
        self._last: dict[Any, _Note] = {}

    def begin(self, runtime: SimulatedRuntime) -> None:
        """Note what happens on `runtime`, whose hook calls this watcher."""
        self._runtime = runtime

    def __len__(self) -> int:
        """How many turns were noted."""
        return len(self._notes)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What was done, in order."""
        return tuple(
            Turn(n.time / 1e9, n.task, n.operation, n.subject, n.result, n.instead_of, n.others)
            for n in self._notes
        )

    def before(self, operation: str, subject: Any) -> None:
        """Note the operation."""
        self._note(operation, subject)

    def after(
        self, operation: str, subject: Any, value: Any, error: BaseException | None, depth: int
    ) -> None:
        """Note what came of it."""
        if error is None:
            self._done(value)
        elif isinstance(error, StopIteration):
            self._done("raised Closed")
        elif isinstance(error, Exception | Cancelled):
            self._done(f"raised {type(error).__name__}")

    def parks(self, verb: str, subject: Any, value: Any, until: int | None) -> None:
        """Note the wait."""
        if verb in _WAITS:
            self._note(_WAITS[verb], None, "" if until is None else f"until {until / 1e9:g} s")
        else:
            self._done("waits")

    def goes_on(self, verb: str, subject: Any, woken_by: tuple[int, Any] | None) -> None:
        """Note that it goes on."""
        if verb in _WAITS:
            self._note("go on", None)
        else:
            self._note(verb, subject)

    def started(self, task: Any) -> None:
        """Note that a task begins."""
        self._note("start", None)

    def ended(self, task: Any, error: BaseException | None) -> None:
        """Note that it is over."""
        self._note("end", None, "" if error is None else f"raised {type(error).__name__}")

    def _note(self, operation: str, subject: object, result: str = "") -> None:
        if self._runtime.over:
            return
        task = self._runtime.current()
        name = subject if isinstance(subject, str) else getattr(subject, "name", None) or ""
        instead_of = self._instead_of.pop(task, None)
        others = self._others.pop(task, ())
        note = _Note(self._runtime.now(), task.name, operation, name, result, instead_of, others)
        self._notes.append(note)
        self._last[task] = note

    def _done(self, result: object) -> None:
        note = self._last.get(self._runtime.current())
        if note is not None and not note.result:
            note.result = short(content(result))


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
