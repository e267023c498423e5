"""What patterns are written in: Go's concurrency vocabulary, on real threads or simulated.

The words: `Channel`, `Context`, `TaskGroup` (and the bare `go`), `Ticker`, `TokenBucket`,
`AtomicInt`, `now`, `sleep`, `hang`; the records `Result` and `Report`; the errors `Closed`,
`Cancelled`, `DeadlineExceeded`, `WrongRuntime`.
"""

from patterns.concurrency import threads as _threads  # noqa: F401  (real threads are the default)
from patterns.concurrency.atomic import AtomicInt
from patterns.concurrency.books import Report, Result
from patterns.concurrency.channel import Channel
from patterns.concurrency.context import Context, sleep
from patterns.concurrency.errors import Cancelled, Closed, DeadlineExceeded, WrongRuntime
from patterns.concurrency.task_group import TaskGroup, go
from patterns.concurrency.timing import Ticker, TokenBucket, hang, now

__all__ = [
    "AtomicInt",
    "Cancelled",
    "Channel",
    "Closed",
    "Context",
    "DeadlineExceeded",
    "Report",
    "Result",
    "TaskGroup",
    "Ticker",
    "TokenBucket",
    "WrongRuntime",
    "go",
    "hang",
    "now",
    "sleep",
]
