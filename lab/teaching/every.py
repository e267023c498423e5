"""Try a reader's pool in every distinct schedule there is, whatever it does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, cast

from lab.exploring import explore
from lab.model.exploration import Exploration
from lab.model.run import Run
from lab.simulation import StepLimitExceeded, simulate
from lab.simulation.runtime import SimulatedRuntime
from lab.teaching.grading import Endless, NotYet
from lab.teaching.guard import OutOfPatience, guarded, quietly
from patterns.concurrency.runtime import current_runtime

__all__ = ["every_schedule"]

MOST = 20_000  # distinct schedules of a reader's pool
MAX_STEPS: Final = 2_000
PATIENCE = 5.0  # seconds of real time for one schedule
LONG_PATIENCE = 8.0  # for all of them

_ENDLESS: Final = "it does not end: it loops for ever, or waits in real time"
_TOO_LONG: Final = (
    "it takes too long to try all its schedules: do with fewer operations, "
    "and let no task look at something again and again"
)


def every_schedule(pool: Callable[[], Any], check: Callable[[Run[Any]], object]) -> Exploration:
    """Explore a reader's pool; it ends, prints nothing, and starts nothing real.

    Args:
        pool: called without arguments, once for each schedule.
        check: as for `explore`.

    Raises NotYet with the sentence if it has too many schedules or takes too long; Endless if one
    of them does not end.
    """
    try:
        _guarded(pool, partial(simulate, max_steps=MAX_STEPS), PATIENCE, Endless(_ENDLESS))
    except StepLimitExceeded:
        raise Endless(_ENDLESS) from None
    except NotYet:
        raise
    except Exception:  # exploring tells in how many schedules
        pass
    exploring = partial(explore, check=check, how="every", schedules=MOST, max_steps=MAX_STEPS)
    found: Exploration = _guarded(pool, exploring, LONG_PATIENCE, Endless(_TOO_LONG))
    if found.failure is None and not found.complete:
        raise NotYet(
            f"it has more than {MOST:,} distinct schedules, too many to try them all; "
            "it goes with fewer operations"
        )
    return found


def _guarded(
    pool: Callable[[], Any], look_at: Callable[..., Any], patience: float, too_long: NotYet
) -> Any:
    simulations: list[SimulatedRuntime] = []

    def body() -> Any:
        runtime = current_runtime()
        assert isinstance(runtime, SimulatedRuntime)
        simulations[:] = [runtime]  # of thousands, the one that runs
        return pool()

    with quietly() as faults:
        try:
            found = guarded(cast("Any", partial(look_at, body)), simulations, patience)
        except OutOfPatience:
            raise too_long from None
    if faults:
        raise NotYet(faults[0])
    return found
