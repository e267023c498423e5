"""What one looks at pools with: run, explore, compare and draw them.

Loaded on demand, so that running a pattern on real threads needs nothing but Python.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.exploring import all_schedules, count_orders, explore
    from lab.model.deadlock import Deadlock
    from lab.model.run import Run
    from lab.model.schedule import Schedule, ScheduleDiverged
    from lab.observing.measure import measure
    from lab.observing.observe import observe
    from lab.plots import compare, draw
    from lab.plots.player import play
    from lab.simulation import Sweep, simulate, sweep
    from lab.teaching.board import board, draw_game, play_levels
    from lab.teaching.game import Game
    from lab.teaching.levels import Level
    from lab.teaching.predict import predict
    from lab.teaching.quiz import quiz
    from lab.teaching.source import show_code

_HOME = {
    "Deadlock": "lab.model.deadlock",
    "Game": "lab.teaching.game",
    "Level": "lab.teaching.levels",
    "Run": "lab.model.run",
    "Schedule": "lab.model.schedule",
    "ScheduleDiverged": "lab.model.schedule",
    "Sweep": "lab.simulation",
    "all_schedules": "lab.exploring",
    "board": "lab.teaching.board",
    "compare": "lab.plots",
    "count_orders": "lab.exploring",
    "draw": "lab.plots",
    "draw_game": "lab.teaching.board",
    "explore": "lab.exploring",
    "measure": "lab.observing.measure",
    "observe": "lab.observing.observe",
    "play": "lab.plots.player",
    "play_levels": "lab.teaching.board",
    "predict": "lab.teaching.predict",
    "quiz": "lab.teaching.quiz",
    "show_code": "lab.teaching.source",
    "simulate": "lab.simulation",
    "sweep": "lab.simulation",
}

__all__ = [
    "Deadlock",
    "Game",
    "Level",
    "Run",
    "Schedule",
    "ScheduleDiverged",
    "Sweep",
    "all_schedules",
    "board",
    "compare",
    "count_orders",
    "draw",
    "draw_game",
    "explore",
    "measure",
    "observe",
    "play",
    "play_levels",
    "predict",
    "quiz",
    "show_code",
    "simulate",
    "sweep",
]


if sys.platform == "emscripten":
    from lab.observing.in_browser import skip_what_is_missing

    skip_what_is_missing()


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
