"""What comes of one job: a value, or the exception that its processing raised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from .checks import check_value
from .context import cancels_caller
from .errors import Cancelled

__all__ = ["Failed", "Result", "Succeeded", "attempt"]

J = TypeVar("J")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Succeeded(Generic[J, R]):
    """A job that returned a value."""

    job: J
    value: R

    @property
    def error(self) -> None:
        """No exception: so `result.error is None` tells which of the two a result is."""
        return


@dataclass(frozen=True, slots=True)
class Failed(Generic[J]):
    """A job that raised an exception."""

    job: J
    error: BaseException


Result: TypeAlias = Succeeded[J, R] | Failed[J]


def attempt(process: Callable[[J], R], job: J) -> Result[J, R]:
    """Call `process(job)`; whatever comes of it, return it as the job's result.

    Any Exception makes the job fail. So does Cancelled from a time limit of the job's own, or of
    a task of its own; but when the task that runs this is cancelled, the job is cut short and
    Cancelled goes on up.
    """
    try:
        value = process(job)
        check_value(value)
    except Exception as error:
        return Failed(job, error)
    except Cancelled as error:
        if cancels_caller(error):
            raise
        return Failed(job, error)
    except BaseExceptionGroup as group:
        if group.split((Exception, Cancelled))[1] is not None:
            raise  # there is more in it, such as KeyboardInterrupt
        return Failed(job, group)
    return Succeeded(job, value)
