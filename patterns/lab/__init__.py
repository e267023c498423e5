"""What one looks at patterns with: `simulate`, `measure`, traces and pictures.

Loaded on demand, so that running a pattern on real threads needs nothing but Python.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from patterns.lab.measuring import measure
    from patterns.lab.run import Run
    from patterns.lab.simulation import Deadlock, simulate

__all__ = ["Deadlock", "Run", "measure", "simulate"]


def __getattr__(name: str) -> Any:
    if name == "measure":
        from patterns.lab.measuring import measure

        return measure
    if name == "Run":
        from patterns.lab.run import Run

        return Run
    if name in ("Deadlock", "simulate"):
        from patterns.lab import simulation

        return getattr(simulation, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
