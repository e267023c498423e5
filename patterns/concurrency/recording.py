"""What the primitives tell a recorder: one tuple an event, nothing else.

A recorder is any callable that takes an `Event`. The runtime carries it; with none attached the
primitives are the plain classes and contain no trace of recording.

An event is the tuple (time, task, kind, subject, value, depth, error):

- `time`: nanoseconds on the runtime's clock;
- `task`: the task it happened to, a `Task` with `name`, `named` and `number`;
- `kind`: one of the constants below;
- `subject`: the channel, ticker, token bucket, context or group concerned, or None;
- `value`: the value sent or received, else None;
- `depth`: values buffered in the channel after a SENT or RECEIVED, else 0;
- `error`: for SENT, PARKED on a send and REFUSED, the value's `error` attribute (None if it has
  none) as it was when the send started; for ENDED, the exception that ended the task; else None.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

Event: TypeAlias = tuple[int, Any, str, Any, Any, int, Any]
Recorder: TypeAlias = Callable[[Event], object]

STARTED: Final = "started"  # the task begins to run
ENDED: Final = "ended"  # the task is over
SENT: Final = "sent"  # a send is complete
RECEIVED: Final = "received"  # a receive is complete
REFUSED: Final = "refused"  # a send raised Closed or Cancelled: the value is still the sender's
NO_MORE: Final = "no more"  # a receive raised Closed or Cancelled
PARKED_SENDING: Final = "parked sending"  # the task begins to wait in a send
PARKED_RECEIVING: Final = "parked receiving"  # ... in a receive
PARKED_THROTTLED: Final = "parked throttled"  # ... for a ticker or a token bucket
PARKED: Final = "parked"  # ... for anything else, such as sleeping
RESUMED: Final = "resumed"  # the wait is over, however it ended


def error_of(value: object) -> object:
    """Return the `error` of a result that is sent; None for what has none, or will not say."""
    try:
        return getattr(value, "error", None)
    except Exception:
        return None
