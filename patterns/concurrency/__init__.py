"""What patterns are written in: Go's concurrency vocabulary, on real threads or simulated.

The words: `Channel`, `Context`, `TaskGroup` (and the bare `go`), `Ticker`, `TokenBucket`,
`AtomicInt`, `now`, `sleep`, `hang`; what comes of jobs: `attempt`, `Succeeded`, `Failed`, `Result`,
`Report`, `Counts`; the errors `Closed`, `Cancelled`, `DeadlineExceeded`, `WrongRuntime`.
"""

from . import threads as _threads  # noqa: F401  (real threads are the default)
from .atomic import AtomicInt
from .channel import Channel, ChannelStatistics
from .clock import hang, now, sleep
from .context import Context
from .errors import Cancelled, Closed, DeadlineExceeded, WrongRuntime
from .limiters import Ticker, TokenBucket
from .report import Counts, Ledger, Report
from .results import Failed, Result, Succeeded, attempt
from .task_group import TaskGroup, go

__all__ = [
    "AtomicInt",
    "Cancelled",
    "Channel",
    "ChannelStatistics",
    "Closed",
    "Context",
    "Counts",
    "DeadlineExceeded",
    "Failed",
    "Ledger",
    "Report",
    "Result",
    "Succeeded",
    "TaskGroup",
    "Ticker",
    "TokenBucket",
    "WrongRuntime",
    "attempt",
    "go",
    "hang",
    "now",
    "sleep",
]
