"""Run a pool in virtual time."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from patterns.concurrency.recording import Event
from patterns.concurrency.runtime import use_runtime
from patterns.lab.run import Run
from patterns.lab.simulation.order import Order, RandomOrder, RoundRobin
from patterns.lab.simulation.report import Deadlock
from patterns.lab.simulation.runtime import SimulatedRuntime
from patterns.lab.tracing.build import build_trace

__all__ = ["simulate"]

T = TypeVar("T")


def simulate(
    main: Callable[[], T],
    *,
    seed: int | None = None,
    order: Order | None = None,
    max_steps: int = 10_000_000,
) -> Run[T]:
    """Run `main` and all tasks it starts on a virtual clock, in this thread.

    Make channels and contexts inside `main`. The clock starts at 0 and moves only when every
    task waits; sleeping takes no real time. The run ends when `main` returns; tasks still alive
    are reported as leaks and ended.

    Args:
        main: called without arguments, as the task "main".
        seed: None gives every task its turn in order, one operation each; a number gives the
            random order that belongs to it.
        order: decides the turns instead.
        max_steps: turns after which the run is stopped, >= 1.

    Raises what `main` raises; Deadlock if every task waits for another; StepLimitExceeded;
    ValueError for a bad argument.
    """
    if max_steps < 1:
        raise ValueError(f"max_steps must be >= 1, got {max_steps}")
    if seed is not None and order is not None:
        raise ValueError(f"give a seed or an order, not both: got seed={seed}")
    if order is None:
        order = RoundRobin() if seed is None else RandomOrder(seed)
    events: list[Event] = []
    runtime = SimulatedRuntime(order, events.append, max_steps)
    outcome: list[Any] = []
    error: list[BaseException] = []

    def body() -> None:
        try:
            outcome.append(main())
        except BaseException as raised:
            error.append(raised)

    with use_runtime(runtime):
        try:
            runtime.run(body)
            end, events = runtime.now(), list(events)
            runtime.settle()
            leaks = tuple(runtime.left())
        except Deadlock as deadlock:
            deadlock.trace = build_trace(events, clock="virtual", start=0, end=runtime.now())
            raise
        finally:
            runtime.end()
            _warn_of_real_waits(runtime.real_waits)
    if error:
        raise error[0]
    trace = build_trace(events, clock="virtual", start=0, end=end)
    return Run(
        outcome[0], trace, end / 1e9, "virtual", leaks, tuple(runtime.crashes), runtime.steps
    )


def _warn_of_real_waits(waits: list[tuple[str, float]]) -> None:
    if waits:
        task, seconds = waits[0]
        warnings.warn(
            f"{task} waited {seconds:.2f} s of real time inside a simulation, and everybody with "
            "it: use patterns.concurrency.sleep, not time.sleep",
            RuntimeWarning,
            stacklevel=3,
        )
