"""The simulated runtime: the patterns' own code on a virtual clock, in any order of events."""

from lab.simulation.order import Order, PriorityOrder, RandomOrder, RoundRobin, RunToBlock
from lab.simulation.runtime import StepLimitExceeded
from lab.simulation.simulate import simulate
from lab.simulation.sweep import Sweep, sweep

__all__ = [
    "Order",
    "PriorityOrder",
    "RandomOrder",
    "RoundRobin",
    "RunToBlock",
    "StepLimitExceeded",
    "Sweep",
    "simulate",
    "sweep",
]
