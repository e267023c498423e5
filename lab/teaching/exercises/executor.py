"""An executor in virtual time: what is written for a ThreadPoolExecutor can be checked exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from functools import partial
from typing import Any, Final

from patterns.concurrency import Channel, TaskGroup
from patterns.concurrency.runtime import current_runtime

__all__ = ["Executor", "Future"]

_ROOM: Final = 1_000  # jobs that may wait; an exercise has fewer


class Future:
    """A receipt for what a job returns; as in `concurrent.futures`, but it waits without a limit.

    Args:
        job: called without arguments.
    """

    def __init__(self, job: Callable[[], Any]) -> None:
        self._job = job
        self._ended: Channel[None] = Channel(0, "a future")
        self._state = "pending"
        self._value: Any = None
        self._error: BaseException | None = None
        self._callbacks: list[Callable[[Future], object]] = []

    def result(self) -> Any:
        """Wait until the job is done; return its value, or raise what it raised."""
        error = self.exception()
        if error is not None:
            raise error
        return self._value

    def exception(self) -> BaseException | None:
        """Wait until the job is done; return what it raised, if it did."""
        for _ in self._ended:
            pass
        if self._state == "cancelled":
            raise CancelledError
        return self._error

    def done(self) -> bool:
        """Whether the job is done, or cancelled."""
        return self._state in ("done", "cancelled")

    def running(self) -> bool:
        """Whether a worker has it in hand."""
        return self._state == "running"

    def cancelled(self) -> bool:
        """Whether it was cancelled before it began."""
        return self._state == "cancelled"

    def cancel(self) -> bool:
        """Do not begin it; False if it has begun."""
        if self._state == "pending":
            self._end("cancelled")
        return self._state == "cancelled"

    def add_done_callback(self, callback: Callable[[Future], object]) -> None:
        """Call `callback(self)` when it is done; at once if it is."""
        if self.done():
            callback(self)
        else:
            self._callbacks.append(callback)

    def run(self) -> None:
        """Do the job, unless it was cancelled; called by a worker."""
        if self._state != "pending":
            return
        self._state = "running"
        try:
            self._value = self._job()
        except Exception as error:
            self._error = error
        self._end("done")

    def _end(self, state: str) -> None:
        self._state = state
        self._ended.close()
        for callback in self._callbacks:
            callback(self)


class Executor:
    """Workers, and a queue of jobs without a limit in front of them.

    Args:
        group: in which the workers run.
        workers: how many there are, >= 1.

    Attributes:
        tasks: the workers.
        most: the most jobs that were submitted and not done at one time.
    """

    def __init__(self, group: TaskGroup, workers: int) -> None:
        self._queue: Channel[Future] = Channel(_ROOM, "the executor's queue")
        self._down = False
        self._futures: list[Future] = []
        self._open = 0
        self.most = 0
        self.tasks: set[Any] = set()
        for number in range(1, workers + 1):
            group.spawn(self._work, name=f"worker-{number}")

    def submit(self, function: Callable[..., Any], /, *args: Any, **options: Any) -> Future:
        """Have `function(*args, **options)` called by a worker; return its future at once."""
        if self._down:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future = Future(partial(function, *args, **options))
        self._futures.append(future)
        self._open += 1
        self.most = max(self.most, self._open)
        future.add_done_callback(self._close_one)
        self._queue.send(future)
        return future

    def map(self, function: Callable[..., Any], *jobs: Iterable[Any]) -> Iterator[Any]:
        """Submit all jobs; iterate over their values in order."""
        futures = [self.submit(function, *each) for each in zip(*jobs, strict=False)]
        return (future.result() for future in futures)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more jobs; drop those that have not begun if asked to; wait for the others."""
        if not self._down:
            self._down = True
            self._queue.close()
        for future in self._futures:
            if cancel_futures:
                future.cancel()
        for future in self._futures:
            if wait and not future.cancelled():
                future.exception()

    def __enter__(self) -> Executor:
        return self

    def __exit__(self, *exc: object) -> None:
        self.shutdown()

    def _close_one(self, future: Future) -> None:
        self._open -= 1

    def _work(self) -> None:
        self.tasks.add(current_runtime().current())
        for future in self._queue:
            future.run()
