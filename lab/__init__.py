"""What one looks at patterns with: `simulate`, `measure`, `explore`, traces and pictures.

Loaded on demand, so that running a pattern on real threads needs nothing but Python.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.exploring import all_schedules, explore
    from lab.model.deadlock import Deadlock
    from lab.model.run import Run
    from lab.model.schedule import Schedule, ScheduleDiverged
    from lab.observing.measure import measure
    from lab.observing.observe import observe
    from lab.simulation import simulate
    from lab.teaching.game import Game
    from lab.teaching.source import show_code

_HOME = {
    "Deadlock": "lab.model.deadlock",
    "Game": "lab.teaching.game",
    "Run": "lab.model.run",
    "Schedule": "lab.model.schedule",
    "ScheduleDiverged": "lab.model.schedule",
    "all_schedules": "lab.exploring",
    "explore": "lab.exploring",
    "measure": "lab.observing.measure",
    "observe": "lab.observing.observe",
    "show_code": "lab.teaching.source",
    "simulate": "lab.simulation",
}

__all__ = [
    "Deadlock",
    "Game",
    "Run",
    "Schedule",
    "ScheduleDiverged",
    "all_schedules",
    "explore",
    "measure",
    "observe",
    "show_code",
    "simulate",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
