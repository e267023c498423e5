"""The simulated runtime: the patterns' own code on a virtual clock."""

from patterns.lab.simulation.order import Order, RandomOrder, RoundRobin
from patterns.lab.simulation.report import Deadlock, Stuck
from patterns.lab.simulation.runtime import StepLimitExceeded
from patterns.lab.simulation.simulate import simulate

__all__ = [
    "Deadlock",
    "Order",
    "RandomOrder",
    "RoundRobin",
    "StepLimitExceeded",
    "Stuck",
    "simulate",
]
