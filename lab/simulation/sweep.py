"""Run a pool once for each value of one of its options."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Generic, TypeVar

from lab.model.deadlock import Deadlock
from lab.model.pool import title
from lab.model.run import Run
from lab.model.table import Table, cell
from lab.simulation.simulate import simulate
from lab.tracing.labels import distinct
from lab.tracing.tables import Column, tabulate

__all__ = ["Sweep", "sweep"]

T = TypeVar("T")


class Sweep(Mapping[Any, Run[T] | Deadlock], Generic[T]):
    """The runs of a pool by the value of one option.

    Attributes:
        option: the option's name.

    A value under which the pool deadlocks has the Deadlock, with its trace, in place of a run.
    """

    def __init__(self, option: str, outcomes: Mapping[Any, Run[T] | Deadlock]) -> None:
        self.option = option
        self._outcomes: dict[Any, Run[T] | Deadlock] = dict(outcomes)

    def __getitem__(self, value: Any) -> Run[T] | Deadlock:
        return self._outcomes[value]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._outcomes)

    def __len__(self) -> int:
        return len(self._outcomes)

    def __repr__(self) -> str:
        return f"<Sweep of {self.option}: {', '.join(map(str, self))}>"

    def named(self) -> dict[str, Run[T] | Deadlock]:
        """Return the same by titles for pictures, such as "3 workers"."""
        titles = distinct(_title(self.option, value) for value in self)
        return dict(zip(titles, self.values(), strict=True))

    def table(self, *metrics: Callable[[Any], object], **columns: Column) -> Table:
        """Return a table with one row a value, and what `metrics` and `columns` make of its run.

        See `lab.tracing.tabulate`.
        """
        heading = self.option.replace("_", " ")
        rows = dict(zip(distinct(map(_text, self)), self.values(), strict=True))
        return tabulate(rows, heading, *metrics, **columns)


def sweep(
    pool: Callable[..., T], /, *args: Any, seed: int | list[int] | None = None, **options: Any
) -> Sweep[T]:
    """Simulate `pool(*args, **options)` once for each value of the one option that is a list.

    Args:
        pool: as for `simulate`.
        args: passed on to `pool`.
        seed: as for `simulate`; a list of them sweeps the order of events.
        options: passed on to `pool`: one of them a list, and of that one value at a time.

    Raises ValueError unless exactly one option is a list of at least one value; what `pool` raises,
    a Deadlock excepted.
    """
    given = options if seed is None else {**options, "seed": seed}
    swept = [name for name, value in given.items() if isinstance(value, list)]
    if len(swept) != 1:
        got = " and ".join(swept) or "none"
        raise ValueError(
            f"one option must be a list, the values to sweep, and the others not, got {got}"
        )
    option = swept[0]
    if not given[option]:
        raise ValueError(f"{option} must hold at least one value, got []")
    return Sweep(
        option, {value: _outcome(pool, args, given, option, value) for value in given[option]}
    )


def _outcome(
    pool: Callable[..., T], args: tuple[Any, ...], given: dict[str, Any], option: str, value: object
) -> Run[T] | Deadlock:
    try:
        run = simulate(pool, *args, **{**given, option: value})
    except Deadlock as deadlock:
        return deadlock.with_traceback(None)
    return replace(run, name=_title(option, value))


def _title(option: str, value: object) -> str:
    """Name a run: "honest" for a function or a word, "3 workers" for a number, or "buffer 3"."""
    if isinstance(value, str) or callable(value):
        return _text(value)
    if type(value) is int and option.endswith("s") and "_" not in option:
        return f"{value} {option if value != 1 else option[:-1]}"
    return f"{option.replace('_', ' ')} {_text(value)}"


def _text(value: object) -> str:
    if callable(value):
        return title(value)
    return str(value) if value is None else cell(value)
