"""Tables of numbers that follow from runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from lab.model.deadlock import Deadlock
from lab.model.run import Run
from lab.model.table import Table, cell
from lab.model.trace import Trace
from lab.tracing.traced import unit_of

__all__ = ["Column", "tabulate"]

Metric: TypeAlias = Callable[[Any], object]
Column: TypeAlias = Metric | tuple[Metric, str]


def tabulate(
    runs: Mapping[Any, Run[Any] | Trace | Deadlock],
    heading: str = "run",
    /,
    *metrics: Metric,
    **columns: Column,
) -> Table:
    """Make a table with one row a run.

    Args:
        runs: by what the first cell of the row says. A pool that deadlocked has no numbers: its
            row says when it did.
        heading: of the first column.
        metrics: functions of a run, such as `makespan`; each is a column by its name and unit.
        columns: the same by another name, alone or with the unit or the format of what it returns:
            `longest=(longest_wait, "s")`, `share=(share, "{:.1%}")`.

    Raises ValueError without a metric.
    """
    forms: dict[str, tuple[Metric, str]] = {}
    named: dict[str, Column] = {metric.__name__: metric for metric in metrics}
    for name, column in {**named, **columns}.items():
        metric, form = column if isinstance(column, tuple) else (column, unit_of(column))
        forms[name.replace("_", " ")] = metric, form
    if not forms:
        raise ValueError("a table must have at least one metric, such as makespan, got none")
    return Table([heading, *forms], [_row(key, run, forms) for key, run in runs.items()])


def _row(
    key: object, run: Run[Any] | Trace | Deadlock, forms: Mapping[str, tuple[Metric, str]]
) -> list[object]:
    if isinstance(run, Deadlock):
        return [key, f"deadlock at {run.time:g} s", *[None] * (len(forms) - 1)]
    return [key, *(cell(metric(run), form) for metric, form in forms.values())]
