"""What the pools in plain Python share: how a job can end, and how a run can be cut short."""

from __future__ import annotations

import asyncio
import math
import pickle
import traceback
import types
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator
from contextvars import copy_context
from threading import TIMEOUT_MAX
from time import monotonic
from typing import Any, Generic, TypeVar

from .. import concurrency
from ..concurrency import Failed, Ledger, Report, Result, Succeeded
from ..concurrency.checks import check_callable, moment

__all__ = [
    "DONE",
    "CutShort",
    "Source",
    "TimeLimit",
    "alone",
    "attempting",
    "isolated",
    "noting",
    "packed",
    "reported",
    "stopping_at_failure",
    "unpacked",
    "until_it_raises",
]

J = TypeVar("J")
R = TypeVar("R")

OnResult = Callable[[Result[J, R]], object]

DONE: Any = object()  # put into a queue, it says that nothing more comes


class CutShort(Exception):
    """The run ends here, before all is done; the message is the report's reason."""


class FromOutside(Exception):
    """Takes what `jobs` or `on_result` raised through the task groups, to come out as it is.

    A group would take a CancelledError for its own doing, and we a group of theirs for ours.
    """

    def __init__(self, error: BaseException) -> None:
        super().__init__(error)
        self.error = error


class Source(Generic[J]):
    """An iterator over `jobs` that raises FromOutside when they cannot go on."""

    def __init__(self, jobs: Iterable[J]) -> None:
        self._jobs = iter(jobs)

    def __iter__(self) -> Iterator[J]:
        return self

    def __next__(self) -> J:
        try:
            return next(self._jobs)
        except StopIteration:
            raise
        except BaseException as error:
            raise FromOutside(error) from error


class TimeLimit:
    """A time by which to end: `timeout` seconds from now, or never. Below 0 it has passed.

    Raises ValueError for a bad number.
    """

    def __init__(self, timeout: float | None) -> None:
        self.timeout = timeout
        self._end = math.inf if timeout is None else monotonic() + moment(timeout, "timeout") / 1e9

    @property
    def reason(self) -> str:
        """Why a run was cut short that ended by this limit."""
        return f"timeout of {self.timeout} s passed"

    @property
    def passed(self) -> bool:
        """Whether the time has come."""
        return monotonic() >= self._end

    @property
    def left(self) -> float | None:
        """Seconds until then, >= 0; None for ever, as the standard library's waits want it."""
        left = max(self._end - monotonic(), 0.0)
        return None if left == math.inf else min(left, TIMEOUT_MAX - 1)  # no wait may be longer


def attempting(process: Callable[[J], R]) -> Callable[[J], Result[J, R]]:
    """Return what a thread of a pool does with a job: whatever comes of it is the job's result.

    Even what is no Exception: a thread that dies of SystemExit ends nothing but itself. A new
    thread has no `contextvars`, so each job gets a copy of those of whoever calls this.
    """
    variables = copy_context()

    def attempt(job: J) -> Result[J, R]:
        try:
            return concurrency.attempt(process, job, variables.copy())
        except BaseException as error:
            return Failed(job, error)

    return attempt


@types.coroutine
def isolated(process: Callable[[J], Awaitable[R]], job: J) -> Generator[Any, Any, R]:
    """Await `process(job)` in a copy of the task's `contextvars`: what it sets no other job sees.

    A task of its own would do that, too, but then the worker's cancellation and the job's would be
    two. So this passes on what goes in and out at each `await`, and only changes the context.
    """

    async def call() -> R:
        return await process(job)

    variables, steps = copy_context(), call()
    step: Callable[[Any], Any] = steps.send
    given: object = None
    while True:
        try:
            awaited = variables.run(step, given)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        try:
            step, given = steps.send, (yield awaited)
        except BaseException as error:
            step, given = steps.throw, error


def noting(
    process: Callable[[J], Awaitable[R]],
    ledger: Ledger[J, R],
    on_result: OnResult[J, R] | None = None,
) -> Callable[[J], Awaitable[None]]:
    """Return what a task of a pool does with a job: process it, note what comes of it, hand it on.

    A task is cancelled by one CancelledError, in the middle of its job, and who catches it can go
    on. A job may also raise one without any cancellation. `cancelling` tells them apart.
    Only a job that cancels its own task cannot be told apart: it ends its worker.
    """
    check_callable(process)
    hand_on = until_it_raises(on_result)

    async def do(job: J) -> None:
        task = asyncio.current_task()
        assert task is not None
        ledger.started.append(job)
        result: Result[J, R]
        try:
            result = Succeeded(job, await isolated(process, job))
        except (Exception, SystemExit) as error:
            result = Failed(job, error)
        except asyncio.CancelledError as error:
            if task.cancelling():
                raise
            result = Failed(job, error)  # the job's own
        ledger.results.append(result)
        if task.cancelling():
            raise asyncio.CancelledError("cancelled while a job took no notice of it")
        hand_on(result)

    return do


def until_it_raises(on_result: OnResult[J, R] | None) -> OnResult[J, R]:
    """Return `on_result` such that it is called no more once it has raised, which ends the pool."""
    silent = on_result is None

    def hand_on(result: Result[J, R]) -> None:
        nonlocal silent
        if on_result is not None and not silent:
            silent = True
            try:
                on_result(result)
            except CutShort:
                raise
            except BaseException as error:
                raise FromOutside(error) from error
            silent = False

    return hand_on


async def reported(
    pool: Callable[[asyncio.TaskGroup], Awaitable[None]],
    ledger: Ledger[J, R],
    jobs: Iterable[J],
    timeout: float | None,
) -> Report[J, R]:
    """Run `pool` and the tasks that it starts until all are done, or time is up; then report.

    If one of them raises CutShort, the others are cancelled. What else they raise comes out.
    """
    limit = TimeLimit(timeout)
    reason = None
    try:
        async with asyncio.timeout(timeout), asyncio.TaskGroup() as group:
            await pool(group)
    except TimeoutError:
        reason = limit.reason
    except BaseExceptionGroup as raised:
        error = alone(raised)
        if not isinstance(error, CutShort):
            raise error from None
        reason = str(error)
    return ledger.report(reason, jobs)


def alone(error: BaseException) -> BaseException:
    """Return what a task group was ended by: one exception as it is, several as the group."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error.error if isinstance(error, FromOutside) else error


def stopping_at_failure(on_result: OnResult[J, R] | None) -> OnResult[J, R]:
    """Return an `on_result` that cuts the run short when a job has failed."""

    def stop(result: Result[J, R]) -> None:
        if on_result is not None:
            on_result(result)
        if isinstance(result, Failed):
            raise CutShort(f"a job failed: {type(result.error).__name__}")

    return stop


# Between processes only bytes travel, so that an object that cannot be rebuilt is found where it
# can be told which job it belongs to.


def packed(process: Callable[[Any], R], message: bytes) -> bytes:
    """Process the pickled job in a process of a pool; return what comes of it, for `unpacked`."""

    def unpack_and_process(message: bytes) -> R:
        return process(pickle.loads(message))

    result = attempting(unpack_and_process)(message)
    if isinstance(result, Succeeded):
        try:
            return pickle.dumps((True, result.value))
        except BaseException as error:
            return _packed_error(error)
    return _packed_error(result.error)


def unpacked(job: J, message: bytes) -> Result[J, Any]:
    """Return the result of `job` that `packed` made in another process."""
    try:
        succeeded, content = pickle.loads(message)
    except (Exception, SystemExit) as error:
        return Failed(job, error)
    return Succeeded(job, content) if succeeded else Failed(job, content)


def _packed_error(error: BaseException) -> bytes:
    """Pack an exception with the traceback that it had here, or one that says what it was."""
    lines = traceback.format_exception(error)
    try:
        error.add_note("".join(["in its process:\n", *lines]).rstrip())
        message = pickle.dumps((False, error))
        pickle.loads(message)
    except BaseException:
        substitute = RuntimeError("".join(traceback.format_exception_only(error)).rstrip())
        substitute.add_note("".join(["in its process:\n", *lines]).rstrip())
        return pickle.dumps((False, substitute))
    return message
