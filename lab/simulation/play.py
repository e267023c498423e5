"""Play one run of a simulation to its end, however it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lab.model.deadlock import Deadlock, Stuck
from lab.model.run import Later, Run
from lab.model.trace import Trace, Turn
from lab.simulation.collector import rare_collections
from lab.simulation.ctrl_c import ended_by_ctrl_c, noticing_ctrl_c
from lab.simulation.order import Order
from lab.simulation.outsiders import refusing_outsiders
from lab.simulation.real_lock import noticing_real_locks
from lab.simulation.real_wait import RealWaits
from lab.simulation.runtime import SimulatedRuntime, StepLimitExceeded
from lab.simulation.strands import Strands
from lab.simulation.watcher import Watcher
from lab.tracing.build import build_trace
from lab.tracing.events import Recorder
from patterns.concurrency.runtime import use_runtime

__all__ = ["Played", "play", "prepared"]


@dataclass(slots=True)
class Played:
    """How a run ended.

    Attributes:
        value: what `main` returned, if it did.
        error: what `main` raised; or the Deadlock, or that the run was stopped.
        end: virtual nanoseconds at which `main` ended or the run was stopped.
        leaks: tasks that had not ended when `main` returned.
        runtime: the simulation, which has ended.
        recorder: what was recorded; None if nothing was.
        recorded: the number of events until `end`.
        turns: what was done, one operation after the other, if that was watched.
    """

    value: Any
    error: BaseException | None
    end: int
    leaks: tuple[Stuck, ...]
    runtime: SimulatedRuntime
    recorder: Recorder | None
    recorded: int
    turns: tuple[Turn, ...]

    @property
    def endless(self) -> bool:
        """Whether the run was stopped only because it took so many steps."""
        behind_timer = isinstance(self.error, Deadlock) and self.error.until is not None
        return behind_timer or isinstance(self.error, StepLimitExceeded)

    def trace(self) -> Trace:
        """Make the trace of what was recorded."""
        events = [] if self.recorder is None else self.recorder.events(self.recorded)
        return build_trace(events, clock="virtual", start=0, end=self.end)

    def run(self) -> Run[Any]:
        """Return the run, with its trace. Raises what ended it, if it did not end well."""
        if self.error is not None:
            raise self.error
        runtime = self.runtime
        return Run(
            self.value,
            Later(self.trace),
            self.end / 1e9,
            "virtual",
            self.leaks,
            tuple(runtime.crashes),
            runtime.steps,
            self.turns,
        )


@contextmanager
def prepared() -> Iterator[None]:
    """Prepare this thread for simulations in the `with` block, one or many."""
    with noticing_ctrl_c(), noticing_real_locks(), refusing_outsiders(), rare_collections():
        yield


def play(
    main: Callable[[], Any],
    order: Order,
    *,
    max_steps: int,
    record: bool = False,
    watcher: Watcher | None = None,
    strands: Strands | None = None,
    kind: type[SimulatedRuntime] = SimulatedRuntime,
) -> Played:
    """Run `main` on a new simulation of the given kind.

    Args:
        main: called as the task "main".
        order: says who goes next.
        max_steps: turns after which the run is stopped.
        record: make a trace possible, and notice tasks that wait in real time; warn of them if
            the run stands alone.
        watcher: notes every operation.
        strands: what the tasks run on, for many runs one after the other, in `prepared`; None:
            on their own.
        kind: the simulation to make.

    Raises KeyboardInterrupt after Ctrl-C, RealLock, and what an order stopped the run with; what
    `main` itself raises, a deadlock and too many steps are part of what is returned.
    """
    if strands is None:
        with prepared(), Strands() as strands:
            waits = RealWaits()
            played = play(
                main,
                order,
                max_steps=max_steps,
                record=record,
                watcher=watcher,
                strands=strands,
                kind=kind,
            )
        if record:
            waits.note(played.runtime.real_waits)
            waits.warn()
        return played
    recorder = Recorder() if record else None
    listeners = [listener for listener in (recorder, watcher) if listener is not None]
    runtime = kind(order, *listeners, max_steps=max_steps, watch=record, strands=strands)
    outcome: list[Any] = []
    errors: list[BaseException] = []
    leaks: tuple[Stuck, ...] = ()

    def body() -> None:
        try:
            outcome.append(main())
        except BaseException as raised:
            errors.append(raised)

    with use_runtime(runtime), ended_by_ctrl_c(runtime):
        try:
            runtime.run(body)
            end, recorded = runtime.now(), 0 if recorder is None else len(recorder)
            runtime.settle()
            leaks = tuple(runtime.left())
        except (Deadlock, StepLimitExceeded) as stopped:
            end = runtime.now()
            if isinstance(stopped, Deadlock):
                end = round(stopped.time * 1e9)  # what comes after it tells nothing
            recorded = 0 if recorder is None else recorder.number_until(end)
            errors[:] = [stopped]  # whatever main raises at the end is not its own
        finally:
            runtime.end()
    value = outcome[0] if outcome else None
    error = errors[0] if errors else None
    turns = () if watcher is None else watcher.turns
    return Played(value, error, end, leaks, runtime, recorder, recorded, turns)
