"""Play one run of a simulation to its end, however it ends."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from lab.model.deadlock import Deadlock, Stuck
from lab.model.run import Run
from lab.model.trace import Trace, Turn
from lab.simulation.order import Order
from lab.simulation.runtime import SimulatedRuntime, StepLimitExceeded
from lab.tracing.build import build_trace
from patterns.concurrency.recording import Event
from patterns.concurrency.runtime import use_runtime

__all__ = ["Played", "play"]

_WAITS_TO_WARN = 2  # a single one may be the machine's fault


@dataclass(slots=True)
class Played:
    """How a run ended.

    Attributes:
        value: what `main` returned, if it did.
        error: what `main` raised; or the Deadlock, or that the run was stopped.
        end: virtual nanoseconds at which `main` ended or the run was stopped.
        leaks: tasks that had not ended when `main` returned.
        runtime: the simulation, which has ended.
        events: what was recorded until `end`.
    """

    value: Any
    error: BaseException | None
    end: int
    leaks: tuple[Stuck, ...]
    runtime: SimulatedRuntime
    events: list[Event]

    def trace(self) -> Trace:
        """Make the trace of what was recorded."""
        return build_trace(self.events, clock="virtual", start=0, end=self.end)

    def run(self, turns: Iterable[Turn] = ()) -> Run[Any]:
        """Return the run, with its trace. Raises what ended it, if it did not end well."""
        if self.error is not None:
            raise self.error
        runtime = self.runtime
        return Run(
            self.value,
            self.trace(),
            self.end / 1e9,
            "virtual",
            self.leaks,
            tuple(runtime.crashes),
            runtime.steps,
            tuple(turns),
        )


def play(
    main: Callable[[], Any],
    order: Order,
    *,
    record: bool,
    max_steps: int,
    kind: type[SimulatedRuntime] = SimulatedRuntime,
) -> Played:
    """Run `main` on a new simulation of the given kind.

    Raises KeyboardInterrupt after Ctrl-C, and what an order stopped the run with; what `main`
    itself raises, a deadlock and too many steps are part of what is returned.
    """
    events: list[Event] = []
    runtime = kind(order, events.append if record else None, max_steps)
    outcome: list[Any] = []
    errors: list[BaseException] = []
    leaks: tuple[Stuck, ...] = ()

    def body() -> None:
        try:
            outcome.append(main())
        except BaseException as raised:
            errors.append(raised)

    with use_runtime(runtime), runtime.interruptible():
        try:
            runtime.run(body)
            end, events_until_end = runtime.now(), len(events)
            runtime.settle()
            leaks = tuple(runtime.left())
        except (Deadlock, StepLimitExceeded) as stopped:
            end, events_until_end = runtime.now(), len(events)
            errors[:] = [stopped]  # whatever main raises at the end is not its own
        finally:
            runtime.end()
            _warn_of_real_waits(runtime.real_waits)
    value = outcome[0] if outcome else None
    error = errors[0] if errors else None
    return Played(value, error, end, leaks, runtime, events[:events_until_end])


def _warn_of_real_waits(waits: list[tuple[str, float]]) -> None:
    if len(waits) >= _WAITS_TO_WARN:
        task, seconds = waits[0]
        warnings.warn(
            f"{task} waited {seconds:.2f} s of real time inside a simulation, and everybody with "
            "it: use patterns.concurrency.sleep, not time.sleep",
            RuntimeWarning,
            stacklevel=4,
        )
