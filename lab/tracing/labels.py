"""Names of jobs, channels, workers and other tasks, none of which comes twice."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from contextvars import Context as Variables
from typing import Any

from lab.model.trace import Trace

__all__ = ["content", "distinct", "error_text", "job_labels", "others_in"]


def job_labels(jobs: Iterable[object]) -> list[str]:
    """Name jobs, each by its `id`, else by its value, else by its place; no name comes twice."""
    return distinct(_label(job, n) for n, job in enumerate(jobs, start=1))


def content(value: object) -> object:
    """Return the job where `value` is one with its submitter's `contextvars`; else `value`."""
    if type(value) is tuple and len(value) == 2 and type(value[1]) is Variables:
        return value[0]
    return value


def _label(value: Any, number: int) -> str:
    """Name a job by its `id`, else by its value; never by a text with an address in it."""
    with suppress(Exception):  # whatever a job's own code raises, it has a place
        for candidate in (getattr(value, "id", None), value):
            if isinstance(candidate, str | int | float):
                return str(candidate)
            if isinstance(candidate, tuple) and all(
                isinstance(c, str | int | float) for c in candidate
            ):
                return str(candidate)
    return f"#{number}"


def error_text(error: object) -> str:
    """Show an error; one whose own code raises is shown by its type."""
    try:
        return repr(error)
    except Exception:
        return f"{type(error).__name__}()"


def distinct(names: Iterable[str]) -> list[str]:
    """Number names that come again: worker, worker (2)."""
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return distinct


def others_in(trace: Trace) -> list[str]:
    """Return the tasks that woke or were woken and are no workers, in the order of that."""
    both = (name for wake in trace.wakes for name in (wake.by, wake.task))
    return [name for name in dict.fromkeys(both) if name not in trace.workers]
