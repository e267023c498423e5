"""What comes of one job: a value, or the exception that its processing raised."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context as Variables
from contextvars import copy_context
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from .checks import check_value
from .context import cancels_caller
from .errors import Cancelled

__all__ = ["Failed", "Result", "Succeeded", "attempt", "fails_job"]

J = TypeVar("J")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Succeeded(Generic[J, R]):
    """A job that returned a value."""

    job: J
    value: R

    @property
    def error(self) -> None:
        """No exception: so `result.error is None` tells which of the two a result is.

        Type checkers know that such a result has a value; `isinstance` tells them more, both ways.
        """
        return


@dataclass(frozen=True, slots=True)
class Failed(Generic[J]):
    """A job that raised an exception."""

    job: J
    error: BaseException


Result: TypeAlias = Succeeded[J, R] | Failed[J]


def attempt(process: Callable[[J], R], job: J, variables: Variables | None = None) -> Result[J, R]:
    """Call `process(job)`; whatever comes of it, return it as the job's result.

    It runs in the context of `variables`, or in a copy of the caller's `contextvars`: so what a
    job sets no other job sees.

    Raises what `process` raised if that does not make the job fail, as `fails_job` decides.
    """
    try:
        value = (copy_context() if variables is None else variables).run(process, job)
        check_value(value)
    except BaseException as error:
        if fails_job(error):
            return Failed(job, error)
        raise
    return Succeeded(job, value)


def fails_job(error: BaseException) -> bool:
    """Tell whether `error`, raised by a job, is a failure of that job and nothing more.

    Every Exception is, and Cancelled from a time limit of the job's own, and a group of such. If
    the task that runs the job is cancelled, though, Cancelled means that the job is cut short; and
    what is no Exception, such as KeyboardInterrupt, ends more than a job.
    """
    if isinstance(error, Cancelled):
        return not cancels_caller(error)
    if isinstance(error, BaseExceptionGroup):
        return error.split((Exception, Cancelled))[1] is None
    return isinstance(error, Exception)
