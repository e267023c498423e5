"""What a recorder notes of a run: one tuple an event, nothing else.

An event is the tuple (time, task, kind, subject, value, depth, error):

- `time`: nanoseconds on the runtime's clock;
- `task`: the task it happened to, a `Task` with `name`, `named` and `number`;
- `kind`: one of the constants below;
- `subject`: the channel, ticker, token bucket, context or group concerned, or None;
- `value`: the value sent or received, without the `contextvars` of its submitter; for RESUMED,
  the time (ns) and the task of what ended the wait, None if the clock did; else None;
- `depth`: values buffered in the channel after a SENT or RECEIVED, else 0;
- `error`: for SENT, PARKED_SENDING and REFUSED, the value's `error` attribute when the events are
  read, None if it has none; for ENDED, the exception that ended the task; else None.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, Final, TypeAlias

from lab.tracing.labels import content
from patterns.concurrency import Cancelled, Closed
from patterns.concurrency.hooks import Listener
from patterns.concurrency.runtime import Runtime

__all__ = ["Event", "Recorder"]

Event: TypeAlias = tuple[int, Any, str, Any, Any, int, Any]

STARTED: Final = "started"  # the task begins to run
ENDED: Final = "ended"  # the task is over
SENT: Final = "sent"  # a send is complete
RECEIVED: Final = "received"  # a receive is complete
REFUSED: Final = "refused"  # a send raised Closed or Cancelled: the value is still the sender's
NO_MORE: Final = "no more"  # a receive raised Closed or Cancelled
CLOSED: Final = "closed"  # the task has closed the channel
PARKED_SENDING: Final = "parked sending"  # the task begins to wait in a send
PARKED_RECEIVING: Final = "parked receiving"  # ... in a receive
PARKED_THROTTLED: Final = "parked throttled"  # ... for a ticker or a token bucket
PARKED: Final = "parked"  # ... for anything else, such as sleeping
RESUMED: Final = "resumed"  # the wait is over, however it ended

_PARKED_KIND: Final = {
    "send": PARKED_SENDING,
    "receive": PARKED_RECEIVING,
    "throttle": PARKED_THROTTLED,
}
_FIELDS: Final = 7
_OVER: Final = (Closed, Cancelled, StopIteration)
_DONE: Final = {"send": SENT, "receive": RECEIVED, "close": CLOSED}
_UNDONE: Final = {"send": REFUSED, "receive": NO_MORE}
_OFFERS: Final = frozenset({SENT, REFUSED, PARKED_SENDING})


class Recorder(Listener):
    """Notes the events of one runtime's tasks.

    They are kept one field after the other in one list: a million tuples would keep the garbage
    collector busy.
    """

    def __init__(self) -> None:
        self._fields: list[Any] = []
        self._note = self._fields.extend

    def begin(self, runtime: Runtime) -> None:
        """Note what happens on `runtime`, whose hook calls this recorder."""
        self._now, self._current = runtime.now, runtime.current

    def __len__(self) -> int:
        return len(self._fields) // _FIELDS

    def number_until(self, time: int) -> int:
        """Return how many events there were until `time` (ns)."""
        return bisect_right(self._fields[::_FIELDS], time)

    def events(self, number: int | None = None) -> list[Event]:
        """Return the events, or the first `number` of them."""
        fields = [*self._fields] if number is None else self._fields[: number * _FIELDS]
        fields[4::_FIELDS] = map(content, fields[4::_FIELDS])
        return [
            (time, task, kind, subject, value, depth, error)
            if kind not in _OFFERS
            else (time, task, kind, subject, value, depth, _error(value))
            for time, task, kind, subject, value, depth, error in zip(
                *[iter(fields)] * _FIELDS, strict=True
            )
        ]

    def after(
        self, operation: str, subject: Any, value: Any, error: BaseException | None, depth: int
    ) -> None:
        """Note what was sent, received, refused or closed."""
        kinds = _DONE if error is None else _UNDONE
        if operation in kinds and (error is None or isinstance(error, _OVER)):
            kind = kinds[operation]
            self._note((self._now(), self._current(), kind, subject, value, depth, None))

    def parks(self, verb: str, subject: Any, value: Any, until: int | None) -> None:
        """Note the beginning of a wait."""
        kind = _PARKED_KIND.get(verb, PARKED)
        self._note((self._now(), self._current(), kind, subject, value, 0, None))

    def goes_on(self, verb: str, subject: Any, woken_by: tuple[int, Any] | None) -> None:
        """Note its end."""
        self._note((self._now(), self._current(), RESUMED, subject, woken_by, 0, None))

    def started(self, task: Any) -> None:
        """Note that a task begins."""
        self._note((self._now(), task, STARTED, None, None, 0, None))

    def ended(self, task: Any, error: BaseException | None) -> None:
        """Note that it is over."""
        self._note((self._now(), task, ENDED, None, None, 0, error))


def _error(value: object) -> object:
    """Return the `error` of a result that is sent; None for what has none, or will not say."""
    try:
        return getattr(value, "error", None)
    except Exception:
        return None
