"""What one looks at patterns with: `simulate`, `measure`, `explore`, traces and pictures.

Loaded on demand, so that running a pattern on real threads needs nothing but Python.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from patterns.lab.game import Game
    from patterns.lab.measuring import measure
    from patterns.lab.observing import observe
    from patterns.lab.run import Run
    from patterns.lab.simulation import (
        Deadlock,
        Schedule,
        ScheduleDiverged,
        all_schedules,
        explore,
        simulate,
    )
    from patterns.lab.source import show_code

_HOME = {
    "Deadlock": "patterns.lab.simulation",
    "Game": "patterns.lab.game",
    "Run": "patterns.lab.run",
    "Schedule": "patterns.lab.simulation",
    "ScheduleDiverged": "patterns.lab.simulation",
    "all_schedules": "patterns.lab.simulation",
    "explore": "patterns.lab.simulation",
    "measure": "patterns.lab.measuring",
    "observe": "patterns.lab.observing",
    "show_code": "patterns.lab.source",
    "simulate": "patterns.lab.simulation",
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
